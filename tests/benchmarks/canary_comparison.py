"""How many good canaries `data/canary/canary-comparison.yaml` aborts by their errors, and how many bad ones.

Errors are Poisson; both arms have them at the same ratio, or the canary a multiple of it. The canary has a
tenth of the requests for 35 minutes. Beside it: the same without errors that are forgiven, asked each minute.
Run: python -m tests.benchmarks.canary_comparison [runs]
"""

import sys

import numpy as np

from tests.benchmarks.table import print_table

_MINUTES, _WINDOW_MINUTES, _SHARE = 35, 5, 0.1
_BELOW_TIMES, _LEAST_RATIO, _FAILURE_LIMIT = 1.5, 0.001, 1
_FORGIVEN = 3


def aborted(  # noqa: PLR0913 - what a simulation is made of
    random: np.random.Generator, rate: float, ratio: float, rise: float, runs: int, *, mended: bool
) -> float:
    """The share of canaries that are aborted, at `rate` requests a second of the service."""
    minutes = _MINUTES + _WINDOW_MINUTES
    canary, stable = rate * 60 * _SHARE, rate * 60 * (1 - _SHARE)
    bad = _in_windows(random.poisson(canary * ratio * rise, (runs, minutes)))
    stable_bad = _in_windows(random.poisson(stable * ratio, (runs, minutes)))
    errors = np.maximum(bad - (_FORGIVEN if mended else 0), 0) / (canary * _WINDOW_MINUTES)
    usual = np.maximum(stable_bad / (stable * _WINDOW_MINUTES), _LEAST_RATIO)
    fails = (errors / usual >= _BELOW_TIMES)[:, :: _WINDOW_MINUTES if mended else 1]
    return float((fails.sum(axis=1) > _FAILURE_LIMIT).mean())


def _in_windows(counts: np.ndarray) -> np.ndarray:
    total = np.cumsum(counts, axis=1)
    return np.asarray(total[:, _WINDOW_MINUTES:] - total[:, :-_WINDOW_MINUTES])


def main(runs: int) -> None:
    """Print the shares of aborted canaries."""
    random = np.random.default_rng(20260101)
    header = ["requests/s", "error ratio", "good", "good, each minute, none forgiven", "2 ×", "4 ×", "10 ×"]
    rows = []
    for rate in (10, 50, 200, 1_000):
        for ratio in (0.0005, 0.001, 0.002, 0.005):
            shares = [
                aborted(random, rate, ratio, rise, runs, mended=mended)
                for rise, mended in ((1, True), (1, False), (2, True), (4, True), (10, True))
            ]
            rows.append([str(rate), f"{ratio:.2%}", *(f"{share:.1%}" for share in shares)])
    print_table("Aborted by errors-beside-stable", header, rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4_000)
