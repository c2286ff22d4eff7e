"""The timeline of deployments: one lane a service, markers by result, incidents as bars, tiers behind."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from dashboard.domain.periods import Period
from dashboard.domain.policy_tier import PolicyTier
from dashboard.reports.lanes import Lane
from dashboard.ui import format as show
from dashboard.ui.charts import ink, on_axis
from dashboard.ui.lanes import frame_lanes, lane_clock
from dashboard.ui.release_marks import chart_text, incident_hover, mark_names, markers
from dashboard.ui.release_thinning import (
    MOST_INCIDENTS,
    MOST_MARKERS,
    MOST_ROLLBACKS,
    MOST_TIER_SPANS,
    kept,
    merged,
)
from dashboard.ui.release_words import Outcome, outcome, plain, version_of
from dashboard.ui.words import sign

_LANE_PIXELS = 48
_MILLISECONDS = 1000

#: Faint, and each with a pattern of its own, so that nobody has to tell them apart by colour.
_TIERS: Mapping[PolicyTier, tuple[str, str, str]] = {
    PolicyTier.NORMAL: ("34, 160, 84", "", "plain"),
    PolicyTier.CAUTIOUS: ("190, 145, 10", ".", "dots"),
    PolicyTier.PROTECTED: ("226, 116, 28", "/", "stripes"),
    PolicyTier.EXHAUSTED: ("214, 48, 48", "x", "crosses"),
    PolicyTier.UNKNOWN: ("124, 90, 210", "-", "lines"),
}


def timeline(lanes: Sequence[Lane], period: Period, zone: ZoneInfo, *, dark: bool) -> go.Figure:
    """The lanes one below the other, the first on top, on one clock of `zone`."""
    clock, colour = lane_clock(period, zone)[0], ink(dark=dark)
    figure = go.Figure()
    _draw_tiers(figure, lanes, period, clock)
    _draw_incidents(figure, lanes, period, clock, zone, colour)
    _draw_rollbacks(figure, lanes, clock, colour)
    _draw_releases(figure, lanes, clock, zone, dark=dark)
    figure.update_layout(barmode="overlay")
    frame_lanes(figure, [_label(lane) for lane in lanes], period, zone, pixels=_LANE_PIXELS, dark=dark)
    return figure


def legend(lanes: Sequence[Lane]) -> str:
    """What the marks on the timeline of `lanes` mean, each written as it looks; markdown."""
    releases = [release for lane in lanes for release in lane.releases]
    told = mark_names(releases, any(lane.incidents for lane in lanes), "▬")
    if any(release.taken_away_by is not None for release in releases):
        told.append("┌╌┐ a deployment and what rolled it back")
    tiers = {span.tier for lane in lanes for span in lane.tiers}
    behind = [
        f":{sign(tier).colour}[{sign(tier).symbol}] {tier.value} ({look})"
        for tier, (_, _, look) in _TIERS.items()
        if tier in tiers
    ]
    if behind and any(not lane.tiers for lane in lanes):
        behind.append(f"{sign(None).symbol} {sign(None).word} (no colour)")
    lines = [" · ".join(told), f"Behind them the policy tier then: {' · '.join(behind)}" if behind else ""]
    return "  \n".join(f":small[{line}]" for line in lines if line)


def timeline_alt(lanes: Sequence[Lane], period: Period) -> str:
    """What the timeline shows, for people who do not see it; the list below it has every deployment."""
    marked = [(lane.service, release) for lane in lanes for release in lane.releases]
    wrong = [
        f"{outcome(release).value}: {plain(service)} {plain(version_of(release.deployment), 30)}"
        for service, release in marked
        if outcome(release) in (Outcome.FAILED, Outcome.ROLLED_BACK, Outcome.CAUSED_INCIDENT)
    ]
    incidents = {incident.id for lane in lanes for incident in lane.incidents}
    told = "; ".join(wrong[:10]) or "none failed"
    return (
        f"Timeline of {show.amount(len(lanes), 'service')} over {period.name}:"
        f" {show.amount(len(marked), 'deployment')} ({told}) and {show.amount(len(incidents), 'incident')}"
    )


def _label(lane: Lane) -> str:
    name = f"<b>{chart_text(lane.service, 40)}</b>"
    if not lane.tiers:
        return name
    look = sign(lane.tiers[-1].tier)
    return f"{name}  now {look.symbol} {look.word}"


def _draw_tiers(figure: go.Figure, lanes: Sequence[Lane], period: Period, clock: timezone) -> None:
    most = MOST_TIER_SPANS // max(len(lanes), 1)
    spans = [(row, span) for row, lane in enumerate(lanes) for span in merged(lane.tiers, most)]
    for tier, (rgb, pattern, _) in _TIERS.items():
        mine = [(row, span) for row, span in spans if span.tier is tier]
        if not mine:
            continue
        figure.add_trace(
            go.Bar(
                orientation="h",
                y=[row for row, _ in mine],
                base=[on_axis(max(span.start, period.start), clock) for _, span in mine],
                x=[_width(max(span.start, period.start), span.end) for _, span in mine],
                width=0.92,
                marker={
                    "color": f"rgba({rgb}, 0.13)",
                    "line": {"width": 0.6, "color": f"rgba({rgb}, 0.55)"},
                    "pattern": {
                        "shape": pattern,
                        "fgcolor": f"rgba({rgb}, 0.40)",
                        "bgcolor": f"rgba({rgb}, 0.10)",
                        "fillmode": "replace",
                        "size": 7,
                        "solidity": 0.12,
                    },
                },
                name=tier.value,
                hoverinfo="skip",
            )
        )


def _draw_incidents(  # noqa: PLR0913, PLR0917 - one argument per fact
    figure: go.Figure,
    lanes: Sequence[Lane],
    period: Period,
    clock: timezone,
    zone: ZoneInfo,
    colour: str,
) -> None:
    listed = [(row, incident) for row, lane in enumerate(lanes) for incident in lane.incidents]
    listed.sort(key=lambda item: item[1].began_at or period.start, reverse=True)
    bars = []
    for row, incident in listed[:MOST_INCIDENTS]:
        start = max(incident.began_at or period.start, period.start)
        end = min(incident.resolved_at or period.end, period.end)
        # A bar of a minute among weeks would be thinner than a pixel.
        bars.append((row, start, max(end, start + period.length / 250), incident))
    if not bars:
        return
    figure.add_trace(
        go.Bar(
            orientation="h",
            y=[row + 0.34 for row, *_ in bars],
            base=[on_axis(start, clock) for _, start, _, _ in bars],
            x=[_width(start, end) for _, start, end, _ in bars],
            width=0.18,
            marker={"color": colour, "line": {"width": 0}},
            text=[incident_hover(incident, zone) for *_, incident in bars],
            textposition="none",
            hovertemplate="%{text}<extra></extra>",
            name="incident",
        )
    )


def _draw_rollbacks(figure: go.Figure, lanes: Sequence[Lane], clock: timezone, colour: str) -> None:
    """A bracket over each pair: what was taken away, and the rollback that did it."""
    pairs = [
        (release.deployment.began_at, release.taken_away_by.began_at, row)
        for row, lane in enumerate(lanes)
        for release in lane.releases
        if release.taken_away_by is not None
    ]
    x: list[str | None] = []
    y: list[float | None] = []
    for first, last, row in sorted(pairs)[-MOST_ROLLBACKS:]:
        start, end = on_axis(first, clock), on_axis(last, clock)
        x += [start, start, end, end, None]
        y += [row, row - 0.14, row - 0.14, row, None]
    if x:
        figure.add_trace(
            go.Scatter(
                x=x,
                y=y,
                mode="lines",
                line={"width": 1.6, "color": colour, "dash": "dot"},
                hoverinfo="skip",
                name="rolled back by",
            )
        )


def _draw_releases(
    figure: go.Figure, lanes: Sequence[Lane], clock: timezone, zone: ZoneInfo, *, dark: bool
) -> None:
    every = [(row, release) for row, lane in enumerate(lanes) for release in lane.releases]
    shown = kept(every, MOST_MARKERS)
    for found in reversed(Outcome):  # what went wrong is drawn last, so over the others
        mine = [(row, release) for row, release in shown if outcome(release) is found]
        if mine:
            figure.add_trace(
                markers([release for _, release in mine], [row for row, _ in mine], clock, zone, dark=dark)
            )


def _width(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() * _MILLISECONDS
