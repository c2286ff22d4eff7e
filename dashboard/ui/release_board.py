"""What every service may ship now, those that may ship least first; one click to each."""

from collections import Counter
from collections.abc import Mapping

import streamlit as st

from dashboard.domain.policy import Policy
from dashboard.domain.release_decision import Decision
from dashboard.domain.service_status import FleetStatus
from dashboard.reports.release_board import Board, BoardRow, Shippable
from dashboard.ui import format as show
from dashboard.ui import gate_cache, gate_words
from dashboard.ui.components import badge
from dashboard.ui.gate_choice import choose_environment, release_link
from dashboard.ui.gate_controls import draw_freezes, overdue_reviews
from dashboard.ui.gate_outlook import outlook
from dashboard.ui.list_page import choose_page
from dashboard.ui.release_words import brief
from dashboard.ui.words import Sign, joined, literal

#: The names in the address; no other page has them.
_MAY, _NAME, _PAGE = "may", "name", "rows"
_ROWS = 20
#: A decision takes about ten milliseconds: of larger fleets only the services on the page are asked about.
_MOST_AT_ONCE = 60
_COLUMNS = (2.6, 2.2, 4.2, 3.4)

#: A symbol and a word always, a colour only beside them.
MAY_SIGNS: Mapping[Shippable, Sign] = {
    Shippable.ROLLBACK: Sign("✕", Shippable.ROLLBACK.value, "red"),
    Shippable.EMERGENCY: Sign("▲", Shippable.EMERGENCY.value, "orange"),
    Shippable.BUGFIX: Sign("△", Shippable.BUGFIX.value, "yellow"),
    Shippable.FEATURE: Sign("✓", Shippable.FEATURE.value, "green"),
}
_ASSUMED = (
    "Assuming that the pipeline is green and everybody who is asked approves. Not recorded; a release has to"
    " pass the gate itself."
)


def draw(fleet: FleetStatus, policy: Policy) -> None:
    """The board of the fleet, with what concerns all of it."""
    notes = st.container()
    left, right = st.columns(2)
    with left:
        environment = choose_environment(policy, notes)
    text = right.text_input(
        "Service name contains", key=_NAME, bind="query-params", placeholder="part of a name", type="search"
    )
    words = (text or "").strip().lower()
    names = tuple(status.service.name for status in fleet.services if words in status.service.name.lower())
    standing = gate_cache.standing_controls()
    if standing.freezes:
        with st.expander(f"✕ {show.amount(len(standing.freezes), 'freeze stands', 'freezes stand')} now"):
            draw_freezes(standing.freezes, fleet.as_of, policy)
    overdue_reviews(standing.overdue, fleet.as_of)
    if not names:
        st.info("No service has such a name. Clear the filter to see more.")
        return
    if len(names) > _MOST_AT_ONCE:
        _draw_some(names, environment, policy)
    else:
        _draw_all(names, environment, policy)


def headline(board: Board) -> str:
    """How many services may ship what, in one sentence, the least first."""
    counts = Counter(row.may for row in board.rows)
    told = [f"{may.value} for {counts[may]}" for may in Shippable if counts[may]]
    return f"{show.amount(len(board.rows), 'service')} to {brief(board.environment)} now: {', '.join(told)}."


def reason(row: BoardRow) -> str:
    """Why a service may not ship more, in few words; markdown."""
    if not row.refused:
        return ":small[every gate is open]"
    first = row.refused[0]
    parts = [
        _short(first, check.code, check.seen)
        for gate in first.gates
        for check in gate.checks
        if not check.passes
    ]
    return joined(list(dict.fromkeys(parts))) or "the policy could not be evaluated"


def _draw_all(names: tuple[str, ...], environment: str, policy: Policy) -> None:
    board = gate_cache.board(names, environment)
    st.subheader(headline(board), anchor=False)
    st.markdown(f":small[{_ASSUMED}]")
    shown = _filtered(board)
    place = st.container()
    page, _ = choose_page(shown, _ROWS, _PAGE)
    with place:
        for row in page:
            _draw_row(row, board, policy)


def _draw_some(names: tuple[str, ...], environment: str, policy: Policy) -> None:
    """A page of a large fleet, in the order of its error budgets: only these are asked about."""
    st.markdown(
        f":small[{_ASSUMED} {show.amount(len(names), 'service')} are too many to ask about at once: they come"
        " in the order of their error budgets, and only those on this page are asked about.]"
    )
    place = st.container()
    page, _ = choose_page(names, _ROWS, _PAGE)
    board = gate_cache.board(tuple(page), environment)
    with place:
        for row in board.rows:
            _draw_row(row, board, policy)


def _filtered(board: Board) -> list[BoardRow]:
    """Counts per answer that filter when clicked.

    The labels carry counts, which change; so the address holds the bare words and is kept by hand.
    """
    counts = Counter(row.may for row in board.rows)
    known = {may.value: may for may in Shippable}
    labels = {f"{MAY_SIGNS[may].symbol} {counts[may]} {may.value}": may for may in Shippable}
    asked = {known[word] for word in st.query_params.get_all(_MAY) if word in known}
    key = "gate_may"
    st.session_state[key] = [label for label, may in labels.items() if may in asked]

    def keep_in_address() -> None:
        chosen = [labels[label] for label in st.session_state[key] if label in labels]
        st.query_params[_MAY] = [may.value for may in chosen]

    st.pills(
        "The most that may ship: how many services may",
        list(labels),
        selection_mode="multi",
        key=key,
        on_change=keep_in_address,
        help="Click to see only these.",
    )
    shown = [row for row in board.rows if not asked or row.may in asked]
    if not shown:
        st.info("No service has this answer now. Clear the filter to see more.")
    return shown


def _draw_row(row: BoardRow, board: Board, policy: Policy) -> None:
    status, service = row.status, row.status.service
    with st.container(border=True, gap=None):
        name, may, why, then = st.columns(_COLUMNS, gap="small", vertical_alignment="center")
        with name:
            label = f":blue[**{brief(service.name, 40)}**] :small[service tier {int(service.tier)}]"
            release_link(service.name, label=label, environment=board.environment)
            st.markdown(f":small[policy tier {badge(status.policy_tier)}]")
        look = MAY_SIGNS[row.may]
        may.markdown(f":{look.colour}-badge[{look.symbol} **{look.word}**]{_approvals(row)}")
        why.markdown(reason(row))
        if coming := _next(row, policy):
            then.markdown(coming)


def _approvals(row: BoardRow) -> str:
    """Who has to approve what may ship; or what else would, while only a rollback may."""
    decision, what = (row.allowed, "") if row.allowed else (row.refused[0], " anything else")
    roles = [item.role for item in decision.required_approvals]
    return f"  \n:small[{literal(joined(roles))} must approve{what}]" if roles else ""


def _next(row: BoardRow, policy: Policy) -> str:
    if row.refused:
        what = "" if row.may is Shippable.ROLLBACK else "A feature: "
        return f":small[{what}{outlook(row.refused[0], policy.timezone).markdown}]"
    return "" if row.allowed is None else f":small[{outlook(row.allowed, policy.timezone).markdown}]"


def _short(decision: Decision, code: str, seen: object) -> str:
    """A check that is not passed, in a few words; markdown."""
    if code == "slo.change_type":
        return f"policy tier {decision.policy_tier.replace('_', ' ')} allows no feature"
    if code == "approval.window":
        return "outside the deployment window"
    if code == "approval.freeze":
        names = ", ".join(map(str, seen)) if isinstance(seen, list) else "unreadable"
        return f"freeze {brief(names, 60)}"
    check = next(item for gate in decision.gates for item in gate.checks if item.code == code)
    found = show.UNKNOWN if check.seen is None else brief(gate_words.seen(check), 60)
    return f"{gate_words.check_phrase(code)} {found}"
