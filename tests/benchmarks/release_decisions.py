"""Release decisions in process beside the engine's bare evaluation; two processes that record at once.

Run: python -m tests.benchmarks.release_decisions [seconds]
"""

import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from dashboard.reports.decisions import verify_log
from dashboard.reports.gate_context import ask, decision_with, known_facts
from dashboard.store.database import open_for_reading
from dashboard.store.release_controls import read_controls
from tests.benchmarks.table import print_table
from tests.gates import asked, recorded, request, setting
from tests.pages.stores import Fleet, build, steady

_ROUNDS, _EACH = 7, 100
_SHARES = {"api/availability": steady(0.0001), "api/latency": steady(0.0), "worker/availability": steady(0.0)}


def per_second(work: Callable[[], object], count: int = _EACH) -> float:
    """How often a second `work` is done."""
    start = time.perf_counter()
    for _ in range(count):
        work()
    return count / (time.perf_counter() - start)


def rates(fleet: Fleet) -> list[tuple[float, float, float]]:
    """Bare evaluations, decisions on known facts, and decisions that read the store first, in turns."""
    context, question = setting(fleet), asked(request())
    facts, why = known_facts(context, question)
    with open_for_reading(fleet.store) as connection:
        controls = read_controls(connection, question.now)
    prepared = decision_with(context, question, facts, why, controls).input

    def bare() -> object:
        return context.engine.evaluate(context.gate_policy, prepared)

    def whole() -> object:
        return decision_with(context, question, facts, why, controls)

    def read() -> object:
        return ask(context, question)

    for work in (bare, whole, read):
        per_second(work, 10)
    return [(per_second(bare), per_second(whole), per_second(read)) for _ in range(_ROUNDS)]


def record_until(fleet: Fleet, name: str, seconds: float, counted: "multiprocessing.Queue[int]") -> None:
    """Record decisions as fast as they are made; tells how many were."""
    until, count = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        recorded(fleet, request(version=f"{name}-{count}"), actor=name)
        count += 1
    counted.put(count)


def recorded_at_once(fleet: Fleet, seconds: float) -> tuple[int, int, int]:
    """Two processes record for so many seconds: decisions told, records in the log, faults of the chain."""
    spawning = multiprocessing.get_context("spawn")
    counted = spawning.Queue()
    writers = [
        spawning.Process(target=record_until, args=(fleet, name, seconds, counted)) for name in ("one", "two")
    ]
    for writer in writers:
        writer.start()
    told = sum(counted.get(timeout=seconds + 120) for _ in writers)
    for writer in writers:
        writer.join()
    found = verify_log(fleet.store)
    return told, found.records, len(found.faults)


def main() -> None:
    """Print the tables."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    with tempfile.TemporaryDirectory() as folder:
        fleet = build(Path(folder), _SHARES)
        taken = rates(fleet)
        ratios = [statistics.median(row[column] / row[0] for row in taken) for column in range(3)]
        each = [statistics.median(row[column] for row in taken) for column in range(3)]
        print_table(
            "Release decisions in process",
            ("what", "a second", "beside the bare evaluation", "goal"),
            [
                ("bare evaluation", f"{each[0]:.0f}", "1", ""),
                ("decision on known facts", f"{each[1]:.0f}", f"{ratios[1]:.2f}", ">= 0.70"),
                ("the store read as well", f"{each[2]:.0f}", f"{ratios[2]:.2f}", ""),
            ],
        )
        told, records, faults = recorded_at_once(fleet, seconds)
        print_table(
            f"Two processes record decisions at once for {seconds:g} s",
            ("decisions told", "records in the log", "faults of the chain"),
            [(f"{told:,}", f"{records:,}", str(faults))],
        )


if __name__ == "__main__":
    main()
