"""From counted measurements to the phase of a metric (Argo Rollouts 1.9, `analysis/analysis.go`)."""

from dataclasses import dataclass, replace
from enum import StrEnum

from dashboard.domain.canary.phases import Phase

#: Errors in a row that are forgiven where the template sets no `consecutiveErrorLimit`.
DEFAULT_CONSECUTIVE_ERROR_LIMIT = 4


class Rule(StrEnum):
    """What decided the phase of a metric."""

    FAILURE_LIMIT = "failureLimit"
    INCONCLUSIVE_LIMIT = "inconclusiveLimit"
    CONSECUTIVE_ERROR_LIMIT = "consecutiveErrorLimit"
    CONSECUTIVE_SUCCESS_LIMIT = "consecutiveSuccessLimit"
    COUNT = "count"
    TERMINATED = "terminated"
    IN_FLIGHT = "in flight"
    NOT_MEASURED = "not measured"
    UNDECIDED = "undecided"
    CANNOT_REPLAY = "cannot replay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a metric, in measurements.

    A limit is passed when a counter is strictly above it. `failure` below 0 switches that limit off;
    `consecutive_success` of 0 or less switches its rule off. `effective_count` is how many measurements are
    taken, None when it has no end.
    """

    failure: int = 0
    inconclusive: int = 0
    consecutive_error: int = DEFAULT_CONSECUTIVE_ERROR_LIMIT
    consecutive_success: int = 0
    effective_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How the measurements of a metric ended. Errors are no part of `count`."""

    successful: int = 0
    failed: int = 0
    inconclusive: int = 0
    error: int = 0
    consecutive_error: int = 0
    consecutive_success: int = 0

    @property
    def count(self) -> int:
        """Measurements that gave an answer."""
        return self.successful + self.failed + self.inconclusive

    def after(self, phase: Phase) -> "Counts":
        """The counts once another measurement ended in `phase`; one that has not ended changes nothing."""
        match phase:
            case Phase.SUCCESSFUL:
                row = self.consecutive_success + 1
                return replace(
                    self, successful=self.successful + 1, consecutive_error=0, consecutive_success=row
                )
            case Phase.FAILED:
                return replace(self, failed=self.failed + 1, consecutive_error=0, consecutive_success=0)
            case Phase.INCONCLUSIVE:
                return replace(
                    self, inconclusive=self.inconclusive + 1, consecutive_error=0, consecutive_success=0
                )
            case Phase.ERROR:
                row = self.consecutive_error + 1
                return replace(self, error=self.error + 1, consecutive_error=row, consecutive_success=0)
            case _:
                return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The phase of a metric, the rule that decided it and the numbers that it decided on."""

    phase: Phase
    rule: Rule
    reason: str


def metric_phase(limits: Limits, counts: Counts, *, terminating: bool) -> Assessment:
    """The phase of a metric whose last measurement has ended.

    Where several limits are passed, errors in a row come before inconclusive measurements, and these before
    failures. Once the count is reached, a metric that still waits for successes in a row has failed, or is
    inconclusive where failures are limited as well. `terminating`: no further measurement will be taken.
    """
    return (
        _passed_limit(limits, counts)
        or _enough_successes(limits, counts)
        or _count_reached(limits, counts)
        or _undecided(limits, counts, terminating=terminating)
    )


def _passed_limit(limits: Limits, counts: Counts) -> Assessment | None:
    error, allowed = counts.consecutive_error, limits.consecutive_error
    if error > allowed:
        reason = f"consecutiveErrors ({error}) > consecutiveErrorLimit ({allowed})"
        return Assessment(phase=Phase.ERROR, rule=Rule.CONSECUTIVE_ERROR_LIMIT, reason=reason)
    if counts.inconclusive > limits.inconclusive:
        reason = f"inconclusive ({counts.inconclusive}) > inconclusiveLimit ({limits.inconclusive})"
        return Assessment(phase=Phase.INCONCLUSIVE, rule=Rule.INCONCLUSIVE_LIMIT, reason=reason)
    if limits.failure >= 0 and counts.failed > limits.failure:
        reason = f"failed ({counts.failed}) > failureLimit ({limits.failure})"
        return Assessment(phase=Phase.FAILED, rule=Rule.FAILURE_LIMIT, reason=reason)
    return None


def _enough_successes(limits: Limits, counts: Counts) -> Assessment | None:
    row, wanted = counts.consecutive_success, limits.consecutive_success
    if wanted <= 0 or row < wanted:
        return None
    reason = f"consecutiveSuccess ({row}) >= consecutiveSuccessLimit ({wanted})"
    return Assessment(phase=Phase.SUCCESSFUL, rule=Rule.CONSECUTIVE_SUCCESS_LIMIT, reason=reason)


def _count_reached(limits: Limits, counts: Counts) -> Assessment | None:
    if limits.effective_count is None or counts.count < limits.effective_count:
        return None
    reason = f"count ({limits.effective_count}) reached"
    if limits.consecutive_success <= 0:
        return Assessment(phase=Phase.SUCCESSFUL, rule=Rule.COUNT, reason=f"{reason} within the limits")
    row = f"consecutiveSuccess ({counts.consecutive_success}) < consecutiveSuccessLimit"
    phase = Phase.FAILED if limits.failure < 0 else Phase.INCONCLUSIVE
    return Assessment(phase=phase, rule=Rule.COUNT, reason=f"{reason}, {row} ({limits.consecutive_success})")


def _undecided(limits: Limits, counts: Counts, *, terminating: bool) -> Assessment:
    if terminating:
        reason = "the run ended before this metric, which was within its limits"
        return Assessment(phase=Phase.SUCCESSFUL, rule=Rule.TERMINATED, reason=reason)
    if limits.effective_count is None:
        reason = (
            f"within the limits after {counts.count} measurements; the metric has no count, so it goes on"
        )
    else:
        reason = f"within the limits after {counts.count} of {limits.effective_count} measurements"
    return Assessment(phase=Phase.RUNNING, rule=Rule.UNDECIDED, reason=reason)
