"""What one bucket of a source's answer is: measured counts, a gap, or a value that cannot be true."""

from enum import StrEnum
from math import isfinite, isnan

from dashboard.domain.event_counts import MAXIMUM_COUNT, to_units


class BucketFault(StrEnum):
    """Why a bucket that the source did answer for is not counted."""

    NOT_A_NUMBER = "not_a_number"
    INFINITE = "infinite"
    NEGATIVE = "negative"
    TOO_LARGE = "too_large"
    GOOD_EXCEEDS_TOTAL = "good_exceeds_total"
    NO_GOOD_SERIES = "no_good_series"
    NO_TOTAL_SERIES = "no_total_series"
    PARTIAL_ANSWER = "partial_answer"

    @property
    def sentence(self) -> str:
        """The fault in words, for people."""
        return _SENTENCES[self]


_SENTENCES = {
    BucketFault.NOT_A_NUMBER: "the source answered NaN, which is not a count",
    BucketFault.INFINITE: "the source answered an infinite count",
    BucketFault.NEGATIVE: "the source answered a negative count",
    BucketFault.TOO_LARGE: f"the source answered a count above {MAXIMUM_COUNT:g} in one bucket",
    BucketFault.GOOD_EXCEEDS_TOTAL: "more good events than events in total",
    BucketFault.NO_GOOD_SERIES: "a total but no good series, and this service never had one",
    BucketFault.NO_TOTAL_SERIES: "a good series but no total",
    BucketFault.PARTIAL_ANSWER: "the source warned that its answer is partial",
}

_SYNTHETIC_ZERO = 0.0


def measure(
    good: float | None, total: float | None, *, good_seen_before: bool
) -> tuple[int, int] | BucketFault | None:
    """The bucket's (good, total) in count units, or what is wrong with it, or None for a gap.

    `None` means that the series has no value in this bucket. A missing good value beside a measured total
    means that nothing was good (PromQL drops a sum over nothing), but only if this service has had a
    good value before: else the query is wrong, and a wrong query must not look like an outage.
    """
    if good is None and total is None:
        return None
    if total is None:
        return BucketFault.NO_TOTAL_SERIES
    if fault := _impossible(total):
        return fault
    if good is None:
        if total and not good_seen_before:
            return BucketFault.NO_GOOD_SERIES
        good = _SYNTHETIC_ZERO
    if fault := _impossible(good):
        return fault
    units = to_units(good), to_units(total)
    return BucketFault.GOOD_EXCEEDS_TOTAL if units[0] > units[1] else units


def _impossible(count: float) -> BucketFault | None:
    if isnan(count):
        return BucketFault.NOT_A_NUMBER
    if not isfinite(count):
        return BucketFault.INFINITE
    if count < 0:
        return BucketFault.NEGATIVE
    return BucketFault.TOO_LARGE if count > MAXIMUM_COUNT else None
