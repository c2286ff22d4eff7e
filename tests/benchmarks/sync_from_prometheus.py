"""`sync` of 30 days, two indicators a service, from a real Prometheus, beside the floor.

The floor is the same range queries by a bare HTTP client that reads each body and throws it away. Time is
of the whole command, interpreter start included; memory is its peak resident size. Goal: at most 1.5 × the
floor.
Run: python -m tests.benchmarks.sync_from_prometheus [services ...]   (100 and 1000 by default)
"""

import http.client
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from dashboard.config import load_catalog
from dashboard.paths import DEFAULT_CATALOG
from tests.benchmarks.table import print_table
from tests.injected_fleet import InjectedFleet, build_fleet
from tests.real_prometheus import PrometheusServer, backfill

_DAYS = 30
_STEP_SECONDS = 150  # two scrapes a bucket, the least that a rate needs; more would only load Prometheus
_BUCKET_SECONDS = 300
_CHUNK = 288 * _BUCKET_SECONDS
_END = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp())
_READ_BYTES = 1 << 18


def catalog_text(names: list[str]) -> str:
    """The shipped availability and latency, for `names`."""
    indicators = DEFAULT_CATALOG.read_text(encoding="utf-8").partition("\nservices:")[0]
    objectives = "[{indicator: availability, target: 0.999}, {indicator: latency, target: 0.99}]"
    services = "".join(
        f"  {name}: {{tier: 2, strategy: rolling, objectives: {objectives}}}\n" for name in names
    )
    return f"{indicators}\nservices:\n{services}"


def floor_seconds(url: str, catalog: Path) -> tuple[float, int]:
    """How long the bare queries take, and how many bytes they answer."""
    indicators = load_catalog(catalog).indicators
    bound = [indicators[name] for name in ("availability", "latency")]
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    size = 0
    began = time.perf_counter()
    for end in range(_END - _DAYS * 86_400 + _CHUNK, _END + 1, _CHUNK):
        for indicator in bound:
            for query in (indicator.good, indicator.total):
                parameters = {
                    "query": query.replace("{{bucket}}", "300s"),
                    "start": end - _CHUNK + _BUCKET_SECONDS,
                    "end": end,
                    "step": _BUCKET_SECONDS,
                }
                connection.request("GET", f"/api/v1/query_range?{urlencode(parameters)}")
                answer = connection.getresponse()
                while part := answer.read(_READ_BYTES):
                    size += len(part)
    return time.perf_counter() - began, size


def sync_seconds(url: str, catalog: Path, store: Path) -> tuple[float, float]:
    """How long the command takes, and its peak memory in MB."""
    command = [sys.executable, "-m", "dashboard", "sync", "--prometheus", url, "--store", str(store)]
    command += ["--catalog", str(catalog), "--now", datetime.fromtimestamp(_END, tz=UTC).isoformat()]
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
    _, status, usage = os.wait4(process.pid, 0)
    taken = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status):
        raise SystemExit("the sync failed")
    return taken, usage.ru_maxrss / 1024


def measure(services: int) -> list[str]:
    """One row of the table."""
    fleet: InjectedFleet = build_fleet(services=services, days=_DAYS, step_seconds=_STEP_SECONDS, end=_END)
    with tempfile.TemporaryDirectory() as folder:
        data, catalog, store = Path(folder) / "data", Path(folder) / "catalog.yaml", Path(folder) / "store.db"
        data.mkdir()
        catalog.write_text(catalog_text(sorted(fleet.truth)), encoding="utf-8")
        backfill(fleet.series, data)
        del fleet
        with PrometheusServer(data) as prometheus:
            floor_seconds(prometheus.url, catalog)  # warms the page cache, for both
            floor, size = floor_seconds(prometheus.url, catalog)
            taken, memory = sync_seconds(prometheus.url, catalog, store)
            again, _ = floor_seconds(prometheus.url, catalog)
        stored = sum(file.stat().st_size for file in Path(folder).glob("store.db*")) / 2**20
    floor = (floor + again) / 2
    return [
        f"{services}",
        f"{floor:.1f}",
        f"{taken:.1f}",
        f"{taken / floor:.2f}",
        "<= 1.50",
        f"{memory:.0f}",
        f"{size / 2**20:.0f}",
        f"{stored:.0f}",
    ]


def main() -> None:
    """Measure and print."""
    header = ["services", "floor s", "sync s", "ratio", "goal", "peak MB", "answers MB", "store MB"]
    rows = [measure(int(services)) for services in sys.argv[1:] or ("100", "1000")]
    print_table("sync of 30 days, 2 indicators, from a real Prometheus", header, rows)


if __name__ == "__main__":
    main()
