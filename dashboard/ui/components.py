"""What every page has: its trust line, the choice of a service, tier badges, and what went wrong."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.service_status import ServiceStatus
from dashboard.errors import ConfigurationError, InputError, ReliabilityError, StoreError
from dashboard.paths import PAGES
from dashboard.reports.freshness import Freshness
from dashboard.store.sync_log import OpenProblem, SyncOutcome, SyncRun
from dashboard.ui import format as show
from dashboard.ui.folding import unbroken
from dashboard.ui.words import GLOSSARY, alerts, forecast, literal, next_changes, service_tier, sign

OVERVIEW_PAGE = PAGES / "slo_overview.py"
SERVICE_PAGE = PAGES / "service.py"
RELEASE_GATE_PAGE = PAGES / "release_gate.py"
CANARY_PAGE = PAGES / "canary_analysis.py"
DEPLOYMENTS_PAGE = PAGES / "deployments.py"
INCIDENTS_PAGE = PAGES / "incidents.py"
POLICY_LAB_PAGE = PAGES / "policy_lab.py"

#: The name of the chosen service in the address of a page; the service and the release gate page share it.
_SERVICE = "service"
_PICKED, _LAST = "picked_service", "_last_service"
_DRAWN, _ARRIVED = "_page_drawn", "_page_is_new"

#: How a sync that did not go well ended, after "The last sync".
_ENDED = {
    SyncOutcome.PARTIAL: "was only partly successful",
    SyncOutcome.FAILED: "failed",
    SyncOutcome.STOPPED: "was stopped before it was done",
}
#: Data grows this old between two buckets; a card that said so every time would say nothing.
_FRESH = timedelta(minutes=5)

_FILL_THE_STORE = (
    "run `reliability sync` (or `reliability demo` for a look around) to fill it, or point"
    " `RELIABILITY_STORE` at the store that you mean."
)


def trust(freshness: Freshness, zone: ZoneInfo, *, counts_needed: bool = True) -> None:
    """How far the page can be trusted: demo or real, as of when, how old, and what the last sync met."""
    if freshness.is_demo:
        st.info("**Demo data.** Every number on this page is made up and the clock stands still.")
    run = freshness.last_run
    if freshness.newest is None and not counts_needed:
        st.info("**No service level counts yet:** costs and policy tiers are unknown.")
    elif freshness.newest is None:
        st.error("**No data yet.** Every error budget is unknown. Run `reliability sync` to fill the store.")
    elif freshness.stale:
        st.error(
            f"**Stale data.** The newest data is {show.age(freshness.newest, freshness.as_of)} old, so every"
            " error budget is unknown. Look at `reliability sync`: it has to run and to reach its source."
        )
    if run is not None and run.outcome is not SyncOutcome.OK:
        when = show.age(run.finished_at, freshness.as_of)
        told = literal(run.message) if run.message else "it gave no reason"
        st.warning(f"**The last sync {_ENDED[run.outcome]}**, {when} ago: {told}")
    _problems(freshness.problems, zone)
    st.markdown(unbroken(f":small[{_as_of(freshness, zone, run)}]"))


def _as_of(freshness: Freshness, zone: ZoneInfo, run: SyncRun | None) -> str:
    parts = [f"As of **{show.full_moment(freshness.as_of, zone)}**"]
    if freshness.newest is not None:
        parts.append(f"newest data {show.age(freshness.newest, freshness.as_of)} old")
    # What went wrong stands in a box of its own already.
    if run is not None and run.outcome is SyncOutcome.OK:
        parts.append(f"last sync {run.outcome.value}, {show.age(run.finished_at, freshness.as_of)} ago")
    return " · ".join(parts)


def _problems(problems: tuple[OpenProblem, ...], zone: ZoneInfo) -> None:
    if not problems:
        return
    with st.expander(f"The last sync found {show.amount(len(problems), 'problem')} in the sources"):
        st.table(
            {
                "About": [literal(item.problem.subject) for item in problems],
                "Problem": [literal(item.problem.message) for item in problems],
                "Since": [show.moment(item.first_seen, zone) for item in problems],
            },
            border="horizontal",
            hide_index=True,
            alt="Problems that the last sync found in its sources",
        )


def badge(tier: PolicyTier | None) -> str:
    """The markdown of a policy tier: symbol and word on its colour."""
    look = sign(tier)
    return f":{look.colour}-badge[{look.symbol} {look.word}]"


def firing(status: ServiceStatus) -> list[str]:
    """The markdown of the alerts that fire for a service, one each."""
    return [f":red-badge[● {text}]" for text in alerts(status)]


def service_header(status: ServiceStatus, now: datetime, zone: ZoneInfo) -> None:
    """The state of a service: its policy tier, why, what alerts, and what changes next."""
    name, tier = literal(status.service.name), service_tier(status.service.tier)
    st.subheader(f"{name} {badge(status.policy_tier)} :small[{tier}]", anchor=False)
    lines = [f"**{literal(status.reason)}**"]
    if fired := firing(status):
        lines.append("Burn-rate alerts fire now: " + " ".join(fired))
    lines += [forecast(change, now, zone) for change in next_changes(status.tier_changes)]
    st.markdown(unbroken("  \n".join(lines)))


def arrive(page: str) -> None:
    """Note which page is being drawn, so that it is known when a person comes from another one."""
    st.session_state[_ARRIVED] = st.session_state.get(_DRAWN) != page
    st.session_state[_DRAWN] = page


def comes_with_service(names: Sequence[str]) -> bool:
    """Whether the address names a service.

    A page that is come to without one takes the one that was looked at last.
    """
    last = st.session_state.get(_LAST)
    if st.session_state.get(_ARRIVED) and _SERVICE not in st.query_params and last in names:
        st.query_params[_SERVICE] = str(last)
    return _SERVICE in st.query_params


def choose_service(names: "list[str]", *, on_change: Callable[[], None] | None = None) -> str | None:
    """The service that the address names or a person picks; None until there is one.

    The address is kept by hand: Streamlit drops a bound parameter that two pages share when one is left
    for the other. `on_change` is called when a person picks another service.
    """
    comes_with_service(names)
    asked = st.query_params.get(_SERVICE)
    if asked is not None and asked not in names:
        st.error(
            f"**There is no service {literal(repr(asked))} in the catalogue.**"
            " Choose one below, or add it to the catalogue file."
        )
    known = asked if asked in names else None
    st.session_state[_PICKED] = known
    st.selectbox(
        "Service",
        names,
        index=None,
        key=_PICKED,
        on_change=_keep_in_address,
        args=(on_change,),
        placeholder="Choose a service",
        width=360,
    )
    if known is not None:
        st.session_state[_LAST] = known
    return known


def _keep_in_address(then: Callable[[], None] | None) -> None:
    picked = st.session_state[_PICKED]
    if then is not None:
        then()
    if picked is None:
        st.query_params.pop(_SERVICE, None)
    else:
        st.query_params[_SERVICE] = picked


def linked(label: str) -> str:
    """The markdown of a link to another page, in the colour of links unless `label` has it already.

    Streamlit draws such a link in the colour of plain text, which nobody on a phone takes for a link.
    """
    return label if ":blue[" in label else f":blue[{label}]"


def service_link(name: str, *, label: str | None = None) -> None:
    """One click to the page of a service."""
    st.page_link(SERVICE_PAGE, label=linked(label or literal(name)), help="", query_params={_SERVICE: name})


def release_gate_link(name: str, *, label: str | None = None) -> None:
    """One click to the release gate of a service."""
    st.page_link(
        RELEASE_GATE_PAGE,
        label=linked(label or f"May {literal(name)} ship now? → Release gate"),
        help="",
        query_params={_SERVICE: name},
    )


def to_release_gate() -> None:
    """Go to the release gate with what the address asks for."""
    st.switch_page(RELEASE_GATE_PAGE, query_params=st.query_params.to_dict())


def incident_link(name: str, *, label: str | None = None) -> None:
    """One click to an incident's own view."""
    st.page_link(
        INCIDENTS_PAGE, label=linked(label or literal(name)), help="", query_params={"incident": name}
    )


def overview_link() -> None:
    """One click to the whole fleet."""
    st.page_link(OVERVIEW_PAGE, label=linked("← All services"), help="")


def glossary(words: Mapping[str, str] = GLOSSARY) -> None:
    """What the words of the pages mean."""
    with st.expander("What do these words mean?"):
        st.markdown("\n".join(f"- **{word}**: {meaning}" for word, meaning in words.items()))


def explain(error: ReliabilityError) -> None:
    """What went wrong and what to do next, where a page would have been."""
    title, remedy = _remedy(error)
    remedy += " This page shows itself when that is done."
    st.error(f"**{title}**\n\n{literal(str(error))}\n\n**What to do:** {remedy}")


def _remedy(error: ReliabilityError) -> tuple[str, str]:
    if isinstance(error, StoreError):
        return "There is no data to show: the store cannot be read.", _FILL_THE_STORE
    if isinstance(error, ConfigurationError):
        return (
            "The configuration cannot be used, so nothing is shown rather than something wrong.",
            "correct what is named above.",
        )
    if isinstance(error, InputError):
        return "There is nothing of that name.", "choose from what the pages list."
    return "This page cannot be shown.", "mend what is named above."


def old_data(status: ServiceStatus, now: datetime) -> str:
    """How old the oldest data of the service's objectives is, or that there is none; empty when fresh."""
    marks = [objective.watermark for objective in status.objectives]
    known = [mark for mark in marks if mark is not None]
    if len(known) < len(marks):
        return "no data" if not known else "no data for an objective"
    return f"data {show.age(min(known), now)} old" if known and now - min(known) > _FRESH else ""
