"""1,000 metrics of a canary, 60 points a side, classified and scored; and error counts of long canaries.

Goals: at most 2 s in process, with and without ties; a day of minutes of error counts in at most 0.2 s, and
20,000 in at most 2 s, when no two minutes have the same traffic.
Run: python -m tests.benchmarks.canary_judge [metrics]
"""

import sys
import time
from collections.abc import Callable
from random import Random

import numpy as np

from dashboard.domain.canary.judge.classification import classify
from dashboard.domain.canary.judge.metric import Metric
from dashboard.domain.canary.judge.score import score
from dashboard.domain.canary.sequential import judge_errors
from dashboard.domain.canary.ticks import Tick
from tests.benchmarks.table import print_table

_POINTS = 60
_GOAL = 2.0
#: Looks at the error counts, and the seconds of computing that they may take.
_LOOKS = {60: 0.05, 1_440: 0.2, 20_000: 2.0}


def metrics(count: int, draw: Callable[[], float]) -> list[Metric]:
    """So many metrics, in ten groups, whose values are all drawn alike."""
    return [
        Metric(
            name=f"metric {place}",
            experiment=[draw() for _ in range(_POINTS)],
            control=[draw() for _ in range(_POINTS)],
            groups=(f"group {place % 10}",),
        )
        for place in range(count)
    ]


def row(name: str, asked: list[Metric]) -> tuple[str, str, str, str]:
    """How long the metrics take, and what became of them."""
    began, computing = time.perf_counter(), time.process_time()
    judged = [classify(metric) for metric in asked]
    found = score(judged)
    taken, computed = time.perf_counter() - began, time.process_time() - computing
    assert found is not None
    return (
        name,
        f"{taken:.2f} s ({computed:.2f} s computing)",
        f"at most {_GOAL:g} s",
        f"score {found.score:g}",
    )


def ticks(count: int) -> list[Tick]:
    """So many minutes with about 2,000 requests, a tenth of them the canary's, and 0.5 % errors."""
    random = np.random.default_rng(36)
    canary, stable = random.poisson(200, count) + 1, random.poisson(1_800, count) + 1
    bad, stable_bad = random.binomial(canary, 0.005), random.binomial(stable, 0.005)
    return [
        Tick(canary_bad=a, canary_total=n, stable_bad=b, stable_total=m)
        for a, n, b, m in zip(*(found.tolist() for found in (bad, canary, stable_bad, stable)), strict=True)
    ]


def looks(count: int, goal: float) -> tuple[str, str, str, str]:
    """How long the verdict on so many looks takes, and what it is."""
    asked = ticks(count)
    began, computing = time.perf_counter(), time.process_time()
    found = judge_errors(asked)
    taken, computed = time.perf_counter() - began, time.process_time() - computing
    return (
        f"{count:,}",
        f"{taken:.3f} s ({computed:.3f} s computing)",
        f"at most {goal:g} s",
        found.verdict.value,
    )


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    random = Random(60)  # noqa: S311 - the series are to be the same every time
    rows = [
        row("seconds, no ties", metrics(count, lambda: random.lognormvariate(-1, 0.4))),
        row("whole milliseconds, some ties", metrics(count, lambda: round(random.lognormvariate(6, 0.4)))),
        row("error counts, mostly 0", metrics(count, lambda: float(max(0, round(random.gauss(-1, 1)))))),
    ]
    print_table(
        f"{count:,} metrics of {_POINTS} points a side", ("values", "taken", "goal", "comes to"), rows
    )
    print_table(
        "Error counts, no two looks alike",
        ("looks", "taken", "goal", "verdict"),
        [looks(count, goal) for count, goal in _LOOKS.items()],
    )


if __name__ == "__main__":
    main()
