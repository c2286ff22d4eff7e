"""The status of one objective: what is known, what is not, and why."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from dashboard.domain.event_counts import EventCounts
from dashboard.domain.objective_status import (
    ObjectiveState,
    ObjectiveStatus,
    SlidingCounts,
    fastest_burn,
    objective_status,
)
from dashboard.domain.policy_tier import PolicyTier
from tests.histories import (
    DAY_BUCKETS,
    NOW,
    RULES,
    UNITS,
    Buckets,
    evenly,
    history,
    objective,
    windows_of,
)

_DAY = objective("0.999", days=1)
_FIVE = timedelta(minutes=5)


def _status(
    buckets: Buckets,
    *,
    partial: str | None = None,
    sliding: SlidingCounts | None = None,
    late: timedelta = timedelta(0),
) -> ObjectiveStatus:
    known = history(buckets, windows_of(_DAY), partial=partial, sliding=sliding)
    return objective_status(_DAY, known, RULES, NOW + late)


def _assert_unknown(status: ObjectiveStatus, state: ObjectiveState, *words: str) -> None:
    assert status.state is state
    assert status.policy_tier is PolicyTier.UNKNOWN
    assert all(word in status.reason for word in words), status.reason
    told = (status.remaining, status.consumed, status.cost_of_one_failure, status.time_to_exhaustion)
    assert told == (None, None, None, None)
    assert (dict(status.better), dict(status.worse)) == ({}, {})


def test_a_measured_objective_has_nothing_to_explain() -> None:
    status = _status(evenly(1_000_000, 400, DAY_BUCKETS))
    assert (status.state, status.reason) == (ObjectiveState.MEASURED, "")
    assert (status.remaining, status.consumed) == (Fraction("0.6"), Fraction("0.4"))
    assert status.policy_tier is PolicyTier.NORMAL
    assert status.coverage == 1
    assert status.cost_of_one_failure == Fraction(1, 1000)


def test_no_data_is_unknown_and_says_so() -> None:
    status = _status({})
    _assert_unknown(status, ObjectiveState.NO_DATA, "no data")
    assert (status.counts, status.watermark) == (None, None)
    assert status.coverage == 0
    assert (dict(status.burns), status.alerts) == ({}, ())


def test_data_of_exactly_the_trusted_age_is_trusted() -> None:
    status = _status(evenly(1_000_000, 0, DAY_BUCKETS), late=timedelta(minutes=15))
    assert status.state is ObjectiveState.MEASURED


@pytest.mark.parametrize("beyond", [timedelta(microseconds=1), timedelta(seconds=1), timedelta(days=40)])
def test_data_older_than_the_trusted_age_is_unknown(beyond: timedelta) -> None:
    status = _status(evenly(1_000_000, 1_000_000, DAY_BUCKETS), late=timedelta(minutes=15) + beyond)
    _assert_unknown(status, ObjectiveState.STALE, "stale", "15 min")
    assert (dict(status.burns), status.alerts) == ({}, ())


def test_a_stale_reason_never_says_that_the_age_is_the_limit() -> None:
    status = _status(evenly(1_000_000, 0, DAY_BUCKETS), late=timedelta(minutes=15, seconds=30))
    assert "is 16 min old, at most 15 min" in status.reason


def test_a_partial_answer_is_unknown_and_tells_the_warning() -> None:
    status = _status(evenly(1_000_000, 0, DAY_BUCKETS), partial="store gateway is down")
    _assert_unknown(status, ObjectiveState.PARTIAL_ANSWER, "partial", "store gateway is down")


def test_staleness_is_told_before_a_partial_answer() -> None:
    status = _status(evenly(1_000_000, 0, DAY_BUCKETS), partial="x", late=timedelta(hours=1))
    _assert_unknown(status, ObjectiveState.STALE, "1 h")


@pytest.mark.parametrize(("measured", "known"), [(260, True), (259, False)])
def test_coverage_below_nine_tenths_is_unknown(*, measured: int, known: bool) -> None:
    status = _status(evenly(1_000_000, 0, measured))
    assert status.state.is_known is known
    assert status.coverage == Fraction(measured, DAY_BUCKETS)
    if not known:
        _assert_unknown(status, ObjectiveState.LOW_COVERAGE, "259 of 288")


@pytest.mark.parametrize(("measured", "state"), [(1296, "measured"), (1295, "low_coverage")])
def test_coverage_of_exactly_nine_tenths_is_enough(measured: int, state: str) -> None:
    five_days = objective(days=5)  # 1,440 buckets, so that nine tenths is a whole number
    known = history(evenly(1_000_000, 0, measured), windows_of(five_days))
    assert objective_status(five_days, known, RULES, NOW).state == state


def test_zero_traffic_leaves_the_whole_budget_and_says_so() -> None:
    status = _status(evenly(0, 0, DAY_BUCKETS))
    assert status.state is ObjectiveState.NO_TRAFFIC
    assert status.remaining == 1
    assert status.policy_tier is PolicyTier.NORMAL
    assert "no traffic" in status.reason
    assert status.cost_of_one_failure is None
    assert set(status.burns.values()) == {Fraction(0)}
    assert (dict(status.better), dict(status.worse), status.time_to_exhaustion) == ({}, {}, None)


@pytest.mark.parametrize(("total", "state"), [(999, "low_traffic"), (1000, "measured")])
def test_low_traffic_has_a_tier_and_says_so(total: int, state: str) -> None:
    status = _status(evenly(total, 1, DAY_BUCKETS))
    assert status.state == state
    assert status.remaining is not None
    assert ("low traffic: only 999 events" in status.reason) is (state == "low_traffic")


def test_one_failure_of_few_events_can_exhaust_the_budget() -> None:
    status = _status(evenly(100, 1, DAY_BUCKETS))
    assert (status.state, status.policy_tier) == (ObjectiveState.LOW_TRAFFIC, PolicyTier.EXHAUSTED)
    assert status.cost_of_one_failure == 10


def test_burn_rates_are_of_their_own_windows() -> None:
    buckets = evenly(288_000, 0, DAY_BUCKETS)
    last = max(buckets)
    buckets[last] = (900, 1000)
    status = _status(buckets)
    assert status.burns[_FIVE] == 100
    assert status.burns[timedelta(hours=1)] == Fraction(100, 12)
    assert status.burns[timedelta(days=1)] == Fraction(100, 288)
    assert fastest_burn(status) == (_FIVE, Fraction(100))


def test_a_burn_rate_over_a_thinly_measured_window_is_unknown() -> None:
    buckets = evenly(288_000, 0, DAY_BUCKETS)
    newest = sorted(buckets)
    thin = {start: counts for start, counts in buckets.items() if start not in newest[-12:-5]}
    status = _status(thin)  # 5 of the last hour's 12 buckets are there, all of the last 25 minutes
    assert timedelta(hours=1) not in status.burns
    assert timedelta(minutes=30) in status.burns
    half = {start: counts for start, counts in buckets.items() if start not in newest[-12:-6]}
    assert timedelta(hours=1) in _status(half).burns


def test_the_sliding_window_stands_for_the_last_five_minutes_when_it_is_newer() -> None:
    counts = EventCounts(good=0, total=10 * UNITS, buckets=1)
    sliding = SlidingCounts(at=NOW + timedelta(seconds=90), counts=counts)
    buckets = evenly(288_000, 0, DAY_BUCKETS)
    assert _status(buckets, sliding=sliding, late=timedelta(minutes=2)).burns[_FIVE] == 1000
    assert _status(buckets, sliding=sliding, late=timedelta(minutes=1)).burns[_FIVE] == 0
    older = replace(sliding, at=NOW - timedelta(seconds=1))
    assert _status(buckets, sliding=older, late=timedelta(minutes=2)).burns[_FIVE] == 0


def test_the_time_to_exhaustion_counts_from_now() -> None:
    buckets = evenly(288_000, 0, DAY_BUCKETS)
    for start in sorted(buckets)[-12:]:
        buckets[start] = (976, 1000)  # burn 24: a day's budget lasts an hour, and this was that hour
    status = _status(buckets, late=timedelta(minutes=4))
    assert status.policy_tier is PolicyTier.EXHAUSTED
    assert status.time_to_exhaustion is None
    for start in sorted(buckets)[-12:]:
        buckets[start] = (988, 1000)  # burn 12: half is spent, the rest lasts an hour
    status = _status(buckets, late=timedelta(minutes=4))
    assert status.remaining == Fraction(1, 2)
    assert status.time_to_exhaustion == timedelta(minutes=56)  # four of the sixty have passed
    assert status.worse[PolicyTier.EXHAUSTED] == NOW + timedelta(hours=1)


def test_a_forecast_is_never_in_the_past() -> None:
    buckets = evenly(1_000_000, 0, DAY_BUCKETS)
    oldest = min(buckets)
    buckets[oldest] = (buckets[oldest][0] - 700, buckets[oldest][1])
    status = _status(buckets, late=timedelta(minutes=14))
    assert status.policy_tier is PolicyTier.CAUTIOUS
    assert all(at >= NOW + timedelta(minutes=14) for at in status.better.values())


def test_alerts_fire_although_the_budget_is_unknown() -> None:
    status = _status(evenly(1_000_000, 1_000_000, 200))
    _assert_unknown(status, ObjectiveState.LOW_COVERAGE)
    assert [item.rule for item in status.alerts] == list(RULES.alert_rules[:3])
