"""A year of 10,000 deployments of 100 services under two policies: how long the backtest takes.

Goal: at most 60 s on two cores, although the engine makes only about a hundred decisions a second.
Run: python -m tests.benchmarks.policy_backtest [deployments]
"""

import math
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from dashboard.config import load_catalog, load_policy
from dashboard.config.sources import load_sources
from dashboard.domain.deployments import DeploymentEvent, DeploymentState
from dashboard.domain.incidents import IncidentEvent
from dashboard.domain.periods import Period
from dashboard.domain.policy_thresholds import thresholds_of, with_thresholds
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.slo import Catalogue, Service
from dashboard.ingest.events import store_events
from dashboard.paths import DEFAULT_CATALOG, DEFAULT_POLICY, DEFAULT_SOURCES
from dashboard.policy.data import GatePolicy, gate_policy
from dashboard.policy.engine import RegoEngine
from dashboard.reports.class_answers import ClassAnswers
from dashboard.reports.deployments import deployments_report
from dashboard.reports.history import history_at
from dashboard.reports.past_releases import past_releases
from dashboard.reports.policy_backtest import Rules, policy_backtest
from dashboard.store.database import open_for_writing, transaction
from dashboard.store.sli import ensure_objectives
from tests.benchmarks.table import print_table

_NOW = datetime(2026, 11, 23, tzinfo=UTC)
_DAYS, _SERVICES, _INCIDENTS = 365, 100, 600
_YEAR = timedelta(days=_DAYS)
_EVENTS = 100_000_000  # units a bucket, which are 10,000 requests
_HISTORY_DAYS = _DAYS + 30
_CHANGES = [*ChangeType, None]


class Counting(RegoEngine):
    """The engine, which counts what it evaluates."""

    def __init__(self) -> None:
        super().__init__()
        self.evaluated = 0

    def evaluate(self, policy: GatePolicy, document: Mapping[str, Any]) -> dict[str, Any]:
        self.evaluated += 1
        return super().evaluate(policy, document)


def fleet() -> Catalogue:
    """Services of every tier, with the objectives of the shipped ones."""
    shipped = load_catalog(DEFAULT_CATALOG)
    models = [shipped.services[name] for name in ("api", "conductor", "postgres", "devtools", "docs")]
    services = {}
    for number in range(_SERVICES):
        model = models[number % len(models)]
        name = f"service-{number:03}"
        objectives = tuple(replace(item, service=name) for item in model.objectives)
        services[name] = Service(name=name, tier=model.tier, strategy=model.strategy, objectives=objectives)
    return Catalogue(indicators=shipped.indicators, services=services)


def fill(store: Path, catalogue: Catalogue, random_: random.Random) -> int:
    """A year of buckets for every objective: a little is always bad, and now and then much more for hours."""
    first = int((_NOW - timedelta(days=_HISTORY_DAYS)).timestamp())
    buckets = _HISTORY_DAYS * 288
    with open_for_writing(store) as connection, transaction(connection):
        ids = ensure_objectives(connection, catalogue.objectives)
        for objective in catalogue.objectives:
            allowed = float(objective.allowed_error_ratio)
            usual = allowed * random_.choice((0.1, 0.3, 0.45, 0.6, 0.9))
            shares = [usual] * buckets
            for _ in range(30):
                begin, long = random_.randrange(buckets), random_.randrange(1, 48)
                worse = allowed * random_.uniform(2, 60)
                shares[begin : begin + long] = [worse] * len(shares[begin : begin + long])
            connection.executemany(
                "INSERT INTO sli VALUES (?, ?, ?, ?, ?)", _rows(ids[objective.key], first, shares)
            )
    return buckets * len(catalogue.objectives)


def _rows(row_id: int, first: int, shares: list[float]) -> Iterator[tuple[int, int, int, int, int]]:
    """The running totals of an objective."""
    good = 0
    for number, share in enumerate(shares):
        good += _EVENTS - int(_EVENTS * min(share, 1))
        yield row_id, first + number * 300, good, (number + 1) * _EVENTS, number + 1


def events(names: list[str], count: int, random_: random.Random) -> Iterator[DeploymentEvent | IncidentEvent]:
    """Deployments at any hour, most of them by day, one in twenty failed; and incidents of every severity."""
    for number in range(count):
        start = _NOW - _YEAR + timedelta(days=random_.randrange(_DAYS), hours=_hour(random_))
        start += timedelta(seconds=random_.randrange(3600))
        end = start + timedelta(minutes=random_.randrange(2, 40))
        failed = number % 20 == 0
        yield DeploymentEvent(
            source="benchmark", service=names[number % len(names)], environment="production",
            deployment=f"d-{number}", at=end, started_at=start, finished_at=end, version=f"1.{number}",
            state=DeploymentState.FAILED if failed else DeploymentState.SUCCEEDED,
            change_type=random_.choices(_CHANGES, (40, 30, 6, 6, 4, 6, 2, 6))[0],
        )  # fmt: skip
    for number in range(_INCIDENTS):
        start = _NOW - timedelta(seconds=random_.randrange(int(_YEAR.total_seconds())))
        yield IncidentEvent(
            source="benchmark", incident=f"INC-{number}", at=start, title="Something broke",
            severity=random_.choice(("P1", "P2", "P3", "odd")), services=(random_.choice(names),),
            started_at=start, detected_at=start + timedelta(minutes=5),
            resolved_at=start + timedelta(hours=random_.randrange(1, 12)),
        )  # fmt: skip


def _hour(random_: random.Random) -> int:
    return math.floor(random_.triangular(0, 24, 13))


def measured(folder: Path, count: int) -> list[tuple[str, str, str]]:
    """The rows of the table: what, how long, the goal."""
    catalogue, random_, store = fleet(), random.Random(7), folder / "store.db"  # noqa: S311 - not a secret
    buckets = fill(store, catalogue, random_)
    store_events(store, events(list(catalogue.services), count, random_))
    today = load_policy(DEFAULT_POLICY)
    tried = replace(thresholds_of(today), budget_floor=(Fraction(1, 2), Fraction(2, 5), Fraction(1, 5)))
    other = with_thresholds(today, tried)
    engine = Counting()
    answers = ClassAnswers(engine)

    worked, began = time.process_time(), time.perf_counter()
    history = history_at(store, load_sources(DEFAULT_SOURCES, catalogue), today.delivery, _NOW)
    period = Period(name="year", start=_NOW - _YEAR, end=_NOW)
    report = deployments_report(store, catalogue, today, history, period)
    told = time.perf_counter()
    past = past_releases(store, catalogue, (today, other), history, report)
    known = time.perf_counter()
    rules = [Rules(policy=item, gate=gate_policy(item, catalogue)) for item in (today, other)]
    found = policy_backtest(past, rules[0], rules[1], answers, period=period)
    judged, worked = time.perf_counter(), time.process_time() - worked
    evaluated = engine.evaluated
    again = policy_backtest(past, rules[1], rules[0], answers, period=period)
    ended = time.perf_counter()
    assert (again.baseline, again.other) == (found.other, found.baseline)
    changed = len(found.newly_blocked.rows) + len(found.let_through.rows)
    each = (judged - known) / max(evaluated, 1)
    blocked = f"{found.baseline.all.blocked:,}, {found.other.all.blocked:,}"
    asked = f"{evaluated:,} instead of {2 * len(past):,}, {each * 1000:.1f} ms each"
    return [
        ("the whole backtest", f"{judged - began:.1f} s, {worked:.1f} s of a processor", "at most 60 s"),
        ("  deployments and their costs", f"{told - began:.1f} s", ""),
        ("  what was known when each began", f"{known - told:.1f} s", ""),
        ("  under two policies", f"{judged - known:.1f} s", ""),
        ("  evaluations by the engine", asked, ""),
        ("again, with the classes known", f"{ended - judged:.1f} s", ""),
        ("deployments replayed", f"{len(found.rows):,}", ""),
        ("  blocked today, and by the other", blocked, ""),
        ("  with another verdict", f"{changed:,}", ""),
        ("buckets in the store", f"{buckets:,}", ""),
    ]


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        rows = measured(Path(folder), count)
    print_table(
        f"{count:,} deployments of {_SERVICES} services in a year", ("what", "measured", "goal"), rows
    )


if __name__ == "__main__":
    main()
