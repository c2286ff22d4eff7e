"""A metric's measurements of one arm: what is missing, what lies far outside, what the rest looks like."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import floor, fsum, isnan, sqrt


class Missing(StrEnum):
    """What to do with a measurement that is missing (NaN)."""

    REMOVE = "remove"
    REPLACE = "replace"


class Outliers(StrEnum):
    """What to do with measurements that lie far outside the rest."""

    KEEP = "keep"
    REMOVE = "remove"


#: How many times the distance between the quartiles a value may lie beyond them (Kayenta's
#: `outlierFactor`).
OUTLIER_FACTOR = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What `count` measurements look like, in their unit; all but the count are None when there are none.

    `std` is the deviation over count − 1, and 0 for a single one.
    """

    count: int
    low: float | None
    high: float | None
    mean: float | None
    median: float | None
    std: float | None


def without_missing(values: Sequence[float], missing: Missing) -> list[float]:
    """The measurements with the missing ones left out, or told as 0, which is what "replace" means."""
    if missing is Missing.REMOVE:
        return [value for value in values if not isnan(value)]
    return [0.0 if isnan(value) else value for value in values]


def without_outliers(
    values: Sequence[float], factor: float = OUTLIER_FACTOR, *, keep_percentiles: bool = True
) -> list[float]:
    """The measurements between Tukey's fences, `factor` quartile distances beyond the quartiles.

    With `keep_percentiles` nothing between the 1st and the 99th percentile is left out, as in Kayenta's
    judge.

    Raises:
        ValueError: unless `factor` is above 0.
    """
    if not factor > 0:
        raise ValueError(f"outlier factor: found {factor}, expected a number above 0")
    if not values:
        return []
    first, third = percentile(values, 25), percentile(values, 75)
    low, high = first - factor * (third - first), third + factor * (third - first)
    if keep_percentiles:
        low, high = min(low, percentile(values, 1)), max(high, percentile(values, 99))
    return [value for value in values if low <= value <= high]


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which `percent` of the values lie, linear between the neighbours.

    Definition 7 of Hyndman and Fan 1996 (The American Statistician 50:361).

    Raises:
        ValueError: when there are no values, or `percent` is not from 0 to 100.
    """
    if not values or not 0 <= percent <= 100:  # noqa: PLR2004 - what percent means
        raise ValueError(f"found {len(values)} values and {percent} %, expected some values and 0 to 100 %")
    ordered = sorted(values)
    position = percent / 100 * (len(ordered) - 1)
    below = floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (position - below) * (ordered[above] - ordered[below])


def describe(values: Sequence[float]) -> Description:
    """What the measurements look like."""
    count = len(values)
    if not count:
        return Description(count=0, low=None, high=None, mean=None, median=None, std=None)
    centre = mean(values)
    spread = sqrt(fsum((value - centre) ** 2 for value in values) / (count - 1)) if count > 1 else 0.0
    return Description(
        count=count,
        low=min(values),
        high=max(values),
        mean=centre,
        median=percentile(values, 50),
        std=spread,
    )


def mean(values: Sequence[float]) -> float:
    """The plain mean of one or more values."""
    return fsum(values) / len(values)
