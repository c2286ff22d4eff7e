"""How deployments and incidents are marked on a chart: shapes, colours, and what a pointer over one reads."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timezone
from html import escape
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from dashboard.domain.incidents import Incident
from dashboard.domain.releases import Release
from dashboard.ui import format as show
from dashboard.ui.charts import on_axis
from dashboard.ui.release_words import OUTCOME_SIGNS, Outcome, outcome, plain, version_of

#: The shape of each result, how the legend writes that shape, and its colour on light and on dark.
_MARKS: Mapping[Outcome, tuple[str, str, str, str]] = {
    Outcome.FAILED: ("x", "✖", "#b91c1c", "#ff8a8a"),
    Outcome.ROLLED_BACK: ("triangle-left", "◀", "#b45309", "#fdba74"),
    Outcome.CAUSED_INCIDENT: ("diamond", "◆", "#be123c", "#fb7e94"),
    Outcome.UNKNOWN: ("star-open", "☆", "#6d28d9", "#c4b5fd"),
    Outcome.IN_PROGRESS: ("triangle-right-open", "▷", "#1d4ed8", "#93b4ff"),
    Outcome.PENDING: ("circle-open", "○", "#1d4ed8", "#93b4ff"),
    Outcome.QUEUED: ("square-open", "□", "#374151", "#d5dae1"),
    Outcome.SUPERSEDED: ("line-ew-open", "―", "#374151", "#d5dae1"),
    Outcome.GOOD: ("circle", "●", "#15803d", "#6ee79b"),
}


def markers(
    releases: Sequence[Release], heights: Sequence[float], clock: timezone, zone: ZoneInfo, *, dark: bool
) -> go.Scatter:
    """The marks of `releases`, all of one result, at these heights."""
    found = outcome(releases[0])
    symbol, _, light, darkened = _MARKS[found]
    return go.Scatter(
        x=[on_axis(release.deployment.began_at, clock) for release in releases],
        y=list(heights),
        mode="markers",
        cliponaxis=False,
        marker={
            "symbol": symbol,
            "size": 11,
            "color": darkened if dark else light,
            "line": {"width": 2 if symbol.endswith("open") else 0},
        },
        text=[release_hover(release, zone) for release in releases],
        hovertemplate="%{text}<extra></extra>",
        name=OUTCOME_SIGNS[found].word,
    )


def mark_names(releases: Iterable[Release], has_incidents: bool, bar: str) -> list[str]:  # noqa: FBT001 - a fact
    """What each mark that is there means, written as it looks; markdown."""
    there = {outcome(release) for release in releases}
    told = [
        f":{OUTCOME_SIGNS[found].colour}[{_MARKS[found][1]}] {found.value}"
        for found in Outcome
        if found in there
    ]
    return [*told, f"{bar} incident"] if has_incidents else told


def release_hover(release: Release, zone: ZoneInfo) -> str:
    """What a pointer over a deployment reads."""
    deployment = release.deployment
    when = show.moment(deployment.began_at, zone)
    title = f"{chart_text(deployment.service, 40)} {chart_text(version_of(deployment), 40)}"
    return f"<b>{title}</b><br>{OUTCOME_SIGNS[outcome(release)].word}<br>{when}"


def incident_hover(incident: Incident, zone: ZoneInfo) -> str:
    """What a pointer over an incident reads."""
    severity = incident.severity.value if incident.severity else "severity unknown"
    began = "" if incident.began_at is None else show.moment(incident.began_at, zone)
    ended = "open" if incident.resolved_at is None else show.moment(incident.resolved_at, zone)
    title = f"<b>{chart_text(incident.id, 40)}</b> {severity}<br>{chart_text(incident.title, 60)}"
    return f"{title}<br>{began} → {ended}"


def chart_text(words: str, most: int) -> str:
    """Untrusted words for plotly, which reads some HTML."""
    return escape(plain(words, most), quote=False)
