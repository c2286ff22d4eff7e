"""1,000 metrics of a canary, 60 points a side, classified and scored.

Goal: at most 2 s in process, with and without ties.
Run: python -m tests.benchmarks.canary_judge [metrics]
"""

import sys
import time
from collections.abc import Callable
from random import Random

from dashboard.domain.canary.classification import classify
from dashboard.domain.canary.metric import Metric
from dashboard.domain.canary.score import score
from tests.benchmarks.table import print_table

_POINTS = 60
_GOAL = 2.0


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


if __name__ == "__main__":
    main()
