"""What the metrics of the shipped templates measure in the demo: from its counts where they tell it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import NormalDist

import numpy as np

from dashboard.demo.canary_counts import Arms, Requests, ServiceCounts
from dashboard.demo.slots import random_of

_TWO_MINUTES, _FIVE_MINUTES = timedelta(minutes=2), timedelta(minutes=5)
_HOUR, _DAY, _WINDOW = timedelta(hours=1), timedelta(days=1), timedelta(days=30)
_LEAST_ERROR_RATIO, _LEAST_ERROR_DEVIATION, _LEAST_LATENCY_DEVIATION = 0.001, 0.002, 0.025

#: So many errors of the canary in a window say nothing, but never more of its requests than that share
#: (`errors-forgiven` and `share-forgiven` of the templates).
_ERRORS_FORGIVEN, _SHARE_FORGIVEN = 3, 0.1

#: Of requests of which this share is slower than half a second, the 95th percentile is what a log-normal
#: distribution of this width says.
_SLOW_SECONDS, _WIDTH, _P95 = 0.5, 0.6, NormalDist().inv_cdf(0.95)
#: Nothing tells how slow a service without an indicator of latency is.
_PLAIN_SLOW = 0.002
#: How unsure a percentile of few requests is.
_LATENCY_VARIES = 0.03
_SEEN_BEFORE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a canary of `service` is measured with; `values` stand in for what would have been measured."""

    service: str
    arms: Arms
    error_budget: float
    values: Mapping[str, Sequence[float]]

    def value(self, metric: str, at: datetime) -> str:
        """The answer of Prometheus for `metric` at that time, as Argo stores it."""
        random = random_of(self.service, metric, at.isoformat())
        if metric in self.values:
            low, high = self.values[metric]
            return _stored(float(random.uniform(low, high)))
        return _stored(_MEASURES[metric](self, at, random))


_Measure = Callable[[Measured, datetime, np.random.Generator], float | None]


def _stored(value: float | None) -> str:
    return "[]" if value is None else f"[{value:.6g}]"


def _answers(measured: Measured, at: datetime, _random: np.random.Generator) -> float | None:
    canary, _ = measured.arms.window(at, _TWO_MINUTES)
    return float(canary.total - canary.failed)


def _errors_of_two_minutes(measured: Measured, at: datetime, _random: np.random.Generator) -> float | None:
    return _unforgiven(measured.arms.window(at, _TWO_MINUTES)[0])


def _unforgiven(canary: Requests) -> float | None:
    """The share of errors that tell something; None without a request."""
    forgiven = min(_ERRORS_FORGIVEN, _SHARE_FORGIVEN * canary.total)
    return max(canary.failed - forgiven, 0) / canary.total if canary.total else None


def _burn_fast(measured: Measured, at: datetime, _random: np.random.Generator) -> float | None:
    ratio = _unforgiven(measured.arms.window(at, _FIVE_MINUTES)[0])
    return None if ratio is None else ratio / measured.error_budget


def _burn_slow(measured: Measured, at: datetime, _random: np.random.Generator) -> float | None:
    ratio = _until(measured, at, _HOUR).failed_ratio
    return None if ratio is None else ratio / measured.error_budget


def _budget_remaining(measured: Measured, at: datetime, _random: np.random.Generator) -> float | None:
    ratio = _until(measured, at, _WINDOW).failed_ratio
    return None if ratio is None else 1 - ratio / measured.error_budget


def _errors_beside_stable(measured: Measured, at: datetime, _random: np.random.Generator) -> float | None:
    canary, stable = measured.arms.window(at, _FIVE_MINUTES)
    ratio, usual = _unforgiven(canary), stable.failed_ratio
    return None if ratio is None or usual is None else ratio / max(usual, _LEAST_ERROR_RATIO)


def _latency_beside_stable(measured: Measured, at: datetime, random: np.random.Generator) -> float | None:
    canary, stable = measured.arms.window(at, _FIVE_MINUTES)
    if not canary.total or not stable.total:
        return None
    return _arm_p95(measured, canary, random) / _arm_p95(measured, stable, random)


def _latency(measured: Measured, at: datetime, random: np.random.Generator) -> float | None:
    canary, _ = measured.arms.window(at, _TWO_MINUTES)
    return _arm_p95(measured, canary, random) if canary.total else None


def _anomalous_errors(measured: Measured, at: datetime, _random: np.random.Generator) -> float | None:
    ratio, day = _unforgiven(measured.arms.window(at, _FIVE_MINUTES)[0]), _until(measured, at, _DAY)
    asked = day.total > 0
    if ratio is None or not asked.any():
        return None
    ratios = day.failed[asked] / day.total[asked]
    return (ratio - float(ratios.mean())) / max(float(ratios.std()), _LEAST_ERROR_DEVIATION)


def _anomalous_latency(measured: Measured, at: datetime, random: np.random.Generator) -> float | None:
    canary, day = measured.arms.window(at, _FIVE_MINUTES)[0], _until(measured, at, _DAY)
    asked = day.total > 0
    if not canary.total or not asked.any():
        return None
    usual = np.array([_p95(_PLAIN_SLOW)])
    if len(day.slow):
        shares = (day.slow[asked] + 0.5) / (day.total[asked] + 1)
        usual = np.array([_p95(share) for share in shares.tolist()])
    return (_arm_p95(measured, canary, random) - float(usual.mean())) / max(
        float(usual.std()), _LEAST_LATENCY_DEVIATION
    )


def _probes_succeed(_measured: Measured, _at: datetime, random: np.random.Generator) -> float | None:
    return float(random.choice([1.0, 1.0, 1.0, 29 / 30]))


def _probe_seconds(_measured: Measured, _at: datetime, random: np.random.Generator) -> float | None:
    return float(random.uniform(0.21, 0.43))


def _until(measured: Measured, at: datetime, length: timedelta) -> ServiceCounts:
    return measured.arms.counts.between(at - length, at)


def _arm_p95(measured: Measured, arm: Requests, random: np.random.Generator) -> float:
    usual = _usual_slow(measured)
    # As one who has seen so many usual requests before: a few slow ones among few say little.
    share = (
        (arm.slow + _SEEN_BEFORE * usual) / (arm.total + _SEEN_BEFORE)
        if len(measured.arms.counts.slow)
        else usual
    )
    return _p95(share) * float(np.exp(_LATENCY_VARIES * random.standard_normal()))


def _usual_slow(measured: Measured) -> float:
    counts = measured.arms.counts
    if not len(counts.slow):
        return _PLAIN_SLOW
    day = counts.between(measured.arms.since - _DAY, measured.arms.since)
    total = int(day.total.sum())
    return int(day.slow.sum()) / total if total else _PLAIN_SLOW


def _p95(share: float) -> float:
    """The 95th percentile of requests of which `share` are slow."""
    slow = NormalDist().inv_cdf(1 - min(max(share, 1e-6), 0.99))
    return _SLOW_SECONDS * float(np.exp(_WIDTH * (_P95 - slow)))


_MEASURES: Mapping[str, _Measure] = {
    "smoke-answers": _answers,
    "smoke-errors": _errors_of_two_minutes,
    "health-errors": _errors_of_two_minutes,
    "health-latency": _latency,
    "burn-fast": _burn_fast,
    "burn-slow": _burn_slow,
    "budget-remaining": _budget_remaining,
    "errors-beside-stable": _errors_beside_stable,
    "latency-beside-stable": _latency_beside_stable,
    "anomalous-errors": _anomalous_errors,
    "anomalous-latency": _anomalous_latency,
    "probes-succeed": _probes_succeed,
    "probes-are-quick": _probe_seconds,
}
METRICS = frozenset(_MEASURES)
