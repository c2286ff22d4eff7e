"""The fleet, one card a service, worst first: counts that filter, and one click to each service."""

from datetime import datetime
from fractions import Fraction

import streamlit as st

from dashboard.domain.objective_status import ObjectiveStatus
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.service_status import FleetStatus, ServiceStatus
from dashboard.ui.components import badge, firing, old_data, release_gate_link, service_link
from dashboard.ui.folding import unbroken
from dashboard.ui.list_page import choose_page
from dashboard.ui.words import (
    SERVICE_TIERS,
    TIER_ORDER,
    TIER_WORDS,
    burning,
    forecast,
    left,
    literal,
    next_changes,
    sign,
)

_TIER, _SERVICE_TIER, _TEXT, _PAGE = "tier", "service_tier", "q", "page"
#: Cards on one page: about three screens, and few enough to be drawn at once.
_CARDS = 20
_COLUMNS = (3.3, 1.5, 5.1, 3.0)


def filtered(fleet: FleetStatus) -> list[ServiceStatus]:
    """Draws the filters, which live in the address, and returns the services that pass them, in order."""
    tiers = _policy_tier_filter(fleet)
    left, right = st.columns(2)
    labels = {f"{int(tier)} {word}": tier for tier, word in SERVICE_TIERS.items()}
    wanted = left.pills(
        "Service tier", list(labels), selection_mode="multi", key=_SERVICE_TIER, bind="query-params"
    )
    text = right.text_input(
        "Service name contains", key=_TEXT, bind="query-params", placeholder="part of a name", type="search"
    )
    return [
        status
        for status in fleet.services
        if (not tiers or status.policy_tier in tiers)
        and (not wanted or status.service.tier in {labels[label] for label in wanted})
        and (text or "").strip().lower() in status.service.name.lower()
    ]


def cards(statuses: list[ServiceStatus], policy: Policy, now: datetime) -> None:
    """A card for each of `statuses`, twenty at a time."""
    if not statuses:
        st.info("No service passes these filters. Clear one to see more.")
        return
    place = st.container()
    page, span = choose_page(statuses, _CARDS, _PAGE)
    with place:
        for status in page:
            _card(status, policy, now)
    if span:
        st.markdown(f":small[Services {span}{len(statuses)}, worst first]")


def _policy_tier_filter(fleet: FleetStatus) -> set[PolicyTier | None]:
    """Counts per policy tier that filter when clicked.

    The labels carry counts, which change; so the address holds the bare words and is kept by hand.
    """
    counts = {tier: fleet.best_effort if tier is None else fleet.counts[tier] for tier in TIER_ORDER}
    labels = {f"{sign(tier).symbol} {count} {sign(tier).word}": tier for tier, count in counts.items()}
    asked = {TIER_WORDS[word] for word in st.query_params.get_all(_TIER) if word in TIER_WORDS}
    key = "policy_tiers"
    st.session_state[key] = [label for label, tier in labels.items() if tier in asked]

    def keep_in_address() -> None:
        chosen = [labels[label] for label in st.session_state[key] if label in labels]
        st.query_params[_TIER] = [sign(tier).word for tier in chosen]

    st.pills(
        "Policy tier: how many services are in each",
        list(labels),
        selection_mode="multi",
        key=key,
        on_change=keep_in_address,
        help="Click to see only these. What each tier allows is on the page Release gate.",
    )
    return asked


def _card(status: ServiceStatus, policy: Policy, now: datetime) -> None:
    service = status.service
    with st.container(border=True, gap=None):
        coming = _next(status, policy, now)
        # What has no change to tell gets no place for it: on a phone that would be a gap.
        widths = _COLUMNS if coming else (*_COLUMNS[:2], _COLUMNS[2] + _COLUMNS[3])
        name, tier, budgets, *rest = st.columns(widths, gap="small", vertical_alignment="center")
        with name, st.container(horizontal=True, gap="xxsmall"):
            label = f":blue[**{literal(service.name)}**] :small[service tier {int(service.tier)}]"
            service_link(service.name, label=label)
            release_gate_link(service.name, label=":small[:blue[May it ship? →]]")
        tier.markdown("  \n".join([badge(status.policy_tier), *firing(status)]))
        budgets.markdown(unbroken(_objectives(status, policy)))
        for place in rest:
            place.markdown(unbroken(coming))


def _objectives(status: ServiceStatus, policy: Policy) -> str:
    if not status.objectives:
        return "No objective, so no error budget."
    lines = []
    for objective in sorted(status.objectives, key=_least_left):
        budget = f"{literal(objective.objective.indicator)}: {left(objective, policy.budget.bands)}"
        burn = burning(objective, policy.budget.pace_window)
        lines.append(f"{budget} · {burn}" if burn else budget)
    return "\n\n".join(lines)


def _least_left(objective: ObjectiveStatus) -> tuple[bool, Fraction]:
    """The order of objectives in a card: what is not known, then what has the least left, which decides."""
    return objective.remaining is not None, objective.remaining or Fraction(0)


def _next(status: ServiceStatus, policy: Policy, now: datetime) -> str:
    lines = [forecast(change, now, policy.timezone) for change in next_changes(status.tier_changes)]
    if old := old_data(status, now):
        lines.append(f":small[{old}]")
    return "  \n".join(lines)
