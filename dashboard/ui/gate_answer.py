"""The answer of the release gate, large, with why, when it changes, and what it rests on."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import streamlit as st

from dashboard.domain.policy import Policy
from dashboard.domain.release_decision import ChangeAt, Check, Decision, Gate
from dashboard.reports.decisions import LoggedDecision
from dashboard.reports.release_page import ReleasePage
from dashboard.ui import format as show
from dashboard.ui import gate_words
from dashboard.ui.components import badge, firing
from dashboard.ui.gate_advice import next_steps
from dashboard.ui.gate_choice import decision_link
from dashboard.ui.gate_outlook import held, outlook
from dashboard.ui.release_words import brief
from dashboard.ui.words import CHANGES, joined, literal, service_tier

_SHOWN_BEFORE = 3


def draw(page: ReleasePage, policy: Policy) -> None:
    """What is asked, the answer, and the gates."""
    _what(page)
    _answer(page, policy)
    strip(page.decision.gates, page.missing)


def draw_reasons(page: ReleasePage, policy: Policy) -> None:
    """What the answer rests on, what to know, and what to do about a no."""
    _evidence(page, policy)
    if page.decision.allow:
        warnings(page.decision)
    elif not page.decision.warnings:
        _steps(page)
    else:
        left, right = st.columns(2)
        with left:
            _steps(page)
        with right:
            warnings(page.decision)


def draw_verdict(decision: Decision, policy: Policy) -> None:
    """The answer of a decision that was recorded."""
    title = "# ✓ WAS ALLOWED" if decision.allow else "# ✕ WAS DENIED"
    lines = [title, f"{_release(decision)}. {literal(gate_words.sentence(decision))}"]
    lines.append(f"Decided for {show.full_moment(decision.as_of, policy.timezone)}, which may not hold now.")
    told = held(decision, policy.timezone)
    if told is not None:
        lines.append(literal(told))
    allowed = st.warning if decision.emergency.used else st.success
    (allowed if decision.allow else st.error)("\n\n".join(lines))


def warnings(decision: Decision) -> None:
    """What to know that denies nothing."""
    if decision.warnings:
        told = "".join(f"\n- {brief(notice.message, 300)}" for notice in decision.warnings)
        st.markdown(f"**To know**\n{told}")


def strip(gates: Sequence[Gate], untold: Sequence[Check] = ()) -> None:
    """The six gates in order, each with how many of its checks pass; `untold` wait for evidence."""
    parts = [_part(gate, {check.code for check in untold}) for gate in gates]
    st.markdown(" → ".join(parts))


def _what(page: ReleasePage) -> None:
    status = page.status
    name, tier = literal(status.service.name), service_tier(status.service.tier)
    alarms = " ".join(firing(status))
    st.subheader(f"{name} {badge(status.policy_tier)} {alarms} :small[{tier}]", anchor=False)


def _answer(page: ReleasePage, policy: Policy) -> None:
    decision = page.decision
    waits = bool(page.missing) and not page.failing
    lines = [_title(decision, waits=waits), f"**{_release(decision)}.** {_why(page)}"]
    if page.failing:
        lines.append(f"Closed by {_closed_by(page)}.")
    lines.append(outlook(decision, policy.timezone, waits=waits).markdown)
    lines.append(f"As of {show.full_moment(decision.as_of, policy.timezone)}.")
    # What waits for a pipeline only is another no than one that somebody has to wait or work for.
    denied = st.warning if waits else st.error
    (st.success if decision.allow else denied)("\n\n".join(lines))


def _title(decision: Decision, *, waits: bool) -> str:
    word = gate_words.verdict(decision)
    if decision.allow:
        return f"# ✓ {word}"
    return f"# ? {word}: evidence missing" if waits else f"# ✕ {word}"


def _release(decision: Decision) -> str:
    version = "any version" if decision.version is None else brief(decision.version)
    what = f"{brief(decision.service or 'no service')} {version}"
    kind = CHANGES[decision.change_type].lower()
    return f"{what} to {brief(decision.environment or 'no environment')}, {kind}"


def _why(page: ReleasePage) -> str:
    if not any(gate.checks for gate in page.decision.gates):
        told = "; ".join(item.message for item in page.decision.violations)
        return f"**The policy could not be evaluated, so nothing is allowed:** {brief(told, 300)}"
    if page.evidence is not None or page.decision.allow:
        return literal(gate_words.sentence(page.decision))
    version = "this release" if page.choice.version is None else "this version"
    first = f"No pipeline has handed in evidence for {version}."
    if page.choice.version is None:
        first = "No version is chosen, so there is no evidence of a pipeline."
    if not page.failing:
        return f"{first} **Everything that is known here passes.**"
    return f"{first} **What is known here does not pass either.**"


def _closed_by(page: ReleasePage) -> str:
    """What is known to keep it closed, each with what was seen; markdown."""
    return joined(
        [
            f"{gate_words.check_phrase(check.code)} ({brief(gate_words.seen(check), 60)})"
            for check in page.failing
        ]
    )


def _evidence(page: ReleasePage, policy: Policy) -> None:
    found, now = page.evidence, page.decision.as_of
    if found is None:
        if page.choice.version is not None and page.asked_before:
            st.markdown(f"Asked {show.amount(len(page.asked_before), 'time')}, each time without evidence:")
            _before(page.asked_before, now, policy)
        return
    who = "asker not told" if page.requestor is None else f"{brief(page.requestor, 60)} asks"
    told = (
        f"**Evidence** handed in **{show.age(found.at, now)} ago**"
        f" ({show.moment(found.at, policy.timezone, now)}) by {brief(found.actor, 60)}; {who};"
        f" image {'unknown' if page.image is None else brief(page.image, 120)}."
        " Asked again now with all that is known now. This page records nothing."
    )
    lines = [told]
    if found.decision.emergency.used:
        lines.append(
            f"That decision was an emergency override by {brief(found.decision.emergency.approver or '')}."
            " It is not repeated here: an override is asked for anew each time."
        )
    st.markdown("  \n".join(lines))
    _before(page.asked_before, now, policy)


def _before(found: Sequence[LoggedDecision], now: datetime, policy: Policy) -> None:
    with st.container(horizontal=True, gap="small"):
        for item in found[:_SHOWN_BEFORE]:
            mark = "✓ allowed" if item.decision.allow else "✕ denied"
            decision_link(item.id, label=f"{mark} {show.moment(item.at, policy.timezone, now)} → record")


def _steps(page: ReleasePage) -> None:
    """What to do: without evidence that comes first and last, unless something else is closed too."""
    steps = next_steps(page.decision)
    if page.missing and page.evidence is None and not page.failing:
        steps = steps[:1]
    st.markdown("**What to do next**\n" + "".join(f"\n- {step}" for step in steps))


def _part(gate: Gate, untold: "set[str]") -> str:
    name = gate_words.GATES[gate.name].upper()
    closed = [check for check in gate.checks if not check.passes]
    if gate.passes:
        return f":green-badge[✓ **{name}** passes, {gate_words.met_words(gate)}]"
    if not gate.checks:
        return f":red-badge[✕ **{name}** not evaluated]"
    waiting = sum(check.code in untold for check in closed)
    if waiting == len(closed):
        return f":orange-badge[? **{name}** no evidence, {waiting} of {len(gate.checks)}]"
    also = f", {waiting} without evidence" if waiting else ""
    return f":red-badge[✕ **{name}** {len(closed) - waiting} of {len(gate.checks)} not met{also}]"


def changes(decision: Decision, policy: Policy) -> None:
    """Everything that may change the answer by itself."""
    if not decision.changes_at:
        st.markdown("No time is known at which this answer changes by itself.")
        return
    now = decision.as_of
    st.table(
        {
            "When": [
                f"{_in(change.at - now)}  \n:small[{show.full_moment(change.at, policy.timezone)}]"
                for change in decision.changes_at
            ],
            "What": [f"{literal(change.what)}{_closes(change)}" for change in decision.changes_at],
        },
        border="horizontal",
        hide_index=True,
        alt="When this answer may change by itself, and why",
    )


def _in(span: timedelta) -> str:
    return f"in {show.length(span)}" if span else "any moment now"


def _closes(change: ChangeAt) -> str:
    """Which checks pass until then only, and whether that is a forecast; markdown."""
    sure = "" if change.assuming is None else ":gray-badge[forecast] "
    names = joined([gate_words.check_phrase(code) for code in change.closes])
    told = f"no longer met then: {names}" if names else ""
    return f"  \n{sure}:small[{told}]" if sure or told else ""
