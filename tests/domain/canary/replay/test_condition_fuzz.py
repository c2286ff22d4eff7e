"""Conditions that nobody wrote: no crash, no hang, and never code that runs."""

import contextlib
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.canary.language.faults import CannotReplayError
from dashboard.domain.canary.language.go_values import Value
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.condition import MeasuredValue, ValueKind, judge
from dashboard.domain.canary.replay.stored_value import NotJsonError, measured_value

_PHASES = {Phase.SUCCESSFUL, Phase.FAILED, Phase.ERROR, Phase.CANNOT_REPLAY}
_SPOKEN = (
    "result result[0] result.a result?.b # .a #index nil true false 0 1 -1 2.5 .5 1e9 'a' `c` [] [1,2] "
    "( ) [ ] { } , : ? ?. ?? | || && and or not in matches contains startsWith endsWith == != < > <= >= "
    "+ - * / % ** ^ .. ! len( all( any( none( one( filter( map( count( sum( find( max( min( mean( median( "
    "first( last( int( float( abs( ceil( floor( round( isNaN( isInf( isNil( default( asInt( asFloat( "
    "reduce( let if else ; $env __import__ 1..3 1..99999"
)
_WORDS = st.sampled_from(_SPOKEN.split())
_NUMBERS = st.floats(width=64) | st.sampled_from([0.0, -0.0, float("nan"), float("inf"), 1e308, 5e-324])
_JSON: st.SearchStrategy[Value] = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)
_VALUES = (
    st.lists(_NUMBERS, max_size=5).map(lambda xs: MeasuredValue(kind=ValueKind.VECTOR, value=tuple(xs)))
    | _NUMBERS.map(lambda x: MeasuredValue(kind=ValueKind.SCALAR, value=x))
    | st.just(MeasuredValue(kind=ValueKind.NIL))
    | _JSON.map(lambda x: MeasuredValue(kind=ValueKind.JSON, value=x))
)


def _ends(condition: str, value: MeasuredValue) -> None:
    begun = time.process_time()
    judged = judge(condition, "", value)
    assert judged.phase in _PHASES
    assert judged.message
    assert time.process_time() - begun < 5


@given(condition=st.text(min_size=1, max_size=80), value=_VALUES)
def test_any_text_has_a_phase(condition: str, value: MeasuredValue) -> None:
    _ends(condition, value)


@settings(max_examples=300)
@given(words=st.lists(_WORDS, min_size=1, max_size=25), value=_VALUES)
def test_any_row_of_words_has_a_phase(words: list[str], value: MeasuredValue) -> None:
    _ends(" ".join(words), value)


def _joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.sampled_from(
        (
            "==",
            "!=",
            "<",
            ">",
            "<=",
            ">=",
            "+",
            "-",
            "*",
            "/",
            "%",
            "**",
            "&&",
            "||",
            "??",
            "in",
            "..",
            "contains",
            "matches",
            "startsWith",
        )
    )
    calls = st.sampled_from(
        (
            "len",
            "max",
            "min",
            "mean",
            "median",
            "first",
            "last",
            "int",
            "float",
            "abs",
            "round",
            "isNaN",
            "isNil",
            "asInt",
        )
    )
    loops = st.sampled_from(("all", "any", "none", "one", "filter", "map", "count", "sum", "find"))
    return (
        st.tuples(inner, binary, inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})")
        | st.tuples(calls, inner).map(lambda parts: f"{parts[0]}({parts[1]})")
        | st.tuples(loops, inner, inner).map(lambda parts: f"{parts[0]}({parts[1]}, {parts[2]})")
        | st.tuples(inner, inner).map(lambda parts: f"{parts[0]}[{parts[1]}]")
        | st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} ? {parts[1]} : {parts[2]})")
        | inner.map(lambda part: f"not ({part})")
        | st.tuples(inner, inner).map(lambda parts: f"[{parts[0]}, {parts[1]}]")
    )


_TREES = st.recursive(
    st.sampled_from(
        ["result", "result[0]", "result.a", "#", "nil", "true", "1", "0", "2.5", "'a'", "1..3", "[]"]
    ),
    _joined,
    max_leaves=12,
)


@settings(max_examples=300)
@given(condition=_TREES, value=_VALUES)
def test_any_well_formed_condition_has_a_phase(condition: str, value: MeasuredValue) -> None:
    _ends(condition, value)


@settings(max_examples=200)
@given(condition=_TREES, value=_VALUES)
def test_the_opposite_of_a_condition_has_the_opposite_phase(condition: str, value: MeasuredValue) -> None:
    opposite = {Phase.SUCCESSFUL: Phase.FAILED, Phase.FAILED: Phase.SUCCESSFUL}
    given_phase = judge(condition, "", value).phase
    if given_phase in opposite:
        assert judge(f"not ({condition})", "", value).phase is opposite[given_phase]
        assert judge("", condition, value).phase is opposite[given_phase]


@given(
    numbers=st.lists(st.floats(allow_nan=False), min_size=1, max_size=6),
    limit=st.floats(allow_nan=False, allow_infinity=False),
)
def test_comparisons_are_those_of_floats(numbers: list[float], limit: float) -> None:
    value = MeasuredValue(kind=ValueKind.VECTOR, value=tuple(numbers))
    written = format(limit, ".17g") if "e" in repr(limit) or "." in format(limit, ".17g") else repr(limit)
    for operator, expected in (
        ("<", numbers[0] < limit),
        (">=", numbers[0] >= limit),
        ("==", numbers[0] == limit),
    ):
        phase = judge(f"result[0] {operator} {written}", "", value).phase
        assert phase is (Phase.SUCCESSFUL if expected else Phase.FAILED)
    highest = judge(f"max(result) > {written}", "", value).phase
    assert highest is (Phase.SUCCESSFUL if max(numbers) > limit else Phase.FAILED)


@given(
    provider=st.sampled_from(["prometheus", "web", "datadog", "newRelic", "job"]),
    text=st.text(max_size=60) | _JSON.map(json.dumps),
)
def test_any_stored_text_is_read_or_refused(provider: str, text: str) -> None:
    with contextlib.suppress(CannotReplayError, NotJsonError):
        assert measured_value(provider, text).kind in ValueKind


def test_a_stored_value_that_nests_a_thousand_levels_is_refused() -> None:
    with pytest.raises(CannotReplayError):
        measured_value("web", "[" * 1_000 + "]" * 1_000)
    with pytest.raises(CannotReplayError):
        measured_value("web", "[" * 200_000 + "]" * 200_000)


_VECTOR = (0.25, 0.99, 3.0, -7.5)
#: Text of a condition, and what it comes to by Python's own arithmetic.
_Known = tuple[str, float]
_Sure = tuple[str, bool]
_LEAVES: st.SearchStrategy[_Known] = st.sampled_from(
    [(f"result[{index}]", number) for index, number in enumerate(_VECTOR)]
    + [("result[-1]", _VECTOR[-1]), ("2.0", 2.0), (".5", 0.5), ("1e1", 10.0), ("max(result)", 3.0)]
)


def _known(inner: st.SearchStrategy[_Known]) -> st.SearchStrategy[_Known]:
    pairs = st.tuples(inner, inner)
    return (
        pairs.map(lambda two: (f"({two[0][0]} + {two[1][0]})", two[0][1] + two[1][1]))
        | pairs.map(lambda two: (f"({two[0][0]} - {two[1][0]})", two[0][1] - two[1][1]))
        | pairs.map(lambda two: (f"{two[0][0]} * {two[1][0]}", two[0][1] * two[1][1]))
        | pairs.filter(lambda two: bool(two[1][1])).map(
            lambda two: (f"({two[0][0]} / ({two[1][0]}))", two[0][1] / two[1][1])
        )
        | pairs.map(lambda two: (f"min({two[0][0]}, {two[1][0]})", min(two[0][1], two[1][1])))
        | inner.map(lambda one: (f"abs({one[0]})", abs(one[1])))
        | inner.map(lambda one: (f"({one[0]} | float())", one[1]))
        | inner.map(lambda one: (f"(nil ?? ({one[0]}))", one[1]))
    )


_NUMBERS_KNOWN = st.recursive(_LEAVES, _known, max_leaves=5)
_COMPARE = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def _compared(parts: tuple[_Known, str, _Known]) -> _Sure:
    (left, a), operator, (right, b) = parts
    return f"{left} {operator} {right}", _COMPARE[operator](a, b)


def _chained(parts: tuple[_Known, _Known, _Known]) -> _Sure:
    (one, a), (two, b), (three, c) = parts
    return f"{one} < {two} <= {three}", a < b <= c


_FACTS = (
    st.tuples(_NUMBERS_KNOWN, st.sampled_from(sorted(_COMPARE)), _NUMBERS_KNOWN).map(_compared)
    | st.tuples(_NUMBERS_KNOWN, _NUMBERS_KNOWN, _NUMBERS_KNOWN).map(_chained)
    | _NUMBERS_KNOWN.map(lambda one: (f"all(result, # < {one[0]})", all(x < one[1] for x in _VECTOR)))
    | _NUMBERS_KNOWN.map(lambda one: (f"any(result, {{# == {one[0]}}})", any(x == one[1] for x in _VECTOR)))
    | _NUMBERS_KNOWN.map(
        lambda one: (f"count(result, # > {one[0]}) == 2", sum(x > one[1] for x in _VECTOR) == 2)
    )
    | _NUMBERS_KNOWN.map(lambda one: (f"{one[0]} in result", one[1] in _VECTOR))
    | _NUMBERS_KNOWN.map(lambda one: (f"isNaN({one[0]})", False))
)


def _combined(inner: st.SearchStrategy[_Sure]) -> st.SearchStrategy[_Sure]:
    pairs = st.tuples(inner, inner)
    return (
        pairs.map(lambda two: (f"({two[0][0]} and {two[1][0]})", two[0][1] and two[1][1]))
        | pairs.map(lambda two: (f"({two[0][0]} || {two[1][0]})", two[0][1] or two[1][1]))
        | inner.map(lambda one: (f"not ({one[0]})", not one[1]))
        | st.tuples(inner, inner, inner).map(
            lambda three: (
                f"({three[0][0]} ? {three[1][0]} : {three[2][0]})",
                three[1][1] if three[0][1] else three[2][1],
            )
        )
    )


@settings(max_examples=400)
@given(sure=st.recursive(_FACTS, _combined, max_leaves=5))
def test_a_condition_of_numbers_comes_to_what_python_makes_of_them(sure: _Sure) -> None:
    condition, expected = sure
    judged = judge(condition, "", MeasuredValue(kind=ValueKind.VECTOR, value=_VECTOR))
    assert judged.phase is (Phase.SUCCESSFUL if expected else Phase.FAILED), judged.message
