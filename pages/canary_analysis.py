"""Canary analysis: is a canary safe so far, how sure is that, and what did past analyses get wrong."""

import streamlit as st

from dashboard.domain.periods import period_of
from dashboard.reports.canary_standing import standing
from dashboard.ui import (
    cache,
    canary_answer,
    canary_cache,
    canary_filters,
    canary_list,
    canary_page,
    canary_sources,
    canary_templates,
    components,
)
from dashboard.ui.canary_words import CANARY_GLOSSARY, canaries_headline

st.title("Canary analysis", anchor=False)
policy = cache.policy()
name = canary_filters.asked()
if name is not None:
    one = canary_cache.canary(name)
    components.trust(one.freshness, policy.timezone, counts_needed=False)
    canary_sources.draw_reads(one.reads, one.freshness.as_of, policy.timezone, is_demo=one.freshness.is_demo)
    canary_filters.all_canaries_link()
    canary_answer.draw(one, policy)
    canary_page.draw(one, policy)
else:
    top = st.container()
    st.subheader("History", anchor=False)
    days, services = canary_filters.choose_time(list(cache.catalogue().services))
    canary_filters.keep_address()
    report = canary_cache.canaries(period_of(days, cache.as_of()), services)
    with top:
        components.trust(report.freshness, policy.timezone, counts_needed=False)
        canary_sources.draw_reads(
            report.reads, report.as_of, policy.timezone, is_demo=report.freshness.is_demo
        )
        found = canary_list.under_way(report)
        st.subheader(canaries_headline(report, [standing(one) for one in found]), anchor=False)
        canary_list.draw_under_way(found, policy)
    if report.ever:
        canary_list.draw_past(report, policy)
        canary_templates.draw(report)
        canary_list.draw_alone(report.runs_alone, policy.timezone)
    else:
        canary_sources.how_to_begin()
    canary_sources.draw_unmapped(report)
components.overview_link()
components.glossary(CANARY_GLOSSARY)
