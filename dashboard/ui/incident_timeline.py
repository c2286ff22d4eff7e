"""One incident as a timeline: each phase from its start to its end, with its target."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

import plotly.graph_objects as go

from dashboard.domain.incident_phases import Phase, PhaseOutcome, PhaseResult
from dashboard.domain.incidents import Incident
from dashboard.domain.policy import Policy
from dashboard.reports.incidents import IncidentReport
from dashboard.ui import format as show
from dashboard.ui.charts import TIME_TICKS, ink, on_axis, one_clock
from dashboard.ui.incident_words import PHASES, RESULTS

_MILLISECONDS = 1000
_HEIGHT = 300
_ROOM, _LEFT_ROOM = 0.8, 80
_COLOURS = {
    PhaseResult.MET: ("#15803d", "#86efac"),
    PhaseResult.MISSED: ("#b91c1c", "#fb7e94"),
    PhaseResult.UNDETERMINED: ("#1d4ed8", "#7aa7ff"),
    PhaseResult.EXCLUDED: ("#6b7280", "#b6bec9"),
}
#: A bar on its colour and hatched: what was missed, and what is still open, is told without colours too.
_PATTERNS = {PhaseResult.MISSED: "/", PhaseResult.UNDETERMINED: "."}


def drawn_phases(report: IncidentReport) -> list[tuple[PhaseOutcome, datetime, timedelta]]:
    """The phases whose beginning and length (so far) are known, with both."""
    incident, found = report.row.timed.incident, []
    for phase, outcome in report.row.timed.phases.items():
        length = outcome.duration if outcome.duration is not None else outcome.open_for
        start = _start(incident, phase, together=outcome.without_acknowledgement)
        if start is not None and length is not None:
            found.append((outcome, start, length))
    return found


def timeline_figure(report: IncidentReport, policy: Policy, *, dark: bool) -> go.Figure:
    """A bar for each phase that is known; a line shows where its target ended."""
    found = drawn_phases(report)
    ends = [start + length for _, start, length in found]
    clock, title = one_clock([*(start for _, start, _ in found), max(ends)], policy.timezone)
    figure, colour = go.Figure(), ink(dark=dark)
    for outcome, start, length in found:
        figure.add_trace(_bar(outcome, start, length, clock, dark=dark))
        _write_result(figure, outcome, start + max(length, outcome.target or length), clock, colour)
    targets = [
        (outcome.phase, start + outcome.target) for outcome, start, _ in found if outcome.target is not None
    ]
    if targets:
        figure.add_trace(_target_ends(targets, clock, colour))
    figure.update_yaxes(
        categoryorder="array",
        categoryarray=[PHASES[phase] for phase in reversed(Phase)],
        fixedrange=True,
        tickfont_color=colour,
    )
    figure.update_xaxes(
        type="date",
        tickformatstops=TIME_TICKS,
        range=_range(found, clock),
        title_text=title,
        fixedrange=True,
        tickfont_color=colour,
        title_font_color=colour,
    )
    figure.update_layout(
        height=_HEIGHT,
        bargap=0.35,
        dragmode=False,
        showlegend=bool(targets),
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"color": colour}},
        margin={"l": 8, "r": 8, "t": 36, "b": 8},
    )
    return figure


def _bar(outcome: PhaseOutcome, start: datetime, length: timedelta, clock: timezone, *, dark: bool) -> go.Bar:
    name = PHASES[outcome.phase]
    open_still = outcome.duration is None
    took = f"{show.length(length)}, still open" if open_still else show.lasted(length.total_seconds())
    return go.Bar(
        y=[name],
        x=[length.total_seconds() * _MILLISECONDS],
        base=[on_axis(start, clock)],
        orientation="h",
        marker={
            "color": _COLOURS[outcome.result][dark],
            "pattern": {"shape": _PATTERNS.get(outcome.result, "")},
        },
        hovertemplate=f"{name}: {took}<extra></extra>",
        showlegend=False,
    )


def _write_result(
    figure: go.Figure, outcome: PhaseOutcome, until: datetime, clock: timezone, colour: str
) -> None:
    """Beside the bar and its target, where nothing is behind the words."""
    figure.add_annotation(
        x=on_axis(until, clock),
        y=PHASES[outcome.phase],
        text=f"{RESULTS[outcome.result]}{'' if outcome.duration is not None else '<br>● open'}",
        showarrow=False,
        xanchor="left",
        xshift=6,
        align="left",
        font={"size": 13, "color": colour},
    )


def _target_ends(targets: Sequence[tuple[Phase, datetime]], clock: timezone, colour: str) -> go.Scatter:
    return go.Scatter(
        y=[PHASES[phase] for phase, _ in targets],
        x=[on_axis(until, clock) for _, until in targets],
        mode="markers",
        name="target ends here",
        marker={"symbol": "line-ns-open", "size": 26, "color": colour, "line": {"width": 3}},
        hovertemplate="target ends %{x|%H:%M}<extra></extra>",
    )


def timeline_alt(report: IncidentReport) -> str:
    """What the timeline shows, for people who do not see it."""
    count = len(drawn_phases(report))
    return f"{show.amount(count, 'phase')} of the incident in time, each with its target; the table has them"


def _range(found: Sequence[tuple[PhaseOutcome, datetime, timedelta]], clock: timezone) -> list[str]:
    """From the first start to the last end, with room for the words behind it."""
    first = min(start for _, start, _ in found)
    last = max(start + max(length, outcome.target or length) for outcome, start, length in found)
    room = (last - first) * _ROOM + timedelta(seconds=1)
    return [on_axis(first - room / _LEFT_ROOM, clock), on_axis(last + room, clock)]


def _start(incident: Incident, phase: Phase, *, together: bool) -> datetime | None:
    return {
        Phase.DETECT: incident.started_at,
        Phase.TRIAGE: incident.detected_at,
        Phase.MITIGATE: incident.detected_at if together else incident.acknowledged_at,
        Phase.RECOVER: incident.mitigated_at,
        Phase.TOTAL: incident.started_at,
    }[phase]
