"""Is a canary safe so far? The one sentence that answers it, for each way in which it may stand."""

from collections.abc import Callable, Mapping
from fractions import Fraction

from dashboard.domain.canary.error_level import ErrorLevel
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.sequential import ErrorJudgement, Verdict
from dashboard.domain.intervals import Proportion
from dashboard.reports.canary_detail import CanaryReport
from dashboard.reports.canary_metrics import MetricView
from dashboard.reports.canary_standing import (
    Answers,
    Standing,
    answers,
    lacks_traffic,
    looks_slower,
    standing,
    undecided_metrics,
)
from dashboard.ui import format as show
from dashboard.ui.canary_judge_words import times, traffic_sentence
from dashboard.ui.canary_measure_words import MEASURE_WORDS
from dashboard.ui.canary_words import threshold_words
from dashboard.ui.release_words import brief, some
from dashboard.ui.words import literal

_METRICS, _NUMBERS = 2, 3


def safe_words(report: CanaryReport) -> str:
    """Whether a canary that is under way is safe so far; markdown."""
    return _SAFE.get(standing(report), _nobody_knows)(report)


def _trouble(report: CanaryReport) -> str:
    if report.shown_worse:
        rates = " and its ".join(MEASURE_WORDS[measure].rate for measure in report.shown_worse)
        are = "is" if len(report.shown_worse) == 1 else "are"
        return f"No. Its {rates} {are} shown to be worse than stable's."
    metrics = report.row.named.canary.decided_by
    return f"No. {some(metrics)} ended its analysis." if metrics else "No. Its analysis did not pass."


def _undecided(report: CanaryReport) -> str:
    told = [sentence for metric in undecided_metrics(report) if (sentence := _measured(metric))]
    if told:
        return f"Nobody knows: {'; '.join(told[:_METRICS])}. Argo waits for somebody to decide."
    metrics = report.row.named.canary.decided_by
    return f"Nobody knows: {some(metrics) if metrics else 'its analysis'} could not tell, and Argo waits."


def _measured(metric: MetricView) -> str:
    """The last measurement that could not tell, with its limits; empty where one of the two is not known."""
    taken = [point for point in metric.points if point.phase is Phase.INCONCLUSIVE and point.numbers]
    if not taken or not metric.thresholds:
        return ""
    answer = ", ".join(show.value(number) for number in taken[-1].numbers[:_NUMBERS])
    limits = ", ".join(map(threshold_words, metric.thresholds))
    return f"{brief(metric.state.name, 60)} measured {answer}: {literal(limits)}"


def _own_errors(report: CanaryReport) -> str:
    """Its own share of errors is too high, with stable's beside it."""
    if report.errors is None:
        return _nobody_knows(report)
    own = report.errors.own
    if own.level is ErrorLevel.CRITICAL:
        told = f"No. {_share(own.canary)} of its own requests fail, above the critical limit of the policy."
    else:
        told = f"Not by itself: {_share(own.canary)} of its own requests fail, above the policy's warning."
    if own.stable_level is not ErrorLevel.FINE:
        told += f" Stable itself fails {_share(own.stable)}: to be no worse than that means little."
    return told


def _untested(report: CanaryReport) -> str:
    step = lacks_traffic(report)
    told = "" if step is None else f": {literal(traffic_sentence(step))}"
    return f"Hardly tested at its weight{told}."


def _within_limits(report: CanaryReport) -> str:
    return f"Not clean: {_bad(answers(report))}, within their limits."


def _safe(report: CanaryReport) -> str:
    found, told = answers(report), []
    if report.errors is not None and report.errors.judgement.verdict is Verdict.PASS:
        harmful = times(report.errors.judgement.rule.harmful)
        told.append(f"Its error rate is shown to be below {harmful} stable's.")
    if report.slow is not None:
        told.append(_slow(report.slow.judgement))
    if found.failed or found.inconclusive:
        told.append(f"Yet {_bad(found)}, within their limits.")
    if report.errors is not None and report.errors.own.stable_level is not ErrorLevel.FINE:
        stable = _share(report.errors.own.stable)
        told.append(f"But stable itself fails {stable} of its requests: the service is not well.")
    if found.dry_failed:
        told.append(f"Metrics that run dry failed {_often(found.dry_failed)}.")
    bad = found.failed or found.inconclusive or found.dry_failed
    untold = report.slow is not None and report.slow.judgement.verdict is Verdict.NONE
    by = "what decides" if bad else "everything but latency" if untold else "everything that was measured"
    return " ".join([f"Yes, by {by} so far.", *told])


def _slow(found: ErrorJudgement) -> str:
    """What is known of its latency, of one that is not shown to be slower."""
    if found.verdict is Verdict.PASS:
        return f"Its share of slow requests is shown to be below {times(found.rule.harmful)} stable's."
    return "Whether it is slower cannot be told yet."


def _nobody_knows(report: CanaryReport) -> str:
    if looks_slower(report):
        return "It looks slower than stable, in too few minutes to tell that from a pause of one pod."
    return "Nothing that was measured says so yet."


def _bad(found: Answers) -> str:
    bad = [f"{show.number(found.failed)} of {show.amount(found.answered, 'measurement')} failed"]
    if found.inconclusive:
        bad.append(f"{show.number(found.inconclusive)} could not tell")
    return " and ".join(bad if found.failed else [bad[-1]])


def _often(count: int) -> str:
    return "once" if count == 1 else show.amount(count, "time")


def _share(found: Proportion | None) -> str:
    if found is None:
        return "an unknown share"
    return f"{show.percent(Fraction(found.k, found.n))} ({show.k_of_n(found)})"


_SAFE: Mapping[Standing, Callable[[CanaryReport], str]] = {
    Standing.TROUBLE: _trouble,
    Standing.CRITICAL: _own_errors,
    Standing.UNDECIDED: _undecided,
    Standing.UNSEEN: lambda _: "Nobody knows: what follows is how it stood when it was last seen.",
    Standing.AT_RISK: lambda _: "It stands, but one more bad measurement aborts it.",
    Standing.HIGH_ERRORS: _own_errors,
    Standing.UNTESTED: _untested,
    Standing.WITHIN_LIMITS: _within_limits,
    Standing.SAFE: _safe,
}
