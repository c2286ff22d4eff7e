"""When a canary is through, when its error counts can tell, and how long it took, in words."""

from datetime import datetime
from zoneinfo import ZoneInfo

from dashboard.domain.canary.canary import Canary
from dashboard.domain.canary.ladder import Ladder, times_contradict
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.time_ahead import AnalysesAhead, VerdictAhead
from dashboard.ui import format as show
from dashboard.ui.canary_judge_words import capital, times
from dashboard.ui.canary_measure_words import MEASURE_WORDS
from dashboard.ui.release_words import brief


def when_words(
    ladder: Ladder | None, zone: ZoneInfo, ahead: AnalysesAhead | None = None, now: datetime | None = None
) -> str:
    """When the canary is through at the earliest, or what it waits for; markdown.

    `ahead` is what its analyses take besides; `now` is when the pauses that the policy asks for are counted
    from.
    """
    if ladder is None:
        return "When it is through is not known: its Rollout or its steps were not seen."
    if ladder.waits_for is not None:
        return f"It does not go on by itself: {brief(ladder.waits_for, 120)}."
    if ladder.eta is None or ladder.left is None:
        return "When it is through is not known."
    analyses = show.amount(ladder.analyses_ahead, "analysis", "analyses")
    also = ""
    if ladder.analyses_ahead:
        takes = "takes" if ladder.analyses_ahead == 1 else "take"
        also = f", and later by as long as {analyses} ahead {takes}{_how_long(ladder, ahead)}"
    if not ladder.left:
        return f"No pause remains{also}."
    asked = ""
    if now is not None and ladder.left_asked is not None and ladder.left_asked > ladder.left:
        by_policy = show.moment(now + ladder.left_asked, zone)
        long = show.length(ladder.left_asked)
        asked = f" by the Rollout, in **{long}** with the policy's pauses ({by_policy})"
    soonest = f"**{show.length(ladder.left)}** at the earliest ({show.moment(ladder.eta, zone)})"
    return f"Through in {soonest}{asked}{also}."


def _how_long(ladder: Ladder, ahead: AnalysesAhead | None) -> str:
    """How long the analyses ahead take, as far as earlier runs of the same templates tell."""
    if ahead is None or ahead.unknown >= ladder.analyses_ahead:
        return ""
    long = show.lasted(ahead.known.total_seconds())
    if not ahead.unknown:
        return f": {long}" if ahead.known else ": they are due now"
    known = ladder.analyses_ahead - ahead.unknown
    return f": {long} for {show.number(known)} of them, the rest is not known"


def verdict_words(found: VerdictAhead, measure: Measure = Measure.ERRORS) -> str:
    """When the counts can be expected to tell, at the traffic that there is; markdown."""
    rate, words = f"at {show.pace(found.per_minute)} requests a minute", MEASURE_WORDS[measure]
    counts = f"the {words.counts}"
    if found.left is None:
        return f"When {counts} can tell is not known yet ({rate}): it takes {words.bad}, and both arms."
    if not found.left:
        told = f"There were requests enough for {counts} to rule out {times(found.ratio)}"
        return f"{told}, and they do not: its {words.rate} may be near that ({rate})."
    left, does = show.lasted(found.left.total_seconds()), "rule out" if found.to_pass else "show"
    return f"{capital(counts)} {does} a {times(found.ratio)} rise in about **{left}**, {rate}."


def span_words(canary: Canary, zone: ZoneInfo) -> str:
    """From when to when a canary went, and how long that took, as far as its times tell."""
    if canary.ended_at is None:
        return f"began {show.moment(canary.began_at, zone)}; when it ended is unknown"
    if times_contradict(canary):
        told = f"{show.moment(canary.ended_at, zone)}, before it began"
        return f"began {show.moment(canary.began_at, zone)}; told to have ended {told}: its times contradict"
    lasted = show.length(canary.ended_at - canary.began_at)
    return f"{show.stretch(canary.began_at, canary.ended_at, zone)} ({lasted})"
