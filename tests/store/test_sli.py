"""Recording: running totals that do not depend on the order, the size or the repetition of batches."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.sli_bucket import BucketFault
from dashboard.errors import StoreError
from dashboard.store import sli
from dashboard.store.database import open_for_writing, transaction
from dashboard.store.sli import FlaggedBucket, Recorded, SliBatch
from tests.histories import END, STEP, objective

_OBJECTIVES = (objective(), objective(indicator="latency"))
_Buckets = dict[int, tuple[int, int]]
_Dump = list[list[Any]]


def _flag(
    index: int, fault: BucketFault = BucketFault.NEGATIVE, found: str = "good=-1 total=1"
) -> FlaggedBucket:
    return FlaggedBucket(bucket=_at(index), fault=fault, found=found)


def _at(index: int) -> int:
    return END + index * STEP


def _batch(row_id: int, measured: _Buckets, *flags: FlaggedBucket) -> SliBatch:
    return SliBatch(
        objective_id=row_id,
        measured=[(_at(index), good, total) for index, (good, total) in sorted(measured.items())],
        flagged=flags,
    )


def _dump(connection: sqlite3.Connection) -> _Dump:
    tables = ("objectives", "sli", "sli_flagged", "sli_sliding", "sync_runs", "sync_problems", "settings")
    return [connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables]  # noqa: S608


def _record(connection: sqlite3.Connection, *batches: SliBatch) -> Recorded:
    with transaction(connection):
        return sli.record(connection, batches)


@contextmanager
def _new_store() -> Iterator[sqlite3.Connection]:
    with tempfile.TemporaryDirectory() as folder, open_for_writing(Path(folder) / "s.db") as connection:
        sli.ensure_objectives(connection, _OBJECTIVES)
        yield connection


@pytest.fixture
def row_id(connection: sqlite3.Connection) -> int:
    return sli.ensure_objectives(connection, _OBJECTIVES)["api/availability"]


_COUNTS = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)).map(lambda pair: (min(pair), max(pair)))
_HISTORIES = st.dictionaries(st.integers(0, 30), _COUNTS, min_size=1, max_size=20)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), histories=st.tuples(_HISTORIES, _HISTORIES))
def test_any_partition_permutation_and_repetition_of_batches_gives_the_same_rows(
    data: st.DataObject, histories: tuple[_Buckets, _Buckets]
) -> None:
    flags = (_flag(40), _flag(41, BucketFault.INFINITE, "good=inf total=1"))
    with _new_store() as connection:
        ids = list(sli.objective_ids(connection, _OBJECTIVES).values())
        whole = [_batch(row_id, known, *flags) for row_id, known in zip(ids, histories, strict=True)]
        _record(connection, *whole)
        expected = _dump(connection)
    pieces = list(whole)
    for row_id, known in zip(ids, histories, strict=True):
        subsets = data.draw(st.lists(st.sets(st.sampled_from(sorted(known)))))
        rest = set(known).difference(*subsets)
        pieces += [_batch(row_id, {index: known[index] for index in part}) for part in (*subsets, rest)]
    split = pieces[2:] + [_batch(row_id, {}, flag) for row_id in ids for flag in flags]
    order = data.draw(st.permutations(split + data.draw(st.lists(st.sampled_from(pieces), max_size=3))))
    with _new_store() as connection:
        for batch in order:
            _record(connection, batch)
        assert _dump(connection) == expected


def test_a_call_with_several_batches_of_one_objective_is_like_several_calls(
    connection: sqlite3.Connection, row_id: int
) -> None:
    _record(connection, _batch(row_id, {0: (1, 2)}), _batch(row_id, {1: (10, 20)}))
    rows = connection.execute("SELECT bucket, good, total, measured FROM sli ORDER BY 1").fetchall()
    assert rows == [(_at(0), 1, 2, 1), (_at(1), 11, 22, 2)]


@settings(max_examples=40, deadline=None)
@given(old=_HISTORIES, new=_HISTORIES)
def test_a_late_correction_ends_as_if_it_had_been_there_from_the_start(old: _Buckets, new: _Buckets) -> None:
    with _new_store() as connection:
        _record(connection, _batch(1, old | new))
        expected = _dump(connection)
    with _new_store() as connection:
        assert _record(connection, _batch(1, old)) == Recorded(added=len(old))
        assert _record(connection, _batch(1, new)) == Recorded(
            added=len(new.keys() - old.keys()),
            corrected=sum(old[index] != new[index] for index in new.keys() & old.keys()),
        )
        assert _dump(connection) == expected


def test_recording_again_does_nothing(connection: sqlite3.Connection, row_id: int) -> None:
    batch = _batch(row_id, {0: (1, 2), 2: (3, 3)}, _flag(1))
    assert _record(connection, batch) == Recorded(added=2, flagged=1)
    before = _dump(connection)
    assert _record(connection, batch) == Recorded()
    assert _dump(connection) == before


def test_rows_are_running_totals(connection: sqlite3.Connection, row_id: int) -> None:
    _record(connection, _batch(row_id, {5: (10, 20), 0: (1, 2)}))
    _record(connection, _batch(row_id, {3: (100, 200)}))
    assert connection.execute("SELECT bucket, good, total, measured FROM sli ORDER BY 1").fetchall() == [
        (_at(0), 1, 2, 1),
        (_at(3), 101, 202, 2),
        (_at(5), 111, 222, 3),
    ]


def test_objectives_do_not_share_totals(connection: sqlite3.Connection) -> None:
    ids = sli.ensure_objectives(connection, _OBJECTIVES)
    _record(connection, *(_batch(row_id, {0: (row_id, 10)}) for row_id in ids.values()))
    rows = connection.execute("SELECT objective_id, good, total FROM sli ORDER BY 1").fetchall()
    assert rows == [(row_id, row_id, 10) for row_id in sorted(ids.values())]


def test_a_flag_never_replaces_a_measured_bucket(connection: sqlite3.Connection, row_id: int) -> None:
    _record(connection, _batch(row_id, {0: (1, 2)}))
    before = _dump(connection)
    assert _record(connection, _batch(row_id, {}, _flag(0))) == Recorded()
    assert _dump(connection) == before


def test_a_measured_bucket_clears_its_flag(connection: sqlite3.Connection, row_id: int) -> None:
    _record(connection, _batch(row_id, {}, _flag(0), _flag(1)))
    _record(connection, _batch(row_id, {0: (1, 2)}))
    assert connection.execute("SELECT bucket FROM sli_flagged").fetchall() == [(_at(1),)]


def test_a_bucket_that_is_measured_and_flagged_in_one_batch_is_measured(
    connection: sqlite3.Connection, row_id: int
) -> None:
    _record(connection, _batch(row_id, {0: (1, 2)}, _flag(0)))
    assert connection.execute("SELECT count(*) FROM sli_flagged").fetchone() == (0,)


def test_the_newest_fault_of_a_bucket_is_kept(connection: sqlite3.Connection, row_id: int) -> None:
    _record(connection, _batch(row_id, {}, _flag(0)))
    newer = _flag(0, BucketFault.INFINITE, "good=1 total=inf")
    assert _record(connection, _batch(row_id, {}, newer)) == Recorded(flagged=1)
    rows = connection.execute("SELECT fault, found FROM sli_flagged").fetchall()
    assert rows == [("infinite", "good=1 total=inf")]


def test_the_view_for_people_shows_each_bucket_by_itself(connection: sqlite3.Connection, row_id: int) -> None:
    _record(connection, _batch(row_id, {0: (10_000, 20_000), 3: (5_000, 5_000)}))
    assert connection.execute("SELECT * FROM sli_buckets ORDER BY start").fetchall() == [
        ("api/availability", "2026-11-23 09:00:00", 1.0, 2.0),
        ("api/availability", "2026-11-23 09:15:00", 0.5, 0.5),
    ]


def test_a_total_beyond_64_bits_is_refused_and_nothing_is_stored(
    connection: sqlite3.Connection, row_id: int
) -> None:
    _record(connection, _batch(row_id, {0: (0, 2**63 - 2)}))
    before = _dump(connection)
    with pytest.raises(StoreError, match="64-bit"):
        _record(connection, _batch(row_id, {1: (0, 2)}))
    with pytest.raises(StoreError, match="64-bit"):
        _record(connection, _batch(row_id, {-1: (0, 2)}))
    assert _dump(connection) == before


def test_ensuring_objectives_twice_keeps_their_ids(connection: sqlite3.Connection) -> None:
    first = sli.ensure_objectives(connection, _OBJECTIVES[:1])
    both = sli.ensure_objectives(connection, _OBJECTIVES)
    assert sli.ensure_objectives(connection, _OBJECTIVES) == both
    assert both["api/availability"] == first["api/availability"]
    assert sli.objective_ids(connection, _OBJECTIVES[1:]).keys() == {"api/latency"}


def test_a_store_holds_data_once_a_bucket_is_measured(connection: sqlite3.Connection, row_id: int) -> None:
    assert not sli.holds_data(connection)
    _record(connection, _batch(row_id, {0: (0, 0)}))
    assert sli.holds_data(connection)


def test_good_events_are_counted_before_a_bucket_not_in_it(
    connection: sqlite3.Connection, row_id: int
) -> None:
    _record(connection, _batch(row_id, {1: (7, 9)}))
    assert [sli.good_through(connection, [row_id], _at(index))[row_id] for index in (0, 1, 2)] == [0, 0, 7]


def test_an_older_sliding_window_never_replaces_a_newer_one(
    connection: sqlite3.Connection, row_id: int
) -> None:
    for at, good in ((100, 1), (300, 3), (200, 2)):
        with transaction(connection):
            sli.record_sliding(connection, row_id, at, (0, good, 10))
    assert connection.execute("SELECT at, good FROM sli_sliding").fetchall() == [(300, 3)]
