"""The policy tier at instants of the past: of the window that ended there."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.slo import Catalogue, Objective
from dashboard.reports.fleet import fleet_report
from dashboard.reports.past_tiers import past_tiers
from dashboard.store.database import open_for_reading
from tests.histories import DAY_BUCKETS, NOW, STEP, Buckets, evenly, objective

_MakeStore = Callable[[Mapping[Objective, Buckets]], tuple[Path, Catalogue]]
_DAY = objective(days=1)
_BUCKET = timedelta(seconds=STEP)
NORMAL, UNKNOWN, EXHAUSTED = PolicyTier.NORMAL, PolicyTier.UNKNOWN, PolicyTier.EXHAUSTED


def _tiers(
    store: Path, known: Catalogue, policy: Policy, instants: Sequence[datetime], name: str = "api"
) -> list[PolicyTier | None]:
    with open_for_reading(store) as connection:
        return past_tiers(connection, known.services[name], policy.budget, instants)


def _two_days(bad_at: int) -> dict[int, tuple[int, int]]:
    """Two days of 1,000 events a bucket, with 600 errors in one: more than a day's budget of 288 allows."""
    buckets = evenly(2 * DAY_BUCKETS * 1000, 0, 2 * DAY_BUCKETS)
    buckets[sorted(buckets)[bad_at]] = (400, 1000)
    return buckets


def test_the_tier_is_that_of_the_window_which_ended_at_the_instant(
    make_store: _MakeStore, policy: Policy
) -> None:
    store, known = make_store({_DAY: _two_days(300)})
    burst = NOW - timedelta(days=2) + 300 * _BUCKET
    instants = [burst, burst + _BUCKET - timedelta.resolution, burst + _BUCKET, NOW]
    assert _tiers(store, known, policy, instants) == [NORMAL, NORMAL, EXHAUSTED, EXHAUSTED]


def test_what_fell_out_of_the_window_no_longer_counts(make_store: _MakeStore, policy: Policy) -> None:
    store, known = make_store({_DAY: _two_days(100)})
    gone = NOW - timedelta(days=1) + 101 * _BUCKET
    assert _tiers(store, known, policy, [gone - _BUCKET, gone]) == [EXHAUSTED, NORMAL]


def test_with_too_little_coverage_it_is_unknown(make_store: _MakeStore, policy: Policy) -> None:
    store, known = make_store({_DAY: evenly(288_000, 0, DAY_BUCKETS)})
    instants = [NOW, NOW - 28 * _BUCKET, NOW - 29 * _BUCKET, NOW - timedelta(days=9), NOW + 29 * _BUCKET]
    assert _tiers(store, known, policy, instants) == [NORMAL, NORMAL, UNKNOWN, UNKNOWN, UNKNOWN]


def test_the_worst_objective_decides(make_store: _MakeStore, policy: Policy) -> None:
    latency = objective(days=1, indicator="latency")
    good, bad = evenly(288_000, 0, DAY_BUCKETS), evenly(288_000, 2880, DAY_BUCKETS)
    store, known = make_store({_DAY: good, latency: bad})
    assert _tiers(store, known, policy, [NOW, NOW - timedelta(days=3)]) == [EXHAUSTED, UNKNOWN]


def test_without_an_objective_there_is_no_tier_and_without_instants_there_is_nothing(
    fleet: tuple[Path, Catalogue], policy: Policy
) -> None:
    assert _tiers(*fleet, policy, [NOW], "free") == [None]
    assert _tiers(*fleet, policy, [], "normal") == []


def test_now_is_what_the_overview_shows_of_fresh_data(fleet: tuple[Path, Catalogue], policy: Policy) -> None:
    shown = fleet_report(*fleet, policy, NOW).fleet
    found = {name: _tiers(*fleet, policy, [NOW], name)[0] for name in fleet[1].services}
    for status in shown.services:
        if status.service.name != "stale":  # what was shown then was unknown because the data was old
            assert found[status.service.name] is status.policy_tier
