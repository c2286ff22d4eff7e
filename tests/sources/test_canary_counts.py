"""Reading the counts of a canary: CSV and JSON say the same, and every fault is told."""

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.canary.elapsed import Sample
from dashboard.domain.canary.ticks import Tick
from dashboard.errors import InputError
from dashboard.sources.canary_counts import read_canary_counts, read_deployment_counts

_CSV = """\
at,canary_bad,canary_total,stable_bad,stable_total,weight
2026-11-23T10:01:00Z,2,100,9,900,10
2026-11-23T10:00:00Z,1,100,9,900,10%
2026-11-23T10:02:00Z,3,101.5,8.25,899,
"""
_TICKS = (
    Tick(
        canary_bad=1,
        canary_total=100,
        stable_bad=9,
        stable_total=900,
        at=datetime(2026, 11, 23, 10, 0, tzinfo=UTC),
        weight=0.1,
    ),
    Tick(
        canary_bad=2,
        canary_total=100,
        stable_bad=9,
        stable_total=900,
        at=datetime(2026, 11, 23, 10, 1, tzinfo=UTC),
        weight=0.1,
    ),
    Tick(
        canary_bad=3,
        canary_total=101.5,
        stable_bad=8.25,
        stable_total=899,
        at=datetime(2026, 11, 23, 10, 2, tzinfo=UTC),
        weight=0.25,
    ),
)
_HEADER = "canary_bad,canary_total,stable_bad,stable_total\n"


def _fault(text: str) -> str:
    with pytest.raises(InputError) as caught:
        read_canary_counts("counts.csv", text)
    return str(caught.value)


def test_rows_come_in_order_of_time_with_their_own_weight_or_the_given_one() -> None:
    found = read_canary_counts("counts.csv", _CSV, weight=0.25)
    assert found.ticks == _TICKS
    assert found.unknown == 0


@pytest.mark.parametrize("form", ["array", "lines"])
def test_json_says_the_same_as_csv(form: str) -> None:
    header, *lines = _CSV.splitlines()
    rows = [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]
    text = json.dumps(rows) if form == "array" else "\n".join(map(json.dumps, rows))
    assert read_canary_counts("counts.json", text, weight=0.25).ticks == _TICKS


def test_numbers_of_json_need_no_quotes() -> None:
    text = '[{"canary_bad": 1, "canary_total": 2e2, "stable_bad": 0, "stable_total": 1000, "weight": 5}]'
    (tick,) = read_canary_counts("counts.json", text).ticks
    assert (tick.canary_total, tick.stable_total, tick.weight, tick.at) == (200, 1_000, 0.05, None)


_SLOW = "canary_slow,stable_slow," + _HEADER


def test_slow_requests_are_some_of_the_same_requests() -> None:
    found = read_canary_counts("counts.csv", _SLOW + "3,20,0,100,1,900\n,,0,100,1,900\nNaN,5,0,100,1,900\n")
    assert [
        (tick.canary_bad, tick.canary_total, tick.stable_bad, tick.stable_total) for tick in found.slow
    ] == [(3, 100, 20, 900)]
    assert (len(found.ticks), found.unknown, found.unknown_slow) == (3, 0, 2)


@pytest.mark.parametrize("empty", [",", "NaN,NaN", ",NaN"])
def test_columns_of_slow_requests_in_which_nothing_stands_leave_all_rows_unknown(empty: str) -> None:
    found = read_canary_counts("counts.csv", _SLOW + f"{empty},1,100,9,900\n" * 2)
    assert (found.slow, found.unknown_slow, found.has_slow, len(found.ticks)) == ((), 2, True, 2)


def test_a_file_without_slow_requests_says_nothing_of_them() -> None:
    found = read_canary_counts("counts.csv", _CSV)
    assert (found.slow, found.unknown_slow, found.has_slow) == ((), 0, False)


def test_without_times_the_rows_are_in_order() -> None:
    found = read_canary_counts("counts.csv", _HEADER + "3,10,0,10\n1,10,0,10\n")
    assert [tick.canary_bad for tick in found.ticks] == [3, 1]


@pytest.mark.parametrize("unknown", ["", "NaN", " "])
def test_a_row_with_an_unknown_count_is_left_out_and_counted(unknown: str) -> None:
    found = read_canary_counts("counts.csv", _HEADER + f"3,10,0,10\n1,{unknown},0,10\n")
    assert (len(found.ticks), found.unknown) == (1, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "counts.csv: found an empty file"),
        ("a,b\n1,2\n", "line 1: found the columns a, b; expected canary_bad, canary_total, stable_bad"),
        ("canary_bad,canary_bad,canary_total,stable_bad,stable_total\n", "line 1: found the columns"),
        (_HEADER + "x,10,0,10\n", "line 2: canary_bad: found 'x', expected a number"),
        (_HEADER + "1_0,100,0,10\n", "line 2: canary_bad: found '1_0', expected a number"),
        (_HEADER + "11,10,0,10\n", "line 2: canary_bad: found 11.0, expected from 0 to canary_total"),
        (_HEADER + "0,10,0,inf\n", "line 2: stable_total: found inf"),
        (_HEADER + "0,10,0\n", "line 2: found fewer values than columns"),
        (
            _SLOW + "11,0,0,10,0,10\n",
            "line 2: canary_slow: found 11.0, expected from 0 to canary_total, which is",
        ),
        (_SLOW + "1,-1,0,10,0,10\n", "line 2: stable_slow: found -1.0, expected from 0 to stable_total"),
        (_SLOW + "many,1,0,10,0,10\n", "line 2: canary_slow: found 'many', expected a number"),
        (
            "canary_slow," + _HEADER + "1,0,10,0,10\n",
            "and perhaps at, weight, canary_slow and stable_slow",
        ),
        (
            '[{"canary_bad": 1, "canary_total": 2, "stable_bad": 0, "stable_total": 1, "stable_slow": 0}]',
            "entry 1: found the fields canary_bad, canary_total, stable_bad, stable_total, stable_slow; exp",
        ),
        ("at," + _HEADER + "yesterday,0,10,0,10\n", "line 2: at: found 'yesterday', expected an ISO-8601"),
        ("at," + _HEADER + "2026-11-23T10:00:00,0,10,0,10\n", "line 2: at: found"),
        ("weight," + _HEADER + "101,0,10,0,10\n", "line 2: weight: found '101', expected a percentage"),
        ("weight," + _HEADER + "ten,0,10,0,10\n", "line 2: weight: found 'ten', expected a number"),
        ('[{"canary_bad": 1}]', "entry 1: found the fields canary_bad; expected canary_bad, canary_total"),
        ("[3]", "entry 1: found int, expected an object"),
        ("[nonsense", "found text that is not JSON"),
        (
            "at," + _HEADER + "2026-11-23T10:00:00Z,0,10,0,10\n2026-11-23T11:00:00+01:00,1,10,0,10\n",
            "at: found 2026-11-23T10:00:00+00:00 twice",
        ),
        (
            "at," + _HEADER + "2026-11-23T10:00:00Z,0,10,0,10\n,1,10,0,10\n",
            "at: found rows with and without a time",
        ),
    ],
)
def test_a_fault_names_the_row_what_was_found_and_what_is_expected(text: str, message: str) -> None:
    assert message in _fault(text)


def test_all_faults_are_told_at_once_up_to_twenty() -> None:
    fault = _fault(_HEADER + "2,1,0,1\n" * 30)
    assert fault.count("expected from 0 to canary_total") == 20
    assert "and 10 more rows like these" in fault


@given(text=st.text(max_size=80))
def test_any_text_is_read_or_refused_with_one_error(text: str) -> None:
    with contextlib.suppress(InputError):
        assert read_canary_counts("counts", text).unknown >= 0


def test_the_counts_of_one_deployment_come_in_order() -> None:
    text = "at,bad,total\n2026-11-23T10:01:00Z,2,100\n2026-11-23T10:00:00Z,1,100\n2026-11-23T10:02:00Z,,100\n"
    found = read_deployment_counts("before.csv", text)
    assert found.samples == (
        Sample(at=datetime(2026, 11, 23, 10, 0, tzinfo=UTC), bad=1, total=100),
        Sample(at=datetime(2026, 11, 23, 10, 1, tzinfo=UTC), bad=2, total=100),
    )
    assert found.unknown == 1


def test_a_deployment_began_with_its_first_row_also_when_that_is_not_known() -> None:
    text = "at,bad,total\n2026-11-23T10:01:00Z,2,100\n2026-11-23T10:00:00Z,,\n"
    assert read_deployment_counts("before.csv", text).began == datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    assert read_deployment_counts("before.csv", "at,bad,total\n").began is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("at,bad,total\n,1,100\n", "line 2: at: found ''"),
        ("at,bad,total\n2026-11-23T10:00:00Z,5,4\n", "line 2: bad: found 5.0, expected from 0 to total"),
        ("at,bad\n", "expected at, bad, total"),
    ],
)
def test_faults_in_the_counts_of_one_deployment(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_deployment_counts("before.csv", text)
