"""Everything that is judged of one canary, and the one verdict that it comes to."""

from dataclasses import dataclass

from dashboard.domain.canary.judge.classification import MetricJudgement
from dashboard.domain.canary.judge.score import ScoreJudgement, ScoreVerdict
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

        A marginal score is NONE. So is a failing one when the metrics that have enough points do not fail: a
        canary that has just begun is not a bad one. While a critical metric has too few points there is no
        PASS. The traffic changes no verdict.
        """
        parts = []
        if self.errors is not None:
            parts.append(self.errors.verdict)
        if self.score is not None:
            parts.append(_of_score(self.score))
        if Verdict.FAIL in parts:
            return Verdict.FAIL
        return Verdict.PASS if parts and set(parts) == {Verdict.PASS} else Verdict.NONE


def _of_score(found: ScoreJudgement) -> Verdict:
    if found.verdict is ScoreVerdict.PASS and found.awaited is None:
        return Verdict.PASS
    return Verdict.FAIL if found.verdict is ScoreVerdict.FAIL and not found.early else Verdict.NONE
