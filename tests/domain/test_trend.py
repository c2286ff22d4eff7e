"""Trends: the hand calculation, the verdicts at their edges, and the power that `detectable` promises."""

from math import exp, sqrt
from random import Random
from statistics import NormalDist

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from dashboard.domain.intervals import Interval, two_sided_t
from dashboard.domain.trend import MINIMUM_PER_SIDE, POWER, Trend, Verdict, compare, compare_with_open

_HOUR = 3600.0
_SIDE = st.lists(st.integers(0, 10**7).map(float), min_size=3, max_size=30)


def _ratio(trend: Trend) -> Interval:
    assert trend.ratio is not None
    return trend.ratio


def _detectable(trend: Trend) -> float:
    assert trend.detectable is not None
    return trend.detectable


def _hours(*logs: float) -> list[float]:
    return [_HOUR * exp(each) for each in logs]


def test_the_ratio_and_what_is_detectable_are_those_of_a_hand_calculation() -> None:
    # Logarithms 0, 1, 2 (mean 1, variance 1) and −1, 0, 1 (mean 0, variance 1): standard error √(2/3), and
    # four degrees of freedom: t(0.975) = 2.776445, t(0.8) = 0.940965.
    trend = compare(_hours(0, 1, 2), _hours(-1, 0, 1))
    error = sqrt(2 / 3)
    assert _ratio(trend).value == pytest.approx(exp(-1), rel=1e-9)
    assert _ratio(trend).low == pytest.approx(exp(-1 - 2.776445 * error), rel=1e-6)
    assert _ratio(trend).high == pytest.approx(exp(-1 + 2.776445 * error), rel=1e-6)
    assert _detectable(trend) == pytest.approx(exp(-(2.776445 + 0.940965) * error), rel=1e-6)
    assert trend.verdict is Verdict.NO_DETECTABLE_CHANGE
    assert (trend.n_before, trend.n_after) == (3, 3)


def test_unequal_spreads_have_welchs_degrees_of_freedom() -> None:
    # Variances 1 and 4 of three each: (1/3 + 4/3)² ÷ ((1/3)² ÷ 2 + (4/3)² ÷ 2) = 50/17 degrees, and the t
    # quantiles of 2 and 3 degrees, 4.302653 and 3.182446, enclose that of 50/17.
    trend = compare(_hours(0, 1, 2), _hours(-2, 0, 2))
    error = sqrt(5 / 3)
    assert exp(-1 + 3.182446 * error) < _ratio(trend).high < exp(-1 + 4.302653 * error)
    assert _ratio(trend).high == pytest.approx(exp(-1 + two_sided_t(50 / 17) * error), rel=1e-9)


@pytest.mark.parametrize("sizes", [(3, 12), (12, 3), (20, 20)])
def test_the_interval_is_that_of_the_librarys_own_welch_test(sizes: tuple[int, int]) -> None:
    random = Random(sum(sizes))  # noqa: S311 - the samples are to be the same every time
    old, new = ([random.gauss(9, spread) for _ in range(n)] for n, spread in zip(sizes, (1, 3), strict=True))
    expected = stats.ttest_ind(new, old, equal_var=False).confidence_interval(0.95)
    found = _ratio(compare(_hours(*old), _hours(*new)))
    assert found.low == pytest.approx(exp(expected.low), rel=1e-6)
    assert found.high == pytest.approx(exp(expected.high), rel=1e-6)


@pytest.mark.parametrize(
    ("shift", "verdict"),
    [
        (-3.0, Verdict.IMPROVED),
        (-2.3, Verdict.IMPROVED),
        (-2.2, Verdict.NO_DETECTABLE_CHANGE),  # the edge is 2.776445 × √(2/3) = 2.267
        (0.0, Verdict.NO_DETECTABLE_CHANGE),
        (2.2, Verdict.NO_DETECTABLE_CHANGE),
        (2.3, Verdict.WORSE),
        (3.0, Verdict.WORSE),
    ],
)
def test_a_change_is_called_when_the_whole_interval_is_on_one_side_of_1(
    shift: float, verdict: Verdict
) -> None:
    assert compare(_hours(0, 1, 2), _hours(shift, 1 + shift, 2 + shift)).verdict is verdict


@pytest.mark.parametrize(("before", "after"), [(0, 0), (2, 9), (9, 2), (0, 9), (1, 1)])
def test_too_few_on_either_side_give_no_number(before: int, after: int) -> None:
    assert MINIMUM_PER_SIDE == 3
    assert compare([60.0, 90.0, 70.0] * 3, [60.0, 90.0, 70.0] * 3).ratio is not None
    assert compare([60.0] * before, [1.0] * after) == Trend(
        verdict=Verdict.TOO_FEW, n_before=before, n_after=after, ratio=None, detectable=None
    )


def test_identical_durations_on_both_sides_did_not_change() -> None:
    trend = compare([60.0] * 5, [60.0] * 5)
    assert trend.verdict is Verdict.NO_DETECTABLE_CHANGE
    assert _ratio(trend).low < _ratio(trend).value == 1 < _ratio(trend).high
    assert 0.98 < _detectable(trend) < 1


def test_identical_durations_that_differ_by_more_than_the_resolution_changed() -> None:
    assert compare([3600.0] * 5, [60.0] * 5).verdict is Verdict.IMPROVED
    assert compare([60.0] * 5, [3600.0] * 5).verdict is Verdict.WORSE
    assert compare([0.0] * 3, [1.0] * 3).verdict is Verdict.NO_DETECTABLE_CHANGE


@given(before=_SIDE, after=_SIDE)
@example(before=[0.0] * 3, after=[0.0] * 3)
@example(before=[0.0] * 3, after=[1e12] * 3)
@example(before=[0.0, 0.0, 1e12], after=[0.0, 0.0, 1e12])
def test_a_ratio_lies_in_its_finite_interval_and_less_than_all_is_detectable(
    before: list[float], after: list[float]
) -> None:
    trend = compare(before, after)
    assert 0 < _ratio(trend).low < _ratio(trend).value < _ratio(trend).high < float("inf")
    assert 0 < _detectable(trend) < 1


@given(before=_SIDE, after=_SIDE)
def test_the_other_way_round_the_ratio_is_the_reciprocal(before: list[float], after: list[float]) -> None:
    there, back = compare(before, after), compare(after, before)
    assert _ratio(back).value == pytest.approx(1 / _ratio(there).value, rel=1e-6)
    assert _ratio(back).low == pytest.approx(1 / _ratio(there).high, rel=1e-6)
    assert _detectable(back) == pytest.approx(_detectable(there), rel=1e-6)


@given(before=_SIDE, after=_SIDE)
def test_more_of_the_same_durations_detect_smaller_changes(before: list[float], after: list[float]) -> None:
    assert _detectable(compare(before * 4, after * 4)) > _detectable(compare(before, after))


@pytest.mark.parametrize("n", [5, 10, 40])
def test_a_true_change_of_the_detectable_size_is_found_with_the_promised_chance(n: int) -> None:
    quantiles = [NormalDist().inv_cdf((k + 0.5) / n) for k in range(n)]
    scale = sqrt((n - 1) / sum(each**2 for each in quantiles))  # to a log deviation of exactly 1
    typical = _hours(*(scale * each for each in quantiles))
    detectable = _detectable(compare(typical, typical))
    random = Random(n)  # noqa: S311 - the samples are to be the same every time

    def draw(factor: float) -> list[float]:
        return [factor * _HOUR * random.lognormvariate(0, 1) for _ in range(n)]

    verdicts = [compare(draw(1.0), draw(detectable)).verdict for _ in range(2000)]
    assert verdicts.count(Verdict.IMPROVED) / 2000 == pytest.approx(POWER, abs=0.03)


def test_without_a_change_one_in_twenty_is_called() -> None:
    random = Random(20)  # noqa: S311 - the samples are to be the same every time
    sides = [[_HOUR * random.lognormvariate(0, 1) for _ in range(8)] for _ in range(4000)]
    pairs = zip(sides[::2], sides[1::2], strict=True)
    called = [compare(*pair).verdict is not Verdict.NO_DETECTABLE_CHANGE for pair in pairs]
    assert sum(called) / 2000 == pytest.approx(0.05, abs=0.015)


def test_what_is_no_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a duration in seconds"):
        compare([60.0, -1.0, 60.0], [60.0] * 3)


def test_what_is_still_open_takes_a_flattering_verdict_back() -> None:
    """The short ones end first: four of ten that ended in an hour are no progress while six go on."""
    before = [6_000.0 + 400 * index for index in range(10)]
    ended, still_open = [3_000.0, 3_200.0, 3_400.0, 3_540.0], [2_000_000.0 + index for index in range(6)]
    assert compare(before, ended).verdict is Verdict.IMPROVED
    found = compare_with_open(before, ended, still_open)
    assert found.verdict is not Verdict.IMPROVED
    assert found.open == 6
    assert compare_with_open(before, ended, []) == compare(before, ended)


def test_open_ones_that_have_just_begun_make_no_improvement_either() -> None:
    before = [6_000.0 + 400 * index for index in range(10)]
    same = [length + 60 for length in before]
    assert compare_with_open(before, same, [30.0] * 10).verdict is not Verdict.IMPROVED
