"""What a success of an analysis stands on, in words. Nothing here draws."""

from collections.abc import Iterator, Mapping

from dashboard.domain.canary.room import Evidence, EvidenceGrade
from dashboard.reports.canary_metrics import MetricView, RunView, answered, ran_beside
from dashboard.ui import format as show
from dashboard.ui.canary_words import badge_of
from dashboard.ui.release_words import brief
from dashboard.ui.words import Sign

_SIGNS: Mapping[Evidence, Sign] = {
    Evidence.COMPLETE: Sign("✓", "evidence complete", "green"),
    Evidence.TRUNCATED: Sign("△", "evidence truncated", "orange"),
    Evidence.NONE: Sign("?", "no evidence", "violet"),
}
#: A metric without a count that runs in the background is stopped with the steps: that is no flaw.
_BESIDE = Sign("–", "ran beside the steps", "gray")
_WEAK = {Evidence.TRUNCATED: "truncated evidence", Evidence.NONE: "no evidence"}


def run_evidence_words(view: RunView) -> str:
    """How good the evidence of a run's success is, and why; empty where it is no success. Markdown."""
    if view.evidence is not None and ran_beside(view):
        return f"{badge_of(_BESIDE)} {show.amount(answered(view), 'measurement')}"
    return _words(view.evidence)


def metric_evidence_words(metric: MetricView, view: RunView) -> str:
    """As `run_evidence_words`, of one metric of the run."""
    if metric.evidence is not None and metric.evidence.grade is Evidence.TRUNCATED and ran_beside(view):
        return f"{badge_of(_BESIDE)} {show.amount(metric.state.counts.count, 'measurement')}"
    return _words(metric.evidence)


def weak_evidence(runs: tuple[RunView, ...]) -> Iterator[str]:
    """The successes that stand on less than all that was to be measured, a sentence each; markdown."""
    weak = [
        view.evidence
        for view in runs
        if view.evidence is not None and view.evidence.grade in _WEAK and not ran_beside(view)
    ]
    for found in dict.fromkeys(weak):
        yield f"A success of Argo's stands on {_WEAK[found.grade]} ({brief(found.reason, 120)})."


def _words(found: EvidenceGrade | None) -> str:
    return "" if found is None else f"{badge_of(_SIGNS[found.grade])} {brief(found.reason, 200)}"
