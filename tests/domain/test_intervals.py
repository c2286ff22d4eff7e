"""Intervals of proportions and rates: published figures, and what must hold for any counts."""

from collections.abc import Callable
from math import exp, isfinite, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.intervals import (
    CONFIDENCE,
    Interval,
    Proportion,
    exact_proportion,
    poisson_rate,
    student_t,
    two_sided_t,
    wilson,
)

_PARTS = st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def _wilson(k: int, n: int) -> Proportion:
    found = wilson(k, n)
    assert found is not None
    return found


def _exact(k: int, n: int) -> Proportion:
    found = exact_proportion(k, n)
    assert found is not None
    return found


def _rate(events: int, exposure: float) -> Interval:
    found = poisson_rate(events, exposure)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (3, 3, 0.44, 1.0),
        (4, 5, 0.38, 0.96),
        # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_limits(k: int, n: int, low: float, high: float) -> None:
    found = _wilson(k, n)
    digits = 2 if n < 10 else 4
    assert (round(found.low, digits), round(found.high, digits)) == (low, high)
    assert (found.k, found.n, found.value) == (k, n, k / n)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17:857, table I, method 5
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_the_exact_limits_are_the_published_ones(k: int, n: int, low: float, high: float) -> None:
    found = _exact(k, n)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_the_rule_of_three_is_near_the_exact_limit_of_no_events() -> None:
    # One-sided 97.5 %: 1 − 0.025 ** (1 ÷ n), from (1 − p) ** n = 0.025.
    assert _exact(0, 100).high == pytest.approx(1 - 0.025**0.01, rel=1e-12)


@pytest.mark.parametrize("share", [wilson, exact_proportion])
def test_no_trials_have_no_share(share: Callable[[int, int], Proportion | None]) -> None:
    assert share(0, 0) is None


@pytest.mark.parametrize(("k", "n"), [(-1, 3), (4, 3), (0, -1), (1, 0)])
def test_a_part_larger_than_its_whole_is_refused(k: int, n: int) -> None:
    for share in (wilson, exact_proportion):
        with pytest.raises(ValueError, match=f"found {k} of {n}"):
            share(k, n)


@given(part=_PARTS)
def test_a_share_lies_in_its_interval_and_both_in_0_to_1(part: tuple[int, int]) -> None:
    for found in (_wilson(*part), _exact(*part)):
        assert 0 <= found.low <= found.value <= found.high <= 1
        assert (found.low == 0) == (found.k == 0)
        assert (found.high == 1) == (found.k == found.n)


@given(part=_PARTS)
def test_the_interval_of_the_rest_is_the_mirror_image(part: tuple[int, int]) -> None:
    k, n = part
    for one, other in ((_wilson(k, n), _wilson(n - k, n)), (_exact(k, n), _exact(n - k, n))):
        assert one.low == pytest.approx(1 - other.high, abs=1e-9)


@given(part=_PARTS)
def test_the_same_share_of_more_trials_is_known_better(part: tuple[int, int]) -> None:
    k, n = part
    for few, many in ((_wilson(k, n), _wilson(4 * k, 4 * n)), (_exact(k, n), _exact(4 * k, 4 * n))):
        assert many.high - many.low < few.high - few.low


@pytest.mark.parametrize(
    ("events", "low", "high"),
    [
        # The exact limits of a Poisson count: Garwood 1936, Biometrika 28:437
        (0, 0.0, 3.689),
        (1, 0.025, 5.572),
        (2, 0.242, 7.225),
        (3, 0.619, 8.767),
        (10, 4.795, 18.390),
        (20, 12.217, 30.888),
    ],
)
def test_a_rate_has_garwoods_limits(events: int, low: float, high: float) -> None:
    found = _rate(events, 1.0)
    assert (found.value, round(found.low, 3), round(found.high, 3)) == (events, low, high)


def test_a_rate_is_told_per_unit_of_its_exposure() -> None:
    found = _rate(3, 90.0)
    assert found.value == 3 / 90
    assert found.low == pytest.approx(0.618672 / 90, rel=1e-5)
    assert found.high == pytest.approx(8.767273 / 90, rel=1e-5)


def test_no_events_leave_minus_log_of_one_fortieth() -> None:
    assert _rate(0, 2.0).high == pytest.approx(-log(0.025) / 2, rel=1e-12)
    assert _rate(0, 2.0).low == 0.0


@pytest.mark.parametrize("exposure", [0.0, -1.0, float("nan"), float("inf")])
def test_no_exposure_has_no_rate(exposure: float) -> None:
    assert poisson_rate(0, exposure) is None
    assert poisson_rate(5, exposure) is None


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="found -1 events"):
        poisson_rate(-1, 1.0)


@given(events=st.integers(0, 100_000), exposure=st.floats(1e-6, 1e9))
def test_a_rate_lies_in_its_interval(events: int, exposure: float) -> None:
    found = _rate(events, exposure)
    assert 0 <= found.low <= found.value < found.high
    assert isfinite(found.high)


@given(events=st.integers(1, 50))
def test_the_limits_of_a_rate_leave_one_fortieth_on_each_side(events: int) -> None:
    def at_most(count: int, rate: float) -> float:
        term = total = exp(-rate)
        for k in range(1, count + 1):
            term *= rate / k
            total += term
        return total

    found = _rate(events, 1.0)
    assert at_most(events, found.high) == pytest.approx(0.025, rel=1e-9)
    assert 1 - at_most(events - 1, found.low) == pytest.approx(0.025, rel=1e-9)


@pytest.mark.parametrize(
    ("degrees", "quantile"), [(1, 12.706), (2, 4.303), (4, 2.776), (9, 2.262), (30, 2.042), (100, 1.984)]
)
def test_students_t_is_that_of_the_tables(degrees: int, quantile: float) -> None:
    # NIST/SEMATECH e-Handbook, 1.3.6.7.2
    assert round(two_sided_t(degrees), 3) == quantile
    assert student_t((1 + CONFIDENCE) / 2, degrees) == pytest.approx(two_sided_t(degrees), rel=1e-12)
