"""Canaries of which only AnalysisRuns are known, as in an export of runs alone: they tell what they can."""

from collections.abc import Sequence

from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.domain.canary.canary import Canary, Outcome, furthest_step
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.rollouts import RolloutState


def canaries_by_runs(runs: Sequence[AnalysisRunState], states: Sequence[RolloutState]) -> list[Canary]:
    """The canaries of which only runs are known."""
    parts: dict[tuple[str, int | None], list[AnalysisRunState]] = {}
    for run in runs:
        parts.setdefault((run.pod_hash, run.revision), []).append(run)
    newest = max((revision for _, revision in parts if revision is not None), default=None)
    found = []
    for (pod_hash, revision), mine in parts.items():
        times = [run.began_at for run in mine if run.began_at is not None]
        if not times:
            continue
        overtaken = bool(states) or (revision is not None and newest is not None and revision < newest)
        outcome = _outcome_by_runs(mine, states, pod_hash, overtaken=overtaken)
        ends = [run.ended_at for run in mine if run.ended_at is not None]
        last = mine[-1]
        found.append(
            Canary(
                rollout=last.rollout or f"{last.namespace}/{last.owner}",
                namespace=last.namespace,
                name=last.owner,
                names=last.names,
                environment=last.environment,
                pod_hash=pod_hash,
                revision=revision,
                attempt=1,
                version=None,
                stable_version=None,
                began_at=min(times),
                ended_at=None if outcome.is_open else max(ends, default=None),
                outcome=outcome,
                state=None,
                step_since=None,
                reached=furthest_step((), mine),
                runs=tuple(mine),
            )
        )
    return found


def _outcome_by_runs(
    runs: Sequence[AnalysisRunState], states: Sequence[RolloutState], pod_hash: str, *, overtaken: bool
) -> Outcome:
    """A failed run or one in error aborts its Rollout; what a success led to, the run does not tell."""
    phases = {run.phase for run in runs}
    if Phase.FAILED in phases or Phase.ERROR in phases:
        return Outcome.ABORTED
    if any(state.stable_hash == pod_hash for state in states):
        return Outcome.PROMOTED
    if overtaken:
        return Outcome.UNKNOWN
    if any(phase is None or not phase.is_final for phase in phases):
        return Outcome.RUNNING
    return Outcome.INCONCLUSIVE if Phase.INCONCLUSIVE in phases else Outcome.UNKNOWN
