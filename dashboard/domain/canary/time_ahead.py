"""How long what is still to come takes: the analyses of a canary, and the verdict on its error counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.domain.canary.ladder import Ladder, Place
from dashboard.domain.canary.replay.analysis import AnalysisSpec
from dashboard.domain.canary.rollouts import StepKind
from dashboard.domain.canary.sequential import ErrorJudgement, Verdict
from dashboard.domain.canary.ticks import Tick

#: Over so many of the newest ticks the rate of requests is taken: it may have been another one before.
_NEWEST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysesAhead:
    """How long the analyses of the steps that remain take together; of `unknown` of them nobody knows it."""

    known: timedelta
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictAhead:
    """When the error counts can be expected to tell, at `per_minute` requests to both arms together.

    With a chance of 80 %, a rise to `ratio` times stable's error rate has been shown `left` from now; when
    `to_pass`, it has been ruled out, if there is none. `left` is None when that cannot be told.
    """

    per_minute: float
    ratio: float
    to_pass: bool
    left: timedelta | None


def usual_length(spec: AnalysisSpec) -> timedelta | None:
    """How long an analysis takes in which everything is measured; None when one has no end of its own."""
    lengths = []
    for metric in spec.metrics:
        count = metric.limits.effective_count
        if count is None:
            return None
        lengths.append(metric.initial_delay + max(count - 1, 0) * (metric.interval or timedelta()))
    return max(lengths, default=None)


def analyses_ahead(
    ladder: Ladder, lengths: Mapping[tuple[str, ...], timedelta], now: datetime
) -> AnalysesAhead:
    """What the analyses take that are still ahead on `ladder`; `lengths` are by the names of templates."""
    known, unknown = timedelta(), 0
    for rung in ladder.rungs:
        if rung.place not in {Place.CURRENT, Place.TO_COME}:
            continue
        if rung.step.kind is StepKind.EXPERIMENT:
            unknown += 1
        elif rung.step.kind is StepKind.ANALYSIS:
            length = lengths.get(rung.step.templates)
            if length is None:
                unknown += 1
            elif rung.place is Place.CURRENT and rung.since is not None:
                known += max(rung.since + length - now, timedelta())
            else:
                known += length
    return AnalysesAhead(known=known, unknown=unknown)


def verdict_ahead(ticks: Sequence[Tick], judgement: ErrorJudgement) -> VerdictAhead | None:
    """When a verdict on `ticks` can be expected.

    None when there is one, when no rate of requests is known, or when only ticks are missing that show it.
    """
    if judgement.verdict is not Verdict.NONE or judgement.held_back:
        return None
    timed = [(tick.at, tick.total) for tick in ticks if tick.at is not None][-_NEWEST:]
    if not timed or timed[-1][0] <= timed[0][0]:
        return None
    minutes = (timed[-1][0] - timed[0][0]) / timedelta(minutes=1)
    # The first tick only says when the time of the second began.
    per_minute = sum(total for _, total in timed[1:]) / minutes
    if not per_minute:
        return None
    rise, harmless = judgement.needed, judgement.needed_to_pass
    to_pass = rise.requests is not None and rise.seen >= rise.requests
    needed = harmless if to_pass else rise
    left = None
    if needed.requests is not None:
        left = timedelta(minutes=max(needed.requests - needed.seen, 0) / per_minute)
    ratio = judgement.rule.harmful if to_pass else needed.ratio
    return VerdictAhead(per_minute=per_minute, ratio=ratio, to_pass=to_pass, left=left)
