"""The tables on incidents that the page and the period report share: plain text, made from a report."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from dashboard.domain.durations_summary import summarise
from dashboard.domain.incident_phases import Phase
from dashboard.domain.incidents import Severity
from dashboard.domain.periods import Period
from dashboard.domain.phase_times import PhaseTimes
from dashboard.domain.recovery import PeriodMean, PhaseStatistics, SeverityStatistics
from dashboard.domain.survival import Survival
from dashboard.reports.incidents import RecoveryReport
from dashboard.ui import format as show
from dashboard.ui import incident_words as words
from dashboard.ui.documents import Table
from dashboard.ui.release_words import plain

#: With fewer judged incidents a share says nothing: one more or less would turn it around.
MINIMUM_JUDGED = 6
_LONGEST_NAME = 160


def shown_severities(report: RecoveryReport, chosen: Sequence[Severity]) -> list[SeverityStatistics]:
    """The statistics of the chosen severities; all of them when none is chosen."""
    return [item for item in report.measures.severities if not chosen or item.severity in chosen]


def severity_table(report: RecoveryReport, chosen: Sequence[Severity]) -> Table:
    """How often and how long, per severity: frequency stands beside duration, always."""
    measures = report.measures
    rows = []
    for item in shown_severities(report, chosen):
        total = item.phases[Phase.TOTAL]
        trend = measures.trend.get(item.severity) if item.severity else None
        known = report.delivery_before is not None
        verdict = words.NO_TARGET if trend is None else words.verdict(trend, before_known=known)
        rows.append((words.severity(item.severity), often(item), typical(total), verdict))
    return Table(
        caption="How often and how long, by severity",
        columns=("Severity", "Incidents", "Time to recover", "Against the period before"),
        rows=tuple(rows),
    )


def often(found: SeverityStatistics) -> str:
    """How many, how many of them open, and per 30 days with the interval."""
    many = f"{show.amount(found.incidents, 'incident')}, {show.number(found.open)} open"
    return f"{many}\n{show.rate_per_30_days(found.per_30_days)}"


def typical(total: PhaseStatistics) -> str:
    """The median time to recover; with open incidents the one that counts them."""
    if total.survival is None:
        return "unknown: no time to recover is known"
    ended = f"n = {total.summary.n}"
    if not total.survival.open:
        return f"median {show.lasted(total.summary.median)}, {ended}"
    return f"{_with_open(total.survival)}\n{ended} ended, {total.survival.open} open"


def mttr_text(report: RecoveryReport) -> str:
    """The mean and the median time to recover over all that ended in the period."""
    totals = [row.timed.phases[Phase.TOTAL].duration for row in report.rows]
    found = summarise([total.total_seconds() for total in totals if total is not None])
    if found.mean is None:
        return "unknown: no incident with a known time to recover has ended"
    return f"mean {show.lasted(found.mean)} (MTTR), median {show.lasted(found.median)}, n = {found.n} ended"


def attainment_table(report: RecoveryReport, chosen: Sequence[Severity]) -> Table:
    """The share of incidents that met the target of each phase, with what was not judged and why."""
    rows = []
    for item in shown_severities(report, chosen):
        if item.severity is None:
            continue
        rows += [
            (f"{item.severity} {words.PHASES[phase]}", attained(found), unjudged(found))
            for phase, found in item.phases.items()
        ]
    return Table(
        caption="Targets met, by severity and phase",
        columns=("Severity, phase", "Met the target", "Not judged, open"),
        rows=tuple(rows),
    )


def attained(found: PhaseStatistics) -> str:
    """How many met the target, with the interval; too few to say below six."""
    if found.attainment is None:
        return "none judged"
    counts = show.k_of_n(found.attainment)
    late = f"\n{found.missed_open} of the misses still open" if found.missed_open else ""
    if found.n < MINIMUM_JUDGED:
        return f"{counts} (n = {found.n}: too few){late}"
    return f"{counts}, {show.proportion(found.attainment)}{late}"


def unjudged(found: PhaseStatistics) -> str:
    """How many are not judged: not over yet, or excluded, by reason."""
    parts = [f"{found.undetermined} not over yet"] if found.undetermined else []
    parts += [f"{count} excluded: {words.EXCLUSIONS[reason]}" for reason, count in found.excluded.items()]
    if found.without_acknowledgement:
        parts.append(f"{found.without_acknowledgement} judged with triage: no acknowledgement noted")
    return "\n".join(parts) or "none"


def phase_time_table(times: PhaseTimes) -> Table:
    """Where the time went, the phases in order."""
    return Table(
        caption="Share of all incident time",
        columns=("Phase", "Share of all time", "Median of one incident"),
        rows=tuple(
            (
                f"{words.PHASES[item.phase]}: {words.PHASE_SPANS[item.phase]}",
                show.part(Fraction(item.share)),
                show.lasted(item.median),
            )
            for item in times.phases
        ),
    )


def phase_time_words(times: PhaseTimes) -> str:
    """What the shares are of, and how much of it is a single incident."""
    return (
        f"Shares are of {show.outage(times.spent)}, the summed time of {times.n} of"
        f" {show.amount(times.of, 'incident')} (those whose every phase is known), so long incidents weigh"
        f" more: the longest one alone is {show.part(Fraction(times.longest_share))} of it. The median shows"
        " what is typical."
    )


def mean_table(report: RecoveryReport, means: Sequence[PeriodMean], caption: str) -> Table:
    """The time to recover by month or quarter: what “MTTR” says, and what is typical beside it."""
    period = report.measures.period
    edge = replace(period, end=min(period.end, report.freshness.as_of))
    return Table(
        caption=caption,
        columns=("Began in", "Mean time to recover (MTTR)", "Typical and long ones"),
        rows=tuple((_period(item, edge), _mean(item), _typical(item)) for item in means),
    )


def spender_table(report: RecoveryReport, limit: Fraction, most: int) -> Table:
    """The incidents that cost the largest share of an error budget."""
    rows = []
    for row in report.top_spenders[:most]:
        cost, incident = row.costs[0], row.timed.incident
        over = cost.share_of_budget is not None and cost.share_of_budget > limit
        mark = f" (▲ over {show.percent(limit)})" if over else ""
        name = plain(f"{incident.id}: {incident.title}", _LONGEST_NAME)
        spent = f"{words.budget_share(cost)}{mark}\nlike {show.outage(cost.full_outage)} of full outage"
        rows.append((name, cost.objective.key, spent))
    return Table(
        caption="What cost the most error budget",
        columns=("Incident", "Objective that paid most", "Share of its error budget"),
        rows=tuple(rows),
    )


def _with_open(found: Survival) -> str:
    if found.median is None:
        return "median unknown: fewer than half have ended by any time seen"
    return f"median {show.lasted(found.median)}, open ones counted"


def _period(item: PeriodMean, edge: Period) -> str:
    """The month, and whether it is cut off by the edges of the whole period."""
    part = item.period.start < edge.start or item.period.end > edge.end
    name = f"{item.period.name} (in part)" if part else item.period.name
    return f"{name}\n{show.amount(item.incidents, 'incident')}, {item.open} open, {item.excluded} excluded"


def _mean(item: PeriodMean) -> str:
    found = item.summary
    if found.mean is None:
        return "unknown: no incident with a known time to recover"
    between = f"\n{show.lasted_between(found.mean_interval)}" if found.mean_interval else ""
    few = "" if found.mean_interval else "; too few for an interval"
    return f"{show.lasted(found.mean)} (n = {found.n}{few}){between}"


def _typical(item: PeriodMean) -> str:
    found = item.summary
    if found.median is None:
        return "–"
    lines = [f"median {show.lasted(found.median)}"]
    if found.geometric_mean is not None:
        centre = show.lasted(found.geometric_mean.value)
        lines.append(f"geometric mean {centre} ({show.lasted_between(found.geometric_mean)})")
    for name, value in (("75 %", found.p75), ("90 %", found.p90)):
        if value is not None:
            lines.append(f"{name} within {show.lasted(value)}")
    if found.p90 is None:
        lines.append("75 % or 90 % within: too few" if found.p75 is None else "90 % within: too few")
    return "\n".join(lines)
