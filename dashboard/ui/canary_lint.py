"""What the lint finds in the templates of canaries, each template in one place."""

import streamlit as st

from dashboard.domain.canary.lint.finding import Finding
from dashboard.domain.canary.lint.rules import Severity
from dashboard.domain.canary.lint.traffic import Traffic
from dashboard.reports.canary_lint import TRAFFIC_DAYS, LintReport
from dashboard.ui import format as show
from dashboard.ui.folding import folded
from dashboard.ui.release_words import brief

_SIGNS = {
    Severity.ERROR: ":red-badge[✕ error]",
    Severity.WARNING: ":orange-badge[△ warning]",
    Severity.INFO: ":gray-badge[– note]",
}
_MOST = 30


def draw(found: LintReport | None, service: str | None, called: str = "") -> None:
    """The findings in a template, folded, with how many there are; None where its spec is not known.

    `service` is the one whose traffic limits were held to.
    """
    head = f"{called} · " if called else ""
    if found is None:
        st.markdown(f"{head}:small[the store has no spec of these templates, so they cannot be linted]")
        return
    with st.expander(f"{head}Template lint: {counted(found)}"):
        st.markdown(f":small[{_rests_on(found.traffic, service)}]")
        # No table: what is found holds code that no cell of a phone could break.
        st.markdown("\n".join(f"- {_found(item)}" for item in found.findings[:_MOST]))
        if len(found.findings) > _MOST:
            st.markdown(f"and {show.number(len(found.findings) - _MOST)} more: `reliability canary lint`")


def counted(found: LintReport) -> str:
    """How many findings there are of each severity; nothing found says so."""
    counts = found.counts
    told = [
        show.amount(counts[severity], word)
        for severity, word in (
            (Severity.ERROR, "error"),
            (Severity.WARNING, "warning"),
            (Severity.INFO, "note"),
        )
        if counts[severity]
    ]
    return ", ".join(told) or "nothing found"


def _rests_on(traffic: Traffic | None, service: str | None) -> str:
    if traffic is None or service is None:
        return "The traffic of the service is not known, so no false-abort probability is given."
    rate = f"{show.pace(traffic.requests_per_second)} requests a second"
    days = f"the {TRAFFIC_DAYS} days before the canary"
    return f"Checked against {brief(service, 60)}'s usual traffic in {days} ({rate})."


def _found(item: Finding) -> str:
    place = item.place.path or item.place.called
    lines = [f"{_SIGNS[item.severity]} {brief(item.message, 400)}", f"**Mend:** {brief(item.mend, 400)}"]
    lines.append(f":small[{folded(place, 120)} · {brief(item.rule.value)}]")
    return "  \n  ".join(lines)
