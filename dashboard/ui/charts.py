"""The course of an objective on one time axis: budget left over the policy's bands, bad events, traffic."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.domain.objective_status import ObjectiveStatus
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import PolicyTier, TierBands
from dashboard.reports.service import Course
from dashboard.ui import format as show
from dashboard.ui.words import sign

#: Behind the lines in either theme: faint, and named, so that no one has to tell the colours apart.
_BAND_COLOURS = {
    PolicyTier.NORMAL: "rgba(34, 160, 84, 0.16)",
    PolicyTier.CAUTIOUS: "rgba(214, 168, 20, 0.18)",
    PolicyTier.PROTECTED: "rgba(226, 116, 28, 0.20)",
    PolicyTier.EXHAUSTED: "rgba(214, 48, 48, 0.20)",
}
_INK_ON_LIGHT, _INK_ON_DARK = "#374151", "#d5dae1"
_ROW_HEIGHTS = (0.56, 0.22, 0.22)
_HEIGHT = 620
_HEADROOM = 0.04
_LOWEST = -0.12
_MILLISECONDS = 1000

#: Nothing to zoom by accident while scrolling on a phone, and no button that leads elsewhere.
CHART_CONFIG: Mapping[str, Any] = {"displayModeBar": False, "scrollZoom": False, "responsive": True}

#: How a time axis is read, by how far apart its ticks are: the day before the month, as in every sentence.
#: What follows the line break is told once, until it changes.
TIME_TICKS: Sequence[Mapping[str, Any]] = (
    {"dtickrange": [None, 59_999], "value": "%H:%M:%S\n%-d %b %Y"},
    {"dtickrange": [60_000, 86_399_999], "value": "%H:%M\n%-d %b %Y"},
    {"dtickrange": [86_400_000, "M1"], "value": "%-d %b\n%Y"},
    {"dtickrange": ["M1", None], "value": "%b %Y"},
)


def course_figure(course: Course, status: ObjectiveStatus, policy: Policy, *, dark: bool) -> go.Figure:
    """Three rows over one time axis; a step that was not measured stays a gap."""
    figure = make_subplots(
        rows=3,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.075,
        row_heights=_ROW_HEIGHTS,
        subplot_titles=(
            "Error budget left (share of the whole window's budget)",
            "Bad events (share of all events)",
            "Traffic (events per second)",
        ),
    )
    bands, zone = policy.budget.bands, policy.timezone
    time_axis, time_title = course_times(course, zone)
    rows = (
        (course.remaining, "budget left", "%{y:.2%}"),
        (course.error_ratio, "bad events", "%{y:.4%}"),
        (course.events_per_second, "events per second", "%{y:,.1f}"),
    )
    for row, (values, name, hover) in enumerate(rows, start=1):
        line = go.Scatter(
            y=values, name=name, mode="lines", line={"width": 1.8}, hovertemplate=hover, **time_axis
        )
        figure.add_trace(line, row=row, col=1)
    floor = min([_LOWEST, *(value - _HEADROOM for value in course.remaining if value is not None)])
    _draw_bands(figure, bands, floor)
    _draw_allowed(figure, status)
    figure.update_yaxes(range=[floor, 1 + _HEADROOM], tickformat=".0%", row=1, col=1)
    figure.update_yaxes(rangemode="tozero", tickformat="~%", row=2, col=1)
    figure.update_yaxes(rangemode="tozero", row=3, col=1)
    figure.update_yaxes(fixedrange=True)
    figure.update_xaxes(fixedrange=True, hoverformat="%-d %b %H:%M", tickformatstops=TIME_TICKS)
    figure.update_xaxes(title_text=time_title, row=3, col=1)
    figure.update_layout(
        height=_HEIGHT,
        showlegend=False,
        hovermode="x unified",
        dragmode=False,
        margin={"l": 8, "r": 8, "t": 36, "b": 8},
    )
    colour = ink(dark=dark)
    figure.update_annotations(font={"size": 13, "color": colour})
    figure.update_xaxes(tickfont_color=colour, title_font_color=colour)
    figure.update_yaxes(tickfont_color=colour)
    for title in figure.layout.annotations[:3]:
        title.update(x=0, xanchor="left")
    return figure


def course_alt(status: ObjectiveStatus, edges: tuple[Fraction, ...]) -> str:
    """What the chart shows, for people who do not see it."""
    return (
        f"{status.objective.key} over {show.length(status.objective.window)}:"
        f" {show.budget(status.remaining, edges)} of the error budget left; below it the share of bad events"
        " and the traffic over the same time"
    )


def course_times(course: Course, zone: ZoneInfo) -> tuple[dict[str, Any], str]:
    """Where the steps of `course` are on the time axis, and the title that names its clock.

    The axis knows no time zones: on local times it would run backwards or leap where the clocks change. So
    all of it is on one clock, the one that `zone` has at the newest step.
    """
    if not course.ends:
        return {"x": []}, f"Time ({UTC})"
    clock, title = one_clock(course.ends, zone)
    start = on_axis(course.ends[0], clock)
    if len(course.ends) == 1:
        return {"x": [start]}, title
    # Equal steps need only a start and a width, which keeps the page small.
    step: timedelta = course.ends[1] - course.ends[0]
    return {"x0": start, "dx": step.total_seconds() * _MILLISECONDS}, title


def one_clock(moments: Sequence[datetime], zone: ZoneInfo) -> tuple[timezone, str]:
    """The clock that `zone` has at the last of `moments`, and the title of an axis that is all on it."""
    newest = moments[-1].astimezone(zone)
    clock = timezone(newest.utcoffset() or timedelta())
    changed = any(moment.astimezone(zone).utcoffset() != newest.utcoffset() for moment in moments)
    title = f"Time ({newest:%Z}, also before the clocks changed)" if changed else f"Time ({newest:%Z})"
    return clock, title


def on_axis(moment: datetime, clock: timezone) -> str:
    """Where `moment` is on a time axis that is on `clock`."""
    return moment.astimezone(clock).replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")


def ink(*, dark: bool) -> str:
    """The colour of text on a chart: Streamlit's own grey is too faint to be read on a phone in the sun."""
    return _INK_ON_DARK if dark else _INK_ON_LIGHT


def _draw_bands(figure: go.Figure, bands: TierBands, floor: float) -> None:
    cautious, protected, exhausted = (float(edge) for edge in bands.edges)
    spans = {
        PolicyTier.NORMAL: (cautious, 1 + _HEADROOM),
        PolicyTier.CAUTIOUS: (protected, cautious),
        PolicyTier.PROTECTED: (exhausted, protected),
        PolicyTier.EXHAUSTED: (floor, exhausted),
    }
    for tier, (low, high) in spans.items():
        figure.add_hrect(
            y0=low,
            y1=high,
            fillcolor=_BAND_COLOURS[tier],
            line_width=0,
            layer="below",
            annotation_text=f"{sign(tier).symbol} {sign(tier).word}",
            annotation_position="bottom left",
            row=1,
            col=1,
        )


def _draw_allowed(figure: go.Figure, status: ObjectiveStatus) -> None:
    """The share of bad events that spends exactly the whole budget; above it the burn rate is over 1."""
    figure.add_hline(
        y=float(status.objective.allowed_error_ratio),
        line_dash="dash",
        line_width=1,
        line_color="#8a94a3",
        annotation_text="burn rate 1×",
        annotation_position="top left",
        row=2,
        col=1,
    )
