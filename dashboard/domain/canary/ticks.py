"""What a canary and its stable sibling counted between two looks."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import fsum

#: More requests than that in one tick are no count, and below it no sum of logarithms here loses its digits.
MOST_REQUESTS = 1e15

#: Ticks that grow in all counts by chance: 1 in (5!)² for two arms of independent counts.
_MANY = 5


def require_counts(bad: float, total: float, bad_name: str, total_name: str) -> None:
    """Refuse what cannot be `bad` errors of `total` requests; the names are those in the message.

    Raises:
        ValueError: unless 0 ≤ bad ≤ total ≤ `MOST_REQUESTS`.
    """
    if not 0 <= total <= MOST_REQUESTS:
        expected = f"a number of requests from 0 to {MOST_REQUESTS:g}"
        raise ValueError(f"{total_name}: found {total}, expected {expected}")
    if not 0 <= bad <= total:
        raise ValueError(f"{bad_name}: found {bad}, expected from 0 to {total_name}, which is {total}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Requests and errors of both arms between two looks.

    `canary_bad` of `canary_total` requests to the canary were errors, and `stable_bad` of `stable_total` to
    its stable sibling; where slow requests are counted, these stand for the errors. Counts are whole, except
    that PromQL's `increase()` extrapolates: a fraction is taken as it is. `at` is when the tick ended,
    `weight` the share of all requests that the canary was to get, from 0 to 1; either is None when it is not
    known.

    Raises:
        ValueError: when a count is none (`require_counts`), or the weight is no share.
    """

    canary_bad: float
    canary_total: float
    stable_bad: float
    stable_total: float
    at: datetime | None = None
    weight: float | None = None

    def __post_init__(self) -> None:
        for arm in ("canary", "stable"):
            bad, total = getattr(self, f"{arm}_bad"), getattr(self, f"{arm}_total")
            require_counts(bad, total, f"{arm}_bad", f"{arm}_total")
        if self.weight is not None and not 0 <= self.weight <= 1:
            raise ValueError(f"weight: found {self.weight}, expected a share from 0 to 1")

    @property
    def bad(self) -> float:
        """The errors of both arms."""
        return self.canary_bad + self.stable_bad

    @property
    def total(self) -> float:
        """The requests of both arms."""
        return self.canary_total + self.stable_total

    @property
    def mirrored(self) -> "Tick":
        """The same tick with the arms swapped; the weight stays, since it is told of the canary only."""
        return Tick(
            canary_bad=self.stable_bad,
            canary_total=self.stable_total,
            stable_bad=self.canary_bad,
            stable_total=self.canary_total,
            at=self.at,
            weight=self.weight,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """The errors `bad` among the requests `total` of one arm, over all that was compared."""

    bad: float
    total: float

    @property
    def rate(self) -> float | None:
        """The share of its requests that were errors; None without requests."""
        return self.bad / self.total if self.total else None


def compared(ticks: Iterable[Tick]) -> dict[int, Tick]:
    """The ticks in which both arms had requests, by their position; the others compare nothing."""
    return {place: tick for place, tick in enumerate(ticks) if tick.canary_total and tick.stable_total}


def looks_cumulated(ticks: Sequence[Tick]) -> bool:
    """Whether the counts look like those since the beginning, not since the tick before.

    In `_MANY` ticks or more the requests of both arms grow in each, and no error count ever falls: chance
    makes that of counts of their own less than once in 10,000 times.
    """
    pairs = list(pairwise(ticks))
    return len(ticks) >= _MANY and all(
        before.canary_total < after.canary_total
        and before.stable_total < after.stable_total
        and before.canary_bad <= after.canary_bad
        and before.stable_bad <= after.stable_bad
        for before, after in pairs
    )


def canary_arm(ticks: Collection[Tick]) -> Arm:
    """The canary's counts over `ticks`."""
    return Arm(bad=fsum(tick.canary_bad for tick in ticks), total=fsum(tick.canary_total for tick in ticks))


def stable_arm(ticks: Collection[Tick]) -> Arm:
    """The stable sibling's counts over `ticks`."""
    return Arm(bad=fsum(tick.stable_bad for tick in ticks), total=fsum(tick.stable_total for tick in ticks))
