"""The error budget of one objective, exact (FRAMEWORK, Words and Error budget policy)."""

from datetime import timedelta
from fractions import Fraction

from dashboard.domain.event_counts import BUCKET_SECONDS, UNITS_PER_EVENT, EventCounts

_ALL = Fraction(1)


def remaining(counts: EventCounts, allowed_error_ratio: Fraction) -> Fraction:
    """1 − bad ÷ ((1 − target) × total), signed and never clamped; 1 when there was no traffic.

    The value is rational arithmetic on counts: 5,000 bad of 10,000,000 at 99.9 % is exactly 1/2.
    """
    if not counts.total:
        return _ALL
    whole = counts.total * allowed_error_ratio.numerator
    return Fraction(whole - counts.bad * allowed_error_ratio.denominator, whole)


def cost_of_one_failure(counts: EventCounts, allowed_error_ratio: Fraction) -> Fraction | None:
    """The share of the whole budget that one failed event costs; None when there was no traffic."""
    if not counts.total:
        return None
    allowed = counts.total * allowed_error_ratio.numerator
    return Fraction(UNITS_PER_EVENT * allowed_error_ratio.denominator, allowed)


def is_covered(counts: EventCounts, span: timedelta, minimum: Fraction) -> bool:
    """Whether at least the share `minimum` of the buckets of `span` was measured."""
    measured, expected = counts.buckets * BUCKET_SECONDS, int(span.total_seconds())
    return measured * minimum.denominator >= expected * minimum.numerator


def coverage(counts: EventCounts, span: timedelta) -> Fraction:
    """Measured ÷ expected buckets of `span`."""
    return Fraction(counts.buckets * BUCKET_SECONDS, int(span.total_seconds()))
