"""The decision log: what is appended stays, in one chain; whatever is done to it behind its back is seen."""

import multiprocessing
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.store import settings
from dashboard.store.database import open_for_reading, open_for_writing, transaction
from dashboard.store.decision_log import (
    DECISION,
    LogEntry,
    Verification,
    append,
    forget,
    keep_policy,
    policy_of,
    policy_versions,
    record,
    records,
    verify,
)

_AT = datetime(2026, 11, 23, 9, 0, 0, 123_456, tzinfo=UTC)


def _entry(index: int, kind: str = DECISION, service: str = "api") -> LogEntry:
    return LogEntry(
        id=f"entry-{index}",
        kind=kind,
        at=_AT + timedelta(minutes=index),
        actor="Ann",
        service=service,
        environment="production",
        version=f"1.{index}",
        body={"decision": {"policy_version": "p1"}, "ü": [1, 2.5, None, "\u0000"], "index": index},
    )


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A log of five records."""
    path = tmp_path / "reliability.db"
    with open_for_writing(path) as connection, transaction(connection):
        keep_policy(connection, "p1", "package a", {"x": 1}, _AT)
        append(connection, [_entry(0), _entry(1, "freeze.added"), _entry(2)])
        append(connection, [_entry(3, service="docs"), _entry(4)])
    return path


def _verified(store: Path) -> Verification:
    with open_for_reading(store) as connection:
        return verify(connection)


def _behind_its_back(store: Path, *statements: str) -> None:
    """Change the file as somebody with a SQLite shell would, who also drops what stands in the way."""
    connection = sqlite3.connect(store)
    for trigger in ("decision_log_is_not_edited", "decision_log_is_not_cut"):
        connection.execute(f"DROP TRIGGER {trigger}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_what_was_appended_comes_back_in_order_and_verifies(store: Path) -> None:
    with open_for_reading(store) as connection:
        found = records(connection)
        assert [item.id for item in found] == [f"entry-{index}" for index in range(5)]
        assert [item.seq for item in found] == [1, 2, 3, 4, 5]
        assert found[0].body == _entry(0).body
        assert found[0].at == _AT
        verified = verify(connection)
    assert verified == Verification(records=5, head=found[-1].digest, faults=())


def test_an_empty_log_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    with open_for_writing(path) as connection:
        assert verify(connection).faults == ()
        assert verify(connection).records == 0


def test_records_are_found_by_kind_release_time_and_number(store: Path) -> None:
    with open_for_reading(store) as connection:
        assert [item.id for item in records(connection, kinds=["freeze.added"])] == ["entry-1"]
        assert [item.id for item in records(connection, service="docs")] == ["entry-3"]
        assert [item.id for item in records(connection, version="1.2")] == ["entry-2"]
        until = _AT + timedelta(minutes=2)
        assert [item.id for item in records(connection, until=until)] == ["entry-0", "entry-1", "entry-2"]
        assert [item.id for item in records(connection, newest=2)] == ["entry-3", "entry-4"]
        found = record(connection, "entry-2")
        assert found is not None
        assert found.seq == 3
        assert record(connection, "entry-9") is None


def test_a_policy_is_kept_once_under_its_name(store: Path) -> None:
    with open_for_writing(store) as connection, transaction(connection):
        keep_policy(connection, "p1", "another text", {}, _AT + timedelta(days=1))
        keep_policy(connection, "p2", "package b", {}, _AT + timedelta(days=1))
        assert policy_of(connection, "p1") == ("package a", {"x": 1})
        assert policy_of(connection, "p9") is None
        assert [version for version, _ in policy_versions(connection)] == ["p1", "p2"]


@pytest.mark.parametrize("statement", ["UPDATE decision_log SET actor = 'Eve'", "DELETE FROM decision_log"])
def test_the_store_itself_refuses_to_edit_or_cut_the_log(store: Path, statement: str) -> None:
    connection = sqlite3.connect(store)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    "column", ["kind", "at_us", "actor", "service", "environment", "version", "body", "id"]
)
def test_an_edit_of_any_column_is_found(store: Path, column: str) -> None:
    value = "1" if column == "at_us" else "'{}'"
    _behind_its_back(store, f"UPDATE decision_log SET {column} = {value} WHERE seq = 3")  # noqa: S608 - names of this test
    faults = _verified(store).faults
    assert [(fault.seq, fault.message) for fault in faults if "policy" not in fault.message] == [
        (3, "was changed after it was written")
    ]


def test_an_edit_with_a_digest_made_to_fit_breaks_the_chain_behind_it(store: Path) -> None:
    _behind_its_back(
        store,
        "UPDATE decision_log SET actor = 'Eve', digest = 'f00' WHERE seq = 3",
    )
    found = {fault.seq: fault.message for fault in _verified(store).faults}
    assert found[4] == "does not follow the record before it"


def test_a_record_that_was_removed_is_found(store: Path) -> None:
    _behind_its_back(store, "DELETE FROM decision_log WHERE seq = 2")
    (fault,) = _verified(store).faults
    assert fault.seq == 2
    assert "found nothing" in fault.message


def test_removing_a_record_and_counting_anew_is_found(store: Path) -> None:
    _behind_its_back(
        store,
        "DELETE FROM decision_log WHERE seq = 2",
        "UPDATE decision_log SET seq = seq - 1 WHERE seq = 3",
        "UPDATE decision_log SET seq = seq - 1 WHERE seq = 4",
        "UPDATE decision_log SET seq = seq - 1 WHERE seq = 5",
    )
    assert _verified(store).faults


def test_records_that_changed_places_are_found(store: Path) -> None:
    _behind_its_back(
        store,
        "UPDATE decision_log SET seq = 99 WHERE seq = 2",
        "UPDATE decision_log SET seq = 2 WHERE seq = 3",
        "UPDATE decision_log SET seq = 3 WHERE seq = 99",
    )
    assert {fault.seq for fault in _verified(store).faults} >= {2, 3}


def test_an_end_that_was_cut_off_is_found(store: Path) -> None:
    _behind_its_back(store, "DELETE FROM decision_log WHERE seq = 5")
    (fault,) = _verified(store).faults
    assert (fault.seq, "record 5" in fault.message) == (4, True)


def test_a_log_that_was_emptied_is_found(store: Path) -> None:
    _behind_its_back(store, "DELETE FROM decision_log")
    assert [fault.seq for fault in _verified(store).faults] == [0]


def test_a_policy_that_decided_and_is_gone_is_found(store: Path) -> None:
    _behind_its_back(store, "DELETE FROM policy_versions")
    (fault,) = _verified(store).faults
    assert (fault.seq, "p1" in fault.message) == (1, True)


def test_a_transaction_that_fails_leaves_no_record(store: Path) -> None:
    def fails() -> None:
        with open_for_writing(store) as connection, transaction(connection):
            append(connection, [_entry(5)])
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        fails()
    assert _verified(store).records == 5
    assert _verified(store).faults == ()


def test_the_log_of_a_demo_can_be_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "demo.db"
    with open_for_writing(path) as connection, transaction(connection):
        settings.mark_demo(connection, int(_AT.timestamp()))
        append(connection, [_entry(0)])
        forget(connection)
        append(connection, [_entry(1)])
        assert [item.seq for item in records(connection)] == [1]
        assert verify(connection).records == 1


def _append_many(store: Path, name: str, count: int) -> None:
    for index in range(count):
        with open_for_writing(store) as connection, transaction(connection):
            append(
                connection,
                [LogEntry(kind="approval.given", at=_AT, actor=name, body={"by": name, "index": index})],
            )


def test_two_processes_that_append_at_once_make_one_chain_and_lose_nothing(store: Path) -> None:
    spawning = multiprocessing.get_context("spawn")
    writers = [spawning.Process(target=_append_many, args=(store, name, 60)) for name in ("one", "two")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    verified = _verified(store)
    assert (verified.records, verified.faults) == (125, ())
    with open_for_reading(store) as connection:
        found = records(connection, kinds=["approval.given"])
    for name in ("one", "two"):
        assert [item.body["index"] for item in found if item.actor == name] == list(range(60))
