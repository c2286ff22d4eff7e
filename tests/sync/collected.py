"""A store that is filled from a real Prometheus, and what people and machines would read from it."""

import sqlite3
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dashboard.collector import Collector
from dashboard.config import PrometheusSettings, load_catalog, load_policy
from dashboard.ingest.sync import SyncReport
from dashboard.paths import DEFAULT_POLICY
from dashboard.reports.fleet import fleet_report
from dashboard.reports.status_document import status_document
from tests.faulty_server import Request

BUCKET = 300
HOUR = 3600
DAY = 86_400

_INDICATORS = """\
indicators:
  availability:
    good:  sum by (service) (increase(http_requests_total{namespace="production", code!~"5.."}[{{bucket}}]))
    total: sum by (service) (increase(http_requests_total{namespace="production"}[{{bucket}}]))
  latency:
    good:  sum by (service) (increase(http_request_duration_seconds_bucket{le="0.5"}[{{bucket}}]))
    total: sum by (service) (increase(http_request_duration_seconds_count[{{bucket}}]))
services:
"""

#: All that a store holds of the source, without the log of who asked when.
Tables = Mapping[str, list[tuple[Any, ...]]]


def catalogue_text(services: Collection[str], *, window: str = "30d", latency: bool = True) -> str:
    """A catalogue with availability (and latency) for each of `services`."""
    lines = [_INDICATORS]
    for name in services:
        lines.append(f"  {name}:\n    tier: 1\n    strategy: blue-green\n    objectives:\n")
        lines.append(f"      - {{indicator: availability, target: 0.999, window: {window}}}\n")
        if latency:
            lines.append(f"      - {{indicator: latency, target: 0.99, window: {window}}}\n")
    return "".join(lines)


def side(request: Request) -> str:
    """Which query of the catalogue above a request asks, such as `availability good`."""
    query = request.query
    indicator = "availability" if "http_requests_total" in query else "latency"
    good = "code!~" in query or "le=" in query
    return f"{indicator} {'good' if good else 'total'}"


def is_range(request: Request) -> bool:
    return request.path.endswith("/query_range")


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """One store with its catalogue and its source; every time is in unix seconds."""

    store: Path
    catalog: Path
    settings: PrometheusSettings
    backfill: int = DAY

    def from_source(self, url: str, **settings: Any) -> "Collected":
        """The same store, fed from `url`."""
        return replace(self, settings=replace(self.settings, url=url, **settings))

    def sync(self, now: int) -> SyncReport:
        collector = Collector(
            settings=self.settings,
            store=self.store,
            catalogue=lambda: load_catalog(self.catalog),
            backfill=timedelta(seconds=self.backfill),
        )
        return collector.run_once(at(now))

    def status(self, now: int) -> dict[str, Any]:
        """The document of `reliability status --json`."""
        policy = load_policy(DEFAULT_POLICY)
        report = fleet_report(self.store, load_catalog(self.catalog), policy, at(now))
        return status_document(report, policy)

    def objective(self, key: str, now: int) -> dict[str, Any]:
        """One objective of it."""
        (found,) = (
            objective
            for service in self.status(now)["services"]
            for objective in service["objectives"]
            if objective["objective"] == key
        )
        assert isinstance(found, dict)
        return found

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True)) as connection:
            return connection.execute(sql, values).fetchall()

    def buckets(self, key: str) -> dict[int, tuple[float, float]]:
        """Good and total of each measured bucket, by its start."""
        rows = self.query(
            "SELECT unixepoch(start), good, total FROM sli_buckets WHERE objective = ? ORDER BY start", key
        )
        return {start: (good, total) for start, good, total in rows}

    def flags(self, key: str) -> dict[int, str]:
        """The fault of each bucket that could not be counted, by its start."""
        rows = self.query(
            "SELECT bucket, fault FROM sli_flagged JOIN objectives ON id = objective_id"
            " WHERE service || '/' || indicator = ? ORDER BY bucket",
            key,
        )
        return dict(rows)

    def problems(self) -> dict[tuple[str, str], str]:
        """The open problems, by subject and kind."""
        rows = self.query("SELECT subject, kind, message FROM sync_problems")
        return {(subject, kind): message for subject, kind, message in rows}

    def tables(self) -> Tables:
        """What must be equal in two stores that read the same source."""
        return {
            "objectives": self.query(
                "SELECT service, indicator, synced_until, partial FROM objectives ORDER BY 1, 2"
            ),
            "sli": self.query(
                "SELECT service || '/' || indicator, bucket, good, total, measured"
                " FROM sli JOIN objectives ON id = objective_id ORDER BY 1, 2"
            ),
            "sli_flagged": self.query(
                "SELECT service || '/' || indicator, bucket, fault, found"
                " FROM sli_flagged JOIN objectives ON id = objective_id ORDER BY 1, 2"
            ),
        }
