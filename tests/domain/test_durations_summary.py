"""Summaries of durations: worked figures, what holds for any durations, and the coverage that is claimed."""

from collections.abc import Callable
from math import exp, inf, log, nan, sqrt
from random import Random
from statistics import fmean, stdev

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.domain import durations_summary
from dashboard.domain.durations_summary import (
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
    Summary,
    arithmetic_mean,
    geometric_mean,
    log_moments,
    log_seconds,
    quantile,
    require_durations,
    summarise,
)
from dashboard.domain.intervals import Interval, two_sided_t

_HOUR = 3600.0
_DURATION = st.one_of(st.integers(0, 10**7).map(float), st.floats(0, LONGEST_SECONDS))
_DURATIONS = st.lists(_DURATION, max_size=40)


def _mean(values: list[float]) -> Interval:
    found = durations_summary.mean(values)
    assert found is not None
    return found


def _geometric(values: list[float]) -> Interval:
    found = geometric_mean(values)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("values", "p", "expected"),
    [
        ([10, 100], 0.5, 55),
        ([100, 10], 0.5, 55),
        ([7], 0.9, 7),
        ([1, 2, 3, 4], 0.25, 1.75),  # Hyndman and Fan's definition 7: 1 + 3 × 0.25
        ([1, 2, 3, 4, 5], 0.9, 4.6),
        ([3, 1, 2], 0.0, 1),
        ([3, 1, 2], 1.0, 3),
    ],
)
def test_a_quantile_is_linear_between_its_neighbours(values: list[float], p: float, expected: float) -> None:
    assert quantile(values, p) == pytest.approx(expected, rel=1e-12)


def test_nothing_has_no_quantile() -> None:
    assert quantile([], 0.5) is None


@pytest.mark.parametrize("p", [-0.1, 1.1, nan])
def test_a_share_outside_0_to_1_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="expected one from 0 to 1"):
        quantile([1.0], p)


@given(values=_DURATIONS.filter(bool), shares=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_quantiles_rise_from_the_shortest_to_the_longest(
    values: list[float], shares: tuple[float, float]
) -> None:
    lower, higher = (quantile(values, p) for p in sorted(shares))
    assert lower is not None
    assert higher is not None
    assert min(values) <= lower <= higher <= max(values)


def test_the_geometric_mean_and_its_interval_are_those_of_a_hand_calculation() -> None:
    # Logarithms of 1, e, e² and e³ minutes: mean 1.5, variance 5/3, t(0.975, 3) = 3.182446.
    half = 3.182446 * sqrt(5 / 3 / 4)
    found = _geometric([60.0, 60 * exp(1), 60 * exp(2), 60 * exp(3)])
    assert found.value == pytest.approx(60 * exp(1.5), rel=1e-12)
    assert found.low == pytest.approx(60 * exp(1.5 - half), rel=1e-6)
    assert found.high == pytest.approx(60 * exp(1.5 + half), rel=1e-6)


def test_the_geometric_mean_of_two_durations_is_the_root_of_their_product() -> None:
    assert _geometric([100.0, 400.0]).value == pytest.approx(200.0, rel=1e-12)


@pytest.mark.parametrize("values", [[], [60.0]])
def test_fewer_than_two_durations_have_no_geometric_mean(values: list[float]) -> None:
    assert geometric_mean(values) is None
    assert log_moments(values) is None


def test_a_duration_of_0_s_counts_as_half_a_second_on_the_log_scale() -> None:
    assert SHORTEST_SECONDS == 0.5
    assert log_seconds(0.0) == log(0.5)
    assert _geometric([0.0, 8.0]) == _geometric([0.5, 8.0])
    assert _geometric([0.0, 8.0]).value == pytest.approx(2.0, rel=1e-12)


def test_the_same_duration_again_and_again_is_still_known_to_the_resolution_only() -> None:
    # The resolution of one second is an error with the deviation 1 ÷ √12 s; t(0.975, 3) = 3.182446.
    half = 3.182446 / sqrt(12) / sqrt(4)
    found = _geometric([60.0] * 4)
    assert found.value == pytest.approx(60, rel=1e-12)
    assert found.low == pytest.approx(60 * exp(-half / 60), rel=1e-6)
    assert found.high == pytest.approx(60 * exp(half / 60), rel=1e-6)
    assert _mean([60.0] * 4).high == pytest.approx(60 * exp(half / 60), rel=1e-6)


@given(values=st.lists(_DURATION, min_size=2, max_size=40))
@example(values=[0.0, 0.0])
@example(values=[LONGEST_SECONDS, 0.0])
def test_the_geometric_mean_lies_in_its_interval_and_among_the_durations(values: list[float]) -> None:
    found = _geometric(values)
    assert 0 < found.low < found.value < found.high < inf
    shortest, longest = (max(each, SHORTEST_SECONDS) for each in (min(values), max(values)))
    assert shortest * (1 - 1e-9) <= found.value <= longest * (1 + 1e-9)


@given(values=st.lists(st.integers(1, 10**6).map(float), min_size=2, max_size=20))
def test_the_geometric_mean_is_never_above_the_arithmetic_one(values: list[float]) -> None:
    plain = arithmetic_mean(values)
    assert plain is not None
    assert _geometric(values).value <= plain * (1 + 1e-9)


def test_the_arithmetic_mean_is_the_plain_one() -> None:
    assert arithmetic_mean([]) is None
    assert arithmetic_mean([10.0]) == 10.0
    assert arithmetic_mean([1.0, 2.0, 6.0]) == 3.0


@pytest.mark.parametrize("values", [[], [60.0], [60.0, 7200.0]])
def test_fewer_than_three_durations_have_no_interval_of_the_mean(values: list[float]) -> None:
    assert durations_summary.mean(values) is None


def test_without_skewness_the_upper_limit_is_the_larger_of_t_and_t_of_the_logarithm() -> None:
    # 1, 2 and 3 hours: mean 2 h, deviation 1 h, t(0.975, 2) = 4.302653, no skewness.
    reach = 4.302653 / sqrt(3)
    found = _mean([_HOUR, 2 * _HOUR, 3 * _HOUR])
    assert found.value == 2 * _HOUR
    assert found.low == pytest.approx(2 * _HOUR * exp(-reach / 2), rel=1e-6)
    assert found.high == pytest.approx(2 * _HOUR * exp(reach / 2), rel=1e-6)  # 6.93 h, plain t: 4.48 h


def test_with_skewness_the_upper_limit_is_halls() -> None:
    # Nineteen of one hour and one of 21: mean 2 h, and by hand from the formulas named in the docstring:
    # deviation √20 h, skewness 18 ÷ √19 × √380 ÷ 18 = √20, t(0.975, 19) = 2.093024.
    t, skewness, n = 2.093024 / sqrt(20), sqrt(20), 20
    inner = 1 + skewness * (-t - skewness / (6 * n))
    limit = 3 / skewness * (-(abs(inner) ** (1 / 3)) - 1)  # `inner` is below 0
    assert inner < 0
    found = _mean([_HOUR] * 19 + [21 * _HOUR])
    assert found.high == pytest.approx(_HOUR * (2 - limit * sqrt(20)), rel=1e-6)


@given(values=st.lists(_DURATION, min_size=3, max_size=40))
@example(values=[0.0, 0.0, 0.0])
@example(values=[0.0, 0.0, LONGEST_SECONDS])
@example(values=[0.0, 0.0, 1e-200])
@example(values=[LONGEST_SECONDS] * 3)
def test_the_mean_lies_in_its_interval_which_is_finite_and_not_negative(values: list[float]) -> None:
    found = _mean(values)
    assert found.value == arithmetic_mean(values)
    assert 0 <= found.low <= found.value < found.high < inf


@given(values=st.lists(st.integers(100, 10**6).map(float), min_size=3, max_size=20), data=st.data())
def test_the_order_of_durations_does_not_matter(values: list[float], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(values))
    assert _mean(shuffled).high == pytest.approx(_mean(values).high, rel=1e-6)
    assert summarise(shuffled).median == summarise(values).median


_DISTRIBUTIONS: dict[str, tuple[Callable[[Random], float], float]] = {
    "lognormal 0.5": (lambda random: _HOUR * random.lognormvariate(0, 0.5), _HOUR * exp(0.125)),
    "lognormal 1": (lambda random: _HOUR * random.lognormvariate(0, 1), _HOUR * exp(0.5)),
    "lognormal 1.5": (lambda random: _HOUR * random.lognormvariate(0, 1.5), _HOUR * exp(1.125)),
    "gamma 0.5": (lambda random: random.gammavariate(0.5, 2 * _HOUR), _HOUR),
    "gamma 1": (lambda random: random.gammavariate(1, _HOUR), _HOUR),
}

#: The table of `durations_summary.mean`, in percent: what is claimed for n = 3, 5, 10, 20 and 50.
_CLAIMED = {
    "lognormal 0.5": (95.2, 95.0, 94.7, 94.8, 95.0),
    "lognormal 1": (92.7, 92.0, 91.8, 92.5, 93.7),
    "lognormal 1.5": (87.1, 84.8, 87.6, 89.3, 90.8),
    "gamma 0.5": (93.5, 92.5, 93.8, 94.5, 95.0),
    "gamma 1": (94.9, 94.6, 94.5, 94.7, 95.1),
}
_SAMPLES = 2000


def _coverages(draw: Callable[[Random], float], truth: float, n: int) -> tuple[float, float]:
    """Coverage of the truth by `mean` and by the plain t interval, in percent of the same samples."""
    random = Random(n)  # noqa: S311 - the samples are to be the same every time
    t = two_sided_t(n - 1)
    ours = plain = 0
    for _ in range(_SAMPLES):
        values = [draw(random) for _ in range(n)]
        found = _mean(values)
        ours += found.low <= truth <= found.high
        plain += abs(fmean(values) - truth) <= t * stdev(values, found.value) / sqrt(n)
    return 100 * ours / _SAMPLES, 100 * plain / _SAMPLES


@pytest.mark.parametrize("name", list(_DISTRIBUTIONS))
def test_the_interval_of_the_mean_covers_what_it_claims_and_more_than_the_plain_t_interval(
    name: str,
) -> None:
    draw, truth = _DISTRIBUTIONS[name]
    for n, claimed in zip((3, 5, 10, 20, 50), _CLAIMED[name], strict=True):
        ours, plain = _coverages(draw, truth, n)
        chance = 3 * sqrt(claimed * (100 - claimed) / _SAMPLES)  # three standard errors of the simulation
        assert ours >= claimed - chance
        assert ours > plain


def test_an_empty_summary_has_no_number() -> None:
    assert summarise([]) == Summary(
        n=0, mean=None, mean_interval=None, median=None, p75=None, p90=None, geometric_mean=None
    )


@pytest.mark.parametrize(
    ("n", "there"),
    [
        (1, {"mean", "median"}),
        (2, {"mean", "median", "geometric_mean"}),
        (3, {"mean", "median", "geometric_mean", "mean_interval"}),
        (9, {"mean", "median", "geometric_mean", "mean_interval"}),
        (10, {"mean", "median", "geometric_mean", "mean_interval", "p75"}),
        (19, {"mean", "median", "geometric_mean", "mean_interval", "p75"}),
        (20, {"mean", "median", "geometric_mean", "mean_interval", "p75", "p90"}),
    ],
)
def test_a_summary_has_what_its_number_of_durations_allows(n: int, there: set[str]) -> None:
    found = summarise([float(60 * (k + 1)) for k in range(n)])
    names = ("mean", "mean_interval", "median", "p75", "p90", "geometric_mean")
    assert {name for name in names if getattr(found, name) is not None} == there
    assert found.n == n


def test_a_summary_is_made_of_the_single_figures() -> None:
    values = [float(k * k) for k in range(1, 31)]
    assert summarise(values) == Summary(
        n=30,
        mean=arithmetic_mean(values),
        mean_interval=_mean(values),
        median=quantile(values, 0.5),
        p75=quantile(values, 0.75),
        p90=quantile(values, 0.9),
        geometric_mean=_geometric(values),
    )


@pytest.mark.parametrize("wrong", [-1.0, nan, inf, -inf, 1e13])
@pytest.mark.parametrize(
    "figure",
    [
        summarise,
        geometric_mean,
        arithmetic_mean,
        durations_summary.mean,
        log_moments,
        require_durations,
        lambda values: quantile(values, 0.5),
    ],
)
def test_what_is_no_duration_is_refused(figure: Callable[[list[float]], object], wrong: float) -> None:
    with pytest.raises(ValueError, match="expected a duration in seconds"):
        figure([60.0, 60.0, wrong])
