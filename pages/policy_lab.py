"""Policy lab: what another policy would have blocked, let through, and saved."""

import streamlit as st

from dashboard.domain.periods import period_of
from dashboard.ui import cache, components, policy_lab, policy_lab_cache, policy_lab_filters, release_sources
from dashboard.ui.policy_lab_words import LAB_GLOSSARY

st.title("Policy lab", anchor=False)
policy, catalogue, history = cache.policy(), cache.catalogue(), cache.history()
top = st.container()
chosen = policy_lab_filters.choose(list(catalogue.services), policy)
period = period_of(chosen.days, history.as_of)
report = policy_lab_cache.backtest(period, chosen.services, chosen.tried)
with top:
    components.trust(cache.deployments(period, chosen.services).freshness, policy.timezone)
    if not catalogue.objectives:
        st.info("**No service has an objective**, so no error budget and no burn rate holds a release back.")
    if report.rows:
        policy_lab.draw_answer(report, policy, chosen.tried)
    elif history.releases:
        policy_lab.nothing_in(report)
    else:
        release_sources.how_to_begin()
if report.rows:
    policy_lab.draw_strip(report, policy)
    policy_lab.draw_list(report, policy, chosen.tried)
policy_lab.draw_file(policy, chosen.tried)
components.overview_link()
components.glossary(LAB_GLOSSARY)
