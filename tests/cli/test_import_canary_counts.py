"""`reliability import canaries --counts-of`: both arms of a canary that the store knows."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.command import Ended, run
from tests.rollout_objects import listed, rollout, stamp

_ROWS = [
    "at,canary_bad,canary_total,stable_bad,stable_total,weight",
    *(f"{stamp(minute)},{minute},100,1,900,10" for minute in range(1, 4)),
]


@pytest.fixture
def known(store: Path) -> Path:
    """A store that knows one canary, and its second try."""
    course = [rollout(at=0, version=1), rollout(at=5, aborted=True, version=2), rollout(at=9, version=3)]
    ended = run("import", "canaries", "-", "--store", store, stdin=json.dumps(listed(*course)).encode())
    assert ended.code == 0, ended.err
    return store


def counts(store: Path, *options: object, rows: str = "\n".join(_ROWS)) -> Ended:
    return run("import", "canaries", "-", "--store", store, *options, stdin=rows.encode())


def stored(store: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(store) as connection:
        return connection.execute("SELECT * FROM canary_ticks ORDER BY at_us").fetchall()


@pytest.mark.parametrize("name", ["uid-api:2", "uid-api:2:2"])
def test_counts_are_stored_with_the_canary(name: str, known: Path) -> None:
    ended = counts(known, "--counts-of", name)
    assert (ended.code, ended.err) == (0, f"stdin: 3 ticks of {name}\n")
    before = stored(known)
    assert [(row[0], row[1], row[2], row[4], row[5], row[8]) for row in before] == [
        ("uid-api", "new", "errors", float(minute), 100.0, 0.1) for minute in range(1, 4)
    ]
    assert counts(known, "--counts-of", name).err == f"stdin: 3 ticks of {name}\n"
    assert stored(known) == before


def test_counts_that_contradict_those_of_before_are_told_and_the_fewer_errors_kept(known: Path) -> None:
    counts(known, "--counts-of", "uid-api:2")
    before = stored(known)
    header, *rows = _ROWS
    more = [header, rows[0].replace(",1,100,", ",90,100,"), rows[1].replace(",2,100,", ",0,100,"), rows[2]]
    ended = counts(known, "--counts-of", "uid-api:2", rows="\n".join(more))
    assert ended.code == 0
    assert "3 ticks of uid-api:2; 1 was not taken, since another word on it is in the store\n" in ended.err
    assert "of as many the one with fewer bad" in ended.err
    assert [row[4] for row in stored(known)] == [1.0, 0.0, 3.0]
    assert [row[4] for row in before] == [1.0, 2.0, 3.0]


def test_slow_requests_are_stored_beside_errors(known: Path) -> None:
    header, *rows = _ROWS
    slow = [f"{header},canary_slow,stable_slow", *(f"{row},7,20" for row in rows)]
    ended = counts(known, "--counts-of", "uid-api:2", rows="\n".join(slow))
    assert ended.err == "stdin: 3 ticks of uid-api:2, 3 of them with slow requests\n"
    assert [(row[2], row[4], row[5], row[6], row[7]) for row in stored(known) if row[2] == "slow"] == [
        ("slow", 7.0, 100.0, 20.0, 900.0)
    ] * 3
    counts(known, "--counts-of", "uid-api:2", rows="\n".join(slow))
    assert len(stored(known)) == 6


def test_slow_requests_of_which_no_row_tells_are_remarked(known: Path) -> None:
    header, *rows = _ROWS
    ended = counts(
        known,
        "--counts-of",
        "uid-api:2",
        rows="\n".join([f"{header},canary_slow,stable_slow", *(f"{row},," for row in rows)]),
    )
    assert (ended.code, ended.err) == (0, "stdin: 3 ticks of uid-api:2, 0 of them with slow requests\n")


def test_a_canary_that_nobody_knows_is_refused(known: Path) -> None:
    ended = counts(known, "--counts-of", "uid-api:9")
    assert ended.code == 2
    assert "canary: found 'uid-api:9', expected one that the store knows" in ended.err
    assert "the newest being uid-api:2:2 (production/api), uid-api:2 (production/api)" in ended.err


@pytest.mark.parametrize("name", ["api:2", "5c1e:42"])
def test_who_does_not_know_the_id_of_a_canary_is_told_those_there_are(name: str, known: Path) -> None:
    ended = counts(known, "--counts-of", name)
    assert ended.code == 2
    assert "the newest being uid-api:2:2 (production/api)" in ended.err


def test_a_store_without_a_canary_says_that_it_knows_none(store: Path) -> None:
    run("import", "canaries", "-", "--store", store, stdin=b'{"items": [], "kind": "List"}')
    assert "it knows none of the last 90 days" in counts(store, "--counts-of", "uid-api:2").err


@pytest.mark.parametrize("at", ["2020-01-01T00:00:00Z", "9999-01-01T00:00:00Z"])
def test_a_tick_that_is_not_of_its_time_is_refused(at: str, known: Path) -> None:
    ended = counts(known, "--counts-of", "uid-api:2", rows=f"{_ROWS[0]}\n{_ROWS[1]}\n{at},1,100,1,900,10\n")
    assert ended.code == 2
    assert f"stdin: at: found {at[:10]}" in ended.err
    assert (
        "expected a time of the canary uid-api:2, give or take a day: 2026-11-01T09:00:00+00:00 to"
        in ended.err
    )
    assert stored(known) == []


def test_a_file_without_a_row_is_refused(known: Path) -> None:
    ended = counts(known, "--counts-of", "uid-api:2", rows=_ROWS[0] + "\n")
    assert (ended.code, ended.err) == (2, "error: stdin: found no row, expected one for each tick\n")


def test_rows_without_a_time_are_refused(known: Path) -> None:
    rows = "canary_bad,canary_total,stable_bad,stable_total\n1,100,1,900\n"
    ended = counts(known, "--counts-of", "uid-api:2", rows=rows)
    assert ended.code == 2
    assert "at: found rows without a time, expected one in each" in ended.err
    assert stored(known) == []
