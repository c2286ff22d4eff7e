"""How much room a metric has left before Argo ends its run, and how much evidence a success stands on."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dashboard.domain.canary.analysis_runs import AnalysisRunState, MetricState, counted
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.metric_phase import Counts, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What is used of each limit of a metric, and how much is still to be measured.

    `failures_allowed` is None where failures are not limited; `to_go` is None of a metric without an end;
    `successes_needed` is 0 where no row of successes ends it.
    """

    counts: Counts
    failures_allowed: int | None
    inconclusive_allowed: int
    errors_in_a_row_allowed: int
    successes_needed: int
    to_go: int | None

    @property
    def failures_left(self) -> int | None:
        """How many more may fail; the one after them ends the run. None where they are not limited."""
        return None if self.failures_allowed is None else max(self.failures_allowed - self.counts.failed, 0)

    @property
    def sentence(self) -> str:
        """It in one line: `1 of 2 failures used, 3 measurements to go`."""
        if self.to_go is None:
            rest = f"{self.counts.count:,} measured, without an end"
        else:
            rest = f"{self.to_go:,} {'measurement' if self.to_go == 1 else 'measurements'} to go"
        return f"{self.used}, {rest}"

    @property
    def used(self) -> str:
        """What is used of it in one line, without what is still to be measured."""
        parts = [_used(self.counts.failed, self.failures_allowed, "failure")]
        if self.counts.inconclusive or self.inconclusive_allowed:
            parts.append(f"{self.counts.inconclusive} of {self.inconclusive_allowed} inconclusive used")
        if self.counts.consecutive_error:
            errors = self.counts.consecutive_error
            parts.append(f"{errors} of {self.errors_in_a_row_allowed} errors in a row used")
        if self.successes_needed:
            row = min(self.counts.consecutive_success, self.successes_needed)
            parts.append(f"{row} of {self.successes_needed} successes in a row")
        return ", ".join(parts)


def room_of(metric: MetricState, limits: Limits) -> Room:
    """The room of `metric` within `limits`, by the same counts as Argo decides on."""
    counts = counted(metric)
    to_go = None if limits.effective_count is None else max(limits.effective_count - counts.count, 0)
    if to_go is not None and metric.phase is not None and metric.phase.is_final:
        to_go = 0
    return Room(
        counts=counts,
        failures_allowed=limits.failure if limits.failure >= 0 else None,
        inconclusive_allowed=limits.inconclusive,
        errors_in_a_row_allowed=limits.consecutive_error,
        successes_needed=max(limits.consecutive_success, 0),
        to_go=to_go,
    )


class Evidence(StrEnum):
    """What a success stands on: all that was to be measured, a part of it, or nothing."""

    COMPLETE = "complete"
    TRUNCATED = "truncated"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceGrade:
    """How good the evidence of a success is, and why in one sentence."""

    grade: Evidence
    reason: str


def metric_evidence(metric: MetricState, limits: Limits | None) -> EvidenceGrade | None:
    """The evidence behind a metric that Argo calls Successful; None of any other.

    `limits` None is a metric whose spec is not known: then what was measured is a part at best.
    """
    if metric.phase is not Phase.SUCCESSFUL:
        return None
    counts = counted(metric)
    if not counts.count:
        why = f"all {counts.error} measurements were errors" if counts.error else "nothing was measured"
        return EvidenceGrade(grade=Evidence.NONE, reason=why)
    return _answered(counts, limits)


def _answered(counts: Counts, limits: Limits | None) -> EvidenceGrade:
    taken = f"{counts.count:,} {'measurement' if counts.count == 1 else 'measurements'}"
    grade, reason = Evidence.TRUNCATED, f"stopped after {taken}: the metric has no count to reach"
    if limits is None:
        reason = f"{taken}; how many were wanted is not known"
    elif 0 < limits.consecutive_success <= counts.consecutive_success:
        grade = Evidence.COMPLETE
        reason = f"{counts.consecutive_success} successes in a row, as wanted"
    elif limits.effective_count is not None and counts.count < limits.effective_count:
        reason = f"stopped after {taken} of {limits.effective_count:,}"
    elif limits.effective_count is not None:
        grade = Evidence.COMPLETE
        reason = f"the {taken} that was wanted" if counts.count == 1 else f"all {taken} that were wanted"
    return EvidenceGrade(grade=grade, reason=reason)


def run_evidence(run: AnalysisRunState, limits: Mapping[str, Limits]) -> EvidenceGrade | None:
    """The evidence behind a run that Argo calls Successful, the weakest of its metrics that count."""
    if run.phase is not Phase.SUCCESSFUL:
        return None
    blocking = [metric for metric in run.metrics if not metric.dry_run]
    if not blocking:
        why = "every metric runs dry, so none could fail it" if run.metrics else "nothing was measured"
        return EvidenceGrade(grade=Evidence.NONE, reason=why)
    weakest: EvidenceGrade | None = None
    for metric in blocking:
        found = metric_evidence(metric, limits.get(metric.name)) or EvidenceGrade(
            grade=Evidence.NONE, reason=f"it is {metric.phase or 'without a phase'}"
        )
        if weakest is None or _RANK[found.grade] > _RANK[weakest.grade]:
            weakest = EvidenceGrade(grade=found.grade, reason=f"{metric.name}: {found.reason}")
    unmeasured = limits.keys() - {metric.name for metric in run.metrics}
    if unmeasured:
        return EvidenceGrade(
            grade=Evidence.NONE, reason=f"{', '.join(sorted(unmeasured))}: nothing was measured"
        )
    return weakest


_RANK = {Evidence.COMPLETE: 0, Evidence.TRUNCATED: 1, Evidence.NONE: 2}


def _used(used: int, allowed: int | None, what: str) -> str:
    if allowed is None:
        return f"{used} {what}{'' if used == 1 else 's'}, which are not limited"
    if not allowed:
        return f"no {what} allowed" if not used else f"{used} {what}{'' if used == 1 else 's'}, none allowed"
    return f"{used} of {allowed} {what}{'' if allowed == 1 else 's'} used"
