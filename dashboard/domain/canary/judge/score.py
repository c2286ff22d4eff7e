"""The score of a canary over all of its metrics, from 0 to 100, as Kayenta's judge gives it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import chain

from dashboard.domain.canary.judge.classification import Classification, MetricJudgement

#: From this share of metrics without data on, nothing can be said, and the canary fails.
TOO_MANY_WITHOUT_DATA = 0.5

_WHOLE = 100.0
_CENT = Decimal("0.01")
#: What a group's score is the share of; all but what has no data.
_COUNTED = (Classification.PASS, Classification.HIGH, Classification.LOW, Classification.NODATA_FAIL)


class ScoreVerdict(StrEnum):
    """What a score comes to, as Kayenta calls it."""

    PASS = "Pass"  # noqa: S105 - a verdict, not a password
    MARGINAL = "Marginal"
    FAIL = "Fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreThresholds:
    """From `passing` on a score passes, from `marginal` on it is marginal, below it fails.

    Raises:
        ValueError: unless 0 ≤ marginal ≤ passing ≤ 100.
    """

    passing: float = 95.0
    marginal: float = 75.0

    def __post_init__(self) -> None:
        if not 0 <= self.marginal <= self.passing <= _WHOLE:
            raise ValueError(
                f"score thresholds: found pass {self.passing:g} and marginal {self.marginal:g},"
                " expected 0 ≤ marginal ≤ pass ≤ 100"
            )

    def verdict(self, score: float) -> ScoreVerdict:
        """What a score comes to."""
        if score >= self.passing:
            return ScoreVerdict.PASS
        return ScoreVerdict.MARGINAL if score >= self.marginal else ScoreVerdict.FAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupScore:
    """The metrics of one group: `passed` of the `counted` ones.

    `score` is 100 × passed ÷ counted, and None when no metric of the group has data; such a group takes
    nothing from the whole. `weight` is the group's share of the whole, in percent.
    """

    name: str
    score: float | None
    passed: int
    counted: int
    metrics: int
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreJudgement:
    """The whole `score`, from 0 to 100 with two digits, what it comes to, and which rule made it 0 if any.

    `early` is set when that rule only says that there are too few points yet: the metrics that have enough
    do not fail. `awaited` is the first critical metric with too few points, which nothing passes without.
    """

    score: float
    verdict: ScoreVerdict
    reason: str | None
    early: bool
    awaited: str | None
    groups: tuple[GroupScore, ...]


def score(
    judgements: Sequence[MetricJudgement],
    weights: Mapping[str, float] | None = None,
    thresholds: ScoreThresholds | None = None,
) -> ScoreJudgement | None:
    """The score over all metrics that are not muted; None when there are none.

    Each group's score is weighed by its weight in percent; groups without one share evenly what the others
    leave of 100 (Kayenta, WeightedSumScorer). A critical failure makes the score 0, and so do metrics
    without data when they are half of all or more. Too few points are no data, but no critical failure. A
    metric counts in each of its groups.

    Raises:
        ValueError: when a weight is negative or the weights exceed 100.
    """
    heard = [judgement for judgement in judgements if not judgement.muted]
    if not heard:
        return None
    groups = _groups(heard, weights or {})
    limits = thresholds or ScoreThresholds()
    weighed = _rounded(sum(_part(group) for group in groups))
    # Metrics with too few points count in no group's score, so this is also that of those with enough.
    enough = [judgement for judgement in heard if not judgement.too_few]
    reason = _reason_for_none(enough)
    failed = reason is not None or limits.verdict(weighed) is ScoreVerdict.FAIL
    early = None if failed else _reason_for_none(heard)
    whole = 0.0 if reason or early else weighed
    return ScoreJudgement(
        score=whole,
        verdict=limits.verdict(whole),
        reason=reason or early,
        early=early is not None,
        awaited=next((found.name for found in heard if found.critical and found.too_few), None),
        groups=groups,
    )


def _groups(heard: Sequence[MetricJudgement], weights: Mapping[str, float]) -> tuple[GroupScore, ...]:
    taken = sum(weights.values())
    if taken > _WHOLE or any(weight < 0 for weight in weights.values()):
        raise ValueError(
            f"group weights: found {dict(weights)}, expected none below 0 and at most 100 in all"
        )
    names = tuple(dict.fromkeys(chain.from_iterable(judgement.groups for judgement in heard)))
    unweighted = [name for name in names if name not in weights]
    rest = (_WHOLE - taken) / len(unweighted) if unweighted else 0.0
    return tuple(_group(name, heard, weights.get(name, rest)) for name in names)


def _group(name: str, heard: Sequence[MetricJudgement], weight: float) -> GroupScore:
    found = [judgement.classification for judgement in heard if name in judgement.groups]
    counted = sum(classification in _COUNTED for classification in found)
    passed = found.count(Classification.PASS)
    return GroupScore(
        name=name,
        score=_WHOLE * passed / counted if counted else None,
        passed=passed,
        counted=counted,
        metrics=len(found),
        weight=weight,
    )


def _part(group: GroupScore) -> float:
    return (_WHOLE if group.score is None else group.score) * group.weight / _WHOLE


def _reason_for_none(heard: Sequence[MetricJudgement]) -> str | None:
    for judgement in heard:
        failed = judgement.classification is not Classification.PASS and not judgement.too_few
        if judgement.critical and failed:
            return f"the critical metric {judgement.name}: {judgement.reason}"
    without = sum(judgement.classification is Classification.NODATA for judgement in heard)
    if without and without >= TOO_MANY_WITHOUT_DATA * len(heard):
        return f"{without} of {len(heard)} metrics have no data"
    return None


def _rounded(value: float) -> float:
    return float(Decimal(repr(value)).quantize(_CENT, ROUND_HALF_UP))
