"""How a measure of both arms is called: the same sentences are told of errors and of slow requests."""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.domain.canary.measure import Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureWords:
    """The words of one measure.

    `bad` are the requests that are bad, `was` and `were` what is said of one and of several, `rate` is their
    share of all, and `counts` what both arms counted.
    """

    bad: str
    was: str
    were: str
    rate: str
    rates: str
    counts: str


MEASURE_WORDS: Mapping[Measure, MeasureWords] = {
    Measure.ERRORS: MeasureWords(
        bad="errors",
        was="failed",
        were="failed",
        rate="error rate",
        rates="error rates",
        counts="error counts",
    ),
    Measure.SLOW: MeasureWords(
        bad="slow requests",
        was="was slow",
        were="were slow",
        rate="share of slow requests",
        rates="shares of slow requests",
        counts="slow requests",
    ),
}
