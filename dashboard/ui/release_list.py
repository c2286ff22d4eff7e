"""The deployments of a time: their timeline, then one card each, newest first, and all of them as CSV."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from dashboard.domain.deployments import DeploymentState
from dashboard.domain.policy import Policy
from dashboard.reports.deployments import DeploymentsReport, ReleaseRow
from dashboard.reports.lanes import Lane
from dashboard.ui import cache
from dashboard.ui import format as show
from dashboard.ui.charts import CHART_CONFIG
from dashboard.ui.components import badge, incident_link
from dashboard.ui.export import to_csv
from dashboard.ui.folding import unbroken
from dashboard.ui.list_page import choose_page, draw_download
from dashboard.ui.release_csv import COLUMNS, cells
from dashboard.ui.release_filters import deployment_link
from dashboard.ui.release_thinning import MOST_MARKERS
from dashboard.ui.release_timeline import legend, timeline, timeline_alt
from dashboard.ui.release_words import (
    brief,
    change,
    costs_told,
    evidence,
    explained,
    outcome,
    outcome_badge,
)

_LANES_PAGE, _LIST_PAGE = "lanes", "cards"
_LANES = _CARDS = 20
_COLUMNS = (2.8, 3.4, 3.0, 3.2)


def draw_timeline(report: DeploymentsReport, shown: Sequence[ReleaseRow], policy: Policy) -> None:
    """The lanes of all services, twenty at a time, with the deployments that are `shown`."""
    there = {row.release.deployment.key for row in shown}
    lanes = [
        replace(lane, releases=tuple(item for item in lane.releases if item.deployment.key in there))
        for lane in report.lanes
    ]
    lanes.sort(key=lambda lane: (not lane.releases, not lane.incidents))
    place = st.container()
    chosen, span = choose_page(lanes, _LANES, _LANES_PAGE)
    tiers = cache.tier_spans(report.period, tuple(lane.service for lane in chosen))
    page = [replace(lane, tiers=tiers[lane.service]) for lane in chosen]
    with place:
        st.plotly_chart(
            timeline(page, report.period, policy.timezone, dark=st.context.theme.type == "dark"),
            config=dict(CHART_CONFIG),
            alt=timeline_alt(page, report.period),
        )
        if lines := [legend(page), *_below(page, f"{span}{len(lanes)}" if span else "")]:
            st.markdown("  \n".join(line for line in lines if line))


def _below(page: Sequence[Lane], span: str) -> list[str]:
    told, drawn = [], sum(len(lane.releases) for lane in page)
    if drawn > MOST_MARKERS:
        told.append(
            f":small[Drawn are {show.number(MOST_MARKERS)} of {show.amount(drawn, 'deployment')}: those that"
            " did not go well, then the newest. The list has every one.]"
        )
    if span:
        told.append(f":small[Services {span}, those with deployments first]")
    return told


def draw_list(report: DeploymentsReport, shown: Sequence[ReleaseRow], policy: Policy) -> None:
    """A card for each of `shown`, twenty at a time, and all of them to take away."""
    if not shown:
        if report.rows:
            st.info("No deployment passes these filters. Clear one to see more.")
        return

    def csv() -> str:
        return to_csv(COLUMNS, (cells(row, report.attributions) for row in shown))

    place = st.container()
    page, span = choose_page(shown, _CARDS, _LIST_PAGE)
    with place:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            many = show.amount(len(shown), "deployment")
            st.markdown(f"**{span}{many}**, newest first")
            draw_download(len(shown), "deployments", csv)
        for row in page:
            _card(row, report, policy)


def _card(row: ReleaseRow, report: DeploymentsReport, policy: Policy) -> None:
    release, zone = row.release, policy.timezone
    with st.container(border=True, gap=None):
        # Without an incident its place goes to the cost: on a phone an empty column would leave a gap.
        widths = _COLUMNS if release.incidents else (*_COLUMNS[:2], _COLUMNS[2] + _COLUMNS[3])
        what, result, spent, *incidents = st.columns(widths, gap="small")
        with what:
            deployment_link(row)
            st.markdown("  \n".join(_who_and_when(row, report, policy)))
        why = [outcome_badge(outcome(release)), *(f":small[{line}]" for line in explained(row, zone))]
        result.markdown("  \n".join(why))
        dearest, *others = costs_told(row)
        lines = [dearest, *(f":small[{line}]" for line in others)]
        told = [*lines, f":small[policy tier then {badge(row.policy_tier)}]"]
        spent.markdown(unbroken("  \n".join(told)))
        for place in incidents:
            with place:
                _incidents(row, report)


def _who_and_when(row: ReleaseRow, report: DeploymentsReport, policy: Policy) -> list[str]:
    release, deployment, zone = row.release, row.release.deployment, policy.timezone
    began, ended = deployment.began_at, deployment.finished_at
    if ended is None and release.state not in (DeploymentState.QUEUED, DeploymentState.IN_PROGRESS):
        when = f"began {show.moment(began, zone)}; when it ended is unknown"
    elif ended is None:
        when = f"since {show.moment(began, zone)} ({show.age(began, report.freshness.as_of)})"
    elif deployment.started_at is None:
        when = f"ended {show.moment(ended, zone)}; its start is unknown"
    else:
        when = f"{show.stretch(began, ended, zone)} ({show.length(ended - began)})"
    who = "by an unknown person" if deployment.actor is None else f"by {brief(deployment.actor, 40)}"
    return [when, f":small[{change(release)}, {who}]"]


def _incidents(row: ReleaseRow, report: DeploymentsReport) -> None:
    for name in row.release.incidents:
        incident, attribution = report.incidents.get(name), report.attributions.get(name)
        severity = incident.severity.value if incident and incident.severity else "severity unknown"
        incident_link(name, label=f":blue[**{brief(name, 40)}**] :small[{severity}]")
        if attribution is not None:
            st.markdown(f":small[{evidence(attribution, row.release)}]")
