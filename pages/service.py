"""Service: one service in depth, from its policy tier down to the counts and queries behind it."""

import streamlit as st

from dashboard.ui import (
    cache,
    canary_alarms,
    canary_filters,
    components,
    incident_list,
    objective_detail,
    release_filters,
)

st.title("Service", anchor=False)
name = components.choose_service(list(cache.catalogue().services))
policy = cache.policy()
if name is None:
    components.trust(cache.fleet().freshness, policy.timezone)
    st.info("Choose a service to see its error budget, its burn rates and the numbers behind them.")
else:
    report = cache.service(name)
    components.trust(report.freshness, policy.timezone)
    status = report.status
    components.service_header(status, report.freshness.as_of, policy.timezone)
    canary_alarms.draw(name)
    with st.container(horizontal=True):
        components.release_gate_link(name)
        incident_list.service_incident_links(cache.history(), name)
        canary_filters.service_canary_link(name)
        release_filters.service_deployments_link(name)
    if status.decided_by is not None:
        chosen = objective_detail.choose(report.objectives, status.decided_by)
        objective_detail.draw(chosen, policy, cache.history(), cache.ledgers(name))
components.overview_link()
components.glossary()
