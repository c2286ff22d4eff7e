"""An evaluated analysis, as one value that the command prints as text or as JSON."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from dashboard.domain.canary.replay.analysis import AnalysisSpec, RecordedRun
from dashboard.domain.canary.replay.judged_measurement import JudgedMeasurement
from dashboard.domain.canary.replay.metric_phase import Counts, Limits
from dashboard.domain.canary.replay.other_limits import OtherLimit, other_limits
from dashboard.domain.canary.replay.outcomes import (
    MetricOutcome,
    RunOutcome,
    Summary,
    replay,
)
from dashboard.errors import InputError

#: How the language says that a number was asked for an entry.
_NO_VECTOR = "float64 has no ["


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What Argo decides on `run`; `notes` say what was passed over, `refused` what Argo refuses in it."""

    outcome: RunOutcome
    other_limits: Mapping[str, tuple[OtherLimit, ...]]
    refused: tuple[str, ...]
    notes: tuple[str, ...]
    run: RecordedRun


def evaluate(spec: AnalysisSpec, run: RecordedRun, notes: tuple[str, ...] = ()) -> Evaluation:
    """Replay `run` by `spec`, and look which limits would have passed.

    Raises:
        InputError: nothing that was measured is a metric of `spec`.
    """
    outcome = replay(spec, run)
    known = {metric.name for metric in spec.metrics}
    strangers = tuple(
        f"{name}: measured, but no metric of the template{_meant(name, known)}"
        for name in run.metrics
        if name not in known
    )
    if known and run.metrics and len(strangers) == len(run.metrics):
        raise InputError(f"{strangers[0]}, expected {', '.join(sorted(known))}")
    limits = {
        item.spec.name: other_limits(item, run.metrics[item.spec.name])
        for item in (outcome.if_accepted or outcome).metrics
        if item.spec.name in run.metrics
    }
    return Evaluation(
        outcome=outcome,
        other_limits=limits,
        refused=spec.faults,
        notes=(*notes, *strangers, *_bare_numbers(outcome.if_accepted or outcome)),
        run=run,
    )


def _meant(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _bare_numbers(outcome: RunOutcome) -> Iterator[str]:
    """The metrics that ask a number for its first entry: one was written where Argo records a vector."""
    for metric in outcome.metrics:
        values = (item.recorded.value for item in metric.measurements if _NO_VECTOR in item.message)
        value = next(values, None)
        if value is not None:
            yield f'{metric.spec.name}: {value} is a number; write "[{value}]", as Argo records a vector'


def evaluation_document(evaluation: Evaluation) -> dict[str, Any]:
    """`evaluation` as one JSON document."""
    outcome = evaluation.outcome
    recorded = evaluation.run.phase
    hypothetical = outcome.if_accepted
    return {
        **_outcome(outcome, evaluation),
        "recordedPhase": None if recorded is None else recorded.value,
        "refused": list(evaluation.refused),
        "ifAccepted": None if hypothetical is None else _outcome(hypothetical, evaluation),
        "notes": list(evaluation.notes),
    }


def _outcome(outcome: RunOutcome, evaluation: Evaluation) -> dict[str, Any]:
    return {
        "phase": outcome.phase.value,
        "reason": outcome.reason,
        "metrics": [
            _metric(item, evaluation.other_limits.get(item.spec.name, ())) for item in outcome.metrics
        ],
        "runSummary": _summary(outcome.summary),
        "dryRunSummary": _summary(outcome.dry_run_summary),
    }


def _metric(metric: MetricOutcome, limits: tuple[OtherLimit, ...]) -> dict[str, Any]:
    return {
        "name": metric.spec.name,
        "phase": metric.phase.value,
        "reason": metric.assessment.reason,
        "rule": metric.assessment.rule.value,
        "dryRun": metric.dry_run,
        "limits": _limits(metric.spec.limits),
        "counts": _counts(metric.counts),
        "forgotten": metric.forgotten,
        "measurements": [_measurement(item) for item in metric.measurements],
        "otherLimits": [
            {
                "limit": item.rule.value,
                "given": item.given,
                "smallestThatPasses": item.smallest,
                "phase": item.phase.value,
            }
            for item in limits
        ],
    }


def _limits(limits: Limits) -> dict[str, int | None]:
    return {
        "failureLimit": limits.failure,
        "inconclusiveLimit": limits.inconclusive,
        "consecutiveErrorLimit": limits.consecutive_error,
        "consecutiveSuccessLimit": limits.consecutive_success,
        "effectiveCount": limits.effective_count,
    }


def _counts(counts: Counts) -> dict[str, int]:
    return {
        "count": counts.count,
        "successful": counts.successful,
        "failed": counts.failed,
        "inconclusive": counts.inconclusive,
        "error": counts.error,
        "consecutiveError": counts.consecutive_error,
        "consecutiveSuccess": counts.consecutive_success,
    }


def _measurement(item: JudgedMeasurement) -> dict[str, Any]:
    recorded, begun = item.recorded, item.recorded.begun
    return {
        "phase": item.phase.value,
        "message": item.message,
        "value": recorded.value,
        "at": None if begun is None else begun.isoformat(),
        "counted": item.counted,
        "source": item.source.value,
        "recordedPhase": None if recorded.phase is None else recorded.phase.value,
    }


def _summary(summary: Summary) -> dict[str, int]:
    return {
        "count": summary.count,
        "successful": summary.successful,
        "failed": summary.failed,
        "inconclusive": summary.inconclusive,
        "error": summary.error,
    }
