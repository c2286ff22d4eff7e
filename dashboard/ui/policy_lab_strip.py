"""The strip of the policy lab: a line for each service, deployments marked by verdict and how they ended."""

from collections.abc import Mapping, Sequence
from datetime import timedelta, timezone
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from dashboard.domain.periods import Period
from dashboard.reports.policy_backtest import Backtested
from dashboard.ui import format as show
from dashboard.ui.charts import TIME_TICKS, ink, on_axis, one_clock
from dashboard.ui.policy_lab_words import GROUP_SIGNS, Group, group
from dashboard.ui.release_marks import chart_text
from dashboard.ui.release_words import version_of

_LANE_PIXELS, _FRAME_PIXELS = 46, 64
_DAY = timedelta(days=1)
#: What a browser draws at once; what a policy blocks and what went bad comes first.
MOST_MARKS = 600

#: The shape of each group, and its colour on light and on dark. What is drawn last lies on top.
_MARKS: Mapping[Group, tuple[str, str, str]] = {
    Group.PASSED: ("circle", "#15803d", "#6ee79b"),
    Group.PASSED_UNJUDGED: ("circle-open", "#374151", "#d5dae1"),
    Group.BLOCKED_UNJUDGED: ("triangle-up-open", "#6d28d9", "#c4b5fd"),
    Group.HELD_BACK: ("triangle-up", "#b45309", "#fdba74"),
    Group.STOPPED: ("square", "#1d4ed8", "#93b4ff"),
    Group.MISSED: ("x", "#b91c1c", "#ff8a8a"),
}
_SMALL, _USUAL, _RING = 8, 11, 18
#: Marks lie a little below the middle of their line, under its name.
_LOW = 0.14


def lanes_of(rows: Sequence[Backtested]) -> dict[str, list[Backtested]]:
    """The deployments of each service: those with the most changed verdicts first, then the most blocked."""
    found: dict[str, list[Backtested]] = {}
    for row in rows:
        found.setdefault(row.service.name, []).append(row)

    def weight(name: str) -> tuple[int, int, str]:
        changed = sum(row.changes for row in found[name])
        return -changed, -sum(row.other.verdict.blocks for row in found[name]), name

    return {name: found[name] for name in sorted(found, key=weight)}


def strip(
    lanes: Mapping[str, Sequence[Backtested]], period: Period, zone: ZoneInfo, *, dark: bool
) -> go.Figure:
    """The lanes one below the other, on one clock of `zone`; a ring is around what changes."""
    days = [period.start + _DAY * number for number in range(period.length // _DAY + 1)]
    clock, title = one_clock([*days, period.end], zone)
    colour, margin = ink(dark=dark), period.length / 60
    marked = _kept([(row, item) for row, lane in enumerate(lanes.values()) for item in lane])
    figure = go.Figure()
    _draw_rings(figure, marked, clock, colour)
    for found in _MARKS:
        mine = [(row, item) for row, item in marked if group(item) is found]
        if mine:
            figure.add_trace(_marks(found, mine, clock, zone, dark=dark))
    for row, name in enumerate(lanes):
        figure.add_annotation(
            text=f"<b>{chart_text(name, 40)}</b>",
            x=0,
            xref="paper",
            xanchor="left",
            y=row - 0.46,
            yanchor="top",
            showarrow=False,
            font={"size": 12, "color": colour},
        )
        figure.add_hline(y=row + 0.5, line={"width": 0.5, "color": "#8a94a3"})
    figure.update_yaxes(
        range=[len(lanes) - 0.5, -0.5], visible=False, fixedrange=True, showgrid=False, zeroline=False
    )
    figure.update_xaxes(
        type="date",
        tickformatstops=TIME_TICKS,
        range=[on_axis(period.start - margin, clock), on_axis(period.end + margin, clock)],
        fixedrange=True,
        title_text=title,
        tickfont_color=colour,
        title_font_color=colour,
    )
    figure.update_layout(
        height=_FRAME_PIXELS + _LANE_PIXELS * len(lanes),
        hovermode="closest",
        dragmode=False,
        showlegend=False,
        margin={"l": 4, "r": 4, "t": 8, "b": 8},
    )
    return figure


def legend(rows: Sequence[Backtested]) -> str:
    """What the marks of `rows` mean, each written as it looks; markdown."""
    there = {group(row) for row in rows}
    told = [
        f":{GROUP_SIGNS[found].colour}[{GROUP_SIGNS[found].symbol}] {found.value}"
        for found in Group
        if found in there
    ]
    if any(row.changes for row in rows):
        told.append("◯ around it: today's policy says otherwise")
    return f":small[{' · '.join(told)}]"


def strip_alt(rows: Sequence[Backtested], period: Period) -> str:
    """What the strip shows, for people who do not see it; the list below it has the deployments."""
    counts = [
        f"{number} {found.value}" for found in Group if (number := sum(group(row) is found for row in rows))
    ]
    return f"{show.amount(len(rows), 'deployment')} in {period.name}: {', '.join(counts)}"


def _kept(marked: list[tuple[int, Backtested]]) -> list[tuple[int, Backtested]]:
    def rank(item: tuple[int, Backtested]) -> tuple[bool, bool, float]:
        row = item[1]
        return not row.changes, group(row) is Group.PASSED, -row.row.release.deployment.began_at.timestamp()

    return sorted(marked, key=rank)[:MOST_MARKS]


def _draw_rings(
    figure: go.Figure, marked: Sequence[tuple[int, Backtested]], clock: timezone, colour: str
) -> None:
    changed = [(row, item) for row, item in marked if item.changes]
    if changed:
        figure.add_trace(
            go.Scatter(
                x=[on_axis(item.row.release.deployment.began_at, clock) for _, item in changed],
                y=[row + _LOW for row, _ in changed],
                mode="markers",
                cliponaxis=False,
                marker={"symbol": "circle-open", "size": _RING, "color": colour, "line": {"width": 1.6}},
                hoverinfo="skip",
                name="changes",
            )
        )


def _marks(
    found: Group, mine: Sequence[tuple[int, Backtested]], clock: timezone, zone: ZoneInfo, *, dark: bool
) -> go.Scatter:
    symbol, light, darkened = _MARKS[found]
    return go.Scatter(
        x=[on_axis(item.row.release.deployment.began_at, clock) for _, item in mine],
        y=[row + _LOW for row, _ in mine],
        mode="markers",
        cliponaxis=False,
        marker={
            "symbol": symbol,
            "size": _SMALL if found in {Group.PASSED, Group.PASSED_UNJUDGED} else _USUAL,
            "color": darkened if dark else light,
            "line": {"width": 2 if symbol.endswith("open") else 0},
        },
        text=[_hover(item, found, zone) for _, item in mine],
        hovertemplate="%{text}<extra></extra>",
        name=found.value,
    )


def _hover(item: Backtested, found: Group, zone: ZoneInfo) -> str:
    deployment = item.row.release.deployment
    title = f"{chart_text(deployment.service, 40)} {chart_text(version_of(deployment), 40)}"
    return f"<b>{title}</b><br>{found.value}<br>{show.moment(deployment.began_at, zone)}"
