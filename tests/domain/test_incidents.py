"""An incident is what all of its events tell together, and what was known of it at an instant."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.incidents import FoldedIncident, IncidentEvent, as_of, fold
from tests.happenings import at, incident


def _event(minutes: float, **said: object) -> IncidentEvent:
    return replace(IncidentEvent(source="pagerduty", incident="i", at=at(minutes)), **said)  # type: ignore[arg-type]  # its fields


def _fold(*events: IncidentEvent) -> FoldedIncident:
    return fold(events)


_MOMENTS = st.none() | st.integers(0, 30).map(at)
_WORDS = st.none() | st.sampled_from("ab")
_EVENTS = st.builds(
    IncidentEvent,
    source=st.sampled_from(["pagerduty", "import"]),
    incident=st.just("i"),
    at=st.integers(0, 10).map(at),
    title=_WORDS,
    severity=_WORDS,
    services=st.lists(st.sampled_from(["api", "web", "jobs"]), max_size=2).map(tuple),
    started_at=_MOMENTS,
    detected_at=_MOMENTS,
    acknowledged_at=_MOMENTS,
    mitigated_at=_MOMENTS,
    resolved_at=_MOMENTS,
    reopened_at=_MOMENTS,
    start_unmeasured=st.booleans(),
    caused_by=_WORDS,
    url=_WORDS,
    correction=st.booleans(),
)


@given(feed=st.lists(_EVENTS, min_size=1, max_size=6), data=st.data())
def test_no_order_and_no_repetition_of_the_events_changes_it(
    feed: list[IncidentEvent], data: st.DataObject
) -> None:
    again = data.draw(st.permutations(feed + data.draw(st.lists(st.sampled_from(feed), max_size=4))))
    assert _fold(*again) == _fold(*feed)


@given(event=_EVENTS)
def test_one_event_tells_what_two_of_it_tell(event: IncidentEvent) -> None:
    """A single event may take a shorter way through the code."""
    assert _fold(event) == _fold(event, event)


def test_nothing_is_no_incident() -> None:
    with pytest.raises(ValueError, match="found no event, expected at least one"):
        _fold()


def test_the_first_time_of_a_phase_counts_and_the_last_resolution() -> None:
    found = _fold(
        _event(5, detected_at=at(5), acknowledged_at=at(9)),
        _event(7, detected_at=at(4), acknowledged_at=at(8), mitigated_at=at(30)),
        _event(40, resolved_at=at(40), mitigated_at=at(35)),
        _event(60, resolved_at=at(60)),
    )
    times = (found.detected_at, found.acknowledged_at, found.mitigated_at, found.resolved_at)
    assert times == (at(4), at(8), at(30), at(60))


def test_one_that_was_reopened_is_open_until_it_is_resolved_again() -> None:
    events = [_event(10, resolved_at=at(10)), _event(20, reopened_at=at(20)), _event(30, resolved_at=at(30))]
    assert [_fold(*events[: count + 1]).resolved_at for count in range(3)] == [at(10), None, at(30)]


def test_one_that_was_reopened_at_the_very_instant_of_its_resolution_is_resolved() -> None:
    assert _fold(_event(10, resolved_at=at(10)), _event(10, reopened_at=at(10))).resolved_at == at(10)


def test_the_newest_title_severity_cause_and_url_count_and_services_add_up() -> None:
    found = _fold(
        _event(2, title="new", severity="P2", services=("web",), caused_by="d2", source="import"),
        _event(1, title="old", severity="P1", services=("api",), caused_by="d1", url="https://x"),
    )
    assert (found.title, found.severity, found.caused_by, found.url) == ("new", "P2", "d2", "https://x")
    assert (found.services, found.sources) == (("api", "web"), ("import", "pagerduty"))


def test_a_correction_wins_over_later_words_also_over_services_and_resolutions() -> None:
    found = _fold(
        _event(0, started_at=at(3), services=("jobs",), resolved_at=at(20), severity="P3", correction=True),
        _event(1, started_at=at(4), correction=True),
        _event(9, started_at=at(1), services=("api",), resolved_at=at(90), severity="P1"),
        _event(99, reopened_at=at(99)),
    )
    assert (found.started_at, found.services, found.severity) == (at(4), ("jobs",), "P3")
    assert found.resolved_at == at(20)


def test_a_pager_knows_when_it_was_told_and_not_when_it_began() -> None:
    pager = _event(5, detected_at=at(5), start_unmeasured=True)
    alone = _fold(pager)
    assert (alone.started_at, alone.start_is_detection) == (at(5), True)
    known = _fold(pager, _event(90, started_at=at(0)))
    assert (known.started_at, known.start_is_detection) == (at(0), False)


def test_without_a_detection_an_unmeasured_start_stays_unknown() -> None:
    found = _fold(_event(5, start_unmeasured=True))
    assert (found.started_at, found.start_is_detection) == (None, False)


def test_a_start_that_nobody_gave_is_not_made_up() -> None:
    found = _fold(_event(5, detected_at=at(5)))
    assert (found.started_at, found.start_is_detection) == (None, False)


def test_at_an_earlier_instant_later_times_are_not_known() -> None:
    whole = incident("i", 0, 40, detected=10, acknowledged=20, mitigated=30)
    assert as_of(whole, at(40)) == whole
    seen = as_of(whole, at(20))
    assert seen == incident("i", 0, detected=10, acknowledged=20)
    assert seen is not None
    assert seen.is_open
    assert as_of(whole, at(0)) == incident("i", 0)
    assert as_of(whole, at(-0.0001)) is None


def test_one_of_which_no_time_is_known_is_nowhere() -> None:
    nothing = incident("i", None)
    assert (nothing.began_at, nothing.times, as_of(nothing, at(10**6))) == (None, (), None)


@given(
    times=st.lists(st.none() | st.integers(0, 20), min_size=5, max_size=5),
    early=st.integers(-1, 21),
    late=st.integers(-1, 21),
)
def test_to_look_at_an_earlier_instant_twice_is_to_look_once(
    times: list[int | None], early: int, late: int
) -> None:
    started, detected, acknowledged, mitigated, resolved = times
    whole = incident(
        "i", started, resolved, detected=detected, acknowledged=acknowledged, mitigated=mitigated
    )
    first, last = sorted((early, late))
    then = as_of(whole, at(last))
    assert as_of(whole, at(first)) == (None if then is None else as_of(then, at(first)))
    if then is not None:
        assert all(time <= at(last) for time in then.times)
        assert as_of(then, at(last) + timedelta(days=1)) == then


def test_an_incident_that_its_source_moved_to_another_service_is_of_that_one() -> None:
    first, moved = _event(0, services=("api",)), _event(5, services=("redis",))
    assert _fold(moved, first).services == ("redis",)
    other = _event(1, source="import", services=("web",))
    assert _fold(moved, other, first).services == ("redis", "web")
