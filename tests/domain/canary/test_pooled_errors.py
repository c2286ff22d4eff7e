"""The errors of a course by exposure: a few pools say what thousands of ticks say, to the last digits."""

from itertools import accumulate
from math import exp, expm1, fsum, log1p
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.canary.evidence import RISES, at_least, at_most, log_e_above, log_mean, most_likely
from dashboard.domain.canary.pooled_errors import PooledErrors, pooled
from dashboard.domain.canary.ticks import Tick


def _tick(canary_bad: float, canary_total: float, stable_bad: float, stable_total: float) -> Tick:
    return Tick(
        canary_bad=canary_bad, canary_total=canary_total, stable_bad=stable_bad, stable_total=stable_total
    )


@st.composite
def _ticks(draw: st.DrawFn) -> Tick:
    canary = draw(st.floats(1e-3, 1e6))
    stable = canary * draw(st.floats(0.05, 20))
    return _tick(canary * draw(st.floats(0, 1)), canary, stable * draw(st.floats(0, 1)), stable)


def _share(tick: Tick, ratio: float) -> float:
    return ratio * tick.canary_total / (ratio * tick.canary_total + tick.stable_total)


def _log_e(ticks: list[Tick], ratio: float) -> float:
    """The logarithm of the e-value from its definition, each tick by itself."""
    spent = [fsum(tick.bad * log1p(_share(tick, ratio) * expm1(rise)) for tick in ticks) for rise in RISES]
    return log_mean(fsum(tick.canary_bad for tick in ticks), spent)


def _varied(minutes: int) -> list[Tick]:
    """A canary on its ladder, whose traffic varies from minute to minute, so that no two ratios are equal."""
    random = Random(36)  # noqa: S311 - the courses are to be the same every time
    found = []
    for minute in range(minutes):
        share = (0.01, 0.1, 0.25, 0.5)[4 * minute // minutes]
        canary, stable = 2_000 * share * random.uniform(0.8, 1.2), 2_000 * (1 - share)
        rate = random.uniform(0.002, 0.02)
        found.append(_tick(1.2 * rate * canary, canary, rate * stable, stable))
    return found


@given(ticks=st.lists(_ticks(), min_size=20, max_size=60), ratio=st.floats(0.2, 5.0))
def test_the_evidence_of_the_pools_is_that_of_each_tick(ticks: list[Tick], ratio: float) -> None:
    errors = fsum(tick.bad for tick in ticks)
    assert log_e_above(pooled(ticks), ratio) == pytest.approx(
        _log_e(ticks, ratio), rel=1e-9, abs=1e-13 * errors + 1e-12
    )


def test_a_day_of_minutes_has_few_pools_and_the_same_limits() -> None:
    ticks = _varied(1_440)
    found = pooled(ticks)
    assert len(found.pools) <= 90
    for limit, value in ((at_least(found, 20), 20.0), (most_likely(found), None)):
        assert limit is not None
        if value is not None:
            assert exp(_log_e(ticks, limit)) == pytest.approx(value, rel=1e-6)
        else:
            shares = fsum(tick.bad * _share(tick, limit) for tick in ticks)
            assert shares == pytest.approx(fsum(tick.canary_bad for tick in ticks), rel=1e-12)
    assert most_likely(found) == pytest.approx(1.2, rel=1e-9)
    highest = at_most(found, 20)
    assert highest is not None
    assert exp(_log_e([tick.mirrored for tick in ticks], 1 / highest)) == pytest.approx(20, rel=1e-6)


def test_the_errors_are_kept_however_they_are_pooled() -> None:
    ticks = _varied(1_000)
    for end in accumulate([1, 4, 40, 400]):
        found = pooled(ticks[:end])
        expected = fsum(tick.bad for tick in ticks[:end])
        assert fsum(pool.errors for pool in found.pools) == pytest.approx(expected, rel=1e-12)
        assert found.of_canary + found.of_stable == pytest.approx(expected, rel=1e-12)


def test_ticks_of_one_exposure_ratio_are_one_pool() -> None:
    found = pooled([_tick(1, 100, 9, 900)] * 500)
    assert [(pool.errors, pool.canary, pool.stable) for pool in found.pools] == [(5_000, 100, 900)]


def test_ticks_without_errors_or_without_an_arm_are_in_no_pool() -> None:
    silent = [_tick(0, 100, 0, 900), _tick(0, 0, 9, 900), _tick(3, 100, 0, 0)]
    assert pooled(silent) == PooledErrors(of_canary=0, of_stable=0, pools=())


@pytest.mark.parametrize("totals", [(5e-324, 1e15), (1e15, 5e-324), (1e-300, 1e-300)])
def test_the_most_unlike_exposures_overflow_nothing(totals: tuple[float, float]) -> None:
    canary, stable = totals
    ticks = [
        _tick(canary * (1 - place / 40), canary * (1 - place / 40), stable, stable) for place in range(20)
    ]
    found = pooled(ticks)
    # Sums of logarithms that cancel each other keep about 16 digits, whichever way they are added up.
    lost = 1e-13 * fsum(tick.bad for tick in ticks) + 1e-9
    assert log_e_above(found, 1.0) == pytest.approx(_log_e(ticks, 1.0), abs=lost)


@given(ticks=st.lists(_ticks(), max_size=30))
def test_the_mirror_of_the_pools_are_the_pools_of_the_mirror(ticks: list[Tick]) -> None:
    there, back = pooled(ticks).mirrored, pooled([tick.mirrored for tick in ticks])
    assert (there.of_canary, there.of_stable) == (back.of_canary, back.of_stable)
    assert log_e_above(there, 1.5) == pytest.approx(log_e_above(back, 1.5), rel=1e-9, abs=1e-6)
