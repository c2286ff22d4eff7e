"""100,000 deployments and 20,000 incidents of 1,000 services: import, ledger, and a year's measures.

Goals: importing them takes at most 5 × what a bare `sqlite3` executemany of the same rows takes in the same
run; MTTR and DORA of a year take at most 1 s in process.
Run: python -m tests.benchmarks.releases [services]
"""

import csv
import io
import random
import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dashboard.config import load_policy
from dashboard.config.sources import load_sources
from dashboard.domain.periods import Period
from dashboard.domain.slo import Catalogue
from dashboard.ingest.events import store_events
from dashboard.paths import DEFAULT_POLICY, DEFAULT_SOURCES
from dashboard.reports.delivery_document import delivery_document
from dashboard.reports.fleet import without_collecting
from dashboard.reports.history import History, history_at
from dashboard.reports.incident_measures import Selection, delivery_measures, recovery_measures
from dashboard.reports.ledgers import ledgers
from dashboard.reports.recovery_document import recovery_document
from dashboard.sources.release_rows import deployment_events, incident_events
from dashboard.store.database import open_for_reading, open_for_writing
from tests.benchmarks.status_from_store import fill, fleet
from tests.benchmarks.table import print_table

_NOW = datetime(2026, 11, 23, tzinfo=UTC)
_YEAR = timedelta(days=365)
_DEPLOYMENTS, _INCIDENTS = 100_000, 20_000
_TABLES = {"deployment_events": 18, "incident_events": 17}
_SEVERITIES = ("P1", "P2", "P3")


def deployments_csv(names: list[str], random_: random.Random) -> str:
    """A file of deployments over the year before now, in no order, one in twenty failed."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(
        ["id", "service", "environment", "version", "commit_sha", "commit_times", "started_at",
         "finished_at", "status", "change_type", "actor", "url"]
    )  # fmt: skip
    for number in range(_DEPLOYMENTS):
        start = _NOW - timedelta(seconds=random_.randrange(3_600, int(_YEAR.total_seconds())))
        committed = start - timedelta(seconds=random_.randrange(600, 86_400))
        end = start + timedelta(seconds=random_.randrange(60, 3_000))
        rows.writerow(
            [f"d-{number}", names[number % len(names)], "production", f"1.{number // len(names)}.0",
             f"{random_.getrandbits(160):040x}", committed.isoformat(), start.isoformat(), end.isoformat(),
             "failed" if number % 20 == 0 else "succeeded", "feature", "somebody",
             f"https://ci.example/{number}"]
        )  # fmt: skip
    return out.getvalue()


def incidents_csv(names: list[str], random_: random.Random) -> str:
    """A file of incidents over the year before now, each with all of its times."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(
        ["id", "title", "severity", "services", "started_at", "detected_at", "acknowledged_at",
         "mitigated_at", "resolved_at", "caused_by", "url"]
    )  # fmt: skip
    for number in range(_INCIDENTS):
        times = [_NOW - timedelta(seconds=random_.randrange(40_000, int(_YEAR.total_seconds())))]
        for _ in range(4):
            times.append(times[-1] + timedelta(seconds=round(random_.lognormvariate(6, 1))))
        rows.writerow(
            [f"INC-{number}", "Something broke", _SEVERITIES[number % 3], names[number % len(names)],
             *(moment.isoformat() for moment in times), "", ""]
        )  # fmt: skip
    return out.getvalue()


def seconds_of_bare_inserts(store: Path, folder: Path) -> float:
    """How long SQLite takes for the rows that are in `store`, with the same tables, in the same order."""
    copy = folder / "bare.db"
    with open_for_writing(copy):
        pass
    with sqlite3.connect(store) as source, sqlite3.connect(copy) as target:
        batches = {name: source.execute(f"SELECT * FROM {name}").fetchall() for name in _TABLES}  # noqa: S608 - our own names
        for rows in batches.values():
            random.Random(1).shuffle(rows)  # noqa: S311 - not a secret; files are in no order of the primary key either
        began = time.perf_counter()
        for name, width in _TABLES.items():
            target.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * width)})", batches[name])  # noqa: S608 - ditto
        target.commit()
        return time.perf_counter() - began


def measured(folder: Path, services: int) -> list[tuple[str, str, str]]:
    """The rows of the table: what, how long, the goal."""
    catalogue = fleet(services, 30)
    names, random_ = list(catalogue.services), random.Random(7)  # noqa: S311 - not a secret
    files = deployments_csv(names, random_), incidents_csv(names, random_)
    store = folder / "store.db"
    with open_for_writing(store):
        pass
    began = time.perf_counter()
    store_events(store, deployment_events("deployments.csv", files[0]))
    store_events(store, incident_events("incidents.csv", files[1]))
    imported = time.perf_counter() - began
    bare = seconds_of_bare_inserts(store, folder)
    rows = (_DEPLOYMENTS + _INCIDENTS) / imported
    return [
        ("import of 120,000 rows", f"{imported:.2f} s, {rows:,.0f} rows a second", ""),
        ("  beside bare executemany", f"{bare:.2f} s: ratio {imported / bare:.2f}", "at most 5"),
        *_readings(store, catalogue),
    ]


def _readings(store: Path, catalogue: Catalogue) -> list[tuple[str, str, str]]:
    policy = load_policy(DEFAULT_POLICY)
    sources = load_sources(DEFAULT_SOURCES, catalogue)
    began = time.perf_counter()
    history = history_at(store, sources, policy.delivery, _NOW)
    read = time.perf_counter() - began
    documents = _documents(history)
    whole = time.perf_counter() - began
    fill(store, catalogue)
    began = time.perf_counter()
    with open_for_reading(store) as connection, without_collecting():
        found = ledgers(connection, catalogue.services.values(), history, policy)
    booked = time.perf_counter() - began
    assert all(sum(entry.counts.bad for entry in book.entries) == book.whole.bad for book in found.values())
    entries = sum(len(book.entries) for book in found.values())
    return [
        ("MTTR and DORA of a year", f"{whole:.2f} s ({read:.2f} s of it reading)", "at most 1 s"),
        ("  documents", f"{documents:,} characters", ""),
        (f"ledgers of {len(found):,} objectives", f"{booked:.2f} s, {entries:,} entries", ""),
    ]


def _documents(history: History) -> int:
    policy, chosen = load_policy(DEFAULT_POLICY), Selection()
    period = Period(name="year", start=_NOW - _YEAR, end=_NOW)
    with without_collecting():
        recovery = recovery_measures(history, policy, period, chosen)
        delivery = delivery_measures(history, policy, period, chosen)
        written = (
            recovery_document(recovery, history, chosen),
            delivery_document(delivery, history, period, policy.delivery.environment, chosen),
        )
    return sum(len(str(document)) for document in written)


def main() -> None:
    """Print the table."""
    services = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    with tempfile.TemporaryDirectory() as folder:
        rows = measured(Path(folder), services)
    print_table(f"{services:,} services", ("what", "measured", "goal"), rows)


if __name__ == "__main__":
    main()
