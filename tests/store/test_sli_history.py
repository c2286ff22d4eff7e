"""Reading: any window is what adding up its buckets gives, for any history with any gaps."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.domain.event_counts import NO_EVENTS
from dashboard.domain.sli_bucket import BucketFault
from dashboard.store import sli
from dashboard.store.database import transaction
from dashboard.store.sli import FlaggedBucket, SliBatch
from dashboard.store.sli_history import (
    bad_through,
    flagged_by_fault,
    histories,
    newest_bucket_ends,
    running_totals,
)
from dashboard.store.sync_log import mark_partial, mark_synced
from tests.histories import END, NOW, STEP, objective, summed

_DAY = objective(days=1)
_WINDOWS = [timedelta(minutes=minutes) for minutes in (5, 30, 60, 360)]
_COUNTS = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)).map(lambda pair: (min(pair), max(pair)))


@pytest.fixture
def row_id(connection: sqlite3.Connection) -> int:
    return sli.ensure_objectives(connection, [_DAY])[_DAY.key]


def _record(connection: sqlite3.Connection, row_id: int, buckets: dict[int, tuple[int, int]]) -> None:
    measured = [(start, *counts) for start, counts in sorted(buckets.items())]
    with transaction(connection):
        sli.record(connection, [SliBatch(objective_id=row_id, measured=measured)])


def _flag(connection: sqlite3.Connection, row_id: int, *starts: int) -> None:
    flags = [FlaggedBucket(bucket=start, fault=BucketFault.NEGATIVE, found="x") for start in starts]
    with transaction(connection):
        sli.record(connection, [SliBatch(objective_id=row_id, measured=(), flagged=flags)])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    known=st.dictionaries(st.integers(-400, 5).map(lambda index: END + index * STEP), _COUNTS, min_size=1),
    late=st.integers(-3000, 3000),
)
def test_every_window_is_the_sum_of_its_buckets(
    connection: sqlite3.Connection, row_id: int, known: dict[int, tuple[int, int]], late: int
) -> None:
    with transaction(connection):
        connection.execute("DELETE FROM sli")
    _record(connection, row_id, known)
    now = NOW + timedelta(seconds=late)
    complete = {start: counts for start, counts in known.items() if start + STEP <= now.timestamp()}
    found = histories(connection, [_DAY], _WINDOWS, now)[_DAY.key]
    if not complete:
        assert (found.watermark, dict(found.spans)) == (None, {})
        return
    end = max(complete) + STEP
    assert found.watermark == datetime.fromtimestamp(end, tz=UTC)
    for window in (*_WINDOWS, _DAY.window):
        assert found.spans[window] == summed(known, end - int(window.total_seconds()), end)
    for instant in range(END - 401 * STEP, END, 37 * STEP):
        assert found.bad_through(instant) == summed(known, 0, instant).bad
    instants = sorted(range(END - 410 * STEP, END + 10 * STEP, 53 * STEP), reverse=True)
    assert running_totals(connection, _DAY, instants) == [summed(known, 0, instant) for instant in instants]


def test_the_bucket_that_is_still_running_does_not_count(connection: sqlite3.Connection, row_id: int) -> None:
    _record(connection, row_id, {END - STEP: (1, 1), END: (1, 1)})
    for late, end in ((0, NOW), (299, NOW), (300, NOW + timedelta(minutes=5))):
        moment = NOW + timedelta(seconds=late)
        assert histories(connection, [_DAY], _WINDOWS, moment)[_DAY.key].watermark == end
        assert newest_bucket_ends(connection, moment) == [end]


def test_an_objective_that_the_store_never_heard_of_has_no_history(connection: sqlite3.Connection) -> None:
    other = objective(service="other")
    found = histories(connection, [other], _WINDOWS, NOW)[other.key]
    assert (found.watermark, dict(found.spans), found.flagged, found.partial) == (None, {}, 0, None)
    assert running_totals(connection, other, [END]) == [NO_EVENTS]
    assert newest_bucket_ends(connection, NOW) == []


def test_objectives_are_told_apart(connection: sqlite3.Connection) -> None:
    subjects = [objective(days=1, service=name) for name in ("one", "two", "three")]
    ids = sli.ensure_objectives(connection, subjects)
    for index, subject in enumerate(subjects[:2]):
        _record(connection, ids[subject.key], {END - STEP * (index + 1): (index, 10)})
    found = histories(connection, subjects, _WINDOWS, NOW)
    assert [found[subject.key].watermark for subject in subjects] == [NOW, NOW - timedelta(minutes=5), None]
    assert [bad_through(connection, ids[subject.key])(END) for subject in subjects] == [10, 9, 0]


def test_flags_of_the_window_and_after_it_are_counted(connection: sqlite3.Connection, row_id: int) -> None:
    _record(connection, row_id, {END - 3 * STEP: (1, 1)})
    oldest = END - 2 * STEP - 86_400
    _flag(connection, row_id, oldest - STEP, oldest, END - 2 * STEP, END - STEP, END)
    assert histories(connection, [_DAY], _WINDOWS, NOW)[_DAY.key].flagged == 3
    counted = flagged_by_fault(connection, _DAY, NOW - timedelta(days=1), NOW)
    assert counted == {"negative": 2}


def test_the_warning_of_a_partial_answer_travels_with_the_history(
    connection: sqlite3.Connection, row_id: int
) -> None:
    _record(connection, row_id, {END - STEP: (1, 1)})
    mark_partial(connection, [row_id], "half an answer", NOW)
    assert histories(connection, [_DAY], _WINDOWS, NOW)[_DAY.key].partial == "half an answer"
    earlier = histories(connection, [_DAY], _WINDOWS, NOW - timedelta(seconds=1))
    assert earlier[_DAY.key].partial is None
    mark_synced(connection, [row_id], END)
    assert histories(connection, [_DAY], _WINDOWS, NOW)[_DAY.key].partial is None


def test_a_sliding_window_of_the_future_is_not_seen(connection: sqlite3.Connection, row_id: int) -> None:
    sli.record_sliding(connection, row_id, END + 90, (0, 4, 5))
    assert histories(connection, [_DAY], _WINDOWS, NOW)[_DAY.key].sliding is None
    later = histories(connection, [_DAY], _WINDOWS, NOW + timedelta(seconds=90))[_DAY.key].sliding
    assert later is not None
    assert (later.counts.good, later.counts.total, later.counts.buckets) == (4, 5, 1)
