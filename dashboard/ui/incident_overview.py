"""The page on incidents for leadership: the answer first, then what it rests on, down to each incident."""

from functools import partial

import streamlit as st

from dashboard.domain.policy import Policy
from dashboard.reports.incident_measures import Selection
from dashboard.reports.incidents import RecoveryReport
from dashboard.ui import attainment_grid, incident_list, incident_sources
from dashboard.ui import format as show
from dashboard.ui import incident_words as words
from dashboard.ui.charts import CHART_CONFIG
from dashboard.ui.components import DEPLOYMENTS_PAGE, incident_link
from dashboard.ui.data_quality import known_words, quality_items
from dashboard.ui.delivery_tables import delivery_table
from dashboard.ui.documents import Table
from dashboard.ui.folding import unbroken
from dashboard.ui.incident_charts import (
    MOST_POINTS,
    control_alt,
    control_figure,
    dots_alt,
    dots_figure,
)
from dashboard.ui.incident_filters import address
from dashboard.ui.period_report import (
    DELIVERY_NOTE,
    MONTHS_NOTE,
    NOT_PROGRESS,
    SPENDERS,
    counts_text,
    html_report,
    markdown_report,
    verdict_lead,
    verdict_text,
)
from dashboard.ui.recovery_tables import (
    attainment_table,
    mean_table,
    mttr_text,
    phase_time_table,
    phase_time_words,
    severity_table,
    shown_severities,
    spender_table,
)
from dashboard.ui.release_words import brief
from dashboard.ui.signals import chart_words, charts_of
from dashboard.ui.words import literal

#: Severity, how often, how long, verdict; on a phone they stand below one another.
_COLUMNS = (0.9, 2.4, 3.4, 5.4)


def draw(report: RecoveryReport, policy: Policy, chosen: Selection) -> None:
    """The whole page below its filters."""
    dark = st.context.theme.type == "dark"
    if report.known_since is None:
        incident_sources.how_to_begin()
        if report.unmapped.count:
            _quality(report)
        return
    incident_list.draw_open(report)
    _answer(report, policy, chosen)
    _targets(report, chosen, dark=dark)
    _delivery(report, policy)
    _phase_times(report)
    _durations(report, policy, chosen, dark=dark)
    _routine(report, policy, chosen, dark=dark)
    _means(report)
    _spenders(report, policy)
    incident_list.draw(report.rows, policy)
    _quality(report)
    _documents(report, policy, chosen)


def draw_table(table: Table, *, titled: bool = True) -> None:
    """A table of plain text; its caption stands above it unless a heading says the same."""
    if titled:
        st.markdown(f"**{literal(table.caption)}**")
    st.table(
        {
            column: [unbroken(literal(row[index])) for row in table.rows]
            for index, column in enumerate(table.columns)
        },
        border="horizontal",
        hide_index=True,
        alt=table.caption,
    )


def _answer(report: RecoveryReport, policy: Policy, chosen: Selection) -> None:
    if known := known_words(report, policy.timezone):
        st.warning(literal(known))
    st.header(literal(verdict_lead(report, chosen)), anchor=False)
    st.markdown(unbroken(f"**Time to recover:** {literal(mttr_text(report))}"))
    st.markdown(unbroken(literal(verdict_text(report, chosen))))
    st.markdown(unbroken(f"**How often:** {literal(counts_text(report))}"))
    if not report.measures.incidents:
        return
    incident_list.draw_links(report.rows, policy)
    for row in severity_table(report, chosen.severities).rows:
        with st.container(border=True, gap=None):
            for column, cell in zip(st.columns(_COLUMNS, gap="small"), row, strict=True):
                column.markdown(f"**{literal(cell)}**" if cell == row[0] else unbroken(literal(cell)))
    st.markdown(f":small[{literal(NOT_PROGRESS)}]")


def _targets(report: RecoveryReport, chosen: Selection, *, dark: bool) -> None:
    if not report.measures.incidents:
        return
    st.subheader("Targets met, by phase", anchor=False, help=words.GLOSSARY["Phases"])
    attainment_grid.draw(shown_severities(report, chosen.severities), address, dark=dark)
    with st.expander("The same as a table, with intervals and what is not judged"):
        draw_table(attainment_table(report, chosen.severities), titled=False)


def _delivery(report: RecoveryReport, policy: Policy) -> None:
    st.subheader("Delivery", anchor=False)
    draw_table(delivery_table(report, policy.delivery.targets), titled=False)
    st.markdown(f":small[{literal(DELIVERY_NOTE)}]")
    st.page_link(DEPLOYMENTS_PAGE, label=":blue[The deployments behind these figures → Deployments]", help="")


def _phase_times(report: RecoveryReport) -> None:
    times = report.phase_times
    if times is not None:
        st.subheader("Where the time goes", anchor=False)
        draw_table(phase_time_table(times), titled=False)
        st.markdown(f":small[{literal(phase_time_words(times))}]")


def _durations(report: RecoveryReport, policy: Policy, chosen: Selection, *, dark: bool) -> None:
    if not report.rows:
        return
    st.subheader("Every time to recover", anchor=False)
    found = [item for item in shown_severities(report, chosen.severities) if item.incidents]
    st.plotly_chart(
        dots_figure(report.rows, found, policy, dark=dark),
        config=dict(CHART_CONFIG),
        alt=dots_alt(report.rows),
    )
    if len(report.rows) > MOST_POINTS:
        st.markdown(f":small[The newest {show.number(MOST_POINTS)} of {show.number(len(report.rows))}.]")


def _routine(report: RecoveryReport, policy: Policy, chosen: Selection, *, dark: bool) -> None:
    charts = [chart for chart in charts_of(report, chosen.severities) if chart.items]
    if not charts:
        return
    help_text = words.GLOSSARY["Chart of individuals"]
    st.subheader("What stands out of the routine", anchor=False, help=help_text)
    for chart in charts:
        st.markdown(f"**{chart.severity}:** {unbroken(literal(chart_words(chart, report, policy.timezone)))}")
        if chart.chart.limits is not None:
            st.plotly_chart(
                control_figure(chart, report.measures.period, policy.timezone, dark=dark),
                config=dict(CHART_CONFIG),
                alt=control_alt(chart),
                key=f"control_{chart.severity}",
            )


def _means(report: RecoveryReport) -> None:
    measures = report.measures
    if not measures.incidents:
        return
    st.subheader("Time to recover by month and quarter", anchor=False, help=words.GLOSSARY["Time to recover"])
    for caption, means in (("By month", measures.months), ("By quarter", measures.quarters)):
        draw_table(mean_table(report, means, caption))
    st.markdown(f":small[{literal(MONTHS_NOTE)}]")


def _spenders(report: RecoveryReport, policy: Policy) -> None:
    if not report.rows:
        return
    st.subheader("What cost the most error budget", anchor=False)
    if report.top_spenders:
        draw_table(spender_table(report, policy.incidents.large_budget_share, SPENDERS), titled=False)
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(":small[More of each:]")
            for row in report.top_spenders[:SPENDERS]:
                name = row.timed.incident.id
                incident_link(name, label=f":small[:blue[{brief(name, 30)}]]")
    else:
        st.markdown("No incident of the period cost any error budget that was measured.")


def _quality(report: RecoveryReport) -> None:
    st.subheader("What these figures leave out", anchor=False)
    items = quality_items(report) or ["Nothing: every incident of the period is in all of them."]
    st.markdown("\n".join(f"- {literal(item)}" for item in items))


def _documents(report: RecoveryReport, policy: Policy, chosen: Selection) -> None:
    st.subheader("To print or to send", anchor=False)
    st.markdown("The same figures as one document; the HTML file prints best.")
    with st.container(horizontal=True):
        for label, mime, ending, write in (
            ("Report as HTML", "text/html", "html", html_report),
            ("Report as Markdown", "text/markdown", "md", markdown_report),
        ):
            st.download_button(
                label,
                data=partial(write, report, policy, chosen),
                file_name=f"incidents-{report.asked.name.replace(' ', '-')}.{ending}",
                mime=mime,
                on_click="ignore",
            )
