"""A deployment is what all of its events tell together, whatever their order and number."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.deployments import (
    FINISHED_STATES,
    Deployment,
    DeploymentEvent,
    DeploymentState,
    as_of,
    fold,
    told_by,
)
from dashboard.domain.policy_tier import ChangeType
from tests.happenings import at, deployment

QUEUED, IN_PROGRESS, SUPERSEDED = (
    DeploymentState.QUEUED,
    DeploymentState.IN_PROGRESS,
    DeploymentState.SUPERSEDED,
)
SUCCEEDED, FAILED, ROLLED_BACK = (
    DeploymentState.SUCCEEDED,
    DeploymentState.FAILED,
    DeploymentState.ROLLED_BACK,
)


def _event(minutes: float, state: DeploymentState | None = None, **said: object) -> DeploymentEvent:
    event = DeploymentEvent(
        source="github", service="acme/api", environment="prod", deployment="d", at=at(minutes), state=state
    )
    return replace(event, **said)  # type: ignore[arg-type]  # the fields of an event


def _fold(*events: DeploymentEvent) -> Deployment:
    return fold(events, service="api", environment="production")


def _life(*, started: float, finished: float, state: DeploymentState = SUCCEEDED) -> list[DeploymentEvent]:
    return [
        _event(started - 5, QUEUED),
        _event(started, IN_PROGRESS, started_at=at(started)),
        _event(finished, state, finished_at=at(finished)),
    ]


_MOMENTS = st.none() | st.integers(0, 60).map(at)
_WORDS = st.none() | st.sampled_from("ab")
_EVENTS = st.builds(
    DeploymentEvent,
    source=st.sampled_from(["github", "import"]),
    service=st.just("acme/api"),
    environment=st.just("prod"),
    deployment=st.just("d"),
    at=st.integers(0, 20).map(at),
    state=st.none() | st.sampled_from(DeploymentState),
    started_at=_MOMENTS,
    finished_at=_MOMENTS,
    version=_WORDS,
    commit_sha=_WORDS,
    commit_times=st.lists(st.integers(-9, 9).map(at), max_size=2).map(tuple),
    change_type=st.none() | st.sampled_from(ChangeType),
    actor=_WORDS,
    url=_WORDS,
    reason=_WORDS,
    rollback_of=_WORDS,
    correction=st.booleans(),
)


@given(feed=st.lists(_EVENTS, min_size=1, max_size=6), data=st.data())
def test_no_order_and_no_repetition_of_the_events_changes_it(
    feed: list[DeploymentEvent], data: st.DataObject
) -> None:
    again = data.draw(st.permutations(feed + data.draw(st.lists(st.sampled_from(feed), max_size=4))))
    assert _fold(*again) == _fold(*feed)


@given(event=_EVENTS)
def test_one_event_tells_what_two_of_it_tell(event: DeploymentEvent) -> None:
    """A single event takes a shorter way through the code."""
    assert _fold(event) == _fold(event, event)


@given(feed=st.lists(_EVENTS, min_size=1, max_size=6))
def test_only_what_has_a_result_has_ended(feed: list[DeploymentEvent]) -> None:
    found = _fold(*feed)
    assert found.finished_at is None or found.state is None or found.state in FINISHED_STATES
    assert found.is_finished == (found.state in FINISHED_STATES and found.finished_at is not None)


def test_nothing_is_no_deployment() -> None:
    with pytest.raises(ValueError, match="found no event, expected at least one"):
        _fold()


def test_it_goes_through_its_states_in_order() -> None:
    life = _life(started=5, finished=15)
    found = [_fold(*life[: count + 1]) for count in range(3)]
    assert [item.state for item in found] == [QUEUED, IN_PROGRESS, SUCCEEDED]
    assert [item.finished_at for item in found] == [None, None, at(15)]
    assert (found[-1].told_at, found[-1].began_at, found[-1].key) == (
        at(0),
        at(5),
        ("api", "production", "d"),
    )


@pytest.mark.parametrize("state", sorted(FINISHED_STATES))
def test_one_that_had_ended_and_is_replaced_keeps_its_result(state: DeploymentState) -> None:
    """GitHub marks a success "inactive" when the next one succeeds."""
    found = _fold(*_life(started=5, finished=15, state=state), _event(100, SUPERSEDED))
    assert (found.state, found.finished_at) == (state, at(15))


def test_one_that_is_replaced_before_it_ended_is_superseded() -> None:
    found = _fold(_event(0, QUEUED), _event(5, SUPERSEDED, finished_at=at(5)))
    assert (found.state, found.finished_at, found.is_finished) == (SUPERSEDED, None, False)


def test_of_two_states_at_one_time_the_later_one_in_a_life_counts() -> None:
    events = [_event(0, state) for state in (SUCCEEDED, QUEUED, IN_PROGRESS)]
    assert _fold(*events).state is SUCCEEDED


def test_one_that_is_rolled_back_ended_when_it_had_been_deployed() -> None:
    undone = _event(90, ROLLED_BACK, finished_at=at(90), reason="errors")
    found = _fold(*_life(started=5, finished=15), undone)
    assert (found.state, found.finished_at, found.reason) == (ROLLED_BACK, at(15), "errors")


def test_one_that_was_only_ever_told_as_rolled_back_ended_then() -> None:
    assert _fold(_event(90, ROLLED_BACK, finished_at=at(90))).finished_at == at(90)


def test_the_first_start_and_the_newest_word_on_everything_else_count() -> None:
    found = _fold(
        _event(0, started_at=at(3), version="1", change_type=ChangeType.FEATURE, commit_times=(at(-9),)),
        _event(1, started_at=at(2), version="2", actor="ann"),
        _event(2, started_at=at(4), commit_times=(at(-5), at(-7))),
    )
    assert (found.started_at, found.version, found.actor) == (at(2), "2", "ann")
    assert (found.change_type, found.commit_times) == (ChangeType.FEATURE, (at(-5), at(-7)))


@pytest.mark.parametrize("change", ChangeType)
def test_every_type_of_change_is_kept_and_none_is_made_up(change: ChangeType) -> None:
    assert _fold(_event(0, SUCCEEDED, change_type=change)).change_type is change
    assert _fold(_event(0, SUCCEEDED)).change_type is None


def test_a_correction_wins_over_later_words_and_the_newest_correction_over_others() -> None:
    found = _fold(
        _event(5, FAILED, finished_at=at(20), started_at=at(7), correction=True),
        _event(6, finished_at=at(21), correction=True),
        *_life(started=10, finished=15),
    )
    assert (found.state, found.started_at, found.finished_at) == (FAILED, at(7), at(21))
    assert found.told_at == at(5), "when a source first spoke of it, not when it was corrected"


def test_the_artefact_is_the_version_or_the_commit() -> None:
    assert deployment("d", 0, "1.0", commit="abc").artefact == "1.0"
    assert deployment("d", 0, None, commit="abc").artefact == "abc"
    assert deployment("d", 0, None).artefact is None


def test_what_is_not_known_of_the_beginning_is_the_first_time_that_is() -> None:
    assert deployment("d", 20, started=5).began_at == at(5)
    assert replace(deployment("d", 20), started_at=None).began_at == at(20)
    assert deployment("d", None, state=QUEUED).began_at == at(0)


def test_before_it_ended_it_was_in_progress_and_before_it_began_it_was_not() -> None:
    done = replace(deployment("d", 20, started=5, state=FAILED), reason="errors")
    assert as_of(done, at(20)) == done
    before = as_of(done, at(19.99))
    assert before is not None
    assert (before.state, before.finished_at, before.reason) == (IN_PROGRESS, None, None)
    assert as_of(done, at(5)) is not None
    assert as_of(done, at(4.99)) is None


def test_before_it_was_rolled_back_it_was_a_success() -> None:
    feed = [*_life(started=5, finished=15), _event(90, ROLLED_BACK, finished_at=at(90), reason="errors")]
    before, after = (_fold(*told_by(feed, at(minutes))) for minutes in (89, 90))
    assert (before.state, before.reason) == (SUCCEEDED, None)
    assert (after.state, after.reason) == (ROLLED_BACK, "errors")


def test_an_end_that_was_told_later_and_a_correction_count_for_the_past() -> None:
    late = [_event(0, IN_PROGRESS, started_at=at(0)), _event(90, SUCCEEDED, finished_at=at(10))]
    assert _fold(*told_by(late, at(20))).state is SUCCEEDED
    corrected = [*_life(started=5, finished=15), _event(99, FAILED, correction=True)]
    assert _fold(*told_by(corrected, at(20))).state is FAILED


def test_an_event_that_is_alone_counts_whenever_it_was_told() -> None:
    alone = [_event(90, SUCCEEDED, started_at=at(5), finished_at=at(15))]
    assert _fold(*told_by(alone, at(20))).state is SUCCEEDED


@given(
    lengths=st.lists(st.integers(0, 10), min_size=4, max_size=4),
    end=st.sampled_from(sorted(FINISHED_STATES)),
    then=st.sampled_from([None, SUPERSEDED, ROLLED_BACK]),
    now=st.integers(0, 60),
)
def test_an_earlier_instant_knows_what_a_feed_that_stopped_there_would_tell(
    lengths: list[int], end: DeploymentState, then: DeploymentState | None, now: int
) -> None:
    started, finished, later = lengths[0], sum(lengths[:2]), sum(lengths[:3])
    feed = [
        _event(0, QUEUED),
        _event(started, IN_PROGRESS, started_at=at(started)),
        _event(finished, end, finished_at=at(finished)),
        *([_event(later, then)] if then else []),
    ]
    stopped = [event for event in feed if event.at <= at(now)]
    moment: datetime = at(now) + timedelta(seconds=1)
    assert as_of(_fold(*told_by(feed, moment)), moment) == as_of(_fold(*stopped), moment)


def test_a_source_that_says_later_that_it_was_rolled_back_says_when() -> None:
    succeeded = _event(0, state=DeploymentState.SUCCEEDED, finished_at=at(0))
    undone = _event(15, state=DeploymentState.ROLLED_BACK)
    found = _fold(undone, succeeded)
    assert (found.state, found.finished_at, found.rolled_back_at) == (
        DeploymentState.ROLLED_BACK,
        at(0),
        at(15),
    )
    before = as_of(found, at(10))
    assert before is not None
    assert (before.state, before.rolled_back_at) == (DeploymentState.SUCCEEDED, None)
