"""Times to recover as dots on a logarithmic axis: all of a period, and each against its routine variation."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from html import escape
from math import log10
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from dashboard.domain.incident_phases import Phase
from dashboard.domain.incidents import Severity
from dashboard.domain.periods import Period
from dashboard.domain.policy import Policy
from dashboard.domain.recovery import SeverityStatistics, TimedIncident
from dashboard.reports.incidents import IncidentRow, RecoveryChart
from dashboard.ui import format as show
from dashboard.ui.charts import TIME_TICKS, ink, on_axis, one_clock
from dashboard.ui.incident_words import severity
from dashboard.ui.release_words import plain

#: More points say no more and make the page slow.
MOST_POINTS = 1000
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0
_TICKS = (
    *(1.0, 10.0),
    *(minutes * _MINUTE for minutes in (1, 2, 5, 15, 30)),
    *(hours * _HOUR for hours in (1, 2, 4, 8)),
    *(days * _DAY for days in (1, 2, 7, 30, 90, 365)),
)
_FEWER_TICKS = frozenset({2 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 8 * _HOUR, 2 * _DAY})
_MOST_TICKS = 7
_LOWEST = 1.0
_GOLDEN = 0.618034
_ROW_HEIGHT, _SPREAD, _LINE = 84, 0.5, 0.36
_BLUE, _RED, _GREY = ("#1d4ed8", "#7aa7ff"), ("#b91c1c", "#fb7e94"), "#8a94a3"


def dots_figure(
    rows: Sequence[IncidentRow], found: Sequence[SeverityStatistics], policy: Policy, *, dark: bool
) -> go.Figure:
    """A dot for each time to recover, a hollow mark for what is still open, and each severity's target."""
    figure, colour = go.Figure(), ink(dark=dark)
    places = {item.severity: len(found) - 1 - index for index, item in enumerate(found)}
    listed = [row.timed for row in rows if row.timed.incident.severity in places][:MOST_POINTS]
    ended = [item for item in listed if item.phases[Phase.TOTAL].duration is not None]
    still = [item for item in listed if item.phases[Phase.TOTAL].open_for is not None]
    figure.add_trace(_dots(ended, places, "ended", {"symbol": "circle", "color": _BLUE[dark]}))
    if still:
        hollow = {"symbol": "triangle-right-open", "color": _RED[dark], "line": {"width": 2}}
        figure.add_trace(_dots(still, places, "open: at least so long", hollow))
    for item in found:
        target = policy.incidents.targets.get(item.severity, {}).get(Phase.TOTAL) if item.severity else None
        if target is not None:
            _target(figure, target.total_seconds(), places[item.severity], colour)
    figure.update_yaxes(
        tickvals=list(places.values()),
        ticktext=[severity(item.severity).replace(" ", "<br>") for item in found],
        range=[-0.6, len(found) - 0.4],
        showgrid=False,
        zeroline=False,
    )
    lengths = [_seconds(item) for item in listed]
    targets = [length.total_seconds() for of in policy.incidents.targets.values() for length in of.values()]
    _duration_axis(figure, [*lengths, max(targets, default=_HOUR)], "x")
    return _laid_out(figure, 110 + _ROW_HEIGHT * len(found), colour)


def dots_alt(rows: Sequence[IncidentRow]) -> str:
    """What the dots show, for people who do not see them."""
    still = sum(row.timed.incident.is_open for row in rows)
    return (
        f"The times to recover of {show.amount(len(rows), 'incident')}, {still} of them open, by severity on"
        " a logarithmic axis with the target of each severity; the list of incidents below has every number"
    )


def control_figure(chart: RecoveryChart, period: Period, zone: ZoneInfo, *, dark: bool) -> go.Figure:
    """Times to recover in order of time between their limits; what stands out has a sign of its own."""
    figure, colour = go.Figure(), ink(dark=dark)
    items, values = chart.items[-MOST_POINTS:], chart.chart.values[-MOST_POINTS:]
    moments = [item.incident.times[0] for item in items]
    clock, title = one_clock(moments, zone)
    _draw_points(figure, chart, moments, clock, dark=dark)
    limits = chart.chart.limits
    lines = {} if limits is None else {"limit": limits.upper, "centre": limits.centre, "limit ": limits.lower}
    for name, value in lines.items():
        figure.add_hline(
            y=max(value, _LOWEST),
            line={"dash": "dash" if "limit" in name else "solid", "width": 1.2, "color": _GREY},
        )
        # On a logarithmic axis a shape is placed by its value, but its label by the logarithm.
        figure.add_annotation(
            x=1,
            xref="paper",
            xanchor="left",
            y=log10(max(value, _LOWEST)),
            text=name.strip(),
            showarrow=False,
            font={"size": 12, "color": colour},
        )
    if moments[0] < period.start <= moments[-1]:
        figure.add_vline(x=on_axis(period.start, clock), line={"dash": "dot", "width": 1.5, "color": _GREY})
        figure.add_annotation(
            x=on_axis(period.start, clock),
            y=1,
            yref="paper",
            xanchor="left",
            # Above the points, of which one may lie just below the edge.
            yanchor="bottom",
            text="this period →",
            showarrow=False,
            font={"size": 12, "color": colour},
        )
    _duration_axis(figure, [*values, *lines.values()], "y")
    figure.update_xaxes(title_text=title, tickformatstops=TIME_TICKS)
    return _laid_out(figure, 330, colour).update_layout(margin={"r": 48, "t": 60}, legend={"y": 1.12})


def _draw_points(
    figure: go.Figure, chart: RecoveryChart, moments: Sequence[datetime], clock: timezone, *, dark: bool
) -> None:
    """A point for each incident, the last of them at `moments`; what stands out has a sign of its own."""
    items, values = chart.items[-MOST_POINTS:], chart.chart.values[-MOST_POINTS:]
    marks = {
        "routine": {"symbol": "circle", "size": 7, "color": _BLUE[dark]},
        "faster": {"symbol": "triangle-down", "size": 12, "color": _BLUE[dark]},
        "slower": {"symbol": "diamond", "size": 12, "color": _RED[dark]},
    }
    centre = _LOWEST if chart.chart.limits is None else chart.chart.limits.centre
    kinds = [
        ("faster" if value < centre else "slower") if fired else "routine"
        for value, fired in zip(values, chart.chart.signals[-MOST_POINTS:], strict=True)
    ]
    for name, marker in marks.items():
        chosen = [index for index, kind in enumerate(kinds) if kind == name]
        if not chosen:
            continue
        figure.add_trace(
            go.Scatter(
                x=[on_axis(moments[index], clock) for index in chosen],
                y=[max(values[index], _LOWEST) for index in chosen],
                mode="markers",
                name=name,
                marker=marker,
                text=[_hover(items[index]) for index in chosen],
                hovertemplate="%{text}<extra></extra>",
            )
        )


def control_alt(chart: RecoveryChart) -> str:
    """What a chart of individuals shows, for people who do not see it."""
    marked = sum(bool(fired) for fired in chart.chart.signals)
    return (
        f"The {show.amount(len(chart.items), 'time')} to recover of {chart.severity} in order, and limits;"
        f" {show.amount(marked, 'point')} to look at, named beside the chart"
    )


def _dots(
    items: Sequence[TimedIncident], places: dict[Severity | None, int], name: str, marker: dict[str, Any]
) -> go.Scatter:
    return go.Scatter(
        x=[max(_seconds(item), _LOWEST) for item in items],
        y=[
            places[item.incident.severity] + ((index * _GOLDEN) % 1 - 0.5) * _SPREAD
            for index, item in enumerate(items)
        ],
        mode="markers",
        name=name,
        marker={"size": 9, "opacity": 0.85} | marker,
        text=[_hover(item) for item in items],
        hovertemplate="%{text}<extra></extra>",
    )


def _target(figure: go.Figure, seconds: float, place: int, colour: str) -> None:
    figure.add_shape(
        type="line",
        x0=seconds,
        x1=seconds,
        y0=place - _LINE,
        y1=place + _LINE,
        line={"color": colour, "width": 2, "dash": "dot"},
    )
    figure.add_annotation(
        x=log10(seconds),
        y=place + _LINE,
        text=f"target {show.lasted(seconds)}",
        showarrow=False,
        yanchor="bottom",
        font={"size": 12, "color": colour},
    )


def _seconds(item: TimedIncident) -> float:
    total = item.phases[Phase.TOTAL]
    length = total.duration if total.duration is not None else total.open_for
    return 0.0 if length is None else length.total_seconds()


def _hover(item: TimedIncident) -> str:
    total = item.phases[Phase.TOTAL]
    took = (
        f"open, at least {show.length(total.open_for)}"
        if total.duration is None
        else show.lasted(total.duration.total_seconds())
    )
    return f"{escape(plain(item.incident.id, 40))}: {took}"


def _duration_axis(figure: go.Figure, seconds: Iterable[float], axis: str) -> None:
    """A logarithmic axis that is read in minutes, hours and days."""
    lengths = [max(length, _LOWEST) for length in seconds] or [_MINUTE, _DAY]
    low, high = min(lengths) / 1.6, max(lengths) * 1.6
    ticks = _TICKS[bisect_left(_TICKS, low) : bisect_left(_TICKS, high)]
    if len(ticks) > _MOST_TICKS:
        ticks = tuple(tick for tick in ticks if tick not in _FEWER_TICKS)
    settings = {
        "type": "log",
        "range": [log10(low), log10(high)],
        "tickvals": list(ticks),
        "ticktext": [show.lasted(tick) for tick in ticks],
    }
    if axis == "x":
        figure.update_xaxes(title_text="Time to recover (logarithmic scale)", **settings)
    else:
        figure.update_yaxes(title_text="Time to recover (logarithmic)", **settings)


def _laid_out(figure: go.Figure, height: int, colour: str) -> go.Figure:
    figure.update_xaxes(fixedrange=True, tickfont_color=colour, title_font_color=colour)
    figure.update_yaxes(fixedrange=True, tickfont_color=colour, title_font_color=colour)
    figure.update_layout(
        height=height,
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"color": colour}},
        dragmode=False,
        margin={"l": 8, "r": 8, "t": 36, "b": 8},
    )
    return figure
