"""Is the share of errors of a canary acceptable by itself? That stable is as bad does not make it good."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import groupby

from dashboard.domain.canary.ticks import Tick, canary_arm, stable_arm
from dashboard.domain.intervals import Proportion, exact_proportion
from dashboard.domain.policy import ErrorLimits


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

    What goes wrong at this weight must not hide behind all that went well before.
    """
    whole = _own(ticks, limits)
    stretches = [list(stretch) for _, stretch in groupby(ticks, key=lambda tick: tick.weight)]
    newest = _own(stretches[-1], limits) if stretches else whole
    shown = newest.canary is not None and newest.canary.low > limits.warning
    order = list(ErrorLevel)
    return newest if shown and order.index(newest.level) > order.index(whole.level) else whole


def _own(ticks: Sequence[Tick], limits: ErrorLimits) -> OwnErrors:
    # Extrapolated counts have fractions; half a request more or less changes nothing here.
    canary, stable = (
        exact_proportion(round(arm.bad), max(round(arm.bad), round(arm.total)))
        for arm in (canary_arm(ticks), stable_arm(ticks))
    )
    return OwnErrors(
        level=_level(canary, limits), canary=canary, stable=stable, stable_level=_level(stable, limits)
    )


def _level(share: Proportion | None, limits: ErrorLimits) -> ErrorLevel:
    """CRITICAL must be shown, since it calls for an abort; HIGH is said by the share that was counted."""
    if share is None or Fraction(share.k, share.n) <= limits.warning:
        return ErrorLevel.FINE
    return ErrorLevel.CRITICAL if share.low > limits.critical else ErrorLevel.HIGH
