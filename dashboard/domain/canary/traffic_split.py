"""Is the canary really getting its weight? A canary without traffic passes every check on its errors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from math import fsum

from dashboard.domain.canary.ticks import Tick
from dashboard.domain.intervals import Proportion, exact_proportion

#: A share within so much of the weight, as a share of the weight, is as good as the weight: balancers
#: divide by pods and connections, not by single requests.
NEAR_ENOUGH = 0.2


class Split(StrEnum):
    """How the canary's share of the requests compares with its weight."""

    AS_WEIGHTED = "as weighted"
    TOO_LITTLE = "too little"
    TOO_MUCH = "too much"
    TOO_FEW_REQUESTS = "too few requests to tell"
    NO_REQUESTS = "no requests"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficSplit:
    """The canary's share over one step, in which its `weight` was the same.

    `share` has the exact interval of 95 %, from 0 to 1 as `weight`; None without requests. `first` and
    `last` are the places of the step's ticks, counted from 0.
    """

    weight: float
    share: Proportion | None
    split: Split
    first: int
    last: int


def traffic_splits(ticks: Sequence[Tick], near_enough: float = NEAR_ENOUGH) -> tuple[TrafficSplit, ...]:
    """Each stretch of ticks with the same weight, in order; those without a known weight are left out.

    The share is too little or too much when its whole interval (Clopper and Pearson, see `intervals`) lies
    beyond the weight by more than `near_enough` of it. It is as weighted when the share itself is nearer
    and its interval is no wider than the weight; else there are too few requests to tell.

    Raises:
        ValueError: when `near_enough` is negative.
    """
    if near_enough < 0:
        raise ValueError(f"near enough: found {near_enough}, expected 0 or more")
    found = []
    for weight, stretch in groupby(enumerate(ticks), key=lambda item: item[1].weight):
        if weight is not None:
            places, step = zip(*stretch, strict=True)
            found.append(_split(weight, step, places[0], places[-1], near_enough))
    return tuple(found)


def _split(weight: float, step: Iterable[Tick], first: int, last: int, near_enough: float) -> TrafficSplit:
    counts = [(tick.canary_total, tick.total) for tick in step]
    # Extrapolated counts have fractions; half a request more or less changes nothing here.
    canary = round(fsum(canary for canary, _ in counts))
    share = exact_proportion(canary, max(canary, round(fsum(total for _, total in counts))))
    return TrafficSplit(
        weight=weight, share=share, split=_compare(weight, share, near_enough), first=first, last=last
    )


def _compare(weight: float, share: Proportion | None, near_enough: float) -> Split:
    if share is None:
        return Split.NO_REQUESTS
    low, high = weight * (1 - near_enough), weight * (1 + near_enough)
    if share.high < low:
        return Split.TOO_LITTLE
    if share.low > high:
        return Split.TOO_MUCH
    exactly_none = not weight and not share.k
    told = share.high - share.low <= weight and low <= share.value <= high
    return Split.AS_WEIGHTED if told or exactly_none else Split.TOO_FEW_REQUESTS
