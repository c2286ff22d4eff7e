"""Incidents & MTTR: how fast incidents are dealt with, what they cost, and how software is delivered."""

import streamlit as st

from dashboard.ui import cache, components, incident_detail, incident_filters, incident_overview
from dashboard.ui.incident_words import GLOSSARY

st.title("Incidents & MTTR", anchor=False)
policy, history = cache.policy(), cache.history()
name = incident_filters.asked(history)
if name is not None:
    one = cache.incident(name)
    components.trust(one.freshness, policy.timezone, counts_needed=False)
    incident_filters.all_incidents_link()
    incident_detail.draw(one, policy)
else:
    top = st.container()
    period, chosen = incident_filters.choose(history, list(cache.catalogue().services), policy)
    incident_filters.keep_address()
    report = cache.recovery(period, chosen)
    with top:
        components.trust(report.freshness, policy.timezone, counts_needed=False)
    incident_overview.draw(report, policy, chosen)
components.overview_link()
components.glossary(GLOSSARY)
