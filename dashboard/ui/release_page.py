"""One release in depth, below its answer: what the answer rests on, what it needs, and how to deploy."""

import streamlit as st

from dashboard.domain.policy import Policy
from dashboard.reports.release_page import ReleasePage
from dashboard.ui import (
    canary_alarms,
    deployment_calendar,
    gate_answer,
    gate_budget,
    gate_checks,
    gate_controls,
    release_checklist,
    release_commands,
    strategy,
)
from dashboard.ui.canary_filters import service_canary_link
from dashboard.ui.components import service_link


def draw(page: ReleasePage, policy: Policy) -> None:
    """Everything of one release but its answer, what keeps it closed first."""
    now, zone = page.decision.as_of, policy.timezone
    canary_alarms.draw(page.choice.service)
    gate_answer.draw_reasons(page, policy)
    st.subheader("Checks", anchor=False)
    gate_checks.draw_release(page, zone)
    st.subheader("Approvals", anchor=False)
    gate_controls.draw_approvals(page, policy)
    st.subheader("Freezes and exceptions", anchor=False)
    gate_controls.draw_freezes(page.freezes, now, policy)
    gate_controls.draw_exceptions(page, policy)
    st.subheader("When the answer changes", anchor=False)
    gate_answer.changes(page.decision, policy)
    deployment_calendar.draw(page.calendar, now, zone)
    st.subheader("What the error budget allows", anchor=False)
    gate_budget.draw(page, policy)
    st.subheader("How to deploy it", anchor=False)
    strategy.draw(page)
    with st.expander("Checklist before the release"):
        release_checklist.draw(page, zone)
    with st.expander("Commands to copy"):
        release_commands.draw(page, policy.gate)
    service_canary_link(page.choice.service)
    service_link(page.choice.service, label="The numbers behind → Service")
