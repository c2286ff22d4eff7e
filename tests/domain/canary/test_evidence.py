"""E-values of the ratio of two error rates: what they are worth, exactly, and that no look costs anything."""

from collections.abc import Callable
from itertools import pairwise
from math import comb, exp, inf, log, prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.canary import evidence
from dashboard.domain.canary.evidence import RISES, costs, log_mean, running_log_e
from dashboard.domain.canary.pooled_errors import pooled
from dashboard.domain.canary.ticks import Tick

_RATIOS = st.floats(0.2, 5.0)


@st.composite
def _ticks(draw: st.DrawFn, most: int = 10**6) -> Tick:
    canary, stable = draw(st.integers(1, most)), draw(st.integers(1, most))
    return Tick(
        canary_bad=draw(st.integers(0, canary)),
        canary_total=canary,
        stable_bad=draw(st.integers(0, stable)),
        stable_total=stable,
    )


_COURSES = st.lists(_ticks(), max_size=5)
_SHORT = st.lists(_ticks(most=200), max_size=3)


def _tick(canary_bad: float, canary_total: float, stable_bad: float, stable_total: float) -> Tick:
    return Tick(
        canary_bad=canary_bad, canary_total=canary_total, stable_bad=stable_bad, stable_total=stable_total
    )


def log_e_above(ticks: list[Tick], ratio: float) -> float:
    return evidence.log_e_above(pooled(ticks), ratio)


def log_e_below(ticks: list[Tick], ratio: float) -> float:
    return evidence.log_e_below(pooled(ticks), ratio)


def most_likely(ticks: list[Tick]) -> float | None:
    return evidence.most_likely(pooled(ticks))


def at_least(ticks: list[Tick], threshold: float) -> float:
    return evidence.at_least(pooled(ticks), threshold)


def at_most(ticks: list[Tick], threshold: float) -> float | None:
    return evidence.at_most(pooled(ticks), threshold)


def expected_share(tick: Tick, ratio: float) -> float:
    return evidence.expected_share(tick.canary_total, tick.stable_total, ratio)


def _binomial(k: int, n: int, p: float) -> float:
    return comb(n, k) * p**k * (1 - p) ** (n - k)


def _added(tick: Tick, *, errors: int) -> Tick:
    return _tick(tick.canary_bad + errors, tick.canary_total, tick.stable_bad, tick.stable_total)


def test_without_a_tick_or_an_error_nothing_is_won_or_lost() -> None:
    quiet = _tick(0, 500, 0, 9_500)
    assert exp(log_e_above([], 1.0)) == pytest.approx(1)
    assert exp(log_e_above([quiet] * 60, 1.0)) == pytest.approx(1)
    assert exp(log_e_below([quiet] * 60, 1.5)) == pytest.approx(1)


def test_the_e_value_is_the_weighted_mean_of_binomial_likelihood_ratios() -> None:
    ticks = [_tick(3, 100, 4, 900), _tick(2, 500, 1, 500)]
    weights = [rise * exp(-(rise**2) / 2) for rise in RISES]

    def likelihood(ratio: float) -> float:
        return prod(
            _binomial(int(tick.canary_bad), int(tick.bad), expected_share(tick, ratio)) for tick in ticks
        )

    ratios = [likelihood(1.2 * exp(rise)) / likelihood(1.2) for rise in RISES]
    mean = sum(w * each for w, each in zip(weights, ratios, strict=True)) / sum(weights)
    assert exp(log_e_above(ticks, 1.2)) == pytest.approx(mean, rel=1e-9)


@given(before=_SHORT, canary=st.integers(1, 12), stable=st.integers(1, 12), rate=st.floats(0.0, 1.0))
def test_the_next_e_value_is_at_most_the_present_one_on_average_when_the_rates_are_equal(
    before: list[Tick], canary: int, stable: int, rate: float
) -> None:
    present = exp(log_e_above(before, 1.0))
    expected = sum(
        _binomial(a, canary, rate) * _binomial(b, stable, rate) * exp(
            log_e_above([*before, _tick(a, canary, b, stable)], 1.0)
        )
        for a in range(canary + 1)
        for b in range(stable + 1)
    )  # fmt: skip
    assert expected <= present * (1 + 1e-9)


@given(canary=st.integers(1, 12), stable=st.integers(1, 12), rate=st.floats(0.0, 0.5), ratio=_RATIOS)
def test_neither_e_value_grows_on_average_where_its_null_holds(
    canary: int, stable: int, rate: float, ratio: float
) -> None:
    """At any error rate, not only at small ones: the exact binomial expectation, over all outcomes."""
    of_canary = min(1.0, rate * ratio)

    def expected(log_e: Callable[[list[Tick], float], float]) -> float:
        return sum(
            _binomial(a, canary, of_canary)
            * _binomial(b, stable, rate)
            * exp(log_e([_tick(a, canary, b, stable)], ratio))
            for a in range(canary + 1)
            for b in range(stable + 1)
        )

    assert expected(log_e_above) <= 1 + 1e-9
    if of_canary == rate * ratio:
        assert expected(log_e_below) <= 1 + 1e-9


@given(before=_SHORT, tick=_ticks(most=50), errors=st.integers(0, 20), ratio=_RATIOS)
def test_given_the_errors_of_both_arms_the_mean_e_value_stays_exactly_the_same(
    before: list[Tick], tick: Tick, errors: int, ratio: float
) -> None:
    share = expected_share(tick, ratio)
    canary, stable = max(tick.canary_total, errors), max(tick.stable_total, errors)
    share = ratio * canary / (ratio * canary + stable)
    expected = sum(
        _binomial(a, errors, share) * exp(log_e_above([*before, _tick(a, canary, errors - a, stable)], ratio))
        for a in range(errors + 1)
    )
    assert expected == pytest.approx(exp(log_e_above(before, ratio)), rel=1e-6)


@given(ticks=st.lists(_ticks(), min_size=1, max_size=5), ratio=_RATIOS, errors=st.integers(1, 1000))
def test_more_errors_of_the_canary_never_lower_the_evidence_of_harm(
    ticks: list[Tick], ratio: float, errors: int
) -> None:
    spared = ticks[0].canary_total - ticks[0].canary_bad
    more = [_added(ticks[0], errors=min(errors, int(spared))), *ticks[1:]]
    assert log_e_above(more, ratio) >= log_e_above(ticks, ratio) - 1e-6
    assert log_e_below(more, ratio) <= log_e_below(ticks, ratio) + 1e-6


@given(ticks=_COURSES, ratio=_RATIOS)
def test_the_evidence_against_a_ratio_falls_as_the_ratio_grows(ticks: list[Tick], ratio: float) -> None:
    assert log_e_above(ticks, ratio * 1.1) <= log_e_above(ticks, ratio) + 1e-6
    assert log_e_below(ticks, ratio * 1.1) >= log_e_below(ticks, ratio) - 1e-6


@given(ticks=_COURSES, ratio=_RATIOS)
def test_swapping_the_arms_mirrors_the_evidence_and_the_limits(ticks: list[Tick], ratio: float) -> None:
    mirrored = [tick.mirrored for tick in ticks]
    assert log_e_below(mirrored, ratio) == pytest.approx(log_e_above(ticks, 1 / ratio), rel=1e-6, abs=1e-6)
    lowest = at_least(ticks, 20)
    highest = at_most(mirrored, 20)
    assert (highest or inf) == pytest.approx(1 / lowest if lowest else inf, rel=1e-9)


@given(ticks=_COURSES)
def test_the_likeliest_ratio_lies_between_the_limits(ticks: list[Tick]) -> None:
    found = most_likely(ticks)
    low, high = at_least(ticks, 20), at_most(ticks, 20)
    assert low <= (high or inf)
    if found is not None:
        assert low <= found * (1 + 1e-9)
        assert found <= (high or inf) * (1 + 1e-9)


@given(ticks=_COURSES)
def test_a_limit_is_where_the_evidence_is_just_enough(ticks: list[Tick]) -> None:
    lowest = at_least(ticks, 20)
    if lowest:
        assert log_e_above(ticks, lowest) == pytest.approx(log(20), abs=1e-3)


def test_with_one_share_throughout_the_likeliest_ratio_is_the_ratio_of_the_rates() -> None:
    ticks = [_tick(3, 100, 9, 900), _tick(1, 200, 20, 1_800)]
    assert most_likely(ticks) == pytest.approx((4 / 300) / (29 / 2_700))


def test_a_rising_weight_and_a_rising_error_rate_make_no_ratio() -> None:
    """Pooled counts would show 1.7×: most of the canary's traffic came in the bad hour."""
    ticks = [_tick(1, 100, 99, 9_900), _tick(250, 5_000, 250, 5_000)]
    pooled = (251 / 5_100) / (349 / 14_900)
    assert pooled > 1.7
    assert most_likely(ticks) == pytest.approx(1)


@pytest.mark.parametrize(
    ("ticks", "expected"),
    [
        ([], None),
        ([_tick(0, 10, 0, 10)], None),
        ([_tick(2, 10, 0, 10)], None),
        ([_tick(0, 10, 2, 10)], 0.0),
    ],
)
def test_the_likeliest_ratio_has_an_end_or_none(ticks: list[Tick], expected: float | None) -> None:
    assert most_likely(ticks) == expected


def test_a_tick_without_the_canary_says_nothing_of_it() -> None:
    alone = _tick(0, 0, 500, 9_000)
    ticks = [_tick(3, 100, 9, 900)]
    assert log_e_above([alone, *ticks], 1.0) == log_e_above(ticks, 1.0)
    assert log_e_below([alone, *ticks], 1.5) == pytest.approx(log_e_below(ticks, 1.5))


@pytest.mark.parametrize("factor", [1, 10**3, 10**9])
def test_huge_counts_are_finite_and_narrow(factor: int) -> None:
    ticks = [_tick(factor, 100 * factor, 9 * factor, 900 * factor)] * 10
    low, high = at_least(ticks, 20), at_most(ticks, 20)
    assert high is not None
    assert 0 < low < 1 < high
    if factor == 10**9:
        assert high - low < 1e-3
        assert log_e_above(ticks, 0.5) > 1e6
        assert log_e_above(ticks, 1.0) < 0


def test_a_canary_with_the_tiniest_share_and_all_the_errors_is_found() -> None:
    assert exp(log_e_above([_tick(1, 10, 0, 10**6)] * 3, 1.0)) > 20
    assert exp(log_e_above([_tick(1, 10, 0, 10**6)], 1.0)) < 20


def test_the_course_is_the_e_value_after_each_tick() -> None:
    ticks = [_tick(1, 100, 9, 900), _tick(5, 100, 9, 900), _tick(4, 300, 1, 700)]
    assert running_log_e(ticks, 1.0) == pytest.approx(
        [log_e_above(ticks[: end + 1], 1.0) for end in range(3)]
    )


def test_the_rises_fall_in_equal_steps_from_hundreds_of_times_to_next_to_nothing() -> None:
    steps = [high / low for high, low in pairwise(RISES)]
    assert steps == pytest.approx([2**0.5] * len(steps))
    assert exp(RISES[0]) > 200
    assert RISES[-1] < 1e-5


def test_a_mean_of_e_values_does_not_overflow() -> None:
    assert log_mean(1e9, costs(0, 0.1)) == pytest.approx(RISES[0] * 1e9, rel=1e-6)


@pytest.mark.parametrize("falls", [lambda at: 3 - at, lambda at: exp(-9 * at) - 1e-6, lambda at: -(at**9)])
def test_a_zero_is_found_exactly_in_no_more_steps_than_by_halving_and_mostly_in_half_of_them(
    falls: Callable[[float], float],
) -> None:
    asked = []

    def value(at: float) -> float:
        asked.append(at)
        return falls(at)

    found = evidence._where_it_falls_to_0(value, 50.0)  # the limits show no count of what they ask
    assert falls(found - 1e-12) >= 0 >= falls(found + 1e-12)
    assert len(asked) <= 54  # both ends, 50 halvings down to 1e-13, one more, and one that rounds
    limits = []

    def evidence_asked(at: float) -> float:
        limits.append(at)
        return log_e_above([_tick(9, 100, 9, 900)] * 9, exp(at)) - log(20)

    evidence._where_it_falls_to_0(evidence_asked, 3.0)
    assert len(limits) <= 30


@pytest.mark.parametrize(("falls", "end"), [(lambda at: 60 - at, 50), (lambda at: -60 - at, -50)])
def test_where_there_is_no_zero_the_nearer_end_is_told(falls: Callable[[float], float], end: float) -> None:
    assert evidence._where_it_falls_to_0(falls, 50.0) == end  # no course that fits in a test goes so far


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_sixty_looks_at_canaries_without_a_change_raise_fewer_false_alarms_than_alpha(share: float) -> None:
    random = np.random.default_rng(60)
    runs, looks, requests, rate = 250, 60, 2_000, 0.005
    canary = int(requests * share)
    bad = random.binomial(canary, rate, (runs, looks))
    stable_bad = random.binomial(requests - canary, rate, (runs, looks))
    alarms = 0
    for of_canary, of_stable in zip(bad.tolist(), stable_bad.tolist(), strict=True):
        ticks = [_tick(a, canary, b, requests - canary) for a, b in zip(of_canary, of_stable, strict=True)]
        alarms += max(running_log_e(ticks, 1.0)) >= log(20)
    assert alarms / runs <= 0.05


def test_the_true_ratio_is_within_the_limits_at_every_look() -> None:
    """The limits hold the ratio as long as its own e-values stay below 20: on both sides, at all looks."""
    random = np.random.default_rng(7)
    runs, missed_low, missed_high = 200, 0, 0
    shares = [0.01] + [0.1] * 5 + [0.25] * 10 + [0.5] * 14
    for _ in range(runs):
        ticks = []
        for share in shares:
            canary = int(3_000 * share)
            rate = random.uniform(0.002, 0.02)
            ticks.append(
                _tick(
                    int(random.binomial(canary, 1.7 * rate)),
                    canary,
                    int(random.binomial(3_000 - canary, rate)),
                    3_000 - canary,
                )
            )
        missed_low += max(running_log_e(ticks, 1.7)) >= log(20)
        missed_high += max(running_log_e([tick.mirrored for tick in ticks], 1 / 1.7)) >= log(20)
    assert missed_low / runs <= 0.05
    assert missed_high / runs <= 0.05
