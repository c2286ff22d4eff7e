"""Release gate: may this version of this service go out now, why not, who must approve, and until when."""

import streamlit as st

from dashboard.ui import (
    cache,
    components,
    decision_list,
    decision_record,
    gate_answer,
    gate_cache,
    gate_choice,
    release_board,
    release_page,
)
from dashboard.ui.gate_choice import View
from dashboard.ui.gate_glossary import GATE_GLOSSARY

st.title("Release gate", anchor=False)
services, policy, fleet = list(cache.catalogue().services), cache.policy(), cache.fleet()
components.trust(fleet.freshness, policy.timezone)
view, name = gate_choice.choose_view(services), gate_choice.decision_asked()
if view is View.BOARD:
    release_board.draw(fleet.fleet, policy)
elif view is View.RELEASE:
    # The answer stands above the choice that leads to it: who is in a hurry comes by a link.
    top = st.container()
    choice = gate_choice.choose_release(services, policy, top)
    if choice is None:
        st.info("Choose a service to see whether it may be released now, or look at the whole fleet.")
    else:
        release = gate_cache.release(choice)
        with top:
            gate_answer.draw(release, policy)
        release_page.draw(release, policy)
elif name is None:
    decision_list.draw(services, fleet.fleet.as_of, policy)
else:
    gate_choice.all_decisions_link()
    decision_record.draw(name, policy)
components.overview_link()
components.glossary(GATE_GLOSSARY)
