"""Everything that is judged of one canary, and the one verdict that it comes to."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.domain.canary.classification import Classification, MetricJudgement
from dashboard.domain.canary.score import ScoreJudgement, ScoreVerdict
from dashboard.domain.canary.sequential import ErrorJudgement, Verdict
from dashboard.domain.canary.traffic_split import TrafficSplit


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryJudgement:
    """What was judged: the error counts, the metrics with their score, and the traffic of each step.

    What was not asked for, or has nothing to judge, is None or empty.
    """

    errors: ErrorJudgement | None = None
    metrics: tuple[MetricJudgement, ...] = ()
    score: ScoreJudgement | None = None
    traffic: tuple[TrafficSplit, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """FAIL when the errors or the score fail, PASS when both pass or the one that there is, else NONE.

        A marginal score is NONE. So is a failing one when nothing failed but some metrics have too few
        points yet: a canary that has just begun is not a bad one. The traffic changes no verdict.
        """
        parts = []
        if self.errors is not None:
            parts.append(self.errors.verdict)
        if self.score is not None:
            parts.append(_of_score(self.score, self.metrics))
        if Verdict.FAIL in parts:
            return Verdict.FAIL
        return Verdict.PASS if parts and set(parts) == {Verdict.PASS} else Verdict.NONE


def has_just_begun(metrics: Sequence[MetricJudgement]) -> bool:
    """Whether some metrics have too few points yet, and all the others that count passed."""
    heard = [metric for metric in metrics if not metric.muted]
    early = [metric for metric in heard if metric.too_few]
    passed = [metric for metric in heard if metric.classification is Classification.PASS]
    return bool(early) and len(early) + len(passed) == len(heard)


def _of_score(score: ScoreJudgement, metrics: Sequence[MetricJudgement]) -> Verdict:
    if score.verdict is ScoreVerdict.PASS:
        return Verdict.PASS
    if score.verdict is ScoreVerdict.MARGINAL or has_just_begun(metrics):
        return Verdict.NONE
    return Verdict.FAIL
