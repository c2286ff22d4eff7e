"""How much of a timeline is drawn: no more than a browser draws at once, and first what went wrong."""

from collections.abc import Sequence

from dashboard.domain.releases import Release
from dashboard.reports.lanes import TierSpan
from dashboard.ui.release_words import Outcome, outcome

#: Of each part of the chart; together with the ends of the lines that is about 1,000 points.
MOST_MARKERS, MOST_INCIDENTS, MOST_TIER_SPANS, MOST_ROLLBACKS = 500, 100, 240, 30


def kept(releases: Sequence[tuple[int, Release]], most: int) -> list[tuple[int, Release]]:
    """At most `most` of `releases` (each with its lane): what went wrong first, then the newest."""
    if len(releases) <= most:
        return list(releases)
    ranked = sorted(
        releases,
        key=lambda item: (outcome(item[1]) is not Outcome.GOOD, item[1].deployment.began_at),
        reverse=True,
    )
    return ranked[:most]


def merged(spans: Sequence[TierSpan], most: int) -> list[TierSpan]:
    """At most `most` spans that cover the same time; where several become one, it has the strictest tier."""
    found = list(spans)
    while len(found) > max(most, 1):
        pairs = zip(found[::2], found[1::2], strict=False)
        found = [
            TierSpan(
                start=first.start,
                end=second.end,
                tier=max(first.tier, second.tier, key=lambda tier: tier.severity),
            )
            for first, second in pairs
        ] + (found[-1:] if len(found) % 2 else [])
    return found
