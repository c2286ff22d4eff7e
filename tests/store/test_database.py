"""Opening the store: what is refused, what is never written, and what is undone."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from dashboard.errors import StoreError
from dashboard.store.database import (
    APPLICATION_ID,
    SCHEMA_VERSION,
    open_for_reading,
    open_for_writing,
    transaction,
)


def _foreign(path: Path) -> Path:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
        other.execute("INSERT INTO theirs VALUES (1)")
    other.close()
    return path


def test_a_missing_store_is_named_with_the_way_to_fill_it(path: Path) -> None:
    with pytest.raises(StoreError, match=r"found no store.*reliability sync"), open_for_reading(path):
        pass
    assert not path.exists()


def test_a_file_that_is_no_database_is_refused_and_kept(path: Path) -> None:
    path.write_bytes(b"not a database, " * 100)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"store\.db"), open_for_reading(path):
        pass
    with pytest.raises(StoreError, match=r"store\.db"), open_for_writing(path):
        pass
    assert path.read_bytes() == before


def test_another_program_s_database_is_refused_and_kept(path: Path) -> None:
    before = _foreign(path).read_bytes()
    with pytest.raises(StoreError, match="not a reliability store"), open_for_reading(path):
        pass
    with pytest.raises(StoreError, match="not a reliability store"), open_for_writing(path):
        pass
    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_store_only_by_writing(path: Path) -> None:
    path.touch()
    with pytest.raises(StoreError), open_for_reading(path):
        pass
    with open_for_writing(path) as connection:
        assert connection.execute("SELECT count(*) FROM sli").fetchone() == (0,)


def test_a_folder_is_not_a_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError), open_for_reading(tmp_path):
        pass
    with pytest.raises(StoreError), open_for_writing(tmp_path):
        pass


def test_a_store_below_a_file_cannot_be_made(path: Path) -> None:
    path.write_text("a file", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot make the folder"), open_for_writing(path / "store.db"):
        pass


def test_the_folder_of_a_new_store_is_made(tmp_path: Path) -> None:
    with open_for_writing(tmp_path / "a" / "b" / "store.db"):
        pass
    assert (tmp_path / "a" / "b" / "store.db").is_file()


@pytest.mark.parametrize("name", ["a b.db", "what?.db", "100%.db", "half#.db", "é.db"])
def test_any_file_name_can_be_read(tmp_path: Path, name: str) -> None:
    with open_for_writing(tmp_path / name):
        pass
    with open_for_reading(tmp_path / name) as connection:
        assert connection.execute("SELECT count(*) FROM sli").fetchone() == (0,)


def test_migrating_twice_changes_nothing(path: Path) -> None:
    schemas = []
    for _ in range(2):
        with open_for_writing(path) as connection:
            schemas.append(
                connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 2").fetchall()
            )
            schemas.append(connection.execute("SELECT * FROM _sqlite_migrations").fetchall())
    assert schemas[:2] == schemas[2:]


def test_our_files_carry_our_application_id(path: Path) -> None:
    with open_for_writing(path) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)


def test_a_reader_cannot_write(path: Path) -> None:
    with open_for_writing(path):
        pass
    before = path.read_bytes()
    with pytest.raises(StoreError, match="readonly"), open_for_reading(path) as connection:
        connection.execute("INSERT INTO settings VALUES ('a', 'b')")
    assert path.read_bytes() == before


def test_reading_leaves_the_file_as_it_was(path: Path) -> None:
    with open_for_writing(path):
        pass
    before, changed = path.read_bytes(), path.stat().st_mtime_ns
    with open_for_reading(path) as connection:
        connection.execute("SELECT * FROM sli").fetchall()
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, changed)


def test_a_store_that_was_not_migrated_is_refused_by_a_reader(path: Path) -> None:
    with sqlite3.connect(path) as older:
        older.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        older.execute("CREATE TABLE something (x)")
    older.close()
    with pytest.raises(StoreError, match="older version"), open_for_reading(path):
        pass


def test_a_reader_sees_one_instant(path: Path) -> None:
    with open_for_writing(path) as writer, open_for_reading(path) as reader:
        assert reader.execute("SELECT count(*) FROM settings").fetchone() == (0,)
        with transaction(writer):
            writer.execute("INSERT INTO settings VALUES ('a', 'b')")
        assert reader.execute("SELECT count(*) FROM settings").fetchone() == (0,)


def test_a_failed_transaction_leaves_nothing(path: Path) -> None:
    with open_for_writing(path) as connection:
        with pytest.raises(KeyboardInterrupt), transaction(connection):  # noqa: PT012 - its subject is the block
            connection.execute("INSERT INTO settings VALUES ('a', 'b')")
            raise KeyboardInterrupt
        assert connection.execute("SELECT count(*) FROM settings").fetchone() == (0,)
        with transaction(connection):
            connection.execute("INSERT INTO settings VALUES ('a', 'b')")
    with open_for_reading(path) as reader:
        assert reader.execute("SELECT * FROM settings").fetchall() == [("a", "b")]


def test_an_sql_error_inside_a_transaction_is_a_store_error_and_undone(path: Path) -> None:
    twice = [("a", "b"), ("a", "c")]
    with pytest.raises(StoreError), open_for_writing(path) as connection, transaction(connection):
        connection.executemany("INSERT INTO settings VALUES (?, ?)", twice)
    with open_for_reading(path) as reader:
        assert reader.execute("SELECT count(*) FROM settings").fetchone() == (0,)


def _open_at_once(path: Path, writers: int) -> list[str]:
    """What each of `writers` that open `path` at the same time met; empty where all went well."""
    start = Barrier(writers)

    def open_once() -> str:
        start.wait()
        try:
            with open_for_writing(path) as connection, transaction(connection):
                connection.execute("SELECT 1")
        except StoreError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(writers) as pool:
        return list(pool.map(lambda _: open_once(), range(writers)))


def test_writers_that_open_an_existing_store_at_once_wait_for_each_other(path: Path) -> None:
    with open_for_writing(path):
        pass
    assert set(_open_at_once(path, 4)) == {""}


def test_writers_that_make_a_new_store_at_once_wait_for_each_other(tmp_path: Path) -> None:
    met = [error for attempt in range(8) for error in _open_at_once(tmp_path / f"{attempt}.db", 4)]
    assert set(met) == {""}


def test_the_version_of_a_store_is_the_number_of_migrations(tmp_path: Path) -> None:
    with open_for_writing(tmp_path / "new.db") as connection:
        applied = connection.execute("SELECT count(*) FROM _sqlite_migrations").fetchone()[0]
        assert applied == SCHEMA_VERSION == connection.execute("PRAGMA user_version").fetchone()[0]


def test_a_store_of_a_newer_version_is_refused_for_reading_and_writing(tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    with open_for_writing(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    for opening in (open_for_reading, open_for_writing):
        with pytest.raises(StoreError, match="newer version"), opening(path):
            pass
