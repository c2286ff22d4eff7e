"""Deploy policy: what the error budget lets a service ship now, who must approve, why, and until when."""

import streamlit as st

from dashboard.ui import cache, components, deploy_rules

st.title("Deploy policy", anchor=False)
name = components.choose_service(list(cache.catalogue().services))
policy = cache.policy()
if name is None:
    components.trust(cache.fleet().freshness, policy.timezone)
    st.info("Choose a service to see what its error budget lets you ship now.")
else:
    report = cache.deploy_policy(name)
    components.trust(report.freshness, policy.timezone)
    deploy_rules.draw(report, policy)
    components.service_link(name, label="The numbers behind → Service")
components.overview_link()
components.glossary()
