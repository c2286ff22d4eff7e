"""How fast incidents are dealt with: every phase against its target, with what is open or excluded."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.domain.control_chart import ControlChart, duration_chart
from dashboard.domain.durations_summary import Summary, summarise
from dashboard.domain.incident_phases import (
    Exclusion,
    Phase,
    PhaseOutcome,
    PhaseResult,
    PhaseTargets,
    phase_outcomes,
)
from dashboard.domain.incidents import Incident, Severity
from dashboard.domain.intervals import Interval, Proportion, poisson_rate, wilson
from dashboard.domain.periods import Period
from dashboard.domain.record import record
from dashboard.domain.survival import Survival, kaplan_meier
from dashboard.domain.trend import Trend, compare_with_open

#: What incidents are counted per (FRAMEWORK has no word on it; a month of the budget's window).
PER = timedelta(days=30)
#: Times to recover of different severities are compared as if each had this target.
_COMMON_TARGET = timedelta(hours=8)


@record
class TimedIncident:
    """An incident with the outcome of each of its phases."""

    incident: Incident
    phases: Mapping[Phase, PhaseOutcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseStatistics:
    """One phase over many incidents.

    `n` is how many are judged: `met` + `missed`, of which `missed_open` are still open but past their
    target. `durations` (seconds) are those that have ended, `open_for` how long the open ones have lasted at
    least. `excluded` counts those that cannot be told, by reason; `without_acknowledgement` those that span
    triage and mitigation together.
    """

    phase: Phase
    met: int
    missed: int
    missed_open: int
    undetermined: int
    excluded: Mapping[Exclusion, int]
    durations: tuple[float, ...]
    open_for: tuple[float, ...]
    summary: Summary
    attainment: Proportion | None
    survival: Survival | None
    without_acknowledgement: int

    @property
    def n(self) -> int:
        """How many incidents are judged."""
        return self.met + self.missed


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityStatistics:
    """The incidents of one severity; `per_30_days` is how often they happen, with its exact interval."""

    severity: Severity | None
    incidents: int
    open: int
    per_30_days: Interval | None
    phases: Mapping[Phase, PhaseStatistics]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodMean:
    """The time to recover of the incidents that began in one month or quarter: what "MTTR" says."""

    period: Period
    incidents: int
    open: int
    excluded: int
    summary: Summary


def timed(incidents: Iterable[Incident], targets: PhaseTargets, now: datetime) -> list[TimedIncident]:
    """Each of `incidents` with its phases as they stand at `now`."""
    return [
        TimedIncident(incident=incident, phases=phase_outcomes(incident, targets, now))
        for incident in incidents
    ]


def severity_statistics(
    found: Sequence[TimedIncident], severity: Severity | None, exposure: timedelta
) -> SeverityStatistics:
    """The statistics of those of `found` that have `severity`, over a period of the length `exposure`."""
    mine = [item for item in found if item.incident.severity is severity]
    return SeverityStatistics(
        severity=severity,
        incidents=len(mine),
        open=sum(item.incident.is_open for item in mine),
        per_30_days=poisson_rate(len(mine), exposure / PER),
        phases={phase: phase_statistics(mine, phase) for phase in Phase},
    )


def phase_statistics(found: Iterable[TimedIncident], phase: Phase) -> PhaseStatistics:
    """One `phase` over `found`; incidents without a severity have durations but no result."""
    outcomes = [item.phases[phase] for item in found]
    results = Counter(outcome.result for outcome in outcomes)
    durations = tuple(seconds(outcome.duration) for outcome in outcomes if outcome.duration is not None)
    open_for = tuple(seconds(outcome.open_for) for outcome in outcomes if outcome.open_for is not None)
    met, missed = results[PhaseResult.MET], results[PhaseResult.MISSED]
    return PhaseStatistics(
        phase=phase,
        met=met,
        missed=missed,
        missed_open=sum(
            outcome.result is PhaseResult.MISSED and outcome.duration is None for outcome in outcomes
        ),
        undetermined=results[PhaseResult.UNDETERMINED],
        excluded=Counter(outcome.exclusion for outcome in outcomes if outcome.exclusion is not None),
        durations=durations,
        open_for=open_for,
        summary=summarise(durations),
        attainment=wilson(met, met + missed),
        survival=kaplan_meier(durations, open_for),
        without_acknowledgement=sum(outcome.without_acknowledgement for outcome in outcomes),
    )


def period_means(found: Sequence[TimedIncident], periods: Iterable[Period]) -> list[PeriodMean]:
    """The time to recover of each of `periods`; an incident counts where it began."""
    means = []
    for period in periods:
        mine = [item for item in found if period.holds(item.incident.began_at)]
        totals = [item.phases[Phase.TOTAL] for item in mine]
        means.append(
            PeriodMean(
                period=period,
                incidents=len(mine),
                open=sum(item.incident.is_open for item in mine),
                excluded=sum(total.exclusion is not None for total in totals),
                summary=summarise(
                    [seconds(total.duration) for total in totals if total.duration is not None]
                ),
            )
        )
    return means


def recovery_trend(
    before: Iterable[TimedIncident], after: Iterable[TimedIncident], severity: Severity | None = None
) -> Trend:
    """How the time to recover changed, of one severity or of all.

    Of all, each duration is taken as a multiple of its severity's target: more small incidents than before
    are then no progress.
    """
    later = list(after)
    return compare_with_open(
        _totals(before, severity), _totals(later, severity), _totals(later, severity, still_open=True)
    )


def recovery_chart(
    found: Iterable[TimedIncident], severity: Severity
) -> tuple[tuple[TimedIncident, ...], ControlChart]:
    """The ended incidents of one severity in the order in which they began, and the chart of their totals."""
    ended = [
        item
        for item in found
        if item.incident.severity is severity and item.phases[Phase.TOTAL].duration is not None
    ]
    ended.sort(key=lambda item: (item.incident.times[0], item.incident.id))
    totals = [seconds(item.phases[Phase.TOTAL].duration) for item in ended]
    return tuple(ended), duration_chart(totals)


def seconds(length: timedelta | None) -> float:
    """`length` in seconds.

    Raises:
        ValueError: there is none.
    """
    if length is None:
        raise ValueError("found no duration, expected one")
    return length.total_seconds()


def _totals(
    found: Iterable[TimedIncident], severity: Severity | None, *, still_open: bool = False
) -> list[float]:
    """The times to recover, or how long those that are `still_open` have lasted; see `recovery_trend`."""
    totals = []
    for item in found:
        outcome = item.phases[Phase.TOTAL]
        length = outcome.open_for if still_open else outcome.duration
        if length is None:
            continue
        if severity is None and outcome.target is not None:
            totals.append(length / outcome.target * _COMMON_TARGET.total_seconds())
        elif severity is not None and item.incident.severity is severity:
            totals.append(length.total_seconds())
    return totals
