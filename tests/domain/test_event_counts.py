"""Counts: exact sums, fixed point, and the five-minute grid."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.event_counts import (
    BUCKET,
    BUCKET_SECONDS,
    NO_EVENTS,
    EventCounts,
    floor_to_bucket,
    to_events,
    to_units,
)

_BUCKETS = st.lists(
    st.tuples(st.integers(0, 10**14), st.integers(0, 10**14)).map(
        lambda pair: EventCounts(good=min(pair), total=max(pair), buckets=1)
    )
)


def _sum(counts: list[EventCounts]) -> EventCounts:
    return sum(counts, start=NO_EVENTS)


@given(buckets=_BUCKETS, cut=st.integers(0, 100))
def test_a_window_splits_and_merges_exactly(buckets: list[EventCounts], cut: int) -> None:
    whole, left, right = _sum(buckets), _sum(buckets[:cut]), _sum(buckets[cut:])
    assert left + right == whole
    assert whole - left == right
    assert left.bad + right.bad == whole.bad


@given(events=st.integers(0, 10**10))
def test_whole_events_survive_the_way_to_units_and_back(events: int) -> None:
    back = to_events(to_units(events))
    assert back == events
    assert isinstance(back, int)


@pytest.mark.parametrize(
    ("events", "units"), [(0.0, 0), (1.25, 12_500), (0.00004, 0), (0.00006, 1), (12.499999999, 125_000)]
)
def test_a_fraction_of_an_event_is_the_nearest_unit(events: float, units: int) -> None:
    assert to_units(events) == units


def test_part_of_an_event_is_told_as_a_fraction() -> None:
    assert to_events(12_500) == 1.25


def test_a_bucket_is_five_minutes() -> None:
    assert timedelta(seconds=BUCKET_SECONDS) == BUCKET == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("moment", "start"),
    [
        (datetime(2026, 11, 23, 9, 0, tzinfo=UTC), datetime(2026, 11, 23, 9, 0, tzinfo=UTC)),
        (datetime(2026, 11, 23, 9, 4, 59, 999_999, tzinfo=UTC), datetime(2026, 11, 23, 9, 0, tzinfo=UTC)),
        (
            datetime(2026, 11, 23, 14, 36, tzinfo=timezone(timedelta(hours=5, minutes=30))),
            datetime(2026, 11, 23, 9, 5, tzinfo=UTC),
        ),
    ],
)
def test_a_moment_lies_in_the_bucket_that_starts_at_or_before_it(moment: datetime, start: datetime) -> None:
    assert floor_to_bucket(moment) == start
