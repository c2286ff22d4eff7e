"""A canary: one try to bring one new version of a Rollout to all of its users, and what became of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.rollouts import RolloutState


class Outcome(StrEnum):
    """What became of a canary.

    WAITING is paused until somebody promotes it, INCONCLUSIVE is paused because an analysis could not tell,
    GONE is one whose Rollout was deleted meanwhile, UNKNOWN one of which nobody saw how it ended.
    """

    RUNNING = "running"
    WAITING = "waiting"
    INCONCLUSIVE = "inconclusive"
    PROMOTED = "promoted"
    ABORTED = "aborted"
    SUPERSEDED = "superseded"
    GONE = "gone"
    UNKNOWN = "unknown"

    @property
    def is_open(self) -> bool:
        """Whether it is still under way."""
        return self in {Outcome.RUNNING, Outcome.WAITING, Outcome.INCONCLUSIVE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One canary; `attempt` counts the tries of one hash from 1.

    `state` is the newest of it, None where only its runs are known; `step_since` is when its current step
    was first seen, and `reached` the index of the step that it was at last, before Argo reset it.
    `stable_version` is what it is to take the place of, as far as that was ever seen. `began_at` is the first
    time that is known of it, `ended_at` is None while it is open.
    """

    rollout: str
    namespace: str
    name: str
    names: tuple[str, ...]
    environment: str
    pod_hash: str
    revision: int | None
    attempt: int
    version: str | None
    stable_version: str | None
    began_at: datetime
    ended_at: datetime | None
    outcome: Outcome
    state: RolloutState | None
    step_since: datetime | None
    reached: int | None
    runs: tuple[AnalysisRunState, ...]

    @property
    def id(self) -> str:
        """What tells it from every other canary, for as long as it is kept."""
        part = self.pod_hash if self.revision is None else str(self.revision)
        again = f":{self.attempt}" if self.attempt > 1 else ""
        return f"{self.rollout}:{part}{again}"

    @property
    def verdict(self) -> Phase | None:
        """The worst phase that Argo recorded of its runs that have ended; None without any."""
        worst: Phase | None = None
        for run in self.runs:
            phase = run.phase
            if phase is not None and phase.is_final and (worst is None or phase.is_worse_than(worst)):
                worst = phase
        return worst

    @property
    def decided_by(self) -> tuple[str, ...]:
        """The metrics because of which Argo ended it badly, or stopped to ask, each once."""
        found: dict[str, None] = {}
        for run in self.runs:
            if run.phase is not None and run.phase.ends_the_run:
                found |= dict.fromkeys(deciding_metrics(run))
        return tuple(found)


def rollouts_of_id(name: str) -> tuple[str, ...]:
    """The Rollouts to one of which the canary with the id `name` belongs; the number of a try may end it."""
    rollout = name.rsplit(":", 1)[0]
    return tuple(dict.fromkeys((rollout, rollout.rsplit(":", 1)[0])))


def deciding_metrics(run: AnalysisRunState) -> tuple[str, ...]:
    """The metrics of `run` that have its phase, and count; none of a run that passed."""
    if run.phase is None or not run.phase.ends_the_run:
        return ()
    return tuple(item.name for item in run.metrics if not item.dry_run and item.phase is run.phase)


def furthest_step(states: Sequence[RolloutState], runs: Iterable[AnalysisRunState]) -> int | None:
    """Argo sets the step back to the first one when it aborts; the runs of steps tell how far it had come."""
    steps = [state.step_index for state in states if not state.aborted and state.step_index is not None]
    found = [*steps[-1:], *(run.step_index for run in runs if run.step_index is not None)]
    return max(found, default=None)
