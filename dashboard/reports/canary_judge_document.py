"""What `reliability canary judge --json` says: nothing is rounded, what is unknown is null."""

from typing import Any

from dashboard.domain.canary.judge.classification import MetricJudgement
from dashboard.domain.canary.judge.mann_whitney import Shift
from dashboard.domain.canary.judge.score import ScoreJudgement
from dashboard.domain.canary.judge.series import Description
from dashboard.domain.canary.judgement import CanaryJudgement
from dashboard.domain.canary.sample_size import Needed
from dashboard.domain.canary.sequential import ErrorJudgement
from dashboard.domain.canary.ticks import Arm
from dashboard.domain.canary.traffic_split import TrafficSplit
from dashboard.reports.recovery_document import proportion
from dashboard.reports.status_document import iso_time


def canary_judge_document(found: CanaryJudgement) -> dict[str, Any]:
    """`found` as one JSON document; shares are from 0 to 1, the score and weights of groups from 0 to 100."""
    return {
        "verdict": found.verdict.value,
        "score": None if found.score is None else found.score.score,
        "score_verdict": None if found.score is None else found.score.verdict.value,
        "score_reason": None if found.score is None else found.score.reason,
        "errors": None if found.errors is None else _counts(found.errors),
        "slow": None if found.slow is None else _counts(found.slow),
        "metrics": [_metric(metric) for metric in found.metrics],
        "groups": [] if found.score is None else _groups(found.score),
        "traffic": _traffic(found.traffic) if found.traffic else None,
    }


def _counts(found: ErrorJudgement) -> dict[str, Any]:
    rule = found.rule
    return {
        "verdict": found.verdict.value,
        "e_value": found.e_value,
        "e_value_most": found.e_value_most,
        "e_value_pass": found.e_value_pass,
        "e_value_needed": 1 / rule.alpha,
        "failed_tick": found.failed_tick,
        "failed_at": iso_time(found.failed_at),
        "ratio": {"value": found.ratio.value, "low": found.ratio.low, "high": found.ratio.high},
        "canary": _arm(found.canary),
        "stable": _arm(found.stable),
        "needed": _needed(found.needed),
        "needed_to_pass": _needed(found.needed_to_pass),
        "rate_below": found.rate_below,
        "held_back": found.held_back,
        "rule": {
            "alpha": rule.alpha,
            "tolerated_ratio": rule.tolerated,
            "harmful_ratio": rule.harmful,
            "rise": rule.rise,
            "least_ticks": rule.least_ticks,
        },
    }


def _arm(arm: Arm) -> dict[str, Any]:
    return {"bad": arm.bad, "total": arm.total, "rate": arm.rate}


def _needed(needed: Needed) -> dict[str, Any]:
    return {"ratio": needed.ratio, "requests": needed.requests, "seen": needed.seen}


def _metric(found: MetricJudgement) -> dict[str, Any]:
    return {
        "name": found.name,
        "groups": list(found.groups),
        "classification": found.classification.value,
        "reason": found.reason,
        "critical": found.critical,
        "muted": found.muted,
        "too_few": found.too_few,
        "ratio": found.ratio,
        "share_above": found.share_above,
        "shift": _shift(found.shift),
        "relative_shift": _shift(found.relative_shift),
        "p_value": found.p_value,
        "experiment": _description(found.experiment),
        "control": _description(found.control),
    }


def _shift(shift: Shift | None) -> dict[str, Any] | None:
    return None if shift is None else {"value": shift.estimate, "low": shift.low, "high": shift.high}


def _description(found: Description) -> dict[str, Any]:
    return {
        "count": found.count,
        "min": found.low,
        "max": found.high,
        "mean": found.mean,
        "median": found.median,
        "std": found.std,
    }


def _groups(score: ScoreJudgement) -> list[dict[str, Any]]:
    return [
        {
            "name": group.name,
            "score": group.score,
            "weight": group.weight,
            "passed": group.passed,
            "counted": group.counted,
            "metrics": group.metrics,
        }
        for group in score.groups
    ]


def _traffic(steps: tuple[TrafficSplit, ...]) -> dict[str, Any]:
    """The steps, and how the last of them, which is the one that runs, is split."""
    return {
        "split": steps[-1].split.value,
        "steps": [
            {
                "weight": step.weight,
                "share": proportion(step.share),
                "split": step.split.value,
                "first_tick": step.first,
                "last_tick": step.last,
            }
            for step in steps
        ],
    }
