"""The recorded decisions, newest first, with filters that live in the address; one click to each record."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from dashboard.domain.policy import Policy
from dashboard.reports.decisions import DecisionFilter, LoggedDecision
from dashboard.ui import format as show
from dashboard.ui import gate_cache, gate_words
from dashboard.ui.folding import folded
from dashboard.ui.gate_choice import decision_link
from dashboard.ui.list_page import choose_page
from dashboard.ui.release_words import brief
from dashboard.ui.words import CHANGES, literal

#: The names in the address; no other page has them.
_OF, _ANSWER, _WHO, _PAGE = "of", "answer", "who", "sheet"
_ROWS = 20
#: So many are looked through; who wants more asks `reliability decisions list`.
_NEWEST = 500
_ALL, _ALLOWED, _DENIED = "all", "allowed", "denied"
_COLUMNS = (3.2, 1.5, 4.6, 2.7)


def draw(services: Sequence[str], now: datetime, policy: Policy) -> None:
    """The filters, and a card for each decision that passes them."""
    first, second, third = st.columns(3)
    service = first.selectbox(
        "Service", list(services), index=None, key=_OF, bind="query-params", placeholder="All services"
    )
    answer = second.segmented_control(
        "Answer", [_ALL, _ALLOWED, _DENIED], default=_ALL, key=_ANSWER, bind="query-params", required=True
    )
    who = third.text_input(
        "Asked or recorded by", key=_WHO, bind="query-params", placeholder="part of a name", type="search"
    )
    found = gate_cache.decisions(DecisionFilter(service=service, denied=answer == _DENIED, newest=_NEWEST))
    words = (who or "").strip().casefold()
    shown = [
        item
        for item in found
        if words in f"{item.actor}\n{item.requested_by or ''}".casefold()
        and (answer != _ALLOWED or item.decision.allow)
    ]
    if not shown:
        _nothing(found)
        return
    place = st.container()
    page, _ = choose_page(shown, _ROWS, _PAGE)
    with place:
        st.markdown(f"**{show.amount(len(shown), 'decision')}**, newest first{_limited(found)}")
        for item in page:
            _card(item, now, policy)


def _nothing(found: Sequence[LoggedDecision]) -> None:
    if found:
        st.info("No decision passes these filters. Clear one to see more.")
    else:
        st.info(
            "**No decision is recorded.** A pipeline asks with `reliability gate` or by `POST /api/v1/gate`;"
            " each answer is then listed here."
        )


def _limited(found: Sequence[LoggedDecision]) -> str:
    if len(found) < _NEWEST:
        return ""
    return f" :small[(of the newest {show.number(_NEWEST)}; `reliability decisions list --last` has more)]"


def _card(item: LoggedDecision, now: datetime, policy: Policy) -> None:
    decision = item.decision
    with st.container(border=True, gap=None):
        what, answer, why, who = st.columns(_COLUMNS, gap="small")
        with what:
            name, version = decision.service or "no service", decision.version or "(no version)"
            decision_link(item.id, label=f":blue[**{brief(name, 40)} {brief(version, 40)}**]")
            kind = CHANGES[decision.change_type].lower()
            st.markdown(f":small[{kind} to {brief(decision.environment or 'no environment', 40)}]")
        answer.markdown(answer_badge(item))
        reason = gate_words.first_reason(decision)
        first = "" if reason is None else f"  \n:small[{folded(reason, 160)}]"
        why.markdown(f"{literal(gate_words.sentence(decision))}{first}")
        asked = item.requested_by
        asker = f"asked by {brief(asked, 60)}" if asked else "asker not told"
        when = show.moment(item.at, policy.timezone, now)
        who.markdown(f"{when}  \n:small[{asker}, recorded by {brief(item.actor, 60)}]")


def answer_badge(item: LoggedDecision) -> str:
    """The markdown of a decision's answer: symbol and word on its colour."""
    if not item.decision.allow:
        return ":red-badge[✕ denied]"
    if item.decision.emergency.used:
        return ":orange-badge[! override]"
    return ":green-badge[✓ allowed]"
