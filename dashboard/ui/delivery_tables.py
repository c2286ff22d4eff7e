"""How software is delivered, against targets and beside the period before: plain text from the measures."""

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.domain.delivery import DeliveryMeasures, DurationMeasure
from dashboard.domain.intervals import Interval, Proportion
from dashboard.domain.policy import DeliveryTargets
from dashboard.reports.incidents import RecoveryReport
from dashboard.ui import format as show
from dashboard.ui.documents import Table
from dashboard.ui.recovery_tables import MINIMUM_JUDGED

_REACHED, _NOT_REACHED = "✓ target reached", "✕ target not reached"
_NEVER_TOLD = "unknown: no deployment was ever told"
_CANNOT_TELL = "≈ with so few this could be on either side of the target"
_TOO_FEW = f"? fewer than {MINIMUM_JUDGED}: too few to judge"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One measure: its name, its target, and what it says of a period."""

    name: str
    target: str
    says: Callable[[DeliveryMeasures], str]
    stands: Callable[[DeliveryMeasures], str]


def delivery_table(report: RecoveryReport, targets: DeliveryTargets) -> Table:
    """Every measure of the period beside the same of the period before."""
    now, before = report.delivery, report.delivery_before
    rows = []
    for row in _rows(targets):
        name = f"{row.name}\n{row.target}" if row.target else row.name
        stands = row.stands(now)
        if not report.deployments_ever:
            # None in a period is a measurement only where deployments are told at all.
            rows.append((name, _NEVER_TOLD, _NEVER_TOLD))
            continue
        current = f"{row.says(now)}\n{stands}" if stands else row.says(now)
        past = "unknown: the store knows nothing of it" if before is None else row.says(before)
        rows.append((name, current, past))
    return Table(
        caption="Delivery against its targets",
        columns=("Measure and target", "This period", "The period before"),
        rows=tuple(rows),
    )


def against_least(found: Interval | None, least: float) -> str:
    """Whether a rate reaches its target for certain, for certain not, or neither."""
    if found is None:
        return ""
    if found.low >= least:
        return _REACHED
    return _NOT_REACHED if found.high < least else _CANNOT_TELL


def against_most(found: Proportion | None, most: float) -> str:
    """Whether a share of failures is below its target for certain, for certain not, or neither."""
    if found is None:
        return ""
    if found.high < most:
        return _REACHED
    return _NOT_REACHED if found.low >= most else _CANNOT_TELL


def against_half(found: DurationMeasure) -> str:
    """Whether at least half were within the target: the typical one is what a target speaks of."""
    share = found.attainment
    if share is None:
        return ""
    if share.n < MINIMUM_JUDGED:
        return _TOO_FEW
    half = 0.5
    if share.low >= half:
        return f"{_REACHED} by most"
    return f"{_NOT_REACHED} by most" if share.high < half else "≈ reached by about half"


def _rows(targets: DeliveryTargets) -> list[_Row]:
    lead, recovery = show.length(targets.lead_time), show.length(targets.recovery)
    return [
        _Row(
            name="Deployments that reached users",
            target=f"target: at least {show.rate_target(targets.deployments_per_day)} a day",
            says=_frequency,
            stands=lambda of: against_least(of.frequency, float(targets.deployments_per_day)),
        ),
        _Row(
            name="Lead time, commit to production",
            target=f"target: below {lead}",
            says=_lead_time,
            stands=lambda of: against_half(of.lead_time),
        ),
        _Row(
            name="Change failure rate",
            target=f"target: below {show.target(targets.change_failure_rate)}",
            says=_failure_rate,
            stands=lambda of: against_most(of.change_failure_rate, float(targets.change_failure_rate)),
        ),
        _Row(
            name="Recovery from a failed deployment (users well again)",
            target=f"target: below {recovery}",
            says=lambda of: _durations(of.recovery, "failed deployment"),
            stands=lambda of: against_half(of.recovery),
        ),
        _Row(
            name="Failed deployment to the next good one",
            target="",
            says=lambda of: _durations(of.to_next_good, "failed deployment", with_target=False),
            stands=lambda _: "",
        ),
        _Row(
            name="Rework: rollbacks and emergency fixes",
            target="",
            says=lambda of: _share(of.rework_rate, "no deployment"),
            stands=lambda _: "",
        ),
    ]


def _frequency(of: DeliveryMeasures) -> str:
    if of.frequency is None:
        return "unknown: the period has not begun"
    without = f"{show.number(of.days_without)} of {show.amount(of.days, 'whole day')} without one"
    lines = [f"{show.rate(of.frequency)} a day", f"{show.number(of.reached_users)} in all; {without}"]
    if of.unknown_result:
        lines.append(f"{of.unknown_result} with an unknown result or end: not counted")
    return "\n".join(lines)


def _lead_time(of: DeliveryMeasures) -> str:
    text = _durations(of.lead_time, "commit")
    if of.without_commits:
        text += f"\n{show.amount(of.without_commits, 'deployment')} told no commits"
    return text


def _failure_rate(of: DeliveryMeasures) -> str:
    text = _share(of.change_failure_rate, "no deployment is judged yet")
    if of.failed_by_time_alone:
        text += f"\n{of.failed_by_time_alone} of them by time alone"
    if of.pending:
        text += f"\n{of.pending} not judged yet, {of.pending_failed} of them failed already"
    return text


def _share(found: Proportion | None, nothing: str) -> str:
    if found is None:
        return f"unknown: {nothing}"
    return f"{show.k_of_n(found)}, {show.proportion(found)}"


def _durations(found: DurationMeasure, noun: str, *, with_target: bool = True) -> str:
    lines = []
    if found.summary.median is None:
        nothing = f"no {noun} could be measured" if found.excluded else f"no {noun}"
        lines.append(f"unknown: {f'no {noun} has ended yet' if found.open else nothing}")
    else:
        lines.append(f"median {show.lasted(found.summary.median)}, n = {show.number(found.summary.n)}")
    if with_target and found.attainment is not None:
        share = show.proportion(found.attainment)
        lines.append(f"within the target: {show.k_of_n(found.attainment)}, {share}")
    if found.open:
        within = f", {found.undetermined} of them within the target" if with_target else ""
        lines.append(f"{found.open} open{within}")
    if found.excluded:
        lines.append(f"{found.excluded} excluded: nothing to recover, or times out of order")
    return "\n".join(lines)
