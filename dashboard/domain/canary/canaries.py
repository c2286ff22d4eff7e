"""From the states of a Rollout and its AnalysisRuns to canaries.

The states, in order, fall into canaries: a new one begins when the pods' hash changes, and when one that was
aborted is tried again. The runs belong to them by that hash.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.domain.canary.canaries_by_runs import canaries_by_runs
from dashboard.domain.canary.canary import Canary, Outcome, furthest_step
from dashboard.domain.canary.rollouts import BLUE_GREEN_PAUSE, RolloutState, StepKind


def canaries_of(
    states: Sequence[RolloutState],
    runs: Iterable[AnalysisRunState],
    gone_at: datetime | None = None,
) -> list[Canary]:
    """The canaries of one Rollout, oldest first; `states` in order (`rollouts.in_order`).

    `gone_at` is when it was seen to exist no longer.
    """
    tries = _tries(states)
    left: dict[str, list[AnalysisRunState]] = {}
    for run in sorted(runs, key=_by_time):
        left.setdefault(run.pod_hash, []).append(run)
    found = []
    versions: dict[str, str] = {
        state.pod_hash: state.version for state in states if state.version and not state.outdated
    }
    for index, part in enumerate(tries):
        following = tries[index + 1] if index + 1 < len(tries) else None
        mine, left[part.pod_hash] = _runs_of(part, following, left.get(part.pod_hash, []))
        if mine or any(_is_canary(state) for state in part.states):
            found.append(_seen(part, following, mine, gone_at, versions))
    found += canaries_by_runs([run for of_hash in left.values() for run in of_hash], states)
    return sorted(found, key=lambda canary: (canary.began_at, canary.id))


def _by_time(run: AnalysisRunState) -> tuple[float, str]:
    return (float("inf") if run.began_at is None else run.began_at.timestamp(), run.run)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Try:
    pod_hash: str
    attempt: int
    states: tuple[RolloutState, ...]

    @property
    def revision(self) -> int | None:
        """The revision; in the first moments of a new one, the annotation is still that of the one before."""
        return self.states[-1].revision


def _is_canary(state: RolloutState) -> bool:
    return bool(state.pod_hash) and state.pod_hash != state.stable_hash and not state.is_first


def _tries(states: Sequence[RolloutState]) -> list[_Try]:
    """The states cut where another hash comes, or an aborted one is tried again.

    One whose status is of the spec before counts where no other one tells of its hash.
    """
    certain = {state.pod_hash for state in states if not state.outdated}
    told = [
        state for state in states if state.pod_hash and not (state.outdated and state.pod_hash in certain)
    ]
    cuts = [0]
    for index, (before, state) in enumerate(pairwise(told), start=1):
        again = before.aborted and not state.aborted
        if state.pod_hash != before.pod_hash or again or _came_back(before, state):
            cuts.append(index)
    tries: list[_Try] = []
    for start, end in pairwise([*cuts, len(told)] if told else [0]):
        part = tuple(told[start:end])
        last = tries[-1] if tries else None
        repeated = last is not None and last.pod_hash == part[0].pod_hash and last.states[-1].aborted
        attempt = last.attempt + 1 if last is not None and repeated else 1
        tries.append(_Try(pod_hash=part[0].pod_hash, attempt=attempt, states=part))
    return tries


def _came_back(before: RolloutState, state: RolloutState) -> bool:
    """Whether another revision came between two states of the same hash, unseen."""
    return before.revision is not None and state.revision is not None and state.revision > before.revision + 1


def _runs_of(
    part: _Try, following: _Try | None, runs: list[AnalysisRunState]
) -> tuple[list[AnalysisRunState], list[AnalysisRunState]]:
    """Of the `runs` of its hash those of the try, and the others: each belongs to the try of its time."""
    until = following.states[0].at if following is not None else None
    mine: list[AnalysisRunState] = []
    others: list[AnalysisRunState] = []
    for run in runs:
        fits = _same_revision(run, part)
        late = until is not None and run.began_at is not None and run.began_at >= until
        repeated = following is not None and following.pod_hash == part.pod_hash
        (mine if fits and not (late and repeated) else others).append(run)
    return mine, others


def _same_revision(run: AnalysisRunState, part: _Try) -> bool:
    if run.revision is None or part.revision is None:
        return True
    return run.revision in {state.revision for state in part.states}


def _seen(
    part: _Try,
    following: _Try | None,
    runs: Sequence[AnalysisRunState],
    gone_at: datetime | None,
    versions: Mapping[str, str],
) -> Canary:
    last = part.states[-1]
    outcome, ended = _outcome(part, following, gone_at)
    step = next(
        (
            later
            for earlier, later in reversed(list(pairwise(part.states)))
            if earlier.step_index != later.step_index
        ),
        part.states[0],
    )
    unsettled = [state for state in part.states if _is_canary(state)]
    times = [state.at for state in unsettled[:1]] + [run.began_at for run in runs if run.began_at]
    stable = (unsettled or part.states)[0].stable_hash
    return Canary(
        rollout=last.rollout,
        namespace=last.namespace,
        name=last.name,
        names=last.names,
        environment=last.environment,
        pod_hash=part.pod_hash,
        revision=part.revision,
        attempt=part.attempt,
        version=None if last.outdated else last.version,
        stable_version=versions.get(stable) if stable != part.pod_hash else None,
        began_at=min(times, default=part.states[0].at),
        ended_at=ended,
        outcome=outcome,
        state=last,
        step_since=step.at,
        reached=furthest_step(part.states, runs),
        runs=tuple(runs),
    )


def _outcome(part: _Try, following: _Try | None, gone_at: datetime | None) -> tuple[Outcome, datetime | None]:
    last = part.states[-1]
    settled = next((state for state in part.states if state.pod_hash == state.stable_hash), None)
    if settled is not None:
        return Outcome.PROMOTED, settled.at
    if last.aborted:
        first = next(state for state in part.states if state.aborted)
        return Outcome.ABORTED, first.aborted_at or first.at
    if following is not None:
        after = following.states[0]
        promoted = after.stable_hash == part.pod_hash
        return Outcome.PROMOTED if promoted else Outcome.SUPERSEDED, after.at
    if gone_at is not None:
        return Outcome.GONE, gone_at
    return _still(last), None


def _still(state: RolloutState) -> Outcome:
    """How one stands of which no end is known."""
    if state.outdated:
        return Outcome.UNKNOWN
    if state.is_inconclusive:
        return Outcome.INCONCLUSIVE
    return Outcome.WAITING if _waits(state) else Outcome.RUNNING


def _waits(state: RolloutState) -> bool:
    """Whether it stands at a pause without an end, or is held by hand."""
    if state.held:
        return True
    if any(pause.reason == BLUE_GREEN_PAUSE for pause in state.pauses):
        return state.auto_promotion is None
    if not state.pauses or state.step_index is None or state.step_index >= len(state.steps):
        return False
    step = state.steps[state.step_index]
    return step.kind is StepKind.PAUSE and step.pause is None
