"""Is the share of errors of a canary acceptable by itself? That stable is as bad does not make it good."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import groupby
from math import log

from dashboard.domain.canary.share_evidence import log_e_share_above
from dashboard.domain.canary.ticks import Arm, Tick, canary_arm, stable_arm
from dashboard.domain.intervals import Proportion, exact_proportion
from dashboard.domain.policy import ErrorLimits

#: The chance that a canary within the limits is ever called critical, over all looks together.
ALPHA = 0.05


class ErrorLevel(StrEnum):
    """How the canary's share of errors stands to the limits of the policy."""

    FINE = "fine"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnErrors:
    """The share of errors of both arms over the same ticks; None where an arm had no requests.

    `stable_level` is what stable's own share would be called.
    """

    level: ErrorLevel
    canary: Proportion | None
    stable: Proportion | None
    stable_level: ErrorLevel


def own_errors(ticks: Sequence[Tick], limits: ErrorLimits) -> OwnErrors:
    """The canary's share of errors over all `ticks`, or at its newest weight where it is shown to be graver.

    What goes wrong at this weight must not hide behind all that went well before. It may be asked at every
    tick: that a canary within a limit is ever shown to be above it, over the whole or at any of its weights,
    has a chance of `ALPHA` at most. Half of that is for the whole, the other half is spent on the weights,
    1 ÷ (j (j + 1)) of it on the j-th, which adds up to one however many there are.
    """
    stretches = [list(stretch) for _, stretch in groupby(ticks, key=lambda tick: tick.weight)]
    whole = _own(ticks, limits, ALPHA / 2)
    if not stretches:
        return whole
    spent = ALPHA / 2 / (len(stretches) * (len(stretches) + 1))
    newest = _own(stretches[-1], limits, spent)
    shown = _is_shown_above(canary_arm(stretches[-1]), limits.warning, spent)
    order = list(ErrorLevel)
    return newest if shown and order.index(newest.level) > order.index(whole.level) else whole


def _own(ticks: Sequence[Tick], limits: ErrorLimits, alpha: float) -> OwnErrors:
    canary, stable = canary_arm(ticks), stable_arm(ticks)
    return OwnErrors(
        level=_level(canary, limits, alpha),
        canary=_share(canary),
        stable=_share(stable),
        stable_level=_level(stable, limits, alpha),
    )


def _share(arm: Arm) -> Proportion | None:
    # Extrapolated counts have fractions; half a request more or less changes nothing here.
    return exact_proportion(round(arm.bad), max(round(arm.bad), round(arm.total)))


def _level(arm: Arm, limits: ErrorLimits, alpha: float) -> ErrorLevel:
    """CRITICAL must be shown, since it calls for an abort; HIGH is said by the share that was counted."""
    share = _share(arm)
    if share is None or Fraction(share.k, share.n) <= limits.warning:
        return ErrorLevel.FINE
    return ErrorLevel.CRITICAL if _is_shown_above(arm, limits.critical, alpha) else ErrorLevel.HIGH


def _is_shown_above(arm: Arm, limit: Fraction, alpha: float) -> bool:
    return 0 < limit < 1 and log_e_share_above(arm.bad, arm.total, float(limit)) >= log(1 / alpha)
