"""One answer of a source becomes one batch: measured, flagged, or a gap."""

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.sli_bucket import BucketFault
from dashboard.ingest.sli import to_batch
from dashboard.store.sli import FlaggedBucket, SliBatch
from tests.histories import END, STEP, UNITS

_ENDS = [END + index * STEP for index in range(4)]
_VALUES = st.dictionaries(st.sampled_from(_ENDS), st.floats(allow_nan=True, allow_infinity=True))


def _batch(
    good: dict[int, float], total: dict[int, float], *, seen: bool = False, partial: bool = False
) -> SliBatch:
    return to_batch(
        objective_id=1, good=good, total=total, ends=_ENDS, good_seen_before=seen, partial=partial
    )


def _faults(batch: SliBatch) -> list[tuple[int, BucketFault]]:
    return [(flag.bucket, flag.fault) for flag in batch.flagged]


def test_a_bucket_is_kept_under_its_start() -> None:
    batch = _batch({END: 9.0}, {END: 10.0})
    assert list(batch.measured) == [(END - STEP, 9 * UNITS, 10 * UNITS)]
    assert list(batch.flagged) == []


def test_a_bucket_that_neither_side_answers_for_is_a_gap() -> None:
    batch = _batch({END: 1.0, _ENDS[2]: 1.0}, {END: 1.0, _ENDS[2]: 1.0})
    assert [start for start, _, _ in batch.measured] == [END - STEP, _ENDS[1]]


def test_answers_that_were_not_asked_for_are_left_out() -> None:
    assert list(_batch({END + 7: 1.0}, {END + 7: 1.0}).measured) == []


def test_good_that_ends_is_an_outage_from_then_on() -> None:
    batch = _batch({END: 5.0}, dict.fromkeys(_ENDS[:3], 5.0))
    assert list(batch.measured) == [
        (END - STEP, 5 * UNITS, 5 * UNITS),
        (END, 0, 5 * UNITS),
        (END + STEP, 0, 5 * UNITS),
    ]


def test_good_that_never_was_is_a_wrong_query_until_it_comes() -> None:
    batch = _batch({_ENDS[1]: 5.0}, dict.fromkeys(_ENDS[:3], 5.0))
    assert _faults(batch) == [(END - STEP, BucketFault.NO_GOOD_SERIES)]
    assert list(batch.measured) == [(END, 5 * UNITS, 5 * UNITS), (END + STEP, 0, 5 * UNITS)]


def test_a_good_of_zero_does_not_show_that_the_query_is_right() -> None:
    batch = _batch({END: 0.0}, {END: 5.0, _ENDS[1]: 5.0})
    assert _faults(batch) == [(END, BucketFault.NO_GOOD_SERIES)]


def test_good_of_an_earlier_answer_is_remembered() -> None:
    assert list(_batch({}, {END: 5.0}, seen=True).measured) == [(END - STEP, 0, 5 * UNITS)]


@pytest.mark.parametrize(
    ("good", "total", "fault", "found"),
    [
        (nan, 5.0, BucketFault.NOT_A_NUMBER, "good=nan total=5"),
        (1.0, inf, BucketFault.INFINITE, "good=1 total=inf"),
        (-1.5, 5.0, BucketFault.NEGATIVE, "good=-1.5 total=5"),
        (6.0, 5.0, BucketFault.GOOD_EXCEEDS_TOTAL, "good=6 total=5"),
    ],
)
def test_a_flag_shows_what_the_source_said(good: float, total: float, fault: BucketFault, found: str) -> None:
    batch = _batch({END: good}, {END: total})
    assert list(batch.flagged) == [FlaggedBucket(bucket=END - STEP, fault=fault, found=found)]
    assert list(batch.measured) == []


def test_a_missing_side_is_shown_as_none() -> None:
    assert _batch({END: 1.0}, {}).flagged[0].found == "good=1 total=none"


def test_nothing_of_a_partial_answer_is_counted() -> None:
    batch = _batch({END: 5.0, _ENDS[1]: nan}, {END: 5.0, _ENDS[1]: 5.0}, partial=True)
    assert list(batch.measured) == []
    assert _faults(batch) == [(END - STEP, BucketFault.PARTIAL_ANSWER), (END, BucketFault.NOT_A_NUMBER)]


@given(good=_VALUES, total=_VALUES, seen=st.booleans(), partial=st.booleans())
def test_every_answered_bucket_is_measured_or_flagged_and_never_both(
    *, good: dict[int, float], total: dict[int, float], seen: bool, partial: bool
) -> None:
    batch = _batch(good, total, seen=seen, partial=partial)
    measured = [start for start, _, _ in batch.measured]
    flagged = [flag.bucket for flag in batch.flagged]
    assert sorted(measured + flagged) == sorted(end - STEP for end in good.keys() | total.keys())
    assert measured == sorted(measured)


def test_of_a_partial_answer_nothing_is_counted_however_clean_it_is() -> None:
    clean = dict.fromkeys(_ENDS, 5.0)
    batch = _batch(clean, clean, partial=True)
    assert list(batch.measured) == []
    assert {fault for _, fault in _faults(batch)} == {BucketFault.PARTIAL_ANSWER}
    assert len(batch.flagged) == len(_ENDS)
