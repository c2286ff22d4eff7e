"""Everything that is judged of one canary, and the one verdict that it comes to."""

from dataclasses import dataclass

from dashboard.domain.canary.judge.classification import MetricJudgement
from dashboard.domain.canary.judge.score import ScoreJudgement, ScoreVerdict
from dashboard.domain.canary.sequential import ErrorJudgement, Verdict
from dashboard.domain.canary.traffic_split import TrafficSplit


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryJudgement:
    """What was judged: the counts of errors and of slow requests, the metrics with their score, the traffic.

    What was not asked for, or has nothing to judge, is None or empty.
    """

    errors: ErrorJudgement | None = None
    slow: ErrorJudgement | None = None
    metrics: tuple[MetricJudgement, ...] = ()
    score: ScoreJudgement | None = None
    traffic: tuple[TrafficSplit, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """FAIL when errors, slow requests or the score fail, PASS when all that there are pass, else NONE.

        A marginal score is NONE. So is a failing one when the metrics that have enough points do not fail: a
        canary that has just begun is not a bad one. While a critical metric has too few points there is no
        PASS. The traffic changes no verdict.
        """
        parts = [found.verdict for found in (self.errors, self.slow) if found is not None]
        if self.score is not None:
            parts.append(_of_score(self.score))
        if Verdict.FAIL in parts:
            return Verdict.FAIL
        return Verdict.PASS if parts and set(parts) == {Verdict.PASS} else Verdict.NONE


def _of_score(found: ScoreJudgement) -> Verdict:
    if found.verdict is ScoreVerdict.PASS and found.awaited is None:
        return Verdict.PASS
    return Verdict.FAIL if found.verdict is ScoreVerdict.FAIL and not found.early else Verdict.NONE
