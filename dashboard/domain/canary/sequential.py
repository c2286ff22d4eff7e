"""Is the canary's error rate worse than its stable sibling's? A question that may be asked at every tick.

Whatever makes a request bad is taken for an error here: a share of slow requests is judged in the same way.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from math import exp, expm1, inf, log

from dashboard.domain.canary.evidence import (
    at_least,
    at_most,
    log_e_above,
    log_e_below,
    most_likely,
    running_log_e,
)
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.pooled_errors import pooled
from dashboard.domain.canary.sample_size import Needed, needed_above, needed_below
from dashboard.domain.canary.ticks import Arm, Tick, canary_arm, compared, stable_arm

#: An e-value beyond this is told as this: it is far beyond any use, and a float ends at 1.8e308.
LARGEST_E = 1e300

_LOG_LARGEST = log(LARGEST_E)
#: Sums of as many parts as there are ticks at least reach the whole in floats, too.
_NOISE = 1e-12
_TICKS_OF_SLOW = 3


class Verdict(StrEnum):
    """Whether a canary is safe: shown to be, shown not to be, or neither yet."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    FAIL = "FAIL"
    NONE = "NONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRule:
    """What counts as worse, and how sure the answer must be.

    FAIL rejects the null "the canary's error rate is at most `tolerated` times stable's", PASS the null "it
    is at least `harmful` times stable's", each with a chance of error of `alpha` over all looks together.
    `rise` is the ratio for which the number of needed requests is told, and `unchanged` the one that a good
    canary is taken to have for it. A verdict rests on `least_ticks` ticks at least: none gives more than such
    a part of the evidence for it.

    Raises:
        ValueError: unless 0 < alpha < 1, 0 < tolerated < rise and unchanged < harmful, tolerated ≤ harmful,
        and least_ticks ≥ 1.
    """

    alpha: float = 0.05
    tolerated: float = 1.0
    harmful: float = 1.5
    rise: float = 2.0
    unchanged: float = 1.0
    least_ticks: int = 1

    @property
    def enough(self) -> float:
        """The logarithm of the e-value that rejects a null."""
        return log(1 / self.alpha)

    @property
    def most_of_a_tick(self) -> float:
        """What one tick may add to the logarithm of an e-value."""
        return inf if self.least_ticks == 1 else self.enough / self.least_ticks * (1 + _NOISE)

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise ValueError(f"alpha: found {self.alpha}, expected a chance above 0 and below 1")
        if not self.tolerated > 0:
            raise ValueError(f"tolerated: found {self.tolerated}, expected a ratio above 0")
        if not self.tolerated <= self.harmful:
            raise ValueError(
                f"harmful: found {self.harmful}, expected at least tolerated, {self.tolerated:g}"
            )
        if not self.tolerated < self.rise:
            raise ValueError(f"rise: found {self.rise}, expected more than tolerated, {self.tolerated:g}")
        if not 0 < self.unchanged < self.harmful:
            raise ValueError(
                f"unchanged: found {self.unchanged}, expected above 0 and below harmful, {self.harmful:g}"
            )
        if self.least_ticks < 1:
            raise ValueError(f"least_ticks: found {self.least_ticks}, expected 1 or more")


def rule_for(measure: Measure, rule: ErrorRule | None = None) -> ErrorRule:
    """`rule`, or the usual one, for `measure`.

    Errors of different requests have little to do with each other, slow requests much: where a pod pauses,
    all of that moment are slow. So three ticks have to show it, of which a pause is one (ADR 22).
    """
    rule = rule or ErrorRule()
    return replace(rule, least_ticks=_TICKS_OF_SLOW) if measure is Measure.SLOW else rule


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioEstimate:
    """The canary's error rate ÷ stable's, with a confidence sequence: limits that hold at every look.

    With a chance of 1 − alpha the true ratio is never below any `low` that was told, and with the same
    chance never above any `high`. `value` is None without errors, or when only the canary has any; `high`
    is None when there is no upper limit.
    """

    value: float | None
    low: float
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorJudgement:
    """What the error counts of a canary and its stable sibling say.

    `e_value` is the evidence that the ratio is above the tolerated one, and `e_value_pass` that it is below
    the harmful one, both now: how many times over a stake in it has been won. `e_value_most` is the highest
    that `e_value` has been, reached first at the tick `failed_tick` (counted from 0), which ended at
    `failed_at`, if that was enough for FAIL; else both are None. `canary` and `stable` are the counts of
    the ticks in which both had requests. `needed` tells how many requests show the rise, `needed_to_pass`
    how many show that an unchanged canary is below the harmful ratio. `held_back` says that all requests
    together would be enough for FAIL, but too few ticks show it. Where the canary had no error,
    `rate_below` is what its error rate is below with a chance of 1 − alpha over all looks; else it is None.
    """

    verdict: Verdict
    e_value: float
    e_value_most: float
    e_value_pass: float
    failed_tick: int | None
    failed_at: datetime | None
    ratio: RatioEstimate
    canary: Arm
    stable: Arm
    needed: Needed
    needed_to_pass: Needed
    rate_below: float | None
    held_back: bool
    rule: ErrorRule


def is_shown_worse(ticks: Sequence[Tick], rule: ErrorRule | None = None) -> bool:
    """Whether the verdict over `ticks` is FAIL, without all that `judge_errors` tells besides."""
    rule = rule or ErrorRule()
    course = running_log_e(compared(ticks).values(), rule.tolerated, rule.most_of_a_tick)
    return any(found >= rule.enough for found in course)


def judge_errors(ticks: Sequence[Tick], rule: ErrorRule | None = None) -> ErrorJudgement:
    """The verdict over `ticks`, in order of time.

    A FAIL stands, even when later ticks look better: the evidence has once been enough. A PASS must hold
    now, and gives way to a FAIL. Where both nulls are rejected, so that the ratio is above the tolerated
    one but below the harmful one, the verdict is FAIL: raise `tolerated` for what may be. A limit of the
    ratio is never beyond `tolerated` or `harmful` while fewer than `least_ticks` ticks alone have it so.
    """
    rule = rule or ErrorRule()
    both, enough = compared(ticks), rule.enough
    course = running_log_e(both.values(), rule.tolerated, rule.most_of_a_tick)
    above, most = (course[-1], max(course)) if course else (0.0, 0.0)
    failed = next((place for place, found in zip(both, course, strict=True) if found >= enough), None)
    errors = pooled(both.values())
    below = _log_e_below(both.values(), rule)
    passed = Verdict.PASS if below >= enough else Verdict.NONE
    canary, stable = canary_arm(both.values()), stable_arm(both.values())
    low, high = at_least(errors, 1 / rule.alpha), at_most(errors, 1 / rule.alpha)
    if high is not None and below < enough:
        high = max(high, rule.harmful)
    all_of_it = log_e_above(errors, rule.tolerated)
    return ErrorJudgement(
        verdict=passed if failed is None else Verdict.FAIL,
        e_value=_e_value(above),
        e_value_most=_e_value(most),
        e_value_pass=_e_value(below),
        failed_tick=failed,
        failed_at=None if failed is None else ticks[failed].at,
        ratio=RatioEstimate(
            value=most_likely(errors),
            low=low if above >= enough else min(low, rule.tolerated),
            high=high,
        ),
        canary=canary,
        stable=stable,
        needed=needed_above(canary, stable, rule.tolerated, rule.rise, rule.alpha),
        needed_to_pass=needed_below(canary, stable, rule.harmful, rule.unchanged, rule.alpha),
        rate_below=_rate_below(canary, rule.alpha),
        held_back=failed is None and above < enough <= all_of_it,
        rule=rule,
    )


def _log_e_below(ticks: Iterable[Tick], rule: ErrorRule) -> float:
    """The logarithm of the e-value against "the ratio is at least `harmful`", now: the arms are swapped."""
    if rule.least_ticks == 1:
        return log_e_below(pooled(ticks), rule.harmful)
    course = running_log_e((tick.mirrored for tick in ticks), 1 / rule.harmful, rule.most_of_a_tick)
    return course[-1] if course else 0.0


def _rate_below(arm: Arm, alpha: float) -> float | None:
    """The error rate at which the chance of no error in so many requests is `alpha`: about 3 ÷ requests.

    The upper limit of Clopper and Pearson 1934 (Biometrika 26:404) for no error. It holds at all looks: it
    is wrong only when there is no error up to the first look at which it is below the true rate.
    """
    return -expm1(log(alpha) / arm.total) if arm.total and not arm.bad else None


def _e_value(logarithm: float) -> float:
    return exp(logarithm) if logarithm < _LOG_LARGEST else LARGEST_E
