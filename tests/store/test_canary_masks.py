"""What a store of version 4 kept unmasked is masked as it is updated, and stays the same when seen again."""

import json
import sqlite3
from pathlib import Path

import pytest

from dashboard.ingest.canaries import StoredCanaries, store_canaries
from dashboard.sources.argo_observations import observation
from dashboard.store.database import APPLICATION_ID, open_for_writing

_HERE = Path(__file__).parent
#: What version 4 stored, and the file of `kubectl` that it read.
_DUMP, _FILE = _HERE / "canaries_of_version_4.sql", _HERE / "canaries_of_version_4.json"


@pytest.fixture
def old(path: Path) -> Path:
    with sqlite3.connect(path) as connection:
        connection.executescript(_DUMP.read_text(encoding="utf-8"))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 4")
    connection.close()
    return path


def import_into(path: Path) -> StoredCanaries:
    items = json.loads(_FILE.read_text(encoding="utf-8"))["items"]
    seen = [observation("file", item) for item in items]
    return store_canaries(path, [one for one in seen if one is not None])


def canaries(path: Path) -> list[str]:
    """All that a store holds of canaries."""
    with open_for_writing(path) as connection:
        return sorted(line for line in connection.iterdump() if line.startswith('INSERT INTO "canary_'))


def test_nothing_that_is_masked_today_is_left_in_it(old: Path) -> None:
    assert any("hunter2" in line for line in _DUMP.read_text(encoding="utf-8").splitlines())
    assert not [line for line in canaries(old) if "hunter2" in line]


def test_the_same_file_adds_nothing_to_it_and_gives_what_a_new_store_has(old: Path, tmp_path: Path) -> None:
    before = canaries(old)
    assert import_into(old).changed_nothing
    again = canaries(old)
    assert len(again) == len(before)
    import_into(new := tmp_path / "new.db")
    assert again == canaries(new)


def test_measurements_that_say_the_same_once_they_are_masked_are_as_many_as_before(old: Path) -> None:
    with open_for_writing(old) as connection:
        alike = connection.execute(
            "SELECT value, count(*), count(DISTINCT copy), count(DISTINCT ordinal) FROM canary_measurements"
            " WHERE value LIKE 'pwd%' GROUP BY value"
        ).fetchall()
    assert alike == [("pwd=*****", 3, 3, 3)]
