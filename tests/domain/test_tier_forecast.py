"""Forecasts: when old errors leave the window, and when new ones break the budget."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from dashboard.domain import error_budget
from dashboard.domain.policy_tier import MEASURED_TIERS, PolicyTier
from dashboard.domain.tier_forecast import (
    Assumption,
    FloorChange,
    RollingWindow,
    TierChange,
    better_times,
    floor_change,
    tier_changes,
    time_of_edge,
    time_of_floor,
    worse_times,
)
from tests.histories import BANDS, DAY_BUCKETS, END, NOW, STEP, UNITS, rolling_window

_TOTAL = 1_000_000 * UNITS  # at 90 % that allows 100,000 bad events
_ALLOWED_BAD = _TOTAL // 10
_DAY = timedelta(days=1)
_FULL = Fraction(10)  # the burn of a full outage at 90 %


def _after(buckets: int) -> datetime:
    return datetime.fromtimestamp(END + buckets * STEP, tz=UTC)


def _window(bad: dict[int, int], count: int = DAY_BUCKETS) -> RollingWindow:
    return rolling_window(bad, total=_TOTAL, count=count)


def _share(percent: int) -> int:
    """Bad units that spend `percent` of the budget."""
    return _ALLOWED_BAD * percent // 100


def _tier(window: RollingWindow) -> PolicyTier:
    return BANDS.tier_of(error_budget.remaining(window.counts, window.allowed_error_ratio))


def _better_by_walking(bad: dict[int, int], count: int) -> dict[PolicyTier, datetime]:
    """Let bucket after bucket leave, and note when each looser tier is first reached."""
    left = sum(bad.values())
    now_in = BANDS.tier_of(1 - Fraction(left, _ALLOWED_BAD))
    found: dict[PolicyTier, datetime] = {}
    for gone in range(count + 1):
        tier = BANDS.tier_of(1 - Fraction(left, _ALLOWED_BAD))
        for looser in MEASURED_TIERS:
            if tier.severity <= looser.severity < now_in.severity:
                found.setdefault(looser, _after(gone))
        left -= bad.get(gone, 0)
    return found


def _edge_by_walking(bad: dict[int, int], count: int, edge: Fraction, burn: Fraction) -> datetime | None:
    """Bucket after bucket: old errors leave at its start, new ones come all through it."""
    pace = burn * _ALLOWED_BAD / (count * STEP)
    room = (1 - edge) * _ALLOWED_BAD - sum(bad.values())
    relief = 0
    for step in range(count + 1):
        if step:
            relief += bad.get(step - 1, 0)
        reached = max(Fraction(0), (room + relief) / pace)
        ends = (step + 1) * STEP if step < count else count * STEP + 1
        if reached < ends and reached <= count * STEP:
            return datetime.fromtimestamp(END + ceil(reached), tz=UTC)
    return None


_BAD = st.dictionaries(st.integers(0, DAY_BUCKETS - 1), st.integers(0, _ALLOWED_BAD // 2), max_size=12)
_STEADY = st.integers(0, _ALLOWED_BAD // DAY_BUCKETS)


def test_an_incident_leaves_one_window_after_its_bucket_ended() -> None:
    window = _window({100: _share(60)})
    assert better_times(window, BANDS, PolicyTier.CAUTIOUS) == {PolicyTier.NORMAL: _after(101)}


def test_the_newest_bucket_leaves_after_a_whole_window() -> None:
    window = _window({DAY_BUCKETS - 1: _share(60)})
    assert better_times(window, BANDS, PolicyTier.CAUTIOUS) == {PolicyTier.NORMAL: NOW + _DAY}


def test_the_oldest_bucket_leaves_with_the_next_one() -> None:
    window = _window({0: _share(60)})
    assert better_times(window, BANDS, PolicyTier.CAUTIOUS) == {PolicyTier.NORMAL: _after(1)}


def test_each_step_back_to_normal_has_its_own_time() -> None:
    window = _window({10: _share(10), 20: _share(30), 30: _share(20), 40: _share(50)})
    assert better_times(window, BANDS, PolicyTier.EXHAUSTED) == {
        PolicyTier.PROTECTED: _after(21),  # 110 − 10 is exactly spent, 100 − 30 is 30 % left: cautious
        PolicyTier.CAUTIOUS: _after(21),
        PolicyTier.NORMAL: _after(41),  # 50 % spent is exactly the edge, which is still cautious
    }


def test_exhausted_protected_cautious_normal_come_one_by_one() -> None:
    window = _window({10: _share(15), 20: _share(10), 30: _share(40), 40: _share(45)})
    assert better_times(window, BANDS, PolicyTier.EXHAUSTED) == {
        PolicyTier.PROTECTED: _after(11),
        PolicyTier.CAUTIOUS: _after(31),
        PolicyTier.NORMAL: _after(31),
    }
    apart = _window({10: _share(10), 20: _share(15), 30: _share(30), 40: _share(50)})
    assert better_times(apart, BANDS, PolicyTier.EXHAUSTED) == {
        PolicyTier.PROTECTED: _after(11),
        PolicyTier.CAUTIOUS: _after(21),
        PolicyTier.NORMAL: _after(41),
    }


@given(bad=_BAD, steady=_STEADY)
def test_every_relief_is_when_a_walk_over_the_buckets_finds_it(bad: dict[int, int], steady: int) -> None:
    bad = {index: bad.get(index, 0) + steady for index in range(DAY_BUCKETS)}
    window = _window(bad)
    assert better_times(window, BANDS, _tier(window)) == _better_by_walking(bad, DAY_BUCKETS)


def _floor_by_walking(bad: dict[int, int], count: int, floor: Fraction) -> datetime:
    left = sum(bad.values())
    for gone in range(count + 1):
        if 1 - Fraction(left, _ALLOWED_BAD) >= floor:
            return _after(gone)
        left -= bad.get(gone, 0)
    raise AssertionError


@example(bad={3: _ALLOWED_BAD // 10 * 7, 5: 1}, steady=0, floor=Fraction(3, 10))
@given(bad=_BAD, steady=_STEADY, floor=st.fractions(min_value=0, max_value=1, max_denominator=1000))
def test_the_floor_is_met_again_when_a_walk_over_the_buckets_finds_it(
    bad: dict[int, int], steady: int, floor: Fraction
) -> None:
    bad = {index: bad.get(index, 0) + steady for index in range(DAY_BUCKETS)}
    assert time_of_floor(_window(bad), floor) == _floor_by_walking(bad, DAY_BUCKETS, floor)


def test_exactly_the_floor_is_enough() -> None:
    assert time_of_floor(_window({3: _share(70)}), Fraction(3, 10)) == NOW
    assert time_of_floor(_window({3: _share(70) + 1}), Fraction(3, 10)) == _after(4)


def test_a_service_has_its_floor_again_when_its_last_objective_has() -> None:
    floor = Fraction(3, 10)
    again = FloorChange(floor=floor, met=True, at=_after(9), assuming=Assumption.NOTHING_MORE_BURNS)
    assert floor_change(floor, [_after(9), None, _after(4)], [None, _after(1), None]) == again


def test_a_service_falls_below_its_floor_when_its_first_objective_does() -> None:
    floor = Fraction(3, 10)
    below = FloorChange(floor=floor, met=False, at=_after(4), assuming=Assumption.CURRENT_PACE)
    assert floor_change(floor, [None, None, None], [_after(9), None, _after(4)]) == below
    assert floor_change(floor, [None], [None]) is None


def test_a_full_outage_spends_a_fresh_budget_in_a_tenth_of_the_window() -> None:
    assert time_of_edge(_window({}), Fraction(0), _FULL) == NOW + _DAY / 10


def test_a_burn_of_one_spends_a_fresh_budget_in_exactly_one_window() -> None:
    assert time_of_edge(_window({}), Fraction(0), Fraction(1)) == NOW + _DAY


def test_a_burn_just_below_one_never_spends_the_budget() -> None:
    assert time_of_edge(_window({}), Fraction(0), Fraction(999_999, 1_000_000)) is None


@pytest.mark.parametrize("burn", [Fraction(0), Fraction(-1)])
def test_without_a_burn_nothing_gets_worse(burn: Fraction) -> None:
    assert time_of_edge(_window({5: _share(99)}), Fraction(0), burn) is None


def test_an_unknown_burn_gives_no_forecast() -> None:
    assert worse_times(_window({}), BANDS, PolicyTier.NORMAL, None) == {}


def test_errors_that_leave_make_room_for_new_ones() -> None:
    # 40 % spent in the first bucket, so 10 % more room until cautious at burn 1: but the relief of 40 %
    # comes after five minutes, long before 10 % of the day is over.
    assert time_of_edge(_window({0: _share(40)}), Fraction(1, 2), Fraction(1)) == NOW + _DAY / 2
    # The same errors in the newest bucket stay: the edge comes after 10 % of the day.
    kept = _window({DAY_BUCKETS - 1: _share(40)})
    assert time_of_edge(kept, Fraction(1, 2), Fraction(1)) == NOW + _DAY / 10


def test_a_pace_that_only_replaces_what_leaves_never_reaches_the_edge() -> None:
    steady = _window(dict.fromkeys(range(DAY_BUCKETS), _share(40) // DAY_BUCKETS))
    assert time_of_edge(steady, Fraction(1, 2), Fraction(2, 5)) is None


@example(bad={}, steady=0, burn=Fraction(1), edge=Fraction(0))
@example(bad={0: _ALLOWED_BAD // 2}, steady=0, burn=Fraction(1), edge=Fraction(1, 2))
@given(
    bad=_BAD,
    steady=_STEADY,
    burn=st.fractions(min_value=Fraction(1, 100), max_value=10, max_denominator=100),
    edge=st.sampled_from([BANDS.cautious_at, BANDS.protected_below, BANDS.exhausted_at]),
)
def test_every_edge_is_when_a_walk_over_the_buckets_finds_it(
    bad: dict[int, int], steady: int, burn: Fraction, edge: Fraction
) -> None:
    bad = {index: bad.get(index, 0) + steady for index in range(DAY_BUCKETS)}
    assume(sum(bad.values()) <= (1 - edge) * _ALLOWED_BAD)
    assert time_of_edge(_window(bad), edge, burn) == _edge_by_walking(bad, DAY_BUCKETS, edge, burn)


@given(bad=_BAD, burn=st.fractions(min_value=Fraction(1, 100), max_value=10, max_denominator=100))
def test_stricter_tiers_never_come_before_looser_ones(bad: dict[int, int], burn: Fraction) -> None:
    window = _window(bad)
    times = list(worse_times(window, BANDS, _tier(window), burn).values())
    assert times == sorted(times)
    relief = better_times(window, BANDS, _tier(window))
    assert list(relief.values()) == sorted(relief.values(), reverse=True)


@given(bad=_BAD, burn=st.fractions(min_value=Fraction(1, 100), max_value=9, max_denominator=100))
def test_a_faster_pace_is_never_later(bad: dict[int, int], burn: Fraction) -> None:
    window = _window(bad)
    slow, fast = (worse_times(window, BANDS, _tier(window), rate) for rate in (burn, burn + 1))
    assert slow.keys() <= fast.keys()
    assert all(fast[tier] <= at for tier, at in slow.items())


def _better(to: PolicyTier, buckets: int) -> TierChange:
    return TierChange(to=to, at=_after(buckets), assuming=Assumption.NOTHING_MORE_BURNS)


def _worse(to: PolicyTier, buckets: int) -> TierChange:
    return TierChange(to=to, at=_after(buckets), assuming=Assumption.CURRENT_PACE)


def test_of_tiers_reached_at_one_instant_only_the_furthest_is_told() -> None:
    better = dict.fromkeys((PolicyTier.NORMAL, PolicyTier.CAUTIOUS, PolicyTier.PROTECTED), _after(7))
    assert tier_changes(PolicyTier.EXHAUSTED, [better], []) == (_better(PolicyTier.NORMAL, 7),)
    worse = dict.fromkeys((PolicyTier.CAUTIOUS, PolicyTier.PROTECTED, PolicyTier.EXHAUSTED), _after(7))
    assert tier_changes(PolicyTier.NORMAL, [], [worse]) == (_worse(PolicyTier.EXHAUSTED, 7),)


def test_better_and_worse_at_one_instant_are_both_told() -> None:
    changes = tier_changes(
        PolicyTier.CAUTIOUS, [{PolicyTier.NORMAL: _after(3)}], [{PolicyTier.PROTECTED: _after(3)}]
    )
    assert set(changes) == {_better(PolicyTier.NORMAL, 3), _worse(PolicyTier.PROTECTED, 3)}


def test_a_service_is_better_when_its_last_objective_is() -> None:
    exhausted = {
        PolicyTier.PROTECTED: _after(5),
        PolicyTier.CAUTIOUS: _after(6),
        PolicyTier.NORMAL: _after(7),
    }
    cautious = {PolicyTier.NORMAL: _after(20)}
    assert tier_changes(PolicyTier.EXHAUSTED, [exhausted, cautious, {}], []) == (
        _better(PolicyTier.PROTECTED, 5),
        _better(PolicyTier.CAUTIOUS, 6),
        _better(PolicyTier.NORMAL, 20),
    )


def test_a_service_is_worse_when_its_first_objective_is() -> None:
    one = {PolicyTier.CAUTIOUS: _after(9), PolicyTier.PROTECTED: _after(10)}
    other = {
        PolicyTier.CAUTIOUS: _after(8),
        PolicyTier.PROTECTED: _after(30),
        PolicyTier.EXHAUSTED: _after(31),
    }
    assert tier_changes(PolicyTier.NORMAL, [], [one, {}, other]) == (
        _worse(PolicyTier.CAUTIOUS, 8),
        _worse(PolicyTier.PROTECTED, 10),
        _worse(PolicyTier.EXHAUSTED, 31),
    )


def test_an_objective_that_would_enter_the_tier_the_service_is_in_changes_nothing() -> None:
    normal = {PolicyTier.CAUTIOUS: _after(1), PolicyTier.PROTECTED: _after(2)}
    assert tier_changes(PolicyTier.CAUTIOUS, [], [normal]) == (_worse(PolicyTier.PROTECTED, 2),)
