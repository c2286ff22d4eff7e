"""The analyses of a canary: each run with its phase and evidence, each metric with its chart and its room."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard.domain.canary.named_runs import named_only
from dashboard.domain.canary.phases import Phase
from dashboard.reports.canary_detail import CanaryReport
from dashboard.reports.canary_metrics import MetricView, RunView
from dashboard.ui import canary_words
from dashboard.ui import format as show
from dashboard.ui.canary_chart import has_chart, metric_alt, metric_figure
from dashboard.ui.canary_evidence import metric_evidence_words, run_evidence_words
from dashboard.ui.canary_templates import template_link
from dashboard.ui.charts import CHART_CONFIG
from dashboard.ui.release_words import brief, plain

_SITES = {
    "Step": "of step",
    "Background": "in the background",
    "PrePromotion": "before promotion",
    "PostPromotion": "after promotion",
}
_METRICS_OPEN = 8
_GAPS = 4
_NAMED = 20
_COLUMNS = (2, 3)


def draw(report: CanaryReport, zone: ZoneInfo) -> None:
    """Every analysis of the canary, those that go on and those that ended badly first."""
    named = named_only(report.row.named.canary)
    for run in named:
        told = [f"**{brief(run.name, 80)}** {canary_words.phase_badge(run.phase)}"]
        told.append(":small[its Rollout tells of it; what it measured was not seen]")
        if run.message:
            told.append(f"Argo says: {brief(run.message, 300)}")
        st.container(border=True).markdown("  \n".join(told))
    if not report.runs and not named:
        st.markdown(":violet-badge[? none] No analysis of this canary is known, so nothing judged it.")
        return
    for place, view in enumerate(sorted(report.runs, key=_urgency)):
        _run(view, report, zone, place)


def _urgency(run: RunView) -> tuple[int, float]:
    phase = run.run.phase
    rank = 0 if phase is None or not phase.is_final else 1 if phase is not Phase.SUCCESSFUL else 2
    began = run.run.began_at
    return rank, 0.0 if began is None else -began.timestamp()


def _run(view: RunView, report: CanaryReport, zone: ZoneInfo, place: int) -> None:
    run, is_open = view.run, report.row.named.canary.outcome.is_open
    with st.container(border=True):
        where = _SITES.get(run.site, brief(run.site, 30))
        step = "" if run.step_index is None else f" {run.step_index + 1}"
        head = f"**{brief(run.name, 80)}** {canary_words.phase_badge(run.phase)}"
        lines = [head, f":small[analysis {where}{step}, {_when(view, report, zone)}]"]
        if template := template_link(report, run):
            lines.append(f":small[template {template}]")
        if evidence := run_evidence_words(view):
            lines.append(evidence)
        if run.message:
            lines.append(f"Argo says: {brief(run.message, 300)}")
        if _differs(view.replayed, run.phase):
            told = canary_words.phase_badge(view.replayed, "replay")
            lines.append(f"{told} A replay of what was seen ends otherwise than Argo recorded.")
        if view.spec_fault is not None:
            lines.append(f":violet-badge[? limits unknown] {brief(view.spec_fault, 240)}")
        st.markdown("  \n".join(lines))
        goes_on = is_open and (run.phase is None or not run.phase.is_final)
        if run.phase is Phase.SUCCESSFUL and view.metrics:
            # What passed and is over is there to be looked up; it must not push away what goes on.
            with st.expander(f"{show.amount(len(view.metrics), 'metric')}: {_names(view.metrics)}"):
                _metrics(view, zone, place, goes_on=goes_on)
        else:
            _metrics(view, zone, place, goes_on=goes_on)


def _metrics(view: RunView, zone: ZoneInfo, place: int, *, goes_on: bool) -> None:
    for number, metric in enumerate(view.metrics):
        if number >= _METRICS_OPEN:
            rest = show.amount(len(view.metrics) - _METRICS_OPEN, "more metric")
            st.markdown(f":small[{rest}: {_names(view.metrics[_METRICS_OPEN:])}]")
            break
        _metric(metric, view, zone, f"{place} {number}", goes_on=goes_on)


def _names(metrics: Sequence[MetricView]) -> str:
    return ", ".join(brief(item.state.name, 40) for item in metrics[:_NAMED])


def _when(view: RunView, report: CanaryReport, zone: ZoneInfo) -> str:
    run = view.run
    began, ended = run.began_at, run.ended_at
    if began is None:
        return "its times are not known"
    if ended is not None:
        return f"{show.stretch(began, ended, zone)} ({show.length(ended - began)})"
    return f"since {show.moment(began, zone)} ({show.age(began, report.freshness.as_of)})"


def _differs(replayed: Phase | None, recorded: Phase | None) -> bool:
    """Whether a replay came to another end; one that cannot tell, or a run that goes on, says nothing."""
    ends = replayed is not None and replayed.is_final
    return ends and recorded is not None and recorded.is_final and replayed is not recorded


def _metric(metric: MetricView, view: RunView, zone: ZoneInfo, place: str, *, goes_on: bool) -> None:
    words, picture = st.columns(_COLUMNS, gap="small")
    words.markdown("  \n".join(_metric_lines(metric, view, zone, goes_on=goes_on)))
    if not has_chart(metric):
        picture.markdown(_no_chart(metric))
        return
    picture.plotly_chart(
        metric_figure(metric, zone, goes_on=goes_on, dark=st.context.theme.type == "dark"),
        config=dict(CHART_CONFIG),
        alt=metric_alt(metric),
        key=f"metric {place}",
    )


def _metric_lines(metric: MetricView, view: RunView, zone: ZoneInfo, *, goes_on: bool) -> list[str]:
    state, spec = metric.state, metric.spec
    dry = " :gray-badge[– dry run: decides nothing]" if state.dry_run else ""
    lines = [f"**{brief(state.name, 60)}** {canary_words.phase_badge(state.phase)}{dry}"]
    if room := canary_words.room_words(metric, goes_on=goes_on):
        lines.append(f"**{room}**")
    failed = f"{show.amount(metric.failures, 'failure')}"
    if metric.errors:
        errors = f"{show.amount(metric.errors, 'error')} of the provider"
        lines.append(f":small[{failed} · {errors}, which {'is' if metric.errors == 1 else 'are'} no failure]")
    elif not room:
        # Where the room is known it counts the failures already.
        lines.append(f":small[{failed}, no error of the provider]")
    if evidence := metric_evidence_words(metric, view):
        lines.append(evidence)
    if state.message:
        lines.append(f":small[Argo says: {brief(state.message, 200)}]")
    if spec is not None:
        for title, condition in (("passes", spec.success_condition), ("fails", spec.failure_condition)):
            if condition:
                lines.append(f":small[{title} when {brief(condition, 160)}]")
    lines += [
        f":small[:orange-badge[! gap] {canary_words.gap_words(gap, zone)}]" for gap in metric.gaps[-_GAPS:]
    ]
    if len(metric.gaps) > _GAPS:
        lines.append(f":small[and {show.amount(len(metric.gaps) - _GAPS, 'gap')} before]")
    return lines


def _no_chart(metric: MetricView) -> str:
    if not metric.points:
        return ":violet-badge[? not measured] nothing to draw"
    values = [plain(point.value, 60) for point in metric.points if point.value]
    told = f": the last answer was {brief(values[-1], 60)}" if values else ""
    return f":violet-badge[? no number] no measurement gave a number that could be drawn{told}"
