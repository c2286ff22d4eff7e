"""False alarms of the sequential verdict on error counts at 60 looks, and how many looks a rise takes.

Goals: at most 5 % false alarms, beside those of a z-test and a Mann-Whitney test that are asked at every
look. The looks are told beside those of the best test there is, one that knows the rise beforehand (Wald's).
The same for a canary's own share of errors against the critical limit, beside an exact 95 % interval.
Last, what pauses of single pods, in which requests are slow together, do to the verdict on slow requests.
Run: python -m tests.benchmarks.canary_sequential [runs]
"""

import sys
import time
from collections.abc import Sequence
from math import log
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from dashboard.domain.canary.evidence import running_log_e
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.sequential import rule_for
from dashboard.domain.canary.share_evidence import log_e_share_above
from dashboard.domain.canary.ticks import Tick
from tests.benchmarks.table import print_table

_LOOKS = 60
_ALPHA = 0.05
_REQUESTS = 2_000
_RATE = 0.005
_HARMFUL = 1.5
#: The canary's share of the requests in each minute; the ladder is that of the progressive canary.
_SPLITS = {
    "10 %": [0.10] * _LOOKS,
    "50 %": [0.50] * _LOOKS,
    "1, 10, 25, 50 %": [0.01] + [0.10] * 5 + [0.25] * 10 + [0.50] * 44,
}
#: Of ten pods one is the canary's; each pauses in one minute of twenty, and 1 % of requests are slow anyway.
_PODS, _PAUSED, _SLOW_RATE = 10, 0.05, 0.01
_FEWEST_POINTS = 5
_POWER = 0.8
#: The critical share of errors, and how many requests a small service sends to its canary in each minute.
_CRITICAL = 0.05
_FEW_REQUESTS = 40


class Course:
    """So many canaries: what both arms counted in each minute, a row a canary."""

    def __init__(self, random: np.random.Generator, shares: Sequence[float], ratio: float, runs: int) -> None:
        self.ratio = ratio
        self.canary = (_REQUESTS * np.array(shares)).round().astype(np.int64)
        self.stable = _REQUESTS - self.canary
        self.bad = random.binomial(self.canary, ratio * _RATE, (runs, _LOOKS))
        self.stable_bad = random.binomial(self.stable, _RATE, (runs, _LOOKS))

    def sequential(self) -> NDArray[np.bool_]:
        """Whether each canary has failed, after each look."""
        return self._reached(np.array([running_log_e(ticks, 1.0) for ticks in self._ticks()]))

    def passed(self) -> NDArray[np.bool_]:
        """Whether each canary was ever shown to be below the harmful ratio, after each look."""
        mirrored = [[tick.mirrored for tick in ticks] for ticks in self._ticks()]
        return self._reached(np.array([running_log_e(ticks, 1 / _HARMFUL) for ticks in mirrored]))

    def knowing(self) -> NDArray[np.bool_]:
        """The same by the likelihood ratio of the rise that it is."""
        both = self.bad + self.stable_bad
        share = self.canary / _REQUESTS
        steps = self.bad * log(self.ratio) - both * np.log1p(share * (self.ratio - 1))
        return self._reached(np.cumsum(steps, axis=1))

    def z_test(self) -> NDArray[np.bool_]:
        """Whether the one-sided z-test of two proportions rejects, at each look, at 5 %."""
        bad, stable_bad = np.cumsum(self.bad, axis=1), np.cumsum(self.stable_bad, axis=1)
        canary, stable = np.cumsum(self.canary), np.cumsum(self.stable)
        pooled = (bad + stable_bad) / (canary + stable)
        spread = np.sqrt(pooled * (1 - pooled) * (1 / canary + 1 / stable))
        difference = bad / canary - stable_bad / stable
        z = np.divide(difference, spread, out=np.zeros_like(difference), where=spread > 0)
        return np.asarray(z > NormalDist().inv_cdf(1 - _ALPHA))

    def mann_whitney(self) -> NDArray[np.bool_]:
        """The same for the Mann-Whitney test of the error rates of each minute so far."""
        rates, stable_rates = self.bad / self.canary, self.stable_bad / self.stable
        rejected = np.zeros(rates.shape, dtype=bool)
        for look in range(_FEWEST_POINTS, _LOOKS + 1):
            found = stats.mannwhitneyu(
                rates[:, :look], stable_rates[:, :look], axis=1, alternative="greater", method="asymptotic"
            )
            rejected[:, look - 1] = found.pvalue <= _ALPHA
        return rejected

    def _ticks(self) -> list[list[Tick]]:
        totals = list(zip(self.canary.tolist(), self.stable.tolist(), strict=True))
        return [
            [
                Tick(canary_bad=a, canary_total=n, stable_bad=b, stable_total=m)
                for a, b, (n, m) in zip(bad, stable_bad, totals, strict=True)
            ]
            for bad, stable_bad in zip(self.bad.tolist(), self.stable_bad.tolist(), strict=True)
        ]

    @staticmethod
    def _reached(evidence: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.asarray(np.maximum.accumulate(evidence, axis=1) >= log(1 / _ALPHA))


class Pauses(Course):
    """So many canaries, one pod beside nine, each of which pauses now and then.

    A pause makes `slow` of the requests of its minute slow; with `together` all pods have it at once. Without
    one, the canary's share of slow requests is `ratio` times stable's.
    """

    def __init__(
        self,
        random: np.random.Generator,
        slow: float,
        runs: int,
        *,
        together: bool = False,
        ratio: float = 1.0,
    ) -> None:
        self.ratio = ratio
        self.canary = np.full(_LOOKS, _REQUESTS // _PODS)
        self.stable = _REQUESTS - self.canary
        pauses = random.random((_PODS, runs, _LOOKS)) < _PAUSED
        if together:
            pauses[:] = pauses[0]
        usual = np.full((_PODS, 1, 1), _SLOW_RATE)
        usual[0] *= ratio
        late = random.binomial(_REQUESTS // _PODS, usual + slow * pauses)
        self.bad, self.stable_bad = late[0], late[1:].sum(axis=0)

    def one_tick_enough(self) -> NDArray[np.bool_]:
        """Whether each canary has failed, after each look, if slow requests were judged as errors are."""
        return super().sequential()

    def sequential(self) -> NDArray[np.bool_]:
        """Whether each canary has failed, after each look."""
        most = rule_for(Measure.SLOW).most_of_a_tick
        return self._reached(np.array([running_log_e(ticks, 1.0, most) for ticks in self._ticks()]))


class OwnShares:
    """So many canaries of a small service that fail `share` of their requests, a row a canary."""

    def __init__(self, random: np.random.Generator, share: float, runs: int) -> None:
        self.bad = np.cumsum(random.binomial(_FEW_REQUESTS, share, (runs, _LOOKS)), axis=1)
        self.total = _FEW_REQUESTS * np.arange(1, _LOOKS + 1)

    def sequential(self) -> NDArray[np.bool_]:
        """Whether each canary is shown to be above the critical limit, at each look."""
        # A canary at one weight has half of the chance of error: the other half is for each weight by itself.
        enough = log(2 / _ALPHA)
        return np.array(
            [
                [
                    log_e_share_above(bad, total, _CRITICAL) >= enough
                    for bad, total in zip(row, self.total.tolist(), strict=True)
                ]
                for row in self.bad.tolist()
            ]
        )

    def exact_interval(self) -> NDArray[np.bool_]:
        """Whether the exact two-sided 95 % interval lies above the critical limit, at each look."""
        return np.asarray(stats.binom.sf(self.bad - 1, self.total, _CRITICAL) < _ALPHA / 2)


def ever(found: NDArray[np.bool_]) -> str:
    """The share of canaries for which a test was ever positive, with two standard errors."""
    share = float(found.any(axis=1).mean())
    error = 2 * (share * (1 - share) / len(found)) ** 0.5
    return f"{share:.1%} ± {error:.1%}"


def looks(found: NDArray[np.bool_]) -> str:
    """At which look half of the canaries were found, and 80 %."""
    first = np.sort(np.where(found.any(axis=1), found.argmax(axis=1) + 1, _LOOKS + 1))
    told = [int(first[int(np.ceil(share * len(first))) - 1]) for share in (0.5, _POWER)]
    half, most = (f"over {_LOOKS}" if look > _LOOKS else str(look) for look in told)
    return f"{half} / {most}"


def main() -> None:
    """Print the tables."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    random, began = np.random.default_rng(2026), time.perf_counter()
    alarms, found = [], []
    for name, shares in _SPLITS.items():
        course = Course(random, shares, 1.0, runs)
        sequential = course.sequential()
        assert sequential.any(axis=1).mean() <= _ALPHA
        harmful = Course(random, shares, _HARMFUL, runs).passed()
        assert harmful.any(axis=1).mean() <= _ALPHA
        alarms.append(
            (name, ever(sequential), ever(course.z_test()), ever(course.mann_whitney()), ever(harmful))
        )
        for ratio in (2.0, 4.0):
            course = Course(random, shares, ratio, runs // 4)
            sequential = course.sequential()
            found.append((name, f"{ratio:g}×", looks(sequential), looks(course.knowing()), ever(sequential)))
    traffic = f"{_REQUESTS:,} requests a minute, {_RATE:.1%} errors, {_LOOKS} looks"
    print_table(
        f"False alarms without a change ({traffic}; {runs:,} canaries; goal: at most 5 %)",
        (
            "canary's share",
            "sequential verdict",
            "z-test at every look",
            "Mann-Whitney at every look",
            f"wrong PASS at {_HARMFUL:g}×",
        ),
        alarms,
    )
    print_table(
        f"Looks until a rise is found, for half / 80 % of the canaries ({traffic}; {runs // 4:,} canaries)",
        ("canary's share", "error ratio", "sequential verdict", "best, knowing the rise", "found within 60"),
        found,
    )
    print_table(
        f"The share of errors above {_CRITICAL:.0%} ({_FEW_REQUESTS} requests a minute, {_LOOKS} looks; ever"
        " critical: goal at most 5 % at the limit; looks for half / 80 %)",
        ("true share", "sequential", "exact 95 % interval at every look", "looks, sequential"),
        [
            (
                f"{share:.0%}",
                ever(shares.sequential()),
                ever(shares.exact_interval()),
                looks(shares.sequential()),
            )
            for share in (0.04, _CRITICAL, 0.1, 0.2, 0.4)
            for shares in [OwnShares(random, share, runs)]
        ],
    )
    print_table(
        f"False alarms of slow requests where a pod pauses in {_PAUSED:.0%} of its minutes ({_REQUESTS:,}"
        f" requests a minute, {_SLOW_RATE:.0%} slow, one pod of {_PODS} the canary's, {_LOOKS} looks;"
        f" {runs:,} canaries)",
        ("a pause makes slow", "each pod by itself", "all pods at once", "by itself, if judged as errors"),
        [
            (
                f"{slow:.0%} of the requests of its minute",
                ever(alone.sequential()),
                ever(Pauses(random, slow, runs, together=True).sequential()),
                ever(alone.one_tick_enough()),
            )
            for slow in (0.0, 0.02, 0.05, 0.2)
            for alone in [Pauses(random, slow, runs)]
        ],
    )
    print_table(
        f"Looks until a slower canary is found, {_LOOKS} at most (as above; half of the canaries / 80 %)",
        ("slow requests", "without pauses", "a pause makes 5 % slow", "without pauses, if judged as errors"),
        [
            (
                f"{ratio:g}x",
                looks(steady.sequential()),
                looks(Pauses(random, 0.05, runs, ratio=ratio).sequential()),
                looks(steady.one_tick_enough()),
            )
            for ratio in (2, 4, 10)
            for steady in [Pauses(random, 0.0, runs, ratio=ratio)]
        ],
    )
    print(f"\n{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
