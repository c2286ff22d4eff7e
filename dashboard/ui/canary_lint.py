"""What the lint finds in what a run measures, beside the run."""

from zoneinfo import ZoneInfo

import streamlit as st

from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.domain.canary.lint_finding import Finding
from dashboard.domain.canary.lint_rules import Severity
from dashboard.reports.canary_detail import CanaryReport
from dashboard.reports.canary_lint import LintReport
from dashboard.ui import canary_cache
from dashboard.ui import format as show
from dashboard.ui.folding import folded
from dashboard.ui.release_words import brief

_SIGNS = {
    Severity.ERROR: ":red-badge[✕ error]",
    Severity.WARNING: ":orange-badge[△ warning]",
    Severity.INFO: ":gray-badge[– note]",
}
_MOST = 30


def draw(report: CanaryReport, run: AnalysisRunState, zone: ZoneInfo) -> None:
    """The findings in the template of `run`, folded, with how many there are."""
    del zone
    found = canary_cache.lint_of(report.row.named, run)
    if found is None:
        st.markdown(":small[The store has no template of this run, so it cannot be linted.]")
        return
    with st.expander(f"Template lint: {counted(found)}"):
        st.markdown(f":small[{_rests_on(found)}]")
        if found.findings:
            shown = found.findings[:_MOST]
            st.table(
                {
                    "": [_SIGNS[item.severity] for item in shown],
                    "Found": [_found(item) for item in shown],
                    "Mend": [brief(item.mend, 400) for item in shown],
                },
                border="horizontal",
                hide_index=True,
                alt="What the lint finds in the template of this run, and how to mend it",
            )
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


def _rests_on(found: LintReport) -> str:
    if found.traffic is None:
        return "The traffic of the service is not known, so no false-abort probability is given."
    return f"Held to the traffic of {brief(found.traffic.source, 160)}."


def _found(item: Finding) -> str:
    place = item.place.path or item.place.called
    return f"{brief(item.message, 400)}  \n:small[{folded(place, 120)} · {brief(item.rule.value)}]"
