"""Incidents as rows of a spreadsheet: one line each, durations in seconds, what is unknown is empty."""

from datetime import datetime

from dashboard.domain.incident_phases import Phase
from dashboard.reports.incidents import IncidentRow
from dashboard.ui.incident_words import deployment, evidence

COLUMNS = (
    "incident",
    "title",
    "severity",
    "services",
    "began_at",
    "resolved_at",
    *(
        f"{phase}_{what}"
        for phase in Phase
        for what in ("seconds", "open_seconds", "target_seconds", "result")
    ),
    "deployment",
    "evidence",
    "objective",
    "share_of_budget",
    "full_outage_seconds",
    "url",
)


def cells(row: IncidentRow) -> list[object]:
    """The cells of one incident, in the order of `COLUMNS`; the cost is that of its dearest objective."""
    incident, attributed = row.timed.incident, row.attribution
    found: list[object] = [
        incident.id,
        incident.title,
        incident.severity,
        " ".join(incident.services),
        _iso(incident.began_at),
        _iso(incident.resolved_at),
    ]
    for outcome in row.timed.phases.values():
        lengths = (outcome.duration, outcome.open_for, outcome.target)
        found += [None if length is None else length.total_seconds() for length in lengths]
        found.append(outcome.result)
    found.append(deployment(attributed.deployment) if attributed and attributed.deployment else None)
    found.append(evidence(attributed))
    cost = row.costs[0] if row.costs else None
    share = cost.share_of_budget if cost else None
    outage = cost.full_outage if cost else None
    return [
        *found,
        cost.objective.key if cost else None,
        None if share is None else float(share),
        None if outage is None else outage.total_seconds(),
        incident.url,
    ]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
