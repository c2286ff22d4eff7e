"""The columns of deployments for a spreadsheet: exact values, times in UTC, shares as fractions of one."""

from collections.abc import Mapping
from datetime import UTC, datetime

from dashboard.domain.attribution import Attribution
from dashboard.reports.deployments import ReleaseRow
from dashboard.ui.release_words import outcome

COLUMNS = (
    "service",
    "environment",
    "id",
    "version",
    "commit_sha",
    "started_at",
    "finished_at",
    "duration_seconds",
    "actor",
    "change_type",
    "result",
    "reason",
    "rolled_back_by",
    "rollback_is_inferred",
    "judged_on",
    "policy_tier",
    "costliest_objective",
    "share_of_budget",
    "full_outage_seconds",
    "incidents",
    "evidence",
    "url",
)


def cells(row: ReleaseRow, attributions: Mapping[str, Attribution]) -> tuple[object, ...]:
    """The values of `row`, in the order of `COLUMNS`; None where something is not known."""
    release, deployment = row.release, row.release.deployment
    began, ended = deployment.started_at, deployment.finished_at
    dearest = row.costs[0] if row.costs else None
    found = [attributions[name] for name in release.incidents if name in attributions]
    by = release.taken_away_by
    outage = None if dearest is None else dearest.full_outage
    share = None if dearest is None else dearest.share_of_budget
    return (
        deployment.service,
        deployment.environment,
        deployment.id,
        deployment.version,
        deployment.commit_sha,
        _time(began),
        _time(ended),
        None if began is None or ended is None else (ended - began).total_seconds(),
        deployment.actor,
        None if deployment.change_type is None else deployment.change_type.value,
        outcome(release).value,
        deployment.reason,
        None if by is None else by.id,
        None if row.undone_by is None else row.undone_by.inferred,
        _time(row.judged_on),
        None if row.policy_tier is None else row.policy_tier.value,
        None if dearest is None else dearest.objective.key,
        None if share is None else float(share),
        None if outage is None else outage.total_seconds(),
        "; ".join(release.incidents),
        "; ".join(item.evidence.value for item in found if item.evidence is not None),
        deployment.url,
    )


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
