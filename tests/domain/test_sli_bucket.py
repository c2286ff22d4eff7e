"""What one bucket of an answer is: measured, a gap, or impossible."""

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.event_counts import MAXIMUM_COUNT
from dashboard.domain.sli_bucket import BucketFault, measure

_COUNTS = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True))


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize(
    ("good", "total", "outcome"),
    [
        (99.0, 100.0, (990_000, 1_000_000)),
        (0.0, 100.0, (0, 1_000_000)),
        (0.0, 0.0, (0, 0)),
        (-0.0, 0.0, (0, 0)),
        (None, 0.0, (0, 0)),
        (None, None, None),
        (1.25, 2.5, (12_500, 25_000)),
        (10.00004, 10.0, (100_000, 100_000)),
        (10.0001, 10.0, BucketFault.GOOD_EXCEEDS_TOTAL),
        (5.0, None, BucketFault.NO_TOTAL_SERIES),
        (0.0, None, BucketFault.NO_TOTAL_SERIES),
        (nan, 10.0, BucketFault.NOT_A_NUMBER),
        (1.0, nan, BucketFault.NOT_A_NUMBER),
        (nan, nan, BucketFault.NOT_A_NUMBER),
        (inf, 10.0, BucketFault.INFINITE),
        (1.0, inf, BucketFault.INFINITE),
        (inf, inf, BucketFault.INFINITE),
        (-inf, 1.0, BucketFault.INFINITE),
        (-1.0, 10.0, BucketFault.NEGATIVE),
        (0.0, -1.0, BucketFault.NEGATIVE),
        (1.0, MAXIMUM_COUNT * 2, BucketFault.TOO_LARGE),
        (1.0, 1e308, BucketFault.TOO_LARGE),
    ],
)
def test_a_bucket_is_counted_only_when_it_can_be_true(
    *, good: float | None, total: float | None, outcome: tuple[int, int] | BucketFault | None, seen: bool
) -> None:
    assert measure(good, total, good_seen_before=seen) == outcome


def test_missing_good_is_an_outage_of_a_service_that_had_good_events() -> None:
    assert measure(None, 100.0, good_seen_before=True) == (0, 1_000_000)


def test_missing_good_is_a_wrong_query_where_there_never_was_any() -> None:
    assert measure(None, 100.0, good_seen_before=False) is BucketFault.NO_GOOD_SERIES


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize(
    ("total", "fault"),
    [(nan, BucketFault.NOT_A_NUMBER), (inf, BucketFault.INFINITE), (-1.0, BucketFault.NEGATIVE)],
)
def test_an_impossible_total_is_told_as_that_even_without_a_good_series(
    *, total: float, fault: BucketFault, seen: bool
) -> None:
    assert measure(None, total, good_seen_before=seen) is fault


@given(good=_COUNTS, total=_COUNTS, seen=st.booleans())
def test_whatever_comes_a_counted_bucket_is_possible(
    *, good: float | None, total: float | None, seen: bool
) -> None:
    outcome = measure(good, total, good_seen_before=seen)
    if isinstance(outcome, tuple):
        assert 0 <= outcome[0] <= outcome[1] <= MAXIMUM_COUNT * 10_000


def test_every_fault_has_a_sentence() -> None:
    assert all(fault.sentence for fault in BucketFault)
