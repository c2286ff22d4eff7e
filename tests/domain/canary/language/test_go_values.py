"""Go's numbers and texts."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.canary.language.faults import CannotReplayError, ConditionFaultError
from dashboard.domain.canary.language.go_values import (
    arithmetic,
    divided,
    equal,
    format_float,
    parsed_float,
    parsed_int,
    power,
    rounded,
    whole,
    wrapped,
)


@given(value=st.floats())
def test_a_float_is_written_as_argo_stores_it_and_read_back(value: float) -> None:
    text = format_float(value)
    assert "e" not in text.lower().replace("inf", "")
    read = parsed_float(text)
    assert read == value or (math.isnan(read) and math.isnan(value))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.95, "0.95"), (1.0, "1"), (1e22, "10000000000000000000000"), (1e-7, "0.0000001"), (-math.inf, "-Inf")],
)
def test_a_float_has_no_exponent_and_no_needless_fraction(value: float, text: str) -> None:
    assert format_float(value) == text


@given(a=st.integers(-(2**70), 2**70))
def test_a_whole_number_wraps_at_64_bits(a: int) -> None:
    assert -(2**63) <= wrapped(a) < 2**63
    assert (wrapped(a) - a) % 2**64 == 0


@given(a=st.integers(-(2**63), 2**63 - 1), b=st.integers(-(2**63), 2**63 - 1).filter(bool))
def test_the_remainder_has_the_sign_of_what_is_divided(a: int, b: int) -> None:
    rest = arithmetic("%", a, b)
    assert isinstance(rest, int)
    assert abs(rest) < abs(b)
    assert (a - rest) % b == 0
    assert rest == 0 or (rest > 0) == (a > 0)


def test_division_by_zero_is_infinite_or_not_a_number() -> None:
    assert divided(1, 0) == math.inf
    assert divided(1, -0.0) == -math.inf
    assert divided(-1, 0) == -math.inf
    assert math.isnan(divided(0, 0))


def test_powers_are_those_of_go() -> None:
    assert power(2, 10) == 1024
    assert math.isnan(power(-8, 1 / 3))
    assert power(0, -1) == math.inf
    assert power(-0.0, -1) == -math.inf
    assert power(10, 400) == math.inf
    assert power(-10, 401) == -math.inf


@pytest.mark.parametrize(
    ("value", "nearest"),
    [(2.5, 3), (-2.5, -3), (0.49999999999999994, 0), (2.4, 2), (-0.4, 0), (1e300, 1e300)],
)
def test_halves_are_rounded_away_from_zero(value: float, nearest: float) -> None:
    assert rounded(value) == nearest


def test_an_int_and_a_float_are_equal_as_floats() -> None:
    assert equal(2, 2.0)
    assert equal(2**53 + 1, float(2**53))
    assert not equal("1", 1)
    assert equal((1, 2.0), (1.0, 2))
    assert not equal({"a": 1}, {"a": 1.0})


def test_text_is_read_as_strconv_reads_it() -> None:
    assert parsed_int("+12") == 12
    assert math.isinf(parsed_float("-Infinity"))
    assert parsed_float(".5e1") == 5
    for text in ("", " 1", "1_0", "1.0", "9223372036854775808"):
        with pytest.raises(ConditionFaultError):
            parsed_int(text)
    for text in ("", "1,5", "1e999", "+nan", "1_0"):
        with pytest.raises(ConditionFaultError):
            parsed_float(text)
    with pytest.raises(CannotReplayError):
        parsed_float("0x1p-2")


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e19, -1e19])
def test_what_each_processor_converts_in_its_own_way_is_not_converted(value: float) -> None:
    with pytest.raises(CannotReplayError):
        whole(value)
