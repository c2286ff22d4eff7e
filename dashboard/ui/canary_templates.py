"""The templates of canaries: how each has done, and what the lint finds in it, each in one place.

Argo merges the templates of one step into one analysis, so those that a step names together stand together.
"""

from collections.abc import Iterable, Sequence

import streamlit as st

from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.reports.canaries import CanariesReport
from dashboard.reports.canary_detail import CanaryReport
from dashboard.reports.canary_templates import TemplateUse, template_uses, templates_of
from dashboard.ui import canary_cache, canary_lint
from dashboard.ui import format as show
from dashboard.ui.release_words import brief

_MOST = 30


def draw(report: CanariesReport) -> None:
    """Every template that the canaries of the list used, those that aborted most first."""
    uses = template_uses(row.named for row in (*report.under_way, *report.past))
    if not uses:
        return
    st.subheader("Templates", anchor="templates")
    st.markdown(":small[How each has done in this time, and what the lint finds in its newest use.]")
    for use in uses[:_MOST]:
        lint = None if use.newest is None else canary_cache.lint_of(*use.newest)
        service = None if use.newest is None else use.newest[0].service
        canary_lint.draw(lint, service, f"**{names_words(use.names)}** · {_used(use)}")
    if len(uses) > _MOST:
        st.markdown(f"and {show.number(len(uses) - _MOST)} more")


def draw_of(report: CanaryReport) -> None:
    """What the lint finds in the templates of one canary, by the newest run of each."""
    groups = _groups(report)
    if not groups:
        return
    st.subheader("Templates", anchor=False)
    for place, (names, run) in enumerate(groups):
        with st.container(gap=None):
            called = names_words(names) if names else f"templates of {brief(run.name, 60)}"
            # A heading, so that the metrics can link to it.
            st.subheader(f":small[{called}]", anchor=f"template-{place + 1}")
            canary_lint.draw(canary_cache.lint_of(report.row.named, run), report.row.named.service)


def template_link(report: CanaryReport, run: AnalysisRunState) -> str:
    """A link to the place of the templates of `run` on the page of its canary; markdown."""
    names = templates_of(report.row.named.canary, run)
    for place, (of, newest) in enumerate(_groups(report)):
        if of == names and (names or newest is run):
            return f"[{names_words(names) if names else 'its templates'}](#template-{place + 1})"
    return names_words(names)


def names_words(names: Iterable[str]) -> str:
    """Templates that one analysis puts together; markdown."""
    return " + ".join(brief(name, 60) for name in names)


def _groups(report: CanaryReport) -> Sequence[tuple[tuple[str, ...], AnalysisRunState]]:
    """The templates of each analysis in the order of their first use; what is not known is by itself."""
    found: dict[object, tuple[tuple[str, ...], AnalysisRunState]] = {}
    for view in report.runs:
        names = templates_of(report.row.named.canary, view.run)
        # The newest run takes the place of an older one.
        found[names or view.run.run] = names, view.run
    return list(found.values())


def _used(use: TemplateUse) -> str:
    runs = show.amount(use.runs, "analysis", "analyses")
    aborted = show.amount(use.aborted, "canary", "canaries") if use.aborted else "no canary"
    return f"{runs}, aborted {aborted}"
