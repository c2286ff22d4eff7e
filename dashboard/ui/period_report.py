"""The report of a period for leadership: one document, as Markdown or as HTML that prints well."""

from dashboard.domain.incidents import Severity
from dashboard.domain.policy import Policy
from dashboard.reports.incident_measures import Selection
from dashboard.reports.incidents import RecoveryReport
from dashboard.ui import format as show
from dashboard.ui import incident_words as words
from dashboard.ui.data_quality import known_words, quality_items
from dashboard.ui.delivery_tables import delivery_table
from dashboard.ui.documents import Block, Heading, Items, Table, Text, to_html, to_markdown
from dashboard.ui.recovery_tables import (
    attainment_table,
    mean_table,
    mttr_text,
    phase_time_table,
    phase_time_words,
    severity_table,
    spender_table,
)
from dashboard.ui.signals import chart_items

TITLE = "Incidents and delivery"
#: How many of the dearest incidents are named.
SPENDERS = 10
NOT_PROGRESS = (
    "A verdict compares with the span of the same length before. Open incidents count with"
    " the time they have lasted so far. One comparison in twenty shows a change by chance alone."
)
MONTHS_NOTE = (
    "Months differ by chance as well: one long incident moves a mean. Whether anything changed is what the"
    " verdict says."
)
DELIVERY_NOTE = (
    "The ranges are 95 % intervals. Where those of the two periods overlap, the difference may be chance."
)


def markdown_report(report: RecoveryReport, policy: Policy, chosen: Selection) -> str:
    """The report as Markdown."""
    return to_markdown(period_blocks(report, policy, chosen))


def html_report(report: RecoveryReport, policy: Policy, chosen: Selection) -> str:
    """The report as one HTML file without scripts."""
    return to_html(f"{TITLE}: {report.asked.name}", period_blocks(report, policy, chosen))


def verdict_lead(report: RecoveryReport, chosen: Selection) -> str:
    """The answer in a few words: what the time to recover did, over everything that was chosen."""
    if report.delivery_before is None:
        return words.NOTHING_BEFORE
    return words.headline(report.measures.trend[_overall(chosen)])


def verdict_text(report: RecoveryReport, chosen: Selection) -> str:
    """What the verdict over everything that was chosen rests on, and what it leaves out."""
    severity = _overall(chosen)
    trend = report.measures.trend[severity]
    if report.delivery_before is None:
        return "The store knows nothing of the time before this period. A shorter period may have one."
    told = words.grounds(trend)
    if severity is None and trend.ratio is not None:
        told += " Severities are compared together, as multiples of their targets."
    count = report.measures.open
    if count:
        told += f" {show.amount(count, 'incident')} still open:"
        told += " in the verdict as long as they have lasted so far."
    return told


def counts_text(report: RecoveryReport) -> str:
    """How many incidents, how many open, and how often: beside every duration."""
    measures = report.measures
    if not measures.incidents:
        return f"No incident is known of this period ({show.rate(measures.per_30_days)} per 30 days)."
    return (
        f"{show.amount(measures.incidents, 'incident')}, {measures.open} open;"
        f" {show.rate_per_30_days(measures.per_30_days)}."
    )


def period_blocks(report: RecoveryReport, policy: Policy, chosen: Selection) -> list[Block]:
    """The whole document, block by block."""
    zone, fresh = policy.timezone, report.freshness
    period = report.measures.period
    span = f"{show.full_moment(period.start, zone)} to {show.full_moment(min(period.end, fresh.as_of), zone)}"
    scope = ", ".join((*chosen.services, *chosen.severities)) or "all services and severities"
    blocks: list[Block] = [Heading(level=1, text=f"{TITLE}: {report.asked.name}")]
    if fresh.is_demo:
        blocks.append(Text(lead="Demo data.", text="Every number here is made up."))
    blocks.append(Text(text=f"{span}; {scope}. As of {show.full_moment(fresh.as_of, zone)}."))
    if known := known_words(report, zone):
        blocks.append(Text(lead="Only a part of the period is known.", text=known))
    blocks += [
        Heading(level=2, text="The answer"),
        Text(lead="Time to recover:", text=mttr_text(report)),
        Text(lead=f"{verdict_lead(report, chosen)}.", text=verdict_text(report, chosen)),
        Text(lead="How often:", text=counts_text(report)),
        severity_table(report, chosen.severities),
        Text(text=NOT_PROGRESS),
        Heading(level=2, text="Targets"),
        attainment_table(report, chosen.severities),
        Heading(level=2, text="Where the time goes"),
        *_phase_times(report),
        Heading(level=2, text="Time to recover, month by month"),
        *_means(report),
        Text(text=MONTHS_NOTE),
        Items(items=tuple(chart_items(report, chosen.severities, zone))),
        Heading(level=2, text="Error budget"),
        *_spenders(report, policy),
        Heading(level=2, text="Delivery"),
        delivery_table(report, policy.delivery.targets),
        Text(text=DELIVERY_NOTE),
        Heading(level=2, text="What these figures leave out"),
        Items(items=tuple(quality_items(report)) or ("Nothing.",)),
    ]
    return blocks


def _overall(chosen: Selection) -> Severity | None:
    """Of one chosen severity its own verdict, else that of all that are looked at."""
    return chosen.severities[0] if len(chosen.severities) == 1 else None


def _phase_times(report: RecoveryReport) -> list[Block]:
    times = report.phase_times
    if times is None:
        return [Text(text="Unknown: no incident of the period has all of its phases.")]
    return [phase_time_table(times), Text(text=phase_time_words(times))]


def _means(report: RecoveryReport) -> list[Block]:
    measures = report.measures
    tables: list[Table] = [
        mean_table(report, measures.months, "By month"),
        mean_table(report, measures.quarters, "By quarter"),
    ]
    found: list[Block] = [table for table in tables if table.rows]
    return found or [Text(text="The period has not begun.")]


def _spenders(report: RecoveryReport, policy: Policy) -> list[Block]:
    if not report.top_spenders:
        return [Text(text="No incident of the period cost any error budget that was measured.")]
    return [spender_table(report, policy.incidents.large_budget_share, SPENDERS)]
