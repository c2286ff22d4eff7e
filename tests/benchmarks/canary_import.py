"""10,000 AnalysisRuns of three metrics and ten measurements each: import with progress, in flat memory.

Goal: the most memory that the import of 10,000 takes is at most 1.2 × that of 1,000.
Run: python -m tests.benchmarks.canary_import [runs]
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from dashboard.config import load_catalog, load_policy
from dashboard.config.sources import load_sources
from dashboard.domain.periods import Period
from dashboard.paths import DEFAULT_CATALOG, DEFAULT_POLICY, DEFAULT_SOURCES
from dashboard.reports.canaries import canaries_report
from dashboard.reports.canary_detail import canary_report
from dashboard.reports.history import history_at
from dashboard.store.database import open_for_writing
from tests.benchmarks.table import print_table
from tests.rollout_objects import analysis_run, measurement, metric_result, moment, rollout

_METRICS = ("error-ratio", "latency-p95", "saturation")
_SERVICES = ("api", "graphql-gateway", "copilot", "conductor", "audit-svc")
_RUNS_A_CANARY = 4
_MINUTES_APART = 30
_KIB = 1024
#: The command, and then the most memory that it had itself: what rusage tells begins with its parent's.
_IMPORT = """
import re, sys, time
from dashboard.cli import main
try:
    main()
except SystemExit as stop:
    code = stop.code
status = open("/proc/self/status", encoding="utf-8").read()
print(re.search(r"VmHWM:\\s*(\\d+)", status)[1], time.process_time())
sys.exit(code)
"""


def objects(runs: int) -> Iterator[dict[str, Any]]:
    """Canaries of four runs each, of five Rollouts in turn; the fifth of each aborts."""
    for number in range(runs):
        canary, step = divmod(number, _RUNS_A_CANARY)
        service, revision = _SERVICES[canary % len(_SERVICES)], canary // len(_SERVICES) + 1
        began = canary * _MINUTES_APART + step * 5
        aborts = canary % 5 == 4 and step == _RUNS_A_CANARY - 1
        phase = "Failed" if aborts else "Successful"
        if not step:
            yield rollout(service, at=began, revision=revision, canary=f"c{canary}", stable=f"c{canary - 5}")
        results = [
            metric_result(
                name,
                [measurement(began + minute / 3, f"[0.99{minute}]", phase) for minute in range(10)],
                phase,
            )
            for name in _METRICS
        ]
        yield analysis_run(
            f"{service}-c{canary}-{revision}-{step}",
            *results,
            at=began,
            phase=phase,
            owner=service,
            canary=f"c{canary}",
            revision=revision,
            step=step,
            message='Metric "error-ratio" assessed Failed due to failed (10) > failureLimit (2)'
            if aborts
            else "",
        )


def write_json(path: Path, runs: int) -> None:
    """A list as `kubectl get rollout,analysisrun -o json` prints it, written bit by bit."""
    with path.open("w", encoding="utf-8") as file:
        file.write('{\n    "apiVersion": "v1",\n    "items": [\n')
        for index, item in enumerate(objects(runs)):
            file.write(",\n" if index else "")
            file.write(json.dumps(item, indent=4))
        file.write('\n    ],\n    "kind": "List"\n}\n')


def write_yaml(path: Path, runs: int) -> None:
    """The same as `kubectl get -o yaml` prints it."""
    with path.open("w", encoding="utf-8") as file:
        file.write("apiVersion: v1\nitems:\n")
        for item in objects(runs):
            yaml.dump([json.loads(json.dumps(item))], file, Dumper=yaml.CSafeDumper)
        file.write("kind: List\n")


def imported(path: Path, store: Path) -> tuple[float, float, int, str]:
    """Seconds on the clock and of the processor, the most memory in KiB, and what was told last."""
    with open_for_writing(store):
        pass  # making a store loads a library that takes more memory than an import
    began = time.perf_counter()
    command = [sys.executable, "-c", _IMPORT, "import", "canaries", str(path), "--store", str(store)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    clock = time.perf_counter() - began
    assert ended.returncode == 0, ended.stderr
    peak, cpu = ended.stdout.split()
    return clock, float(cpu), int(peak), ended.stderr.splitlines()[-1]


def measured(folder: Path, runs: int) -> list[tuple[str, str, str]]:
    """The rows of the table: what, measured, the goal."""
    rows = []
    peaks: dict[int, int] = {}
    for count in (runs // 10, runs):
        file, store = folder / f"{count}.json", folder / f"{count}.db"
        write_json(file, count)
        size = file.stat().st_size / 1e6
        clock, cpu, peaks[count], told = imported(file, store)
        rows.append((f"JSON, {count:,} runs, {size:.0f} MB", _spent(clock, cpu, peaks[count]), ""))
        print(told.split(": ", 1)[1], file=sys.stderr)
        again, cpu, peak, told = imported(file, store)
        assert "all of it was known already" in told, told
        rows.append(("  again", _spent(again, cpu, peak), ""))
    rows.append(("  memory, all ÷ a tenth", f"{peaks[runs] / peaks[runs // 10]:.2f}", "at most 1.2"))
    for count in (runs // 10, runs):
        file = folder / f"{count}.yaml"
        write_yaml(file, count)
        clock, cpu, peak, _ = imported(file, folder / f"{count}-yaml.db")
        rows.append(
            (f"YAML, {count:,} runs, {file.stat().st_size / 1e6:.0f} MB", _spent(clock, cpu, peak), "")
        )
    return [*rows, *_readings(folder / f"{runs}.db", runs)]


def _spent(clock: float, cpu: float, peak: int) -> str:
    return f"{clock:.1f} s ({cpu:.1f} s of processor), at most {peak / _KIB:.0f} MB"


def _readings(store: Path, runs: int) -> list[tuple[str, str, str]]:
    catalogue, policy = load_catalog(DEFAULT_CATALOG), load_policy(DEFAULT_POLICY)
    sources = load_sources(DEFAULT_SOURCES, catalogue)
    now = moment(runs / _RUNS_A_CANARY * _MINUTES_APART)
    history = history_at(store, sources, policy.delivery, now)
    began = time.perf_counter()
    period = Period(name="all", start=moment(-60), end=now)
    whole = canaries_report(store, catalogue, policy, history, sources.names, period)
    report = time.perf_counter() - began
    began = time.perf_counter()
    month = Period(name="month", start=now - timedelta(days=30), end=now)
    part = canaries_report(store, catalogue, policy, history, sources.names, month)
    recent = time.perf_counter() - began
    began = time.perf_counter()
    canary_report(store, catalogue, policy, history, sources.names, whole.past[0].named.canary.id)
    detail = time.perf_counter() - began
    return [
        (f"report of all {len(whole.past):,} canaries", f"{report:.2f} s", ""),
        (f"  of the last 30 days ({len(part.past):,})", f"{recent:.2f} s", ""),
        ("one canary in depth", f"{detail:.2f} s", ""),
        ("size of the store", f"{store.stat().st_size / 1e6:.0f} MB", ""),
    ]


def main() -> None:
    """Print the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        rows = measured(Path(folder), runs)
    print_table(f"{runs:,} AnalysisRuns, {runs * 30:,} measurements", ("what", "measured", "goal"), rows)


if __name__ == "__main__":
    main()
