"""What the charts of individuals show, in words: limits, and the rules that fired."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from dashboard.domain.control_chart import MINIMUM_BASELINE, Limits, Signal
from dashboard.domain.incidents import Severity
from dashboard.reports.incidents import RecoveryChart, RecoveryReport
from dashboard.ui import format as show
from dashboard.ui.release_words import plain

SIGNALS = {
    Signal.BEYOND_LIMIT: "beyond a limit",
    Signal.RUN_OF_EIGHT: "the eighth or later in a row on one side of the centre",
    Signal.THREE_OF_FOUR: "one of three in four that are nearer to a limit than to the centre",
}
_MOST_NAMED, _LONGEST_ID = 8, 40


def charts_of(report: RecoveryReport, chosen: Sequence[Severity]) -> list[RecoveryChart]:
    """The charts of the chosen severities; all of them when none is chosen."""
    return [chart for chart in report.charts if not chosen or chart.severity in chosen]


def chart_items(report: RecoveryReport, chosen: Sequence[Severity], zone: ZoneInfo) -> list[str]:
    """One sentence a severity: what stands out within the period, or why nothing can be said."""
    return [f"{chart.severity}: {chart_words(chart, report, zone)}" for chart in charts_of(report, chosen)]


def chart_words(chart: RecoveryChart, report: RecoveryReport, zone: ZoneInfo) -> str:
    """What stands out of the routine variation within the period, incident by incident."""
    limits = chart.chart.limits
    if limits is None:
        return (
            f"no limits yet: {show.amount(len(chart.items), 'ended incident')} since the beginning,"
            f" {MINIMUM_BASELINE} are needed to tell routine variation from a change."
        )
    period = report.measures.period
    told = [
        f"{plain(item.incident.id, _LONGEST_ID)} on {show.moment(item.incident.times[0], zone)}"
        f" ({show.lasted(value)}, {speed(value, limits)}):"
        f" {'; '.join(SIGNALS[signal] for signal in Signal if signal in signals)}"
        for item, value, signals in zip(chart.items, chart.chart.values, chart.chart.signals, strict=True)
        if signals and period.holds(item.incident.began_at)
    ]
    earlier = sum(bool(signals) for signals in chart.chart.signals) - len(told)
    before = f" Outside the period {show.amount(earlier, 'point')} more." if earlier else ""
    routine = f"Routine is {limit_words(limits)}."
    if not told:
        return f"nothing stands out of the routine variation. {routine}{before}"
    more = f"; and {len(told) - _MOST_NAMED} more" if len(told) > _MOST_NAMED else ""
    named = f"{'; '.join(told[:_MOST_NAMED])}{more}"
    return f"{show.amount(len(told), 'point')} to look at: {named}. {routine}{before}"


def speed(value: float, limits: Limits) -> str:
    """Whether a time to recover lies on the faster or the slower side of the centre."""
    return "faster" if value < limits.centre else "slower"


def limit_words(limits: Limits) -> str:
    """The limits and the centre, and what they rest on."""
    return (
        f"{show.lasted(limits.lower)} … {show.lasted(limits.upper)} around {show.lasted(limits.centre)}"
        f" (from the first {limits.baseline})"
    )
