"""`status` for 1,000 services × 2 objectives from the store, all windows: time, and whether windows matter.

Goals: at most 0.3 s in process, and the same within 20 % for a window of 90 days as for one of 7.
Run: python -m tests.benchmarks.status_from_store [services]
"""

import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dashboard.config import load_catalog, load_policy
from dashboard.domain.slo import Catalogue, Service
from dashboard.paths import DEFAULT_CATALOG, DEFAULT_POLICY
from dashboard.reports.fleet import fleet_report
from dashboard.reports.status_document import status_document
from dashboard.store.database import open_for_writing, transaction
from dashboard.store.sli import ensure_objectives
from tests.benchmarks.table import print_table

_NOW = datetime(2026, 11, 23, tzinfo=UTC)
_DAYS = 95
_ROUNDS = 7


def fleet(services: int, days: int) -> Catalogue:
    """`services` copies of the shipped api, with windows of `days`."""
    shipped = load_catalog(DEFAULT_CATALOG)
    model = shipped.services["api"]
    window = timedelta(days=days)
    named = {}
    for number in range(services):
        name = f"service-{number:04}"
        objectives = tuple(replace(item, service=name, window=window) for item in model.objectives)
        named[name] = Service(name=name, tier=model.tier, strategy=model.strategy, objectives=objectives)
    return Catalogue(indicators=shipped.indicators, services=named)


def fill(store: Path, catalogue: Catalogue) -> int:
    """95 days of buckets for every objective; one service in seven has spent much of its budget."""
    # Running totals are made in SQL: this benchmark is of reading, and 55 million rows take long enough.
    with open_for_writing(store) as connection, transaction(connection):
        ids = ensure_objectives(connection, catalogue.objectives)
        first = int((_NOW - timedelta(days=_DAYS)).timestamp())
        connection.execute("CREATE TEMP TABLE grid (n INTEGER PRIMARY KEY)")
        connection.executemany("INSERT INTO grid VALUES (?)", ((n,) for n in range(1, _DAYS * 288 + 1)))
        for number, row_id in enumerate(ids.values()):
            bad = 60_000 if number % 7 == 0 else 2_000  # of 100,000,000 units a bucket
            connection.execute(
                "INSERT INTO sli"
                " SELECT ?1, ?2 + (n - 1) * 300, n * (100000000 - ?3), n * 100000000, n FROM grid",
                (row_id, first, bad),
            )
    with sqlite3.connect(store) as connection:
        return int(connection.execute("SELECT count(*) FROM sli").fetchone()[0])


def seconds_of_status(store: Path, catalogue: Catalogue) -> float:
    """The median time of a whole `status`, from the open file to the document."""
    policy = load_policy(DEFAULT_POLICY)
    taken = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        status_document(fleet_report(store, catalogue, policy, _NOW), policy)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def main() -> None:
    """Measure and print."""
    services = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "benchmark.db"
        rows = fill(store, fleet(services, 30))
        taken = {days: seconds_of_status(store, fleet(services, days)) for days in (7, 30, 90)}
    print_table(
        f"status: {services} services x 2 objectives x 8 windows, {rows:,} buckets stored",
        ["window", "seconds", "beside 7 days", "goal"],
        [
            [f"{days} days", f"{seconds:.3f}", f"{seconds / taken[7]:.2f}", "<= 0.300, <= 1.20"]
            for days, seconds in taken.items()
        ],
    )


if __name__ == "__main__":
    main()
