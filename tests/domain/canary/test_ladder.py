"""The ladder: where a canary stands, what is left, and when it will not be done before."""

from datetime import timedelta

from dashboard.domain.canary.canaries import canaries_of
from dashboard.domain.canary.ladder import Ladder, Place, ladder_of
from dashboard.domain.canary.rollouts import RolloutState, in_order
from tests.canary_states import run, state
from tests.rollout_objects import STEPS, moment


def ladder(states: list[RolloutState], now: float, factor: int = 1) -> Ladder:
    *_, canary = canaries_of(in_order(states), ())
    found = ladder_of(canary, moment(now), factor)
    assert found is not None
    return found


def at_pause(**more: object) -> list[RolloutState]:
    paused = state(at=1, step=1, paused="CanaryPauseStep", phase="Paused", version=2, **more)
    return [state(at=0, step=0, version=1), paused]


def test_what_is_left_is_the_rest_of_this_pause_and_those_to_come() -> None:
    found = ladder(at_pause(), now=3)
    assert [rung.place for rung in found.rungs] == [Place.DONE, Place.CURRENT, *[Place.TO_COME] * 4]
    assert (found.position, found.weight, found.elapsed) == (1, 10, timedelta(minutes=3))
    assert found.rungs[1].since == moment(1)
    assert found.rungs[1].left == timedelta(minutes=3)
    assert (found.left, found.eta, found.analyses_ahead) == (timedelta(minutes=13), moment(16), 1)


def test_a_pause_that_is_overdue_has_nothing_left() -> None:
    assert ladder(at_pause(), now=30).rungs[1].left == timedelta()


def test_each_rung_has_the_weight_that_lasts_through_it() -> None:
    assert [rung.weight for rung in ladder(at_pause(), 3).rungs] == [10, 10, 10, 50, 50, 100]


def test_the_policy_may_ask_for_pauses_twice_as_long() -> None:
    found = ladder(at_pause(), 3, factor=2)
    assert [rung.asked for rung in found.rungs if rung.asked] == [
        timedelta(minutes=10),
        timedelta(minutes=20),
    ]
    assert found.left == timedelta(minutes=13)  # what the Rollout does, not what is asked


def test_a_pause_without_an_end_leaves_no_time_to_tell() -> None:
    steps = [*STEPS[:4], {"pause": {}}, STEPS[5]]
    ahead = ladder(at_pause(steps=steps), 3)
    assert (ahead.left, ahead.eta, ahead.waits_for) == (
        None, None, "step 5 has no end: it will wait there to be promoted",
    )  # fmt: skip
    there = [*at_pause(steps=steps), state(at=20, step=4, paused="CanaryPauseStep", steps=steps, version=9)]
    assert ladder(there, 30).waits_for == "this step has no end: it waits to be promoted"


def test_an_inconclusive_or_held_canary_waits_for_somebody() -> None:
    inconclusive = ladder([state(at=5, step=2, paused="InconclusiveAnalysisRun")], 6)
    assert inconclusive.waits_for == "an analysis could not tell: somebody has to decide"
    held = state(at=5, step=2)
    held.held = True  # type: ignore[misc]  # spec.paused
    assert ladder([held], 6).waits_for == "it is held by spec.paused"


def test_the_step_of_an_analysis_began_when_it_was_first_seen() -> None:
    found = ladder([*at_pause(), state(at=7, step=2, version=3), state(at=8, step=2, version=4)], 9)
    assert found.rungs[2].since == moment(7)
    assert found.rungs[2].left is None


def test_an_aborted_canary_ended_at_the_step_that_it_had_reached() -> None:
    course = [*at_pause(), state(at=7, step=2, version=3), state(at=8, step=0, aborted=True, version=4)]
    found = ladder(course, 60)
    assert [rung.place for rung in found.rungs] == [
        Place.DONE, Place.DONE, Place.ENDED_HERE, *[Place.NOT_REACHED] * 3,
    ]  # fmt: skip
    assert (found.elapsed, found.left, found.eta, found.waits_for) == (timedelta(minutes=8), None, None, None)


def test_a_promoted_canary_has_done_every_step() -> None:
    course = [*at_pause(), state(at=20, canary="new", stable="new", step=6, version=9)]
    assert {rung.place for rung in ladder(course, 60).rungs} == {Place.DONE}


def test_runs_alone_and_rollouts_without_steps_have_no_ladder() -> None:
    (alone,) = canaries_of([], [run()])
    (bare,) = canaries_of([state(steps=[])], ())
    assert ladder_of(alone, moment(9)) is ladder_of(bare, moment(9)) is None


def test_the_policys_pauses_are_counted_from_when_the_step_began() -> None:
    assert ladder(at_pause(), 3, factor=2).left_asked == timedelta(minutes=8 + 20)
    assert ladder(at_pause(), 3).left_asked == timedelta(minutes=13)
    overdue = ladder(at_pause(), 7, factor=2)
    assert (overdue.left, overdue.left_asked) == (timedelta(minutes=10), timedelta(minutes=4 + 20))
