"""Which templates an AnalysisRun was made from, and how each has done over many canaries."""

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.domain.canary.canary import Canary, Outcome, deciding_metrics
from dashboard.domain.canary.rollouts import StepKind
from dashboard.reports.canary_reading import NamedCanary

_BACKGROUND = "Background"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateUse:
    """The templates `names` that one analysis puts together, as Argo merges them into one run.

    `runs` were made from them, and `aborted` canaries were ended by one of those; `newest` is the run that
    began last of those whose spec is known, with its canary, None where no spec is known.
    """

    names: tuple[str, ...]
    runs: int
    aborted: int
    newest: tuple[NamedCanary, AnalysisRunState] | None


def templates_of(canary: Canary, run: AnalysisRunState) -> tuple[str, ...]:
    """The templates that `run` was made from, by the step that it belongs to; none where that is not known.

    An AnalysisRun does not say it itself.
    """
    state = canary.state
    if state is None:
        return ()
    if run.step_index is None:
        return state.background if run.site == _BACKGROUND else ()
    if run.step_index >= len(state.steps):
        return ()
    step = state.steps[run.step_index]
    return step.templates if step.kind is StepKind.ANALYSIS else ()


def template_uses(canaries: Iterable[NamedCanary]) -> tuple[TemplateUse, ...]:
    """How each analysis of `canaries` has done: those that aborted most first, then those used most."""
    runs: dict[tuple[str, ...], list[tuple[NamedCanary, AnalysisRunState]]] = {}
    aborted: dict[tuple[str, ...], set[str]] = {}
    for named in canaries:
        for run in named.canary.runs:
            names = templates_of(named.canary, run)
            if not names:
                continue
            runs.setdefault(names, []).append((named, run))
            if named.canary.outcome is Outcome.ABORTED and deciding_metrics(run):
                aborted.setdefault(names, set()).add(named.canary.id)
    found = [
        TemplateUse(
            names=names, runs=len(listed), aborted=len(aborted.get(names, ())), newest=_newest(listed)
        )
        for names, listed in runs.items()
    ]
    return tuple(sorted(found, key=lambda use: (-use.aborted, -use.runs, use.names)))


def _newest(
    listed: Iterable[tuple[NamedCanary, AnalysisRunState]],
) -> tuple[NamedCanary, AnalysisRunState] | None:
    known = [
        (run.began_at.timestamp(), named, run)
        for named, run in listed
        if run.spec and run.began_at is not None
    ]
    if not known:
        return None
    _, named, run = max(known, key=lambda item: (item[0], item[2].run))
    return named, run
