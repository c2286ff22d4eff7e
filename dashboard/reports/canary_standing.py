"""How a canary stands, from all that is known of it: is it safe so far, and which metric has least room?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from dashboard.domain.canary.canary import Outcome
from dashboard.domain.canary.error_level import ErrorLevel
from dashboard.domain.canary.named_runs import named_only
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.room import Evidence
from dashboard.domain.canary.sequential import Verdict
from dashboard.domain.canary.traffic_split import Split, TrafficSplit
from dashboard.reports.canary_detail import CanaryReport
from dashboard.reports.canary_metrics import MetricView, RunView


class Standing(StrEnum):
    """How a canary stands, the gravest first; the last five are of one that has ended.

    CRITICAL and HIGH_ERRORS fail too many requests by themselves, however stable does. UNTESTED does not get
    the traffic of its weight. WITHIN_LIMITS has answers that were bad, though not too many of them.
    """

    TROUBLE = "in trouble"
    CRITICAL = "critical error rate"
    UNDECIDED = "undecided: somebody has to decide"
    AT_RISK = "at risk"
    UNSEEN = "not seen for too long"
    HIGH_ERRORS = "high error rate"
    UNTESTED = "hardly gets traffic"
    WITHIN_LIMITS = "within its limits"
    NOT_YET = "cannot tell yet"
    SAFE = "safe so far"
    ABORTED = "aborted"
    PROMOTED = "promoted"
    SUPERSEDED = "superseded"
    GONE = "gone"
    UNKNOWN = "end unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How the measurements of the metrics that count ended; errors of the provider are no failures.

    `dry_failed` are failures of metrics that run dry, which decide nothing.
    """

    successful: int = 0
    failed: int = 0
    inconclusive: int = 0
    errors: int = 0
    dry_failed: int = 0

    @property
    def answered(self) -> int:
        """Measurements that gave an answer."""
        return self.successful + self.failed + self.inconclusive


@dataclass(frozen=True, slots=True, kw_only=True)
class Tightest:
    """The metric of a run that goes on which is nearest to ending it."""

    run: RunView
    metric: MetricView


_ENDED = {
    Outcome.ABORTED: Standing.ABORTED,
    Outcome.PROMOTED: Standing.PROMOTED,
    Outcome.SUPERSEDED: Standing.SUPERSEDED,
    Outcome.GONE: Standing.GONE,
    Outcome.UNKNOWN: Standing.UNKNOWN,
}


def standing(report: CanaryReport) -> Standing:
    """How the canary of `report` stands: the gravest of all that is true of it.

    It is never safe by silence: of one that was not seen for too long, or without an answer, nobody can tell.
    Nor is it safe by failing nothing when it is slower, by being no worse than a bad stable, by bad answers
    that are not too many yet, or by good ones to a traffic that it does not get.
    """
    outcome = report.row.named.canary.outcome
    if outcome in _ENDED:
        return _ENDED[outcome]
    return next(standing for standing, is_so in _open_standings(report) if is_so)


def _open_standings(report: CanaryReport) -> Iterator[tuple[Standing, bool]]:
    errors, found, tightest = report.errors, answers(report), tightest_metric(report)
    verdict = None if errors is None else errors.judgement.verdict
    level = None if errors is None else errors.own.level
    grades = {item.evidence.grade for item in report.runs if item.evidence is not None}
    baseless = bool(grades) and grades == {Evidence.NONE}
    phases = {item.run.phase for item in report.runs}
    phases |= {run.phase for run in named_only(report.row.named.canary)}
    ended_badly = phases & {Phase.FAILED, Phase.ERROR}
    yield Standing.TROUBLE, bool(report.shown_worse or ended_badly)
    yield Standing.CRITICAL, level is ErrorLevel.CRITICAL
    yield Standing.UNSEEN, report.row.named.stale
    yield Standing.UNDECIDED, report.row.named.canary.outcome is Outcome.INCONCLUSIVE
    yield Standing.AT_RISK, tightest is not None and is_last_chance(tightest.metric)
    yield Standing.HIGH_ERRORS, level is ErrorLevel.HIGH
    yield Standing.UNTESTED, lacks_traffic(report) is not None
    yield Standing.NOT_YET, looks_slower(report)
    yield Standing.SAFE, verdict is Verdict.PASS
    yield Standing.WITHIN_LIMITS, bool(found.failed or found.inconclusive)
    yield Standing.SAFE, bool(found.successful) and not baseless
    yield Standing.NOT_YET, True


def looks_slower(report: CanaryReport) -> bool:
    """Whether its slow requests would be too many, if more ticks showed it."""
    return report.slow is not None and report.slow.judgement.held_back


def lacks_traffic(report: CanaryReport) -> TrafficSplit | None:
    """Its newest step, when the canary gets far less than its weight there, or there were no requests."""
    if report.errors is None or not report.errors.traffic:
        return None
    newest = report.errors.traffic[-1]
    return newest if newest.split in {Split.TOO_LITTLE, Split.NO_REQUESTS} else None


def answers(report: CanaryReport) -> Answers:
    """How the measurements of all metrics that count ended."""
    counting = list(_counting(report.runs))
    counts = [view.state.counts if view.room is None else view.room.counts for view in counting]
    return Answers(
        successful=sum(item.successful for item in counts),
        failed=sum(view.failures for view in counting),
        inconclusive=sum(item.inconclusive for item in counts),
        errors=sum(view.errors for view in counting),
        dry_failed=sum(
            metric.failures for run in report.runs for metric in run.metrics if metric.state.dry_run
        ),
    )


def undecided_metrics(report: CanaryReport) -> tuple[MetricView, ...]:
    """The metrics that could not tell, of a canary that waits for somebody to decide."""
    if report.row.named.canary.outcome is not Outcome.INCONCLUSIVE:
        return ()
    found = {
        metric.state.name: metric
        for run in report.runs
        if run.run.phase is Phase.INCONCLUSIVE
        for metric in run.metrics
        if metric.state.phase is Phase.INCONCLUSIVE and not metric.state.dry_run
    }
    return tuple(found.values())


def tightest_metric(report: CanaryReport) -> Tightest | None:
    """The metric nearest to ending its run; None where no run goes on, or no limits are known."""
    return min(_limited(report), key=lambda item: _room(item.metric), default=None)


def last_chances(report: CanaryReport) -> tuple[Tightest, ...]:
    """Every metric that ends its run with its next bad measurement, after one that was bad already."""
    return tuple(item for item in _limited(report) if is_last_chance(item.metric))


def _limited(report: CanaryReport) -> list[Tightest]:
    return [
        Tightest(run=run, metric=metric)
        for run in report.runs
        if not (run.run.phase is not None and run.run.phase.is_final)
        for metric in run.metrics
        if not metric.state.dry_run and metric.room is not None
    ]


def is_last_chance(metric: MetricView) -> bool:
    """Whether the next bad measurement ends the run, after one that was bad already."""
    room = metric.room
    if room is None:
        return False
    errors = room.counts.consecutive_error
    spent = bool(room.counts.failed) and room.failures_left == 0
    return spent or (errors > 0 and errors >= room.errors_in_a_row_allowed)


def _room(metric: MetricView) -> tuple[float, float]:
    """How many more may go wrong, as the least of the limits; fewer measurements to go are less danger."""
    room = metric.room
    if room is None:
        return (float("inf"), 0.0)
    errors = room.errors_in_a_row_allowed - room.counts.consecutive_error
    failures = float("inf") if room.failures_left is None else room.failures_left
    used = room.counts.failed + room.counts.consecutive_error
    return (min(failures, errors) if used else failures + 0.5, -(room.to_go or 0))


def _counting(runs: Iterable[RunView]) -> Iterable[MetricView]:
    return (metric for run in runs for metric in run.metrics if not metric.state.dry_run)
