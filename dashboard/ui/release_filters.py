"""Which deployments are looked at: filters and the one that is open, all of it in the address."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

import streamlit as st

from dashboard.domain.attribution import Key
from dashboard.domain.releases import Release
from dashboard.reports.deployments import ReleaseRow
from dashboard.ui.components import DEPLOYMENTS_PAGE, linked
from dashboard.ui.release_words import OUTCOME_SIGNS, Outcome, brief, outcome, some, version_of
from dashboard.ui.words import CHANGES

#: The names in the address; no other page has them, since Streamlit drops one that two pages share.
_LAST, _DEPLOYED, _RESULT, _CHANGE, _FIND = "last", "deployed", "result", "change", "find"
_DEPLOYMENT = "deployment"
_KEPT = "_deployments_address"
_PARTS_OF_A_KEY = 3
_SPANS: Mapping[str, int] = {"7 days": 7, "30 days": 30, "90 days": 90}
_USUAL = "30 days"
_UNKNOWN_CHANGE = "Unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a person wants to see: `days` back, of these services, of these kinds, with these words.

    An empty choice means all.
    """

    days: int
    services: tuple[str, ...]
    changes: frozenset[str]
    words: str

    def passes(self, row: ReleaseRow) -> bool:
        """Whether `row`, which is of the right time and service, is to be shown."""
        deployment = row.release.deployment
        kind = _UNKNOWN_CHANGE if deployment.change_type is None else CHANGES[deployment.change_type]
        if self.changes and kind not in self.changes:
            return False
        said = (
            deployment.service,
            deployment.id,
            deployment.version,
            deployment.commit_sha,
            deployment.actor,
            deployment.reason,
            *row.release.incidents,
        )
        return self.words in "\n".join(part for part in said if part).casefold()


def choose(services: Sequence[str]) -> Filters:
    """Draws the filters and returns what is chosen."""
    _explain("service", _DEPLOYED, services)
    _explain("kind of change", _CHANGE, (*CHANGES.values(), _UNKNOWN_CHANGE))
    left, right = st.columns((1, 2))
    span = left.segmented_control(
        "Time", list(_SPANS), default=_USUAL, required=True, key=_LAST, bind="query-params"
    )
    chosen = right.multiselect(
        "Services", list(services), key=_DEPLOYED, bind="query-params", placeholder="All services"
    )
    with st.expander("More filters: kind of change, words", expanded=_any_more()):
        first, second = st.columns(2)
        changes = first.multiselect(
            "Kind of change",
            [*CHANGES.values(), _UNKNOWN_CHANGE],
            key=_CHANGE,
            bind="query-params",
            placeholder="Any kind",
        )
        words = second.text_input(
            "Version, person, reason or incident contains",
            key=_FIND,
            bind="query-params",
            placeholder="part of a word",
            type="search",
        )
    return Filters(
        days=_SPANS[span or _USUAL],
        services=tuple(chosen),
        changes=frozenset(changes),
        words=(words or "").strip().casefold(),
    )


def with_results(rows: Sequence[ReleaseRow]) -> list[ReleaseRow]:
    """Draws how many of `rows` had each result, and returns those with the results that are clicked.

    The labels carry counts, which change; so the address holds the bare words and is kept by hand.
    """
    counts = Counter(outcome(row.release) for row in rows)
    asked_for = set(st.query_params.get_all(_RESULT))
    there = [found for found in Outcome if counts[found] or found.value in asked_for]
    labels = {f"{OUTCOME_SIGNS[found].symbol} {counts[found]} {found.value}": found for found in there}
    key = "release_results"
    st.session_state[key] = [label for label, found in labels.items() if found.value in asked_for]

    def keep_in_address() -> None:
        chosen = [labels[label] for label in st.session_state[key] if label in labels]
        st.query_params[_RESULT] = [found.value for found in chosen]

    if labels:
        st.pills(
            "Result: how many deployments had each",
            list(labels),
            selection_mode="multi",
            key=key,
            on_change=keep_in_address,
            help="Click to see only these.",
        )
    wanted = {found for found in there if found.value in asked_for}
    return [row for row in rows if not wanted or outcome(row.release) in wanted]


def address_of(key: Key) -> str:
    """A deployment in the address: `service/environment/id`, where a slash inside a part is quoted."""
    return "/".join(quote(part, safe="") for part in key)


def key_at(address: str) -> Key | None:
    """The deployment that `address` (of `address_of`) names; None when it cannot be one."""
    parts = [unquote(part) for part in address.split("/")]
    return (parts[0], parts[1], parts[2]) if len(parts) == _PARTS_OF_A_KEY else None


def asked(known: "Mapping[Key, object]") -> Key | None:
    """The deployment that the address names; None, with a word about it, when the store knows none such."""
    # A link within one page changes what the script is asked for, but not the browser's address. Any update
    # sends it all of that; an empty one changes nothing, which also the names of drawn filters allow.
    st.query_params.update({})
    address = st.query_params.get(_DEPLOYMENT)
    if address is None:
        return None
    key = key_at(address)
    if key in known:
        return key
    st.error(
        f"**There is no deployment {brief(repr(address), 200)}.** Only deployments to the environment that"
        " counts have a view of their own. These are the ones that are known:"
    )
    return None


def keep_address() -> None:
    """Note the filters of the list, so that the way back from one deployment leads to the same list."""
    found = {name: st.query_params.get_all(name) for name in st.query_params}
    st.session_state[_KEPT] = {name: values for name, values in found.items() if name != _DEPLOYMENT}


def deployment_link(row: ReleaseRow, *, label: str | None = None) -> None:
    """One click to a deployment's own view."""
    deployment = row.release.deployment
    named = f":blue[**{brief(deployment.service, 40)}** {brief(version_of(deployment), 24)}]"
    st.page_link(
        DEPLOYMENTS_PAGE,
        label=label or named,
        help="",
        query_params={_DEPLOYMENT: address_of(deployment.key)},
    )


def release_link(release: Release, *, label: str) -> None:
    """One click to the view of a deployment that another page names."""
    where = {_DEPLOYMENT: address_of(release.deployment.key)}
    st.page_link(DEPLOYMENTS_PAGE, label=linked(label), help="", query_params=where)


def all_deployments_link() -> None:
    """One click back to the list, with the filters that it had."""
    st.page_link(
        DEPLOYMENTS_PAGE,
        label=linked("← All deployments"),
        help="",
        query_params=st.session_state.get(_KEPT, {}),
    )


def service_deployments_link(name: str) -> None:
    """One click from a service to its deployments."""
    st.page_link(
        DEPLOYMENTS_PAGE,
        label=linked(f"What was deployed of {brief(name)} → Deployments"),
        help="",
        query_params={_DEPLOYED: name},
    )


def _explain(what: str, name: str, known: Sequence[str]) -> None:
    """Say what the address asks for in vain, since Streamlit would only leave it out."""
    if unknown := [asked_for for asked_for in st.query_params.get_all(name) if asked_for not in known]:
        names = some([repr(item) for item in unknown])
        st.error(f"**There is no {what} {names}.** It is left out of what is shown.")


def _any_more() -> bool:
    return any(st.query_params.get(name) for name in (_CHANGE, _FIND))
