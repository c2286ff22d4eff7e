"""One canary in depth, below its answer: what to run, its steps, what was measured and what it cost."""

import streamlit as st

from dashboard.domain.policy import Policy
from dashboard.reports.canary_detail import CanaryReport
from dashboard.ui import canary_commands, canary_errors, canary_ladder, canary_metrics, canary_templates
from dashboard.ui.components import incident_link, release_gate_link, service_link
from dashboard.ui.release_filters import release_link
from dashboard.ui.release_words import brief, cost


def draw(report: CanaryReport, policy: Policy) -> None:
    """Everything of one canary but its answer."""
    row, now = report.row, report.freshness.as_of
    canary_commands.draw(report)
    steps, side = st.columns((3, 2), gap="medium")
    with steps:
        st.subheader("Steps", anchor=False)
        canary_ladder.draw(row, now, policy)
    with side:
        st.subheader("Budget that it cost", anchor=False)
        _cost(report)
    st.subheader("Canary against stable", anchor=False)
    canary_errors.draw(report, policy)
    canary_commands.draw_id(report)
    st.subheader("Analyses", anchor=False)
    canary_metrics.draw(report, policy.timezone)
    canary_templates.draw_of(report)
    with st.container(horizontal=True):
        if row.consequence.release is not None:
            release_link(row.consequence.release, label="The deployment that it was → Deployments")
        if row.named.service is not None:
            release_gate_link(row.named.service)
            service_link(row.named.service, label="The numbers behind → Service")


def _cost(report: CanaryReport) -> None:
    spent, is_open = report.cost, report.row.named.canary.outcome.is_open
    if not spent.measured:
        why = "nothing was measured in its time"
        if report.row.named.service is None:
            why = "it is none of our services"
        elif report.row.policy_tier is None:
            why = "the service has no objective, so it has no budget"
        st.markdown(f":violet-badge[? unknown] {why}.")
        return
    if not spent.own and not spent.incidents:
        st.markdown(f"None{' so far' if is_open else ''}: no bad event in its time.")
    for item in spent.own:
        st.markdown(cost(item, " so far" if is_open else ""))
    for name, costs in spent.incidents.items():
        for item in costs[:1]:
            st.markdown(f"{cost(item)}, through the incident:")
        incident_link(name, label=brief(name, 60))
    st.markdown(
        ":small[Spent by the whole service in its time: these counts do not tell canary and stable apart.]"
    )
