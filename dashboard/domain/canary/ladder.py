"""The steps of a canary as a ladder: where it stands, since when, and when it will be at the top."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.domain.canary.canary import Canary, Outcome
from dashboard.domain.canary.rollouts import CanaryStep, RolloutState, StepKind

_PAUSE_STEP = "CanaryPauseStep"


class Place(StrEnum):
    """Where a step is, seen from where the canary stands."""

    DONE = "done"
    CURRENT = "current"
    TO_COME = "to come"
    ENDED_HERE = "ended here"
    NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step. `weight` is the canary's while it lasts; `asked` how long the policy asks that a pause lasts.

    `left` is what is left of a pause: None of one without an end, and of steps that are no pause.
    """

    index: int
    step: CanaryStep
    weight: int | None
    place: Place
    since: datetime | None = None
    left: timedelta | None = None
    asked: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The whole ladder. `position` is the index of the current step, as many as there are once all are done.

    `left` is the sum of the pauses that remain: the canary is not at the top before `eta`, and later by as
    much as its analyses take. `left_asked` is that sum with the pauses that the policy asks for. All three
    are None when it `waits_for` somebody, or has ended.
    """

    rungs: tuple[Rung, ...]
    position: int | None
    weight: int | None
    elapsed: timedelta
    left: timedelta | None
    eta: datetime | None
    analyses_ahead: int
    waits_for: str | None
    left_asked: timedelta | None = None


def ladder_of(canary: Canary, now: datetime, pause_factor: int = 1) -> Ladder | None:
    """The ladder of `canary` at `now`; None where its Rollout was not seen, or has no steps.

    `pause_factor` is how many times as long as the Rollout says the policy asks that a pause lasts.
    """
    state = canary.state
    if state is None or not state.steps:
        return None
    is_open = canary.outcome.is_open
    position = state.step_index if is_open else canary.reached
    if canary.outcome is Outcome.PROMOTED:
        position = len(state.steps)
    rungs, weight = [], None
    for index, step in enumerate(state.steps):
        weight = step.weight if step.weight is not None else weight
        place = _place(index, position, is_open=is_open)
        since = _since(canary, state) if place is Place.CURRENT else None
        rungs.append(
            Rung(
                index=index,
                step=step,
                weight=weight,
                place=place,
                since=since,
                left=_left(step, place, since, now),
                asked=step.pause * pause_factor if step.pause is not None else None,
            )
        )
    waits_for = _waits_for(canary, state, rungs)
    ahead = [rung for rung in rungs if rung.place in {Place.CURRENT, Place.TO_COME}]
    left = left_asked = None
    if is_open and waits_for is None and position is not None:
        left = sum((rung.left for rung in ahead if rung.left is not None), timedelta())
        left_asked = sum((_left_asked(rung, now) for rung in ahead), timedelta())
    return Ladder(
        rungs=tuple(rungs),
        position=position,
        weight=state.current_weight,
        elapsed=(canary.ended_at or now) - canary.began_at,
        left=left,
        eta=None if left is None else now + left,
        analyses_ahead=sum(rung.step.kind in {StepKind.ANALYSIS, StepKind.EXPERIMENT} for rung in ahead),
        waits_for=waits_for,
        left_asked=left_asked,
    )


def times_contradict(canary: Canary) -> bool:
    """Whether it is told to have ended before it began, so that nobody knows how long it took."""
    return canary.ended_at is not None and canary.ended_at < canary.began_at


def _place(index: int, position: int | None, *, is_open: bool) -> Place:
    if position is not None and index < position:
        return Place.DONE
    if not is_open:
        return Place.ENDED_HERE if index == position else Place.NOT_REACHED
    return Place.CURRENT if index == position else Place.TO_COME


def _since(canary: Canary, state: RolloutState) -> datetime | None:
    """Since when it stands at its step: Argo says so of a pause; of other steps, since it was seen there."""
    said = [pause.since for pause in state.pauses if pause.reason == _PAUSE_STEP and pause.since]
    return min(said) if said else canary.step_since


def _left(step: CanaryStep, place: Place, since: datetime | None, now: datetime) -> timedelta | None:
    if step.kind is not StepKind.PAUSE or step.pause is None:
        return None
    if place is Place.TO_COME:
        return step.pause
    if place is not Place.CURRENT:
        return timedelta()
    begun = now if since is None else since
    return min(max(begun + step.pause - now, timedelta()), step.pause)


def _left_asked(rung: Rung, now: datetime) -> timedelta:
    """What is left of a pause by the policy, which never asks for less than the Rollout has."""
    if rung.asked is None or rung.left is None:
        return timedelta()
    begun = now if rung.since is None else rung.since
    rest = max(begun + rung.asked - now, timedelta()) if rung.place is Place.CURRENT else rung.asked
    return max(rest, rung.left)


def _waits_for(canary: Canary, state: RolloutState, rungs: Sequence[Rung]) -> str | None:
    """What it will not go beyond by itself; None when nothing holds it."""
    if not canary.outcome.is_open:
        return None
    if canary.outcome is Outcome.INCONCLUSIVE:
        return "an analysis could not tell: somebody has to decide"
    if state.held:
        return "it is held by spec.paused"
    endless = [
        rung.index
        for rung in rungs
        if rung.place in {Place.CURRENT, Place.TO_COME}
        and rung.step.kind is StepKind.PAUSE
        and rung.step.pause is None
    ]
    if not endless:
        return None
    if endless[0] == state.step_index:
        return "this step has no end: it waits to be promoted"
    return f"step {endless[0] + 1} has no end: it will wait there to be promoted"
