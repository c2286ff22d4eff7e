"""The AnalysisRuns of which a Rollout alone tells: their phase and message, not what they measured."""

from dashboard.domain.canary.canary import Canary
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.rollouts import CurrentRun


def named_only(canary: Canary) -> tuple[CurrentRun, ...]:
    """The runs that the Rollout of `canary` names as its current ones, and that were not seen themselves."""
    if canary.state is None:
        return ()
    seen = {run.name for run in canary.runs}
    return tuple(run for run in canary.state.current_runs if run.name not in seen)


def verdict_with_named(canary: Canary) -> Phase | None:
    """As `canary.verdict`, by the runs that its Rollout alone tells of as well."""
    worst = canary.verdict
    for run in named_only(canary):
        phase = run.phase
        if phase is not None and phase.is_final and (worst is None or phase.is_worse_than(worst)):
            worst = phase
    return worst
