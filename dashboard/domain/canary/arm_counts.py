"""Requests of a canary's pods and of its stable sibling's, as Prometheus counted them: bad ones and all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from math import isfinite

from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.rollouts import RolloutState
from dashboard.domain.canary.ticks import MOST_REQUESTS, Tick

#: Good events may exceed all events by so much of them: sums of floats are no more exact than that.
_FLOAT_NOISE = 1e-9
_DIGEST_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyCounters:
    """The counters of the requests that were `fast` enough, and of all whose time was taken.

    Both are of one histogram: the bucket up to the threshold, and its count. The count of requests may be of
    others, which were never timed and would seem to be slow. `threshold` is in seconds, None where the
    counter does not tell it.
    """

    fast: str
    total: str
    threshold: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmCounters:
    """The counters of good and of all requests, by namespace and hash of the pods.

    `good` and `total` select counters, as in `http_requests_total{…}`, and hold the placeholder
    `{{pod_hashes}}`, a regular expression of the hashes that are asked for. `target_label` tells the targets
    that are scraped from each other. `tick` is the time between two looks. Without `latency` nobody counts
    slow requests; the text of the others is then what it was before there was any (`digest`).
    """

    good: str
    total: str
    latency: LatencyCounters | None = field(default=None, repr=False)
    namespace_label: str
    pod_hash_label: str
    target_label: str
    tick: timedelta

    @property
    def digest(self) -> str:
        """What tells counts of these counters from those of others."""
        told = repr(self)
        if self.latency is not None:
            told += f" {self.latency.fast!r} {self.latency.total!r}"
        return sha256(told.encode()).hexdigest()[:_DIGEST_LENGTH]

    @property
    def by_measure(self) -> dict[Measure, tuple[str, str]]:
        """Of each measure that is counted, the counter of what is not bad, and that of all."""
        found = {Measure.ERRORS: (self.good, self.total)}
        if self.latency is not None:
            found[Measure.SLOW] = self.latency.fast, self.latency.total
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmAnswers:
    """What was counted of one arm in one measure, {unix seconds of a tick's end: requests of the tick}.

    `good` are those that are not bad.
    """

    good: Mapping[int, float] = field(default_factory=dict)
    total: Mapping[int, float] = field(default_factory=dict)


def tick_ends(began_at: datetime, until: datetime, tick: timedelta) -> range:
    """The ends (unix seconds) of the ticks that lie wholly between the two, on the grid of whole ticks."""
    step = int(tick.total_seconds())
    first = -(-int(began_at.timestamp()) // step) * step + step
    if began_at.microsecond and began_at.timestamp() > first - step:
        first += step
    return range(first, int(until.timestamp()) + 1, step)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedTicks:
    """The ticks of which both arms are known, and `doubtful_from`: the first end that is to be read again.

    That is the first tick that is not known, or in which an arm has no good series: such ones may be real, or
    a source that was ill. None where there is none.
    """

    ticks: tuple[Tick, ...]
    doubtful_from: int | None


def counted_ticks(  # noqa: PLR0913, PLR0917 - one argument per fact
    canary: ArmAnswers,
    stable: ArmAnswers,
    ends: Sequence[int],
    tick: timedelta,
    states: Sequence[RolloutState],
    measure: Measure = Measure.ERRORS,
) -> CountedTicks:
    """The ticks that end at `ends`; `states` are those of the Rollout in order.

    An arm without a series has not told that it had no requests, so that such a tick is unknown, and so is
    one that is NaN, negative or has more good requests than requests. An arm that had requests and has no
    good ones failed them all, provided that a good request of either arm was ever found: else the selector
    is wrong. Not so of slow requests: a histogram has all its buckets from its first request on, so that an
    arm without the bucket is one whose version has other buckets, and how many were slow is unknown.
    """
    is_right = bool(canary.good or stable.good)
    found, doubtful = [], []
    for end in ends:
        of_canary, of_stable = _counts(canary, end), _counts(stable, end)
        if of_canary is None or of_stable is None or not (is_right or of_canary[1] == of_stable[1] == 0):
            doubtful.append(end)
            continue
        if end not in canary.good or end not in stable.good:
            doubtful.append(end)
            if measure is Measure.SLOW and (_has_nothing_good(canary, end) or _has_nothing_good(stable, end)):
                continue
        found.append(
            Tick(
                canary_bad=of_canary[0],
                canary_total=of_canary[1],
                stable_bad=of_stable[0],
                stable_total=of_stable[1],
                at=datetime.fromtimestamp(end, tz=UTC),
                weight=_weight(states, end, tick),
            )
        )
    return CountedTicks(ticks=tuple(found), doubtful_from=min(doubtful, default=None))


def _has_nothing_good(arm: ArmAnswers, end: int) -> bool:
    """Whether an arm had requests, and no series of the good ones among them."""
    return bool(arm.total.get(end)) and end not in arm.good


def _counts(arm: ArmAnswers, end: int) -> tuple[float, float] | None:
    """Bad requests and all; None where they are not known."""
    total, good = arm.total.get(end), arm.good.get(end, 0.0)
    if total is None or not (isfinite(total) and isfinite(good)) or not 0 <= total <= MOST_REQUESTS:
        return None
    if not 0 <= good <= total * (1 + _FLOAT_NOISE):
        return None
    return max(total - good, 0.0), total


def _weight(states: Sequence[RolloutState], end: int, tick: timedelta) -> float | None:
    """The share that the canary was to get over the whole tick; None where it changed, or is not known."""
    end_at = datetime.fromtimestamp(end, tz=UTC)
    started_at = end_at - tick
    weights: set[float | None] = set()
    at_the_start: float | None = None
    for state in states:
        if state.at > end_at:
            break
        share = None if state.current_weight is None else state.current_weight / state.whole_weight
        if state.at <= started_at:
            at_the_start = share
        else:
            weights.add(share)
    weights.add(at_the_start)
    return weights.pop() if len(weights) == 1 else None
