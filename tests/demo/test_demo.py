"""The demo tells its stories, the same ones on every day and at every hour, from whole believable counts."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from dashboard.config.catalog import load_catalog
from dashboard.config.policy import load_policy
from dashboard.demo.effects import HISTORY, RUN_UP
from dashboard.demo.fleet import DemoReadings, readings
from dashboard.demo.incidents import demo_incidents
from dashboard.domain.burn_rate import AlertSeverity
from dashboard.domain.event_counts import BUCKET, BUCKET_SECONDS, floor_to_bucket
from dashboard.domain.objective_status import ObjectiveState, ObjectiveStatus
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.service_status import ServiceStatus
from dashboard.domain.slo import Catalogue, Objective, Service
from dashboard.domain.tier_forecast import Assumption
from dashboard.ingest.load import Readings, load
from dashboard.paths import DEFAULT_CATALOG, DEFAULT_POLICY
from dashboard.reports.fleet import fleet_report

WEDNESDAY_NOON = datetime(2026, 3, 11, 12, 3, 20, tzinfo=UTC)
SUNDAY_NIGHT = datetime(2026, 5, 17, 3, 0, tzinfo=UTC)
FRIDAY_EVENING = datetime(2027, 1, 1, 20, 59, 59, tzinfo=UTC)
BUCKETS = (HISTORY + RUN_UP) // BUCKET


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a person who opens the demo sees of the fleet at `as_of`."""

    as_of: datetime
    services: dict[str, ServiceStatus]
    seconds: float

    def objective(self, key: str) -> ObjectiveStatus:
        """The status of `service/indicator`."""
        service, indicator = key.split("/")
        found = {status.objective.indicator: status for status in self.services[service].objectives}
        return found[indicator]

    def hours_to(self, service: str, tier: PolicyTier, assuming: Assumption) -> float:
        """How long until the service is in `tier`."""
        changes = self.services[service].tier_changes
        at = next(change.at for change in changes if (change.to, change.assuming) == (tier, assuming))
        return (at - self.as_of) / timedelta(hours=1)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalog(DEFAULT_CATALOG)


@pytest.fixture(scope="module")
def history(catalogue: Catalogue) -> dict[str, DemoReadings]:
    return {item.objective.key: item for item in readings(catalogue, WEDNESDAY_NOON)}


@pytest.fixture(
    scope="module",
    params=[WEDNESDAY_NOON, SUNDAY_NIGHT, FRIDAY_EVENING],
    ids=["wednesday noon", "sunday night", "friday evening"],
)
def shown(
    request: pytest.FixtureRequest, catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory
) -> Shown:
    as_of: datetime = request.param
    store = tmp_path_factory.mktemp("demo") / "reliability.db"
    began = time.perf_counter()
    loaded = load(store, catalogue, _as_read(catalogue, as_of), demo_as_of=int(as_of.timestamp()))
    seconds = time.perf_counter() - began
    assert not loaded.flagged
    fleet = fleet_report(store, catalogue, load_policy(DEFAULT_POLICY), as_of).fleet
    services = {status.service.name: status for status in fleet.services}
    return Shown(as_of=as_of, services=services, seconds=seconds)


def _as_read(catalogue: Catalogue, as_of: datetime) -> Iterator[Readings]:
    for item in readings(catalogue, as_of):
        yield Readings(objective=item.objective, good=item.good, total=item.total)


# What a person sees


def test_every_service_is_in_the_tier_of_its_story(shown: Shown) -> None:
    tiers = {name: status.policy_tier for name, status in shown.services.items()}
    assert tiers == {
        "api": PolicyTier.CAUTIOUS,
        "graphql-gateway": PolicyTier.NORMAL,
        "copilot": PolicyTier.PROTECTED,
        "neo4j": PolicyTier.EXHAUSTED,
        "postgres": PolicyTier.NORMAL,
        "redis": PolicyTier.NORMAL,
        "conductor": PolicyTier.UNKNOWN,
        "audit-svc": PolicyTier.NORMAL,
        "prov-ledger": PolicyTier.NORMAL,
        "worker-ingest": PolicyTier.NORMAL,
        "worker-analysis": PolicyTier.CAUTIOUS,
        "websocket-server": PolicyTier.CAUTIOUS,
        "devtools": PolicyTier.NORMAL,
        "docs": None,
        "sandbox": None,
        "test-runner": None,
    }


def test_each_policy_tier_occurs(shown: Shown) -> None:
    assert {status.policy_tier for status in shown.services.values()} >= set(PolicyTier)


def test_no_tier_hangs_on_a_hair(shown: Shown) -> None:
    """Other noise of another version of numpy must not tell another story."""
    edges = [0.0, 0.2, 0.5]
    for status in shown.services.values():
        for objective in status.objectives:
            remaining = objective.remaining
            assert remaining is None or min(abs(remaining - edge) for edge in edges) > 0.02, objective


def test_only_the_services_that_burn_now_alert(shown: Shown) -> None:
    firing = {
        (objective.objective.key, alert.rule.severity)
        for status in shown.services.values()
        for objective in status.objectives
        for alert in objective.alerts
    }
    assert firing == {
        ("websocket-server/availability", AlertSeverity.PAGE),
        ("copilot/latency", AlertSeverity.TICKET),
        ("worker-analysis/completion", AlertSeverity.TICKET),
    }


def test_the_websocket_server_gets_worse_within_hours(shown: Shown) -> None:
    pace = Assumption.CURRENT_PACE
    assert 2 < shown.hours_to("websocket-server", PolicyTier.PROTECTED, pace) < 12
    assert 6 < shown.hours_to("websocket-server", PolicyTier.EXHAUSTED, pace) < 24


def test_copilot_is_protected_by_its_latency_alone(shown: Shown) -> None:
    decided_by = shown.services["copilot"].decided_by
    assert decided_by is not None
    assert decided_by.indicator == "latency"
    assert shown.objective("copilot/availability").policy_tier is PolicyTier.NORMAL


def test_neo4j_gets_better_when_its_outage_leaves_the_window(shown: Shown) -> None:
    days = shown.hours_to("neo4j", PolicyTier.NORMAL, Assumption.NOTHING_MORE_BURNS) / 24
    assert 18 < days < 20


def test_the_conductor_is_unknown_for_want_of_coverage_while_its_data_is_fresh(shown: Shown) -> None:
    status = shown.objective("conductor/availability")
    assert status.state is ObjectiveState.LOW_COVERAGE
    assert status.watermark == floor_to_bucket(shown.as_of)


def test_little_traffic_and_none_are_told_apart(shown: Shown) -> None:
    states = {
        key: shown.objective(key).state for key in ("audit-svc/availability", "prov-ledger/availability")
    }
    assert list(states.values()) == [ObjectiveState.LOW_TRAFFIC, ObjectiveState.NO_TRAFFIC]


def test_the_newest_data_of_devtools_is_late_but_trusted(shown: Shown) -> None:
    status = shown.objective("devtools/availability")
    assert status.watermark == floor_to_bucket(shown.as_of) - BUCKET
    assert status.state is ObjectiveState.MEASURED


def test_a_demo_is_made_while_one_waits(shown: Shown) -> None:
    assert shown.seconds < 20


# The counts


def test_the_same_instant_gives_the_same_counts(
    catalogue: Catalogue, history: dict[str, DemoReadings]
) -> None:
    again = {item.objective.key: item for item in readings(catalogue, WEDNESDAY_NOON)}
    assert again == history
    floored = {item.objective.key: item for item in readings(catalogue, floor_to_bucket(WEDNESDAY_NOON))}
    assert floored == history


def test_every_objective_has_ninety_days_and_a_window_before_them(
    catalogue: Catalogue, history: dict[str, DemoReadings]
) -> None:
    end = int(floor_to_bucket(WEDNESDAY_NOON).timestamp())
    whole = list(range(end - (BUCKETS - 1) * BUCKET_SECONDS, end + 1, BUCKET_SECONDS))
    assert max(objective.window for objective in catalogue.objectives) == RUN_UP
    assert list(history) == [objective.key for objective in catalogue.objectives]
    for key, item in history.items():
        assert list(item.good) == list(item.total)
        if not key.startswith(("conductor/", "devtools/")):
            assert list(item.total) == whole, key


def test_the_conductor_has_one_gap_of_its_exporter(history: dict[str, DemoReadings]) -> None:
    ends = list(history["conductor/availability"].total)
    steps = [later - earlier for earlier, later in pairwise(ends)]
    assert [step for step in steps if step != BUCKET_SECONDS] == [
        int((timedelta(days=4, hours=6) + BUCKET).total_seconds())
    ]


def test_counts_are_whole_and_never_more_good_than_all(history: dict[str, DemoReadings]) -> None:
    for item in history.values():
        assert all(type(count) is int for count in (*item.good.values(), *item.total.values()))
        assert all(0 <= item.good[end] <= total for end, total in item.total.items())


def test_all_indicators_of_a_service_count_the_same_requests(history: dict[str, DemoReadings]) -> None:
    assert history["api/availability"].total == history["api/latency"].total
    assert history["api/availability"].good != history["api/latency"].good


def test_users_come_by_day_and_on_weekdays(history: dict[str, DemoReadings]) -> None:
    total = history["api/availability"].total
    assert _mean(total, weekend=True) < 0.7 * _mean(total, weekend=False)
    assert _mean(total, hours=range(5)) < 0.5 * _mean(total, hours=range(12, 17))


def test_batch_workers_work_by_night(history: dict[str, DemoReadings]) -> None:
    total = history["worker-ingest/completion"].total
    assert _mean(total, hours=range(1, 4)) > 10 * _mean(total, hours=range(10, 18))
    assert _mean(total, weekend=True) == pytest.approx(_mean(total, weekend=False), rel=0.1)


def test_a_dependency_takes_its_callers_with_it(history: dict[str, DemoReadings]) -> None:
    failover = next(
        item for item in demo_incidents(WEDNESDAY_NOON) if item.title.startswith("Postgres fails")
    )
    worst = int(floor_to_bucket(failover.started_at + BUCKET).timestamp())
    for service in ("postgres", "api", "graphql-gateway", "conductor"):
        item = history[f"{service}/availability"]
        assert item.good[worst] < 0.9 * item.total[worst], service
    redis = history["redis/availability"]
    assert redis.good[worst] > 0.99 * redis.total[worst]


def test_a_service_that_the_demo_does_not_know_is_plain_and_normal(catalogue: Catalogue) -> None:
    known = catalogue.services["api"]
    objective = known.objectives[0]
    mine = Objective(
        service="mine", indicator=objective.indicator, target=objective.target, window=objective.window
    )
    service = Service(name="mine", tier=known.tier, strategy=known.strategy, objectives=(mine,))
    (item,) = readings(Catalogue(indicators=catalogue.indicators, services={"mine": service}), WEDNESDAY_NOON)
    total = sum(item.total.values())
    spent = (total - sum(item.good.values())) / (total * float(mine.allowed_error_ratio))
    assert spent == pytest.approx(0.25, abs=0.03)


def _mean(counts: Mapping[int, int], *, weekend: bool | None = None, hours: range = range(24)) -> float:
    found = []
    for end, count in counts.items():
        start = datetime.fromtimestamp(end - BUCKET_SECONDS, tz=UTC)
        if start.hour in hours and weekend in (None, start.weekday() >= 5):
            found.append(count)
    return sum(found) / len(found)
