"""The fleet report, from stored buckets to policy tiers: the framework's worked budgets, end to end."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.slo import Catalogue, Objective
from dashboard.errors import StoreError
from dashboard.reports.fleet import fleet_report
from dashboard.store.database import open_for_reading
from dashboard.store.sli_history import histories
from tests.histories import (
    DAY_BUCKETS,
    NOW,
    Buckets,
    catalogue,
    evenly,
    objective,
    service,
    vectors,
)

_MakeStore = Callable[[Mapping[Objective, Buckets]], tuple[Path, Catalogue]]


def test_the_worked_budgets_hold_from_the_store_to_the_report(make_store: _MakeStore, policy: Policy) -> None:
    rows = vectors("error_budget.tsv")
    subjects = [objective(row["target"], days=1, service=f"s{index}") for index, row in enumerate(rows)]
    data = {
        subject: evenly(int(row["total"]), int(row["total"]) - int(row["good"]), DAY_BUCKETS)
        for subject, row in zip(subjects, rows, strict=True)
    }
    store, known = make_store(data)
    found = {item.service.name: item for item in fleet_report(store, known, policy, NOW).fleet.services}
    for index, row in enumerate(rows):
        status = found[f"s{index}"]
        assert status.policy_tier == row["policy_tier"]
        remaining = status.objectives[0].remaining
        assert remaining is not None
        assert float(remaining) == pytest.approx(float(row["remaining"]), abs=1e-12)
        if row["source"] != "SRE Workbook ch. 2":
            assert remaining == Fraction(row["remaining"])


def test_a_thirty_day_window_is_exact_and_ends_at_its_edge(make_store: _MakeStore, policy: Policy) -> None:
    subject = objective()
    buckets = evenly(10_000_000, 5_000, 30 * DAY_BUCKETS)
    oldest = min(buckets)
    buckets[oldest - 300] = (0, 1_000_000)  # just outside
    store, known = make_store({subject: buckets})
    (status,) = fleet_report(store, known, policy, NOW).fleet.services
    assert status.objectives[0].remaining == Fraction(1, 2)
    assert status.policy_tier is PolicyTier.CAUTIOUS


def test_every_state_of_a_fleet_has_its_tier(fleet: tuple[Path, Catalogue], policy: Policy) -> None:
    report = fleet_report(*fleet, policy, NOW)
    assert {item.service.name: item.policy_tier for item in report.fleet.services} == {
        "exhausted": "exhausted",
        "thin": "unknown",
        "silent": "unknown",
        "stale": "unknown",
        "protected": "protected",
        "cautious": "cautious",
        "normal": "normal",
        "idle": "normal",
        "quiet": "normal",
        "free": None,
    }
    assert (report.fleet.best_effort, report.fleet.worst) == (1, "exhausted")
    assert report.freshness.newest == NOW
    assert not report.freshness.stale


def test_a_report_is_the_same_each_time(fleet: tuple[Path, Catalogue], policy: Policy) -> None:
    assert fleet_report(*fleet, policy, NOW) == fleet_report(*fleet, policy, NOW)


def test_the_past_can_be_looked_at(fleet: tuple[Path, Catalogue], policy: Policy) -> None:
    before = fleet_report(*fleet, policy, NOW - timedelta(days=1, minutes=5))
    assert {item.policy_tier for item in before.fleet.services} == {"unknown", None}


def test_old_data_is_stale_for_the_whole_fleet(fleet: tuple[Path, Catalogue], policy: Policy) -> None:
    at_limit, beyond = (
        fleet_report(*fleet, policy, NOW + timedelta(minutes=minutes)).freshness for minutes in (15, 16)
    )
    assert (at_limit.stale, beyond.stale) == (False, True)


def test_a_source_that_only_answers_nonsense_is_not_said_to_have_no_series(
    make_store: _MakeStore, policy: Policy
) -> None:
    subject = objective(days=1)
    store, known = make_store({subject: dict.fromkeys(evenly(0, 0, 3), (2, 1))})
    (status,) = fleet_report(store, known, policy, NOW).fleet.services
    assert (status.policy_tier, status.objectives[0].flagged) == ("unknown", 3)
    assert "no series" not in status.reason


def test_an_empty_store_knows_nothing(make_store: _MakeStore, policy: Policy) -> None:
    store, known = make_store({objective(): {}})
    report = fleet_report(store, known, policy, NOW)
    assert (report.fleet.worst, report.freshness.newest, report.freshness.stale) == ("unknown", None, True)


def test_a_missing_store_is_told(tmp_path: Path, policy: Policy) -> None:
    with pytest.raises(StoreError, match="found no store"):
        fleet_report(tmp_path / "none.db", catalogue(service()), policy, NOW)


def test_the_store_adds_up_what_was_loaded(fleet: tuple[Path, Catalogue]) -> None:
    store, known = fleet
    windows = [timedelta(minutes=30), timedelta(hours=6)]
    with open_for_reading(store) as connection:
        found = histories(connection, known.objectives, windows, NOW)
        counts = found["exhausted/availability"].spans[timedelta(days=1)]
    assert (counts.total, counts.bad, counts.buckets) == (10_000_000_000, 200_000_000, DAY_BUCKETS)
