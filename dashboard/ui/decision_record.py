"""One recorded decision in full: its answer, gates and input, and what today's policy makes of it."""

import json
from typing import Any

import streamlit as st

from dashboard.domain.policy import Policy
from dashboard.errors import InputError, ReliabilityError
from dashboard.reports.decisions import LoggedDecision, Replay
from dashboard.ui import format as show
from dashboard.ui import gate_answer, gate_cache, gate_checks
from dashboard.ui.folding import folded
from dashboard.ui.gate_choice import release_link
from dashboard.ui.gate_words import check_phrase
from dashboard.ui.release_words import brief

_SHOWN_DIFFERENCES = 50


def draw(name: str, policy: Policy) -> None:
    """The record of the decision whose id is `name`, or that there is none."""
    try:
        found = gate_cache.decision(name)
    except InputError:
        st.error(f"**There is no decision {brief(repr(name))} in the log.** Look for it in the list.")
        return
    decision = found.decision
    named = f"{brief(decision.service or 'no service')} {brief(decision.version or '(no version)')}"
    st.subheader(f"Decision on {named}", anchor=False)
    gate_answer.draw_verdict(decision, policy)
    _who(found, policy)
    if decision.service and decision.version and decision.environment:
        release_link(
            decision.service,
            label="May it go now? → ask again",
            version=decision.version,
            environment=decision.environment,
        )
    gate_answer.strip(decision.gates)
    gate_answer.warnings(decision)
    st.markdown("#### Replay under today's policy")
    _replay(name, found)
    st.markdown("#### Checks then")
    gate_checks.draw(decision.gates, told_at=found.at, now=decision.as_of, zone=policy.timezone)
    st.markdown("#### Record")
    _record(found)


def _who(found: LoggedDecision, policy: Policy) -> None:
    asked = found.requested_by
    emergency = found.decision.emergency
    who = f"Asked by {brief(asked, 80)}" if asked else "Asker not told"
    when = show.full_moment(found.at, policy.timezone)
    lines = [f"{who}, recorded by {brief(found.actor, 80)} at {when}."]
    if found.body.get("trusted"):
        lines.append(
            ":orange-badge[! trusted input] The input itself said what its service level, approvals and"
            " exceptions are."
        )
    if emergency.requested:
        used = "used" if emergency.used else "valid, not needed" if emergency.valid else "not valid"
        lines.append(
            f"Emergency override ({used}) by {brief(emergency.approver or 'nobody')} for"
            f" {brief(emergency.incident_id or 'no incident')}: {brief(emergency.reason or 'no reason', 300)}"
        )
        if emergency.overridden:
            names = ", ".join(map(check_phrase, emergency.overridden))
            lines.append(f"It lifted: {names}.")
    lines += [
        f"Exception {brief(use.id, 60)} lifted: {brief(check_phrase(use.lifts))}."
        for use in found.decision.exceptions_used
    ]
    st.markdown("  \n".join(lines))


def _replay(name: str, found: LoggedDecision) -> None:
    try:
        again = gate_cache.replay(name)
    except ReliabilityError as error:
        st.warning(f"**It cannot be replayed:** {brief(str(error), 300)}")
        return
    same_policy = again.policy_version == again.recorded_version
    policy = "The policy is still the same" if same_policy else "The policy is another one today"
    if not again.differences:
        st.markdown(f":green-badge[✓ same answer] {policy}, and it decides the same in every part.")
        return
    if again.allow_then == found.decision.allow == again.allow_now:
        st.markdown(f":yellow-badge[△ same answer, other details] {policy}.")
    else:
        now = "allowed" if again.allow_now else "denied"
        st.markdown(f":red-badge[✕ other answer] {policy}: today it would be **{now}**.")
    _differences(again)


def _differences(again: Replay) -> None:
    shown = again.differences[:_SHOWN_DIFFERENCES]
    st.table(
        {
            "Where": [folded(item.path, 120) for item in shown],
            "Then": [_value(item.then) for item in shown],
            "Today": [_value(item.now) for item in shown],
        },
        border="horizontal",
        hide_index=True,
        alt="Where the decision of then and the one of today's policy differ",
    )
    if len(again.differences) > len(shown):
        more = show.number(len(again.differences) - len(shown))
        st.markdown(f":small[and {more} more: `reliability decisions replay`]")


def _value(value: Any) -> str:
    return folded(value if isinstance(value, str) else json.dumps(value), 160)


def _record(found: LoggedDecision) -> None:
    decision = found.decision
    st.markdown(
        f"- Decision `{found.id}`, record {show.number(found.seq)} of the log\n"
        f"- Policy version `{decision.policy_version}`, digest of the input `{decision.input_digest}`\n"
        f"- Digest of the record `{found.digest}` (`reliability decisions verify` walks the chain)"
    )
    for title, part in (
        ("Input that was decided on", "input"),
        ("Request as it came", "request"),
        ("Decision", "decision"),
    ):
        with st.expander(f"{title} (JSON)"):
            st.json(found.body.get(part, {}), expanded=1)
