"""SLO overview: which services burn their error budget, how fast, and what changes next."""

import streamlit as st

from dashboard.ui import cache, canary_alarms, components, fleet_list
from dashboard.ui.words import GLOSSARY, alerting, headline

st.title("SLO overview", anchor=False)
report, policy = cache.fleet(), cache.policy()
components.trust(report.freshness, policy.timezone)
st.subheader(headline(report.fleet), anchor=False, help=GLOSSARY["Error budget"])
if firing := alerting(report.fleet):
    st.markdown(firing)
canary_alarms.draw()
shown = fleet_list.filtered(report.fleet)
fleet_list.cards(shown, policy, report.fleet.as_of)
components.glossary()
