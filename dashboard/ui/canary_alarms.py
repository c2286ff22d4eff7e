"""Canaries that somebody has to look at, told where people look first: on the overview, before a release."""

import streamlit as st

from dashboard.ui import canary_cache
from dashboard.ui.canary_filters import canary_link
from dashboard.ui.canary_words import STANDINGS, badge_of, version_words
from dashboard.ui.components import linked
from dashboard.ui.release_words import brief


def draw(service: str | None = None) -> None:
    """A line for each canary in trouble or undecided, of `service` or of all; nothing where there is none."""
    for alarm in canary_cache.alarms():
        named = alarm.item.named
        if service is not None and named.service != service:
            continue
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            whose = brief(named.service or named.canary.name, 40)
            st.markdown(f"Canary of **{whose}**: {badge_of(STANDINGS[alarm.standing])}", width="content")
            canary_link(named.canary, label=linked(f"{version_words(named.canary)} → Canary analysis"))
