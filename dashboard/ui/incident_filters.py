"""Which incidents are looked at: period, services, severities and the list's choice, all in the address."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from urllib.parse import urlencode

import streamlit as st

from dashboard.domain.incidents import Severity
from dashboard.domain.periods import Period, months, parse_period, period_of, quarters
from dashboard.domain.policy import Policy
from dashboard.reports.history import History, known_since
from dashboard.reports.incident_measures import Selection
from dashboard.ui.components import INCIDENTS_PAGE, linked
from dashboard.ui.words import joined, literal

#: The names in the address; no other page has them, since Streamlit drops one that two pages share.
SHOW = "show"
_PERIOD, _SERVICES, _SEVERITY, _INCIDENT = "period", "affected", "severity", "incident"
_KEPT = "_incidents_address"
_SPANS = {f"{days} days": days for days in (30, 90, 180, 365)}
_USUAL, _SHORTER = "90 days", "30 days"
_MONTHS, _QUARTERS = 12, 4


def choose(history: History, services: Sequence[str], policy: Policy) -> tuple[Period, Selection]:
    """Draws the filters and returns what is chosen; what the address asks for in vain is said."""
    _explain("service", [name for name in st.query_params.get_all(_SERVICES) if name not in services])
    _explain("severity", [name for name in st.query_params.get_all(_SEVERITY) if name not in list(Severity)])
    calendar = _calendar(history, policy)
    options = [*_SPANS, *calendar, *_asked_for(calendar, policy)]
    left, middle, right = st.columns((2, 3, 2))
    text = left.selectbox(
        "Period",
        options,
        index=options.index(usual(history)),
        key=_PERIOD,
        bind="query-params",
        help="The last days up to now, or a month or quarter.",
    )
    chosen = middle.multiselect(
        "Services", list(services), key=_SERVICES, bind="query-params", placeholder="All services"
    )
    severities = right.pills(
        "Severity",
        [severity.value for severity in Severity],
        selection_mode="multi",
        key=_SEVERITY,
        bind="query-params",
    )
    selection = Selection(services=tuple(chosen), severities=tuple(sorted(map(Severity, severities))))
    return _period(text or usual(history), history.as_of, policy), selection


def usual(history: History) -> str:
    """The period without a choice: 90 days, or 30 while the store does not reach back to 90 before them."""
    since = known_since(history)
    reach = 2 * timedelta(days=_SPANS[_USUAL])
    return _USUAL if since is None or history.as_of - since >= reach else _SHORTER


def asked(history: History) -> str | None:
    """The incident that the address names; None, with a word about it, when the store knows none such."""
    # A link within one page changes what the script is asked for, but not the browser's address. Any update
    # sends it all of that; an empty one changes nothing, which also the names of drawn filters allow.
    st.query_params.update({})
    name = st.query_params.get(_INCIDENT)
    if name is None or name in history.incidents_by_id:
        return name
    st.error(
        f"**There is no incident {literal(repr(name))} in the store.** These are the ones that are known:"
    )
    return None


def address(show: str) -> str:
    """The address of this page as it is filtered now, with the list on `show`."""
    found = {name: st.query_params.get_all(name) for name in st.query_params}
    kept = {name: found[name] for name in (_PERIOD, _SERVICES, _SEVERITY) if name in found}
    return f"?{urlencode({**kept, SHOW: show}, doseq=True)}#incidents"


def keep_address() -> None:
    """Note the filters, so that the way back from one incident leads to the same page."""
    found = {name: st.query_params.get_all(name) for name in st.query_params}
    st.session_state[_KEPT] = {name: values for name, values in found.items() if name != _INCIDENT}


def all_incidents_link() -> None:
    """One click back from an incident, with the filters that there were."""
    st.page_link(
        INCIDENTS_PAGE,
        label=linked("← All incidents"),
        help="",
        query_params=st.session_state.get(_KEPT, {}),
    )


def _calendar(history: History, policy: Policy) -> list[str]:
    """The newest months and quarters that the store knows something of."""
    since, now = known_since(history), history.as_of
    if since is None:
        return []
    month_names = [item.name for item in months(since, now, policy.timezone)]
    quarter_names = [item.name for item in quarters(since, now, policy.timezone)]
    return [
        *islice(reversed(month_names), _MONTHS),
        *islice(reversed(quarter_names), _QUARTERS),
    ]


def _asked_for(known: Sequence[str], policy: Policy) -> list[str]:
    """The month or quarter that the address names, when it is none of those that are offered."""
    text = st.query_params.get(_PERIOD)
    if text is None or text in known or text in _SPANS:
        return []
    if f"{text} days" in _SPANS:
        st.query_params[_PERIOD] = f"{text} days"
        return []
    try:
        return [parse_period(text, policy.timezone).name]
    except ValueError as error:
        st.error(f"**The address names no period:** {literal(str(error))}, or one of {joined(list(_SPANS))}.")
        return []


def _period(text: str, now: datetime, policy: Policy) -> Period:
    spans: Mapping[str, int] = _SPANS
    return period_of(spans[text], now) if text in spans else parse_period(text, policy.timezone)


def _explain(what: str, unknown: Sequence[str]) -> None:
    if unknown:
        names = joined([literal(repr(name)) for name in unknown])
        st.error(f"**There is no {what} {names}.** It is left out of what is shown.")
