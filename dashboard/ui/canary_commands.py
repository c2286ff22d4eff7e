"""The commands of a canary to copy, those that its verdict asks for first; nothing here runs one."""

from collections.abc import Mapping

import streamlit as st

from dashboard.reports.canary_commands import BACK_TO_IT
from dashboard.reports.canary_detail import CanaryReport
from dashboard.reports.canary_standing import Standing, standing

_WORDS: Mapping[str, str] = {
    "status": "See where it stands",
    "get": "See its steps, pods and analyses",
    "promote": "Go on to the next step",
    "abort": "Stop it, and send all traffic to stable",
    "retry": "Try the same version again",
    "undo": "Go back to the version before it",
    BACK_TO_IT: "Go back to this version",
}
#: Of one that somebody has to decide on, what each comes to.
_DECISIONS: Mapping[str, str] = {
    "promote": "To accept it: go on to the next step",
    "abort": "To refuse it: stop it, and send all traffic to stable",
}
_LOOK, _STOP = ("status", "get"), ("abort", "undo")
#: What comes first; the other commands are folded.
_FIRST: Mapping[Standing, tuple[str, ...]] = {
    Standing.TROUBLE: _STOP,
    Standing.CRITICAL: _STOP,
    Standing.UNDECIDED: ("promote", "abort"),
    Standing.AT_RISK: ("abort", "status"),
    Standing.HIGH_ERRORS: ("abort", "status"),
    Standing.SAFE: ("promote", "abort"),
    Standing.ABORTED: ("retry", "undo"),
    Standing.PROMOTED: ("undo", BACK_TO_IT),
}


def draw(report: CanaryReport) -> None:
    """Its commands under what each does."""
    st.subheader("Commands to copy :small[this page never runs any]", anchor=False)
    if not report.commands:
        st.markdown("None: its Rollout is gone.")
        return
    if not report.is_newest:
        st.markdown("The Rollout has had another canary since: a command acts on what it has now.")
    found = standing(report)
    words = {**_WORDS, **(_DECISIONS if found is Standing.UNDECIDED else {})}
    wanted = [verb for verb in _FIRST.get(found, _LOOK) if verb in report.commands] or list(_LOOK)
    for verb, place in zip(wanted, st.columns(len(wanted), gap="small"), strict=True):
        with place:
            _command(words[verb], report.commands[verb])
    rest = [verb for verb in report.commands if verb not in wanted]
    if rest:
        with st.expander("More commands"):
            for verb in rest:
                _command(words[verb], report.commands[verb])


def draw_id(report: CanaryReport) -> None:
    """What `reliability` calls the canary."""
    st.markdown(":small[Its id, as `reliability import canaries --counts-of` takes it:]")
    st.code(report.row.named.canary.id, language=None, wrap_lines=True, width="content")


def _command(what: str, line: str) -> None:
    st.markdown(f"**{what}**")
    # Without a language: the colours of one are too faint to be read by everybody.
    st.code(line, language=None, wrap_lines=True)
