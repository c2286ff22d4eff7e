"""`reliability import sli`: whole files or nothing, and every mistake told with its place."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.command import Ended, run, start

_HEADER = "objective,start,good,total"
_ROWS = (
    ("api/availability", "2026-11-19T00:00:00Z", 95, 100),
    ("api/availability", "2026-11-19T00:05:00Z", 100, 100.5),
    ("web/availability", "2026-11-19T02:00:00+02:00", 1, 2),
)
_CSV = "\n".join([_HEADER, *(",".join(map(str, row)) for row in _ROWS)]) + "\n"
_OBJECTS = [dict(zip(_HEADER.split(","), row, strict=True)) for row in _ROWS]
_STORED = [
    ("api/availability", "2026-11-19 00:00:00", 95.0, 100.0),
    ("api/availability", "2026-11-19 00:05:00", 100.0, 100.5),
    ("web/availability", "2026-11-19 00:00:00", 1.0, 2.0),
]
_LINES = "\n".join(json.dumps(row) for row in _OBJECTS)
_QUOTED = _CSV.replace("api/availability", '"api/availability"').replace(",95,", ',"95",')


def stored(store: Path) -> list[tuple[str, str, float, float]]:
    """What people see in the store."""
    with closing(sqlite3.connect(store)) as connection:
        return connection.execute("SELECT * FROM sli_buckets ORDER BY objective, start").fetchall()


def faults(store: Path) -> list[str]:
    with closing(sqlite3.connect(store)) as connection:
        return [fault for (fault,) in connection.execute("SELECT fault FROM sli_flagged ORDER BY bucket")]


def import_sli(store: Path, catalog: Path, content: str | bytes) -> Ended:
    """Import a file that holds `content`."""
    path = catalog.with_name("counts")
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return run("import", "sli", path, "--store", store, "--catalog", catalog)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(_CSV, id="CSV"),
        pytest.param(json.dumps(_OBJECTS), id="JSON"),
        pytest.param(json.dumps(_OBJECTS, indent=2), id="JSON over many lines"),
        pytest.param(_LINES, id="JSON lines"),
        pytest.param(_LINES.replace("\n", "\r\n\r\n"), id="JSON lines with blank ones"),
        pytest.param(b"\xef\xbb\xbf" + _CSV.encode(), id="CSV with a byte order mark"),
        pytest.param(b"\xef\xbb\xbf" + _LINES.encode(), id="JSON lines with a byte order mark"),
        pytest.param(_CSV.replace("\n", "\r\n"), id="CSV from Windows"),
        pytest.param(_QUOTED, id="quoted fields"),
        pytest.param("\n\n" + _CSV.replace("\n", "\n\n"), id="CSV with blank lines"),
        pytest.param(_CSV.rstrip("\n"), id="no newline at the end"),
        pytest.param(
            "\n".join(",".join(line.split(",")[::-1]) for line in _CSV.splitlines()),
            id="columns in any order",
        ),
        pytest.param(
            "\n".join([_HEADER, *[line for line in reversed(_CSV.splitlines()) if line != _HEADER]]),
            id="rows in any order",
        ),
    ],
)
def test_every_format_stores_the_same_and_again_changes_nothing(
    content: str | bytes, store: Path, catalog: Path
) -> None:
    first = import_sli(store, catalog, content)
    assert (first.code, first.out) == (0, ""), first.err
    assert "3 buckets added, 0 corrected, 0 flagged" in first.err
    assert stored(store) == _STORED
    again = import_sli(store, catalog, content)
    assert "0 buckets added, 0 corrected, 0 flagged" in again.err
    assert stored(store) == _STORED


def test_stdin_is_a_file_too(store: Path, catalog: Path) -> None:
    ended = run("import", "sli", "-", "--store", store, "--catalog", catalog, stdin=_CSV.encode())
    assert ended.code == 0, ended.err
    assert stored(store) == _STORED
    wrong = run("import", "sli", "-", "--store", store, "--catalog", catalog, stdin=b"a,b\n1,2\n")
    assert wrong.code == 2
    assert "stdin: line 1: found the columns a, b" in wrong.err


def test_two_files_may_come_at_once(store: Path, catalog: Path, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one.csv", "two.jsonl")]
    files[0].write_text("\n".join(_CSV.splitlines()[:2]), encoding="utf-8")
    files[1].write_text("\n".join(_LINES.splitlines()[1:]), encoding="utf-8")
    ended = run("import", "sli", *files, "--store", store, "--catalog", catalog)
    assert (ended.code, stored(store)) == (0, _STORED), ended.err


_GOOD = "api/availability,2026-11-19T00:00:00Z,1,2"
_BAD_ROWS = {
    "nobody/availability,2026-11-19T00:00:00Z,1,2": "objective: found 'nobody/availability', expected",
    ",2026-11-19T00:00:00Z,1,2": "objective: found '', expected",
    "api/availability,yesterday,1,2": "start: found 'yesterday', expected an ISO-8601 time",
    "api/availability,,1,2": "start: found '', expected",
    "api/availability,2026-11-19T00:00:00,1,2": "a time without an offset",
    "api/availability,2026-11-19T00:01:00Z,1,2": "expected the start of a 5-minute bucket",
    "api/availability,2026-11-19T00:00:00.5Z,1,2": "expected the start of a 5-minute bucket",
    "api/availability,0001-01-01T00:00:00+14:00,1,2": "start: ",
    "api/availability,1999-11-19T00:00:00Z,1,2": "between the years 2000 and 2200",
    "api/availability,2026-11-19T00:00:00Z,many,2": "good: found 'many', expected a number",
    "api/availability,2026-11-19T00:00:00Z,1,0x10": "total: found '0x10', expected a number",
    'api/availability,2026-11-19T00:00:00Z,"1,5",2': "good: found '1,5', expected a number",
    "api/availability,2026-11-19T00:00:00Z,1,2,3": "more values than columns",
    "api/availability,2026-11-19T00:00:00Z,1": "fewer values than columns",
    "api/availability": "fewer values than columns",
}


@pytest.mark.parametrize(("row", "said"), _BAD_ROWS.items(), ids=_BAD_ROWS)
def test_a_bad_row_is_told_with_its_file_and_line_and_nothing_is_stored(
    row: str, said: str, store: Path, catalog: Path
) -> None:
    ended = import_sli(store, catalog, f"{_HEADER}\n{_GOOD}\n{row}\n")
    assert (ended.code, ended.out) == (2, "")
    assert f"{catalog.with_name('counts')}: line 3: " in ended.err
    assert said in ended.err
    assert "nothing was imported" in ended.err
    assert not store.exists()


def test_all_bad_rows_are_told_together(store: Path, catalog: Path) -> None:
    ended = import_sli(store, catalog, "\n".join(["", "", _HEADER, *_BAD_ROWS, _GOOD]))
    assert ended.code == 2
    for number, said in enumerate(_BAD_ROWS.values(), start=4):
        assert any(f"line {number}: " in line and said in line for line in ended.err.splitlines()), said


def test_very_many_bad_rows_are_counted(store: Path, catalog: Path) -> None:
    """Twenty are shown; a screen of ten thousand would hide the first."""
    rows = ["api/availability,never,1,2"] * 10_000
    ended = import_sli(store, catalog, "\n".join([_HEADER, *rows]))
    assert len(ended.err.splitlines()) == 22
    assert "and 9980 more rows like these" in ended.err


def test_json_lines_tell_all_their_mistakes_too(store: Path, catalog: Path) -> None:
    """One that is no JSON, one that is no object, and values of every wrong type."""
    good = {"objective": "api/availability", "start": "2026-11-19T00:00:00Z", "good": 1, "total": 2}
    wrong = [
        good | {"objective": ["api/availability"]},
        good | {"objective": None},
        good | {"start": 20261119},
        good | {"start": None},
        good | {"good": True},
        good | {"good": [1]},
        good | {"total": {"a": 1}},
        good | {"extra": 1},
        {name: value for name, value in good.items() if name != "total"},
    ]
    lines = [json.dumps(good), *map(json.dumps, wrong), '{"objective": ', "[1, 2]", "5", '{"a": ' * 100_000]
    ended = import_sli(store, catalog, "\n".join(lines))
    assert (ended.code, store.exists()) == (2, False)
    for number in range(2, len(lines) + 1):
        assert f"line {number}: " in ended.err
    assert "line 1:" not in ended.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "found an empty file"),
        (b"\n \n", "found an empty file"),
        (bytes(range(256)) * 20, "cannot be read as UTF-8"),
        (b"SQLite format 3\x00" + b"\x00\x01" * 500, "found the columns|not CSV|UTF-8"),
        (_CSV.encode("utf-16"), "UTF-8"),
        (b"\x00" * 1000, "found the columns|not CSV"),
        (b'objective,"start"x,good,total\n', "not CSV"),
        (b'objective,start,good,total\n"api/availability,2026', "not CSV"),
        (b"objective," + b"x" * 200_000, "not CSV"),
        (b"objective;start;good;total\n", "found the columns"),
        (b"objective,start,good,good\n", "found the columns"),
        (b'[{"objective": ', "in the middle of JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[1, null]", "entry 1: found int, expected an object"),
        (b"<html><body>Sign in</body></html>", "found the columns"),
    ],
)
def test_what_is_no_such_file_at_all_is_told_in_a_sentence(
    content: bytes, said: str, store: Path, catalog: Path
) -> None:
    ended = import_sli(store, catalog, content)
    assert (ended.code, ended.out) == (2, "")
    assert any(part in ended.err for part in said.split("|")), ended.err
    assert len(ended.err) < 2000
    assert not store.exists()


def test_a_folder_and_a_missing_file_are_told(store: Path, catalog: Path, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.csv"):
        ended = run("import", "sli", path, "--store", store, "--catalog", catalog)
        assert (ended.code, str(path) in ended.err) == (2, True)


@pytest.mark.parametrize(
    ("good", "total", "fault"),
    [
        ("NaN", "100", "not_a_number"),
        ("1", "nan", "not_a_number"),
        ("1", "Infinity", "infinite"),
        ("-inf", "1", "infinite"),
        ("-1", "1", "negative"),
        ("1", "1e11", "too_large"),
        ("1", "9" * 400, "infinite"),
        ("101", "100", "good_exceeds_total"),
        ("100", "", "no_total_series"),
    ],
)
def test_a_value_that_cannot_be_counted_is_flagged_and_told(
    good: str, total: str, fault: str, store: Path, catalog: Path
) -> None:
    """The rest of the file is stored."""
    content = f"{_CSV}api/availability,2026-11-19T00:10:00Z,{good},{total}\n"
    ended = import_sli(store, catalog, content)
    assert ended.code == 0, ended.err
    assert "1 flagged" in ended.err
    assert "api/availability: 1 buckets not counted" in ended.err
    assert (stored(store), faults(store)) == (_STORED, [fault])
    mended = import_sli(
        store, catalog, "api/availability,2026-11-19T00:10:00Z,5,6".join([_HEADER + "\n", "\n"])
    )
    assert (mended.code, faults(store), len(stored(store))) == (0, [], 4)


@pytest.mark.parametrize("row", ["", "100,", ",100", ","])
def test_an_empty_count_is_unknown_and_never_an_outage(row: str, store: Path, catalog: Path) -> None:
    """Also when the objective had good events before: a file is no PromQL, which drops what is zero."""
    rows = [f"api/availability,2026-11-19T00:10:00Z,{row}"] if row else []
    ended = import_sli(store, catalog, _CSV + "\n".join(rows))
    assert (ended.code, stored(store)) == (0, _STORED)


def test_two_rows_for_one_bucket_must_agree(store: Path, catalog: Path) -> None:
    same = import_sli(store, catalog, f"{_HEADER}\n{_GOOD}\n{_GOOD}\n")
    assert (same.code, len(stored(store))) == (0, 1)
    store.unlink()
    other = import_sli(store, catalog, f"{_HEADER}\n{_GOOD}\n{_GOOD.replace(',1,', ',2,')}\n")
    assert (other.code, store.exists()) == (2, False)
    assert "line 3: good: found a second row for api/availability" in other.err


def test_a_correction_replaces_what_was_imported(store: Path, catalog: Path) -> None:
    import_sli(store, catalog, _CSV)
    ended = import_sli(store, catalog, _CSV.replace(",95,100", ",90,100"))
    assert "0 buckets added, 1 corrected" in ended.err
    assert stored(store)[0] == ("api/availability", "2026-11-19 00:00:00", 90.0, 100.0)


def test_a_good_file_after_a_bad_one_is_not_read(store: Path, catalog: Path, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(_CSV, encoding="utf-8")
    bad.write_text("nothing", encoding="utf-8")
    ended = run("import", "sli", bad, good, "--store", store, "--catalog", catalog)
    assert (ended.code, store.exists()) == (2, False)


def test_the_demo_takes_no_real_data(demo: Path, tmp_path: Path) -> None:
    """And real data takes no demo."""
    before = demo.read_bytes()
    counts = tmp_path / "counts.csv"
    counts.write_text(f"{_HEADER}\n{_GOOD}\n", encoding="utf-8")
    ended = run("import", "sli", counts, "--store", demo)
    assert ended.code == 2
    assert "found the demo in this store, expected a store of its own for real data" in ended.err
    assert demo.read_bytes() == before


def test_a_database_of_another_program_is_left_alone(store: Path, catalog: Path) -> None:
    store.parent.mkdir()
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = store.read_bytes()
    ended = import_sli(store, catalog, _CSV)
    assert (ended.code, store.read_bytes() == before) == (2, True)
    assert "expected one of ours" in ended.err
    store.write_bytes(b"this is no database" * 100)
    assert import_sli(store, catalog, _CSV).code == 2


def test_more_events_than_64_bits_hold_are_told_and_not_stored(store: Path, catalog: Path) -> None:
    """As after most of a year of ten billion a bucket; the store stays as it is."""
    import_sli(store, catalog, f"{_HEADER}\n{_GOOD}\n")
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("UPDATE sli SET good = ?1, total = ?1", (2**63 - 10**13,))
    before = stored(store)
    ended = import_sli(store, catalog, f"{_HEADER}\napi/availability,2026-11-19T00:05:00Z,1e10,1e10\n")
    assert ended.code == 2
    assert "more events than a 64-bit running total can hold" in ended.err
    assert stored(store) == before


def test_a_closed_stdin_is_told(store: Path, catalog: Path) -> None:
    """As a process, with nothing to read from."""
    process = start("import", "sli", "-", "--store", store, "--catalog", catalog)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "stdin: found an empty file" in said
