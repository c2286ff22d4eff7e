"""The columns of past canaries for a spreadsheet: times in UTC, lengths in seconds, the unknown is empty."""

from datetime import UTC, datetime

from dashboard.domain.canary.ladder import times_contradict
from dashboard.reports.canaries import CanaryRow

COLUMNS = (
    "service",
    "namespace",
    "rollout",
    "environment",
    "revision",
    "attempt",
    "version",
    "in_place_of",
    "began_at",
    "ended_at",
    "duration_seconds",
    "outcome",
    "analyses",
    "argo_phase",
    "decided_by",
    "hindsight",
    "why",
    "deployment",
    "id",
)


def cells(row: CanaryRow) -> tuple[object, ...]:
    """The values of `row`, in the order of `COLUMNS`; None where something is not known."""
    canary, said = row.named.canary, row.consequence
    lasted = None if canary.ended_at is None else canary.ended_at - canary.began_at
    return (
        row.named.service,
        canary.namespace,
        canary.name,
        row.named.environment,
        canary.revision,
        canary.attempt,
        canary.version,
        canary.stable_version,
        _time(canary.began_at),
        _time(canary.ended_at),
        None if lasted is None or times_contradict(canary) else lasted.total_seconds(),
        canary.outcome.value,
        len(canary.runs),
        None if canary.verdict is None else canary.verdict.value,
        "; ".join(canary.decided_by),
        said.hindsight.value,
        said.why,
        None if said.release is None else said.release.deployment.id,
        canary.id,
    )


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
