"""Charts of a canary: the measurements of a metric with its thresholds, and the error rates of both arms."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from html import escape
from math import ceil, fsum, isfinite
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from dashboard.domain.canary.gaps import Gap, GapReason
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.ticks import Tick
from dashboard.reports.canary_metrics import MetricView, Point
from dashboard.ui import format as show
from dashboard.ui.canary_measure_words import MEASURE_WORDS
from dashboard.ui.canary_words import PHASES, threshold_words
from dashboard.ui.charts import TIME_TICKS, ink, on_axis, one_clock
from dashboard.ui.release_words import plain

#: Of an answer with more numbers than these, the first are drawn.
MOST_SERIES = 4
#: More of one metric than this are thinned to the newest: the browser pays per point.
MOST_POINTS = 500
#: So many ticks of both arms are drawn; of so few each has a mark.
_MOST_TICKS, _MOST_MARKED = 240, 60
#: A chart is at least so wide: a single measurement has no width of its own.
_LEAST_WIDTH = timedelta(minutes=1)
#: A time axis has this much room at both ends, and plans no further ahead than that.
_TIME_ROOM, _LONGEST_PLAN = 0.05, timedelta(hours=6)
_SHORT, _DAY, _MOST_TIMES = timedelta(minutes=5), timedelta(days=1), 6
_HEIGHT = 230
_ROOM = 0.12
#: The shape of a measurement by its phase, and its colour on light and on dark.
_MARKS: dict[Phase | None, tuple[str, str, str]] = {
    Phase.SUCCESSFUL: ("circle", "#15803d", "#6ee79b"),
    Phase.FAILED: ("x", "#b91c1c", "#ff8a8a"),
    Phase.INCONCLUSIVE: ("diamond-open", "#b45309", "#fdba74"),
}
_OTHER = ("circle-open", "#374151", "#d5dae1")
_LINE, _LINE_ON_DARK = "#8a94a3", "#8a94a3"
_THRESHOLD, _THRESHOLD_ON_DARK = "#6d28d9", "#c4b5fd"
_GAP = "rgba(180, 83, 9, 0.16)"
_ARMS = (
    ("canary", "#b45309", "#f5a95b", "solid", "circle"),
    ("stable", "#1d4ed8", "#7aa7ff", "dash", "square"),
)


def has_chart(metric: MetricView) -> bool:
    """Whether there is any number with a time to draw."""
    return any(point.at is not None and any(map(isfinite, point.numbers)) for point in metric.points)


def metric_figure(metric: MetricView, zone: ZoneInfo, *, goes_on: bool = False, dark: bool) -> go.Figure:
    """What a metric measured over time, each with its phase as a shape, its thresholds, and its gaps.

    While its run `goes_on`, the time axis leaves room for what is still to be measured.
    """
    timed = [point for point in metric.points if point.at is not None][-MOST_POINTS:]
    clock, title = one_clock([point.at for point in timed if point.at is not None], zone)
    figure = go.Figure()
    widest = min(max((len(point.numbers) for point in timed), default=0), MOST_SERIES)
    for series in range(widest):
        for trace in _series(timed, series, widest, clock, zone, dark=dark):
            figure.add_trace(trace)
    for threshold in metric.thresholds:
        colour = _THRESHOLD_ON_DARK if dark else _THRESHOLD
        figure.add_hline(
            y=threshold.number,
            line={"dash": "dash" if threshold.passes else "dot", "width": 1.5, "color": colour},
            annotation={
                "text": threshold_words(threshold),
                "font": {"color": colour, "size": 12},
                "xanchor": "left",
                "x": 0,
            },
            annotation_position="top left",
        )
    for gap in metric.gaps:
        _draw_gap(figure, gap, clock)
    numbers = [number for point in timed for number in point.numbers[:MOST_SERIES] if isfinite(number)]
    figure.update_yaxes(range=_range([*numbers, *(item.number for item in metric.thresholds)]))
    times = [point.at for point in timed if point.at is not None]
    around = _around(times, _planned(metric) if goes_on else timedelta())
    figure.update_xaxes(range=[on_axis(edge, clock) for edge in around])
    _tick_times(figure, times, around, clock)
    figure.update_yaxes(title={"text": plain(metric.state.name, 24)})
    return _framed(figure, title, dark=dark)


def _planned(metric: MetricView) -> timedelta:
    """How long it takes until everything is measured that is to be, from the first on; 0 where not known."""
    spec = metric.spec
    if spec is None or spec.interval is None or spec.limits.effective_count is None:
        return timedelta()
    return min((spec.limits.effective_count - 1) * spec.interval, _LONGEST_PLAN)


def _around(times: Sequence[datetime], planned: timedelta) -> tuple[datetime, datetime]:
    """From when to when the time axis goes: with some room on both sides, and never without a width."""
    last = max(times[-1], times[0] + planned)
    room = max((last - times[0]) * _TIME_ROOM, timedelta(seconds=1))
    if last - times[0] < _LEAST_WIDTH:
        room = _LEAST_WIDTH / 2
    return times[0] - room, last + room


def _tick_times(
    figure: go.Figure, times: Sequence[datetime], around: tuple[datetime, datetime], clock: timezone
) -> None:
    """In a few minutes an axis names the times of what was measured: marks every ten seconds say nothing."""
    if around[1] - around[0] > _SHORT or len(times) > _MOST_TIMES:
        ticks = {"tickformat": "%H:%M"} if around[1] - around[0] < _DAY else {"tickformatstops": TIME_TICKS}
        figure.update_xaxes(nticks=_MOST_TIMES, **ticks)
        return
    at = [on_axis(moment, clock) for moment in times]
    figure.update_xaxes(tickvals=at, ticktext=[f"{moment.astimezone(clock):%H:%M:%S}" for moment in times])


def metric_alt(metric: MetricView) -> str:
    """What the chart shows, for people who do not see it."""
    answered = sum(bool(point.numbers) for point in metric.points)
    limits = "; ".join(threshold_words(item) for item in metric.thresholds) or "no threshold"
    return (
        f"{plain(metric.state.name)}: {show.amount(answered, 'measurement')},"
        f" {show.amount(metric.failures, 'failure')},"
        f" {show.amount(metric.errors, 'error')} of the provider; {limits}"
    )


def arms_figure(
    ticks: Sequence[Tick], zone: ZoneInfo, measure: Measure = Measure.ERRORS, *, dark: bool
) -> go.Figure:
    """The share of bad requests of the canary and of its stable sibling, on one axis."""
    were = MEASURE_WORDS[measure].were
    timed = merged(ticks)
    clock, title = one_clock([tick.at for tick in timed if tick.at is not None], zone)
    figure = go.Figure()
    for name, light, darkened, dash, symbol in _ARMS:
        counts = [
            (tick.canary_bad, tick.canary_total) if name == "canary" else (tick.stable_bad, tick.stable_total)
            for tick in timed
        ]
        colour = darkened if dark else light
        figure.add_trace(
            go.Scatter(
                x=[on_axis(tick.at, clock) for tick in timed if tick.at is not None],
                # Without requests there is no rate: a gap, never a zero.
                y=[bad / total if total else None for bad, total in counts],
                name=name,
                mode="lines+markers" if len(timed) <= _MOST_MARKED else "lines",
                line={"color": colour, "dash": dash, "width": 2},
                marker={"color": colour, "symbol": symbol, "size": 5},
                text=[f"{round(bad):,} of {round(total):,} {were}" for bad, total in counts],
                hovertemplate="%{y:.2%} (%{text})",
            )
        )
    figure.update_yaxes(rangemode="tozero", tickformat="~%", title={"text": f"requests that {were}"})
    _framed(figure, title, dark=dark)
    figure.update_xaxes(tickformatstops=TIME_TICKS)
    return figure.update_layout(
        showlegend=True,
        hovermode="x unified",
        legend={
            "orientation": "h",
            "y": 1.02,
            "yanchor": "bottom",
            "x": 0,
            "font": {"color": ink(dark=dark)},
        },
        margin={"t": 34},
    )


def merged(ticks: Sequence[Tick]) -> list[Tick]:
    """`ticks` with a time; neighbours are added up, where there are more than a chart can show."""
    timed = [tick for tick in ticks if tick.at is not None]
    together = ceil(len(timed) / _MOST_TICKS)
    if together <= 1:
        return timed
    groups = [timed[start : start + together] for start in range(0, len(timed), together)]
    return [
        Tick(
            canary_bad=fsum(tick.canary_bad for tick in group),
            canary_total=fsum(tick.canary_total for tick in group),
            stable_bad=fsum(tick.stable_bad for tick in group),
            stable_total=fsum(tick.stable_total for tick in group),
            at=group[-1].at,
        )
        for group in groups
    ]


def _series(  # noqa: PLR0913 - one argument per fact
    points: Sequence[Point], series: int, of: int, clock: timezone, zone: ZoneInfo, *, dark: bool
) -> list[go.Scatter]:
    """The line of one number of the answers, and above it a mark for each phase."""
    label = f"number {series + 1} of the answer" if of > 1 else "answer"
    answered = [point for point in points if _number(point, series) is not None]
    line = go.Scatter(
        x=[_x(point, clock) for point in points],
        # Without an answer the line ends: a gap is never bridged.
        y=[_number(point, series) for point in points],
        mode="lines",
        line={"color": _LINE_ON_DARK if dark else _LINE, "width": 1.5},
        hoverinfo="skip",
    )
    traces = [line]
    for phase in dict.fromkeys(point.phase for point in answered):
        symbol, light, darkened = _MARKS.get(phase, _OTHER)
        mine = [point for point in answered if point.phase is phase]
        traces.append(
            go.Scatter(
                x=[_x(point, clock) for point in mine],
                y=[_number(point, series) for point in mine],
                mode="markers",
                marker={
                    "symbol": symbol,
                    "size": 9,
                    "color": darkened if dark else light,
                    "line": {"width": 2 if symbol.endswith("open") else 0},
                },
                cliponaxis=False,
                text=[_hover(point, series, label, zone) for point in mine],
                hovertemplate="%{text}<extra></extra>",
                name=PHASES[phase].word,
            )
        )
    return traces


def _number(point: Point, series: int) -> float | None:
    """One number of an answer; None where it has none that can be drawn."""
    found = point.numbers[series] if len(point.numbers) > series else None
    return found if found is not None and isfinite(found) else None


def _hover(point: Point, series: int, label: str, zone: ZoneInfo) -> str:
    when = "" if point.at is None else show.moment(point.at, zone)
    said = f"<br>{escape(plain(point.message, 60))}" if point.message else ""
    return f"{PHASES[point.phase].word}: {show.value(point.numbers[series])} ({label})<br>{when}{said}"


def _x(point: Point, clock: timezone) -> str:
    return "" if point.at is None else on_axis(point.at, clock)


def _draw_gap(figure: go.Figure, gap: Gap, clock: timezone) -> None:
    if gap.start is None or gap.end is None:
        return
    start, end = _widened(gap.start, gap.end)
    figure.add_vrect(
        x0=on_axis(start, clock),
        x1=on_axis(end, clock),
        fillcolor=_GAP,
        line_width=0,
        layer="below",
        annotation={"text": "! no answer" if gap.reason is GapReason.PROVIDER else gap.reason.value},
        annotation_position="bottom left",
    )


def _widened(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """A gap of a single measurement is a second long, which nobody would see."""
    least = timedelta(seconds=20)
    return (start - least, end + least) if end - start < least else (start, end)


def _range(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    room = (high - low) * _ROOM or abs(high) * _ROOM or 1.0
    return [low - room, high + 2 * room]


def _framed(figure: go.Figure, title: str, *, dark: bool) -> go.Figure:
    colour = ink(dark=dark)
    axis: dict[str, Any] = {"tickfont": {"color": colour, "size": 12}, "fixedrange": True, "zeroline": False}
    figure.update_xaxes(
        title={"text": title, "font": {"color": colour, "size": 12}}, hoverformat="%-d %b %H:%M", **axis
    )
    figure.update_yaxes(title={"font": {"color": colour, "size": 12}}, **axis)
    figure.update_annotations(font={"size": 12, "color": colour})
    return figure.update_layout(
        height=_HEIGHT, showlegend=False, dragmode=False, margin={"l": 8, "r": 12, "t": 10, "b": 8}
    )
