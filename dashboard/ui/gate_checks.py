"""The checks of the gates: what was seen, what is needed, who said so and when; what fails comes first."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard.domain.gate_rules import GateName
from dashboard.domain.release_decision import Check, Gate
from dashboard.reports.release_page import BY_PIPELINE, ReleasePage
from dashboard.ui import format as show
from dashboard.ui import gate_words
from dashboard.ui.folding import folded
from dashboard.ui.gate_words import check_phrase
from dashboard.ui.release_words import brief
from dashboard.ui.words import joined, literal

#: How the sources of checks begin that the store knows, and that it gives a reason for.
_STORE, _REASON = "store, data up to ", "store: "


def draw(gates: Sequence[Gate], *, told_at: datetime | None, now: datetime, zone: ZoneInfo) -> None:
    """Each gate's checks; those that pass are folded. `told_at` is when a pipeline told what it did."""
    for gate in gates:
        if not gate.passes:
            st.markdown(f"**✕ {gate_words.gate_summary(gate)}**")
        if gate.checks and not gate.passes:
            _table(gate.checks, gate_words.GATES[gate.name], told_at, now, zone)
    for gate in gates:
        if gate.passes:
            with st.expander(f"✓ {gate_words.GATES[gate.name]}: {_all_pass(gate)}"):
                _table(gate.checks, gate_words.GATES[gate.name], told_at, now, zone)


def draw_release(page: ReleasePage, zone: ZoneInfo) -> None:
    """The checks of a release: by gates with evidence, else what is known apart from what is missing."""
    if page.evidence is None and page.missing:
        _draw_known(page, zone)
    else:
        told_at = None if page.evidence is None else page.evidence.at
        draw(page.decision.gates, told_at=told_at, now=page.decision.as_of, zone=zone)


def _draw_known(page: ReleasePage, zone: ZoneInfo) -> None:
    """Without evidence a wall of red would say nothing."""
    missing = {check.code for check in page.missing}
    known = [check for gate in page.decision.gates for check in gate.checks if check.code not in missing]
    st.markdown("**Known here**")
    _table(known, "What is known here", None, page.decision.as_of, zone)
    st.markdown("**Missing: what the pipeline hands in**")
    st.markdown("\n".join(_missing(page.decision.gates, missing)))


def state_badge(check: Check) -> str:
    """The markdown of what became of a check: symbol and word on its colour."""
    word = brief(gate_words.state(check))
    if check.met:
        return f":green-badge[✓ {word}]"
    if not check.asked:
        return f":gray-badge[– {word}]"
    if check.waived_by is not None:
        return f":blue-badge[◇ {word}]"
    return f":orange-badge[? {word}]" if check.seen is None else f":red-badge[✕ {word}]"


def origin(check: Check, told_at: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    """Where what was seen came from, and as of when, in a few words; markdown."""
    if check.source == BY_PIPELINE:
        if check.seen is None:
            return "pipeline: not told"
        return "the request" if told_at is None else f"pipeline, {show.moment(told_at, zone)}"
    if check.source.startswith(_STORE):
        try:
            mark = datetime.fromisoformat(check.source.removeprefix(_STORE))
        except ValueError:
            return brief(check.source, 200)
        return f"store, {show.moment(mark, zone)}"
    if check.source.startswith(_REASON):
        return f"store, {show.moment(now, zone)}"
    return f"{brief(check.source, 200)}, {show.moment(now, zone)}"


def _table(
    checks: Iterable[Check], called: str, told_at: datetime | None, now: datetime, zone: ZoneInfo
) -> None:
    ordered = sorted(checks, key=lambda check: (check.passes, check.met))
    st.table(
        {
            "Check": [gate_words.CHECK_NAMES[check.code] for check in ordered],
            "State": [state_badge(check) for check in ordered],
            # On a phone a column of its own for the source would leave a word a line to each.
            "Seen, source, as of": [
                f"**{folded(gate_words.seen(check), 120)}**  \n"
                f":small[{origin(check, told_at, now, zone)}{_reason(check)}]"
                for check in ordered
            ],
            "Needed": [folded(gate_words.needed(check), 200) for check in ordered],
        },
        border="horizontal",
        hide_index=True,
        alt=f"{called}: its checks, what was seen, what is needed, and where that is known from",
    )


def _reason(check: Check) -> str:
    """Why the store says so, where it gives a reason; markdown."""
    return f": {brief(check.source.removeprefix(_REASON), 200)}" if check.source.startswith(_REASON) else ""


def _all_pass(gate: Gate) -> str:
    """How a gate passes: all met, or some that are not asked or waived."""
    waived, unasked = gate_words.waived_and_unasked(gate)
    told = [f"{sum(check.met for check in gate.checks)} of {len(gate.checks)} checks met"]
    if waived:
        told.append(f"{waived} waived by an exception")
    if unasked:
        told.append(f"{unasked} not asked of this release")
    return f"passes, {joined(told)}"


def _missing(gates: Sequence[Gate], codes: "set[str]") -> list[str]:
    lines = []
    for gate in gates:
        names = [check_phrase(check.code) for check in gate.checks if check.code in codes]
        if names:
            what = "who asks for the release" if gate.name is GateName.APPROVAL else joined(names)
            lines.append(f"- :orange-badge[?] **{gate_words.GATES[gate.name]}**: {literal(what)}")
    return lines
