"""Requests and errors of a canary's pods and of its stable sibling's, as two PromQL queries give them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isfinite

from dashboard.domain.canary.rollouts import RolloutState
from dashboard.domain.canary.ticks import MOST_REQUESTS, Tick

#: Good events may exceed all events by so much of them: sums of floats are no more exact than that.
_FLOAT_NOISE = 1e-9
_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmQueries:
    """A pair of PromQL queries that give good and total requests by namespace and hash of the pods.

    Both hold the placeholders `{{range}}`, where the range goes, and `{{pod_hashes}}`, a regular expression
    of the hashes that are asked for. `tick` is the time between two looks, `scrape_interval` how often the
    underlying series are read.

    The range is a tick and one scrape more, and the answer is scaled back to the tick: `increase()` sees
    what lies between the first and the last sample of its range, one scrape less than the range, and
    extrapolates to the whole. So each request counts in one tick and once; over the tick alone, what
    happened between two ticks would be made up for by counting the rest more than once, which is evidence
    that nobody has.
    """

    good: str
    total: str
    namespace_label: str
    pod_hash_label: str
    tick: timedelta
    scrape_interval: timedelta

    @property
    def range(self) -> timedelta:
        """What `{{range}}` stands for."""
        return self.tick + self.scrape_interval

    @property
    def scale(self) -> float:
        """What an answer is multiplied by to be one tick's."""
        return self.tick / self.range


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmAnswers:
    """What the two queries gave for one arm, {unix seconds of a tick's end: requests of the tick}."""

    good: Mapping[int, float] = field(default_factory=dict)
    total: Mapping[int, float] = field(default_factory=dict)


def tick_ends(began_at: datetime, until: datetime, tick: timedelta) -> range:
    """The ends (unix seconds) of the ticks that lie wholly between the two, on the grid of whole ticks."""
    step = int(tick.total_seconds())
    first = -(-int(began_at.timestamp()) // step) * step + step
    if began_at.microsecond and began_at.timestamp() > first - step:
        first += step
    return range(first, int(until.timestamp()) + 1, step)


def counted_ticks(
    canary: ArmAnswers,
    stable: ArmAnswers,
    ends: Sequence[int],
    tick: timedelta,
    states: Sequence[RolloutState],
) -> list[Tick]:
    """The ticks that end at `ends` of which both arms are known; `states` are those of the Rollout in order.

    An arm without a series has not told that it had no requests, so that such a tick is unknown, and so is
    one that is NaN, negative or has more good requests than requests. An arm that had requests and has no
    good ones failed them all, provided that the query ever found a good request of either arm: else the
    query is wrong.
    """
    query_works = bool(canary.good or stable.good)
    found = []
    for end in ends:
        of_canary, of_stable = _counts(canary, end), _counts(stable, end)
        if of_canary is None or of_stable is None:
            continue
        if not query_works and (of_canary[1] or of_stable[1]):
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
    return found


def _counts(arm: ArmAnswers, end: int) -> tuple[float, float] | None:
    """Errors and requests; None where they are not known."""
    total, good = arm.total.get(end), arm.good.get(end, 0.0)
    if total is None or not (isfinite(total) and isfinite(good)) or not 0 <= total <= MOST_REQUESTS:
        return None
    if not 0 <= good <= total * (1 + _FLOAT_NOISE):
        return None
    total = round(total, _DIGITS)
    return min(max(round(total - good, _DIGITS), 0.0), total), total


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
