"""Deployments: what was released where, with what result, and what it cost."""

import streamlit as st

from dashboard.domain.periods import period_of
from dashboard.ui import cache, components, release_detail, release_filters, release_list, release_sources
from dashboard.ui.release_words import RELEASE_GLOSSARY, releases_headline

st.title("Deployments", anchor=False)
policy = cache.policy()
key = release_filters.asked(cache.history().releases_by_key)
if key is not None:
    one = cache.deployment(key)
    components.trust(one.freshness, policy.timezone, counts_needed=False)
    release_filters.all_deployments_link()
    release_detail.draw(one, policy)
else:
    top = st.container()
    filters = release_filters.choose(list(cache.catalogue().services))
    release_filters.keep_address()
    period = period_of(filters.days, cache.as_of())
    report = cache.deployments(period, filters.services)
    with top:
        components.trust(report.freshness, policy.timezone, counts_needed=False)
        st.subheader(releases_headline(report.rows, period.name, report.environment), anchor=False)
    shown = release_filters.with_results([row for row in report.rows if filters.passes(row)])
    if report.ever:
        release_list.draw_timeline(report, shown, policy)
        release_list.draw_list(report, shown, policy)
    else:
        release_sources.how_to_begin()
    release_sources.draw_unmapped(report.unmapped)
components.overview_link()
components.glossary(RELEASE_GLOSSARY)
