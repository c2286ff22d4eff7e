"""What the page of the release gate looks at: a view, and a release by service, version, environment, kind.

All of it is in the address, which is kept by hand: a version may be any text, and what is not chosen follows
from what is known.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.refusal import RefusedChangeError, named
from dashboard.reports.release_page import ReleaseChoice
from dashboard.ui import components, gate_cache
from dashboard.ui.components import RELEASE_GATE_PAGE
from dashboard.ui.release_words import brief
from dashboard.ui.words import CHANGES

#: The names in the address; no other page has them, but for the service.
DECISION = "decision"
_VIEW, _SERVICE, _VERSION, _ENVIRONMENT, _KIND = "view", "service", "version", "environment", "kind"
_PICKED = {name: f"gate_{name}" for name in (_VIEW, _VERSION, _ENVIRONMENT, _KIND)}
_COLUMNS = (3, 3, 2, 2)


class View(StrEnum):
    """What the page shows."""

    RELEASE = "One release"
    BOARD = "Whole fleet"
    DECISIONS = "Decisions"


def choose_view(services: Sequence[str]) -> View:
    """Draws the choice of a view: of one release when the address names any part of one, else of all."""
    # A link within one page changes what the script is asked for, but not the browser's address. Any update
    # sends it all of that; an empty one changes nothing.
    st.query_params.update({})
    words = {view.name.lower(): view for view in View}
    if DECISION in st.query_params:
        view = View.DECISIONS
    else:
        usual = View.RELEASE if components.comes_with_service(services) else View.BOARD
        view = words.get(st.query_params.get(_VIEW, ""), usual)
    st.session_state[_PICKED[_VIEW]] = view.value

    def keep_in_address() -> None:
        picked = st.session_state[_PICKED[_VIEW]]
        st.query_params.pop(DECISION, None)
        if picked:
            st.query_params[_VIEW] = View(picked).name.lower()

    st.segmented_control(
        "Show",
        [view.value for view in View],
        key=_PICKED[_VIEW],
        on_change=keep_in_address,
        label_visibility="collapsed",
        required=True,
    )
    return view


def choose_release(services: Sequence[str], policy: Policy, notes: DeltaGenerator) -> ReleaseChoice | None:
    """Draws the choice of a release; None until there is a service.

    What the address asks for in vain is said in `notes`.
    """
    first, second, third, fourth = st.columns(_COLUMNS, gap="small")
    with first:
        service = components.choose_service(list(services), on_change=_forget_release)
    if service is None:
        return None
    with third:
        environment = choose_environment(policy, notes)
    with second:
        version = _choose_version(service, environment, notes)
    with fourth:
        choice = ReleaseChoice(service=service, environment=environment, version=version)
        change = _choose_change(choice, notes)
    return ReleaseChoice(service=service, environment=environment, version=version, change=change)


def choose_environment(policy: Policy, notes: DeltaGenerator) -> str:
    """Draws the choice of an environment of the policy; the one that deployments count in comes first."""
    known = list(policy.gate.environments)
    usual = policy.delivery.environment if policy.delivery.environment in known else known[0]
    asked = st.query_params.get(_ENVIRONMENT)
    if asked is not None and asked not in known:
        notes.error(
            f"**There is no environment {brief(repr(asked))} in the policy.** This is {brief(usual)}."
        )
    st.session_state[_PICKED[_ENVIRONMENT]] = asked if asked in known else usual
    found: str = st.selectbox("Environment", known, key=_PICKED[_ENVIRONMENT], on_change=_keep(_ENVIRONMENT))
    return found


def decision_asked() -> str | None:
    """The decision whose record the address asks for."""
    return st.query_params.get(DECISION)


def all_decisions_link() -> None:
    """One click back from a record to the list."""
    st.page_link(
        RELEASE_GATE_PAGE,
        label="← All decisions",
        help="",
        query_params={_VIEW: View.DECISIONS.name.lower()},
    )


def release_link(service: str, *, label: str, **more: str) -> None:
    """One click to the gate for a release of `service`; `more` are further parts of the address."""
    st.page_link(RELEASE_GATE_PAGE, label=label, help="", query_params={_SERVICE: service, **more})


def decision_link(name: str, *, label: str) -> None:
    """One click to the record of a decision."""
    st.page_link(RELEASE_GATE_PAGE, label=label, help="", query_params={DECISION: name})


def _choose_version(service: str, environment: str, notes: DeltaGenerator) -> str | None:
    known = list(gate_cache.versions(service))
    asked = _version_asked(notes)
    version = asked or gate_cache.newest_version(service, environment)
    st.session_state[_PICKED[_VERSION]] = version
    is_known = version in known
    if version is not None and not is_known:
        known.insert(0, version)
    st.selectbox(
        "Version",
        known,
        index=None,
        key=_PICKED[_VERSION],
        accept_new_options=True,
        on_change=_keep(_VERSION),
        placeholder="Choose or type a version",
        help="The newest that a pipeline asked for, unless you choose another.",
    )
    if version is not None and not is_known:
        notes.markdown(":orange-badge[? unknown version] No decision and no deployment of it is known.")
    return version


def _version_asked(notes: DeltaGenerator) -> str | None:
    """The version in the address; None when it is none, which is then said."""
    asked = st.query_params.get(_VERSION)
    if asked is None:
        return None
    try:
        return named(_VERSION, asked)
    except RefusedChangeError as error:
        notes.error(f"**The address names no version:** {brief(str(error), 200)}")
        return None


def _choose_change(choice: ReleaseChoice, notes: DeltaGenerator) -> ChangeType | None:
    """The kind of change that the address or a person names; without one that of the evidence counts."""
    asked = st.query_params.get(_KIND)
    known = {change.value: change for change in ChangeType}
    if asked is not None and asked not in known:
        notes.error(f"**There is no kind of change {brief(repr(asked))}.** It is left out.")
    change = known.get(asked or "")
    usual = change or gate_cache.release(choice).change
    st.session_state[_PICKED[_KIND]] = usual.value
    st.selectbox(
        "Kind of change",
        list(known),
        key=_PICKED[_KIND],
        format_func=lambda value: CHANGES[known[value]],
        on_change=_keep(_KIND),
    )
    return change


def _keep(name: str) -> Callable[[], None]:
    """Puts what was picked into the address."""

    def keep_in_address() -> None:
        picked = st.session_state[_PICKED[name]]
        if picked is None:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = picked

    return keep_in_address


def _forget_release() -> None:
    """Another service has other versions and other evidence."""
    for name in (_VERSION, _KIND):
        st.query_params.pop(name, None)
