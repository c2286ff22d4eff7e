"""Which canaries are looked at: the one that is open, and the filters of the history, all in the address."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.domain.canary.canary import Canary, Outcome
from dashboard.domain.canary.consequences import Hindsight
from dashboard.domain.periods import period_of
from dashboard.reports.canaries import CanaryRow
from dashboard.ui import cache, canary_cache
from dashboard.ui.canary_words import HINDSIGHTS, OUTCOMES
from dashboard.ui.components import CANARY_PAGE, linked
from dashboard.ui.release_words import brief, some

#: The names in the address; no other page has them, since Streamlit drops one that two pages share.
_ROLLOUT, _RUN = "rollout", "run"
_WITHIN, _OF, _ENDED, _SAID, _BY = "within", "canary_of", "ended", "hindsight", "stopped_by"
_KEPT = "_canaries_address"
_SPANS = {"7 days": 7, "30 days": 30, "90 days": 90}
_USUAL = "30 days"
_LONGEST = 90
_OUTCOMES = {sign.word: outcome for outcome, sign in OUTCOMES.items() if not outcome.is_open}
_HINDSIGHTS = {sign.word: said for said, sign in HINDSIGHTS.items() if said is not Hindsight.OPEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a person wants to see of the history; an empty choice means all."""

    outcomes: frozenset[Outcome]
    hindsights: frozenset[Hindsight]
    metrics: frozenset[str]

    def passes(self, row: CanaryRow) -> bool:
        """Whether `row`, which is of the right time and service, is to be shown."""
        canary = row.named.canary
        return (
            (not self.outcomes or canary.outcome in self.outcomes)
            and (not self.hindsights or row.consequence.hindsight in self.hindsights)
            and (not self.metrics or not self.metrics.isdisjoint(canary.decided_by))
        )


def asked() -> str | None:
    """The id of the canary that the address names; None, with a word about it, when there is none such.

    `rollout` is the uid of a Rollout, its name, its namespace and name, or a service; `run` the revision
    (and the attempt) of one canary of it. Without `run` it is the one under way, else the newest.
    """
    # A link within one page changes what the script is asked for, but not the browser's address. Any update
    # sends it all of that; an empty one changes nothing.
    st.query_params.update({})
    rollout, run = st.query_params.get(_ROLLOUT), st.query_params.get(_RUN)
    if rollout is None:
        return None
    found = f"{rollout}:{run}"
    if run is not None and canary_cache.knows(found):
        return found
    report = canary_cache.canaries(period_of(_LONGEST, cache.as_of()))
    for row in (*report.under_way, *report.past):
        canary = row.named.canary
        names = {canary.rollout, canary.name, f"{canary.namespace}/{canary.name}", row.named.service}
        if rollout in names and run in {None, _part(canary)}:
            return canary.id
    which = "" if run is None else f" with the run {brief(repr(run))}"
    st.error(
        f"**There is no canary of a Rollout {brief(repr(rollout))}{which}** among those of the last"
        f" {_LONGEST} days. These are the ones that are known:"
    )
    return None


def _part(canary: Canary) -> str:
    """What tells a canary from the others of its Rollout."""
    return canary.id.removeprefix(f"{canary.rollout}:")


def canary_link(canary: Canary, *, label: str) -> None:
    """One click to a canary's own view."""
    where = {_ROLLOUT: canary.rollout, _RUN: _part(canary)}
    st.page_link(CANARY_PAGE, label=label, help="", query_params=where)


def service_canary_link(service: str) -> None:
    """One click from a service to its canaries."""
    label = f"Canaries of {brief(service, 40)} → Canary analysis"
    st.page_link(CANARY_PAGE, label=linked(label), help="", query_params={_OF: service})


def all_canaries_link() -> None:
    """One click back to the list, with the filters that it had."""
    st.page_link(
        CANARY_PAGE, label=linked("← All canaries"), help="", query_params=st.session_state.get(_KEPT, {})
    )


def keep_address() -> None:
    """Note the filters of the list, so that the way back from one canary leads to the same list."""
    found = {name: st.query_params.get_all(name) for name in st.query_params}
    st.session_state[_KEPT] = {key: kept for key, kept in found.items() if key not in {_ROLLOUT, _RUN}}


def choose_time(services: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    """Draws the choice of a time and of services; returns how many days back, and the services."""
    _explain("service", _OF, services)
    left, right = st.columns((1, 2))
    span = left.segmented_control(
        "History of", list(_SPANS), default=_USUAL, required=True, key=_WITHIN, bind="query-params"
    )
    chosen = right.multiselect(
        "Services", list(services), key=_OF, bind="query-params", placeholder="All services"
    )
    return _SPANS[span or _USUAL], tuple(chosen)


def choose_past(metrics: Sequence[str]) -> Filters:
    """Draws the filters of the history and returns what is chosen."""
    _explain("outcome", _ENDED, list(_OUTCOMES))
    _explain("hindsight", _SAID, list(_HINDSIGHTS))
    _explain("metric that aborted a canary", _BY, metrics)
    first, second, third = st.columns(3)
    outcomes = first.multiselect(
        "Ended as", list(_OUTCOMES), key=_ENDED, bind="query-params", placeholder="Any end"
    )
    said = second.multiselect(
        "In hindsight", list(_HINDSIGHTS), key=_SAID, bind="query-params", placeholder="Anything"
    )
    by = third.multiselect(
        "Aborted by metric", list(metrics), key=_BY, bind="query-params", placeholder="Any metric"
    )
    return Filters(
        outcomes=frozenset(_OUTCOMES[word] for word in outcomes),
        hindsights=frozenset(_HINDSIGHTS[word] for word in said),
        metrics=frozenset(by),
    )


def _explain(what: str, name: str, known: Sequence[str]) -> None:
    """Say what the address asks for in vain, since Streamlit would only leave it out."""
    if unknown := [word for word in st.query_params.get_all(name) if word not in known]:
        names = some([repr(word) for word in unknown])
        st.error(f"**There is no {what} {names}.** It is left out of what is shown.")
