"""One deployment in depth: result, times, cost, incidents, and the service levels around it."""

import shlex
from datetime import datetime
from fractions import Fraction

import streamlit as st

from dashboard.domain.deployments import DeploymentState
from dashboard.domain.event_counts import EventCounts
from dashboard.domain.policy import Policy
from dashboard.domain.releases import Release
from dashboard.reports.around import BEFORE, COURSE, Around
from dashboard.reports.deployments import DeploymentReport, ReleaseRow
from dashboard.ui import format as show
from dashboard.ui.canary_filters import service_canary_link
from dashboard.ui.charts import CHART_CONFIG
from dashboard.ui.components import badge, incident_link, release_gate_link, service_link
from dashboard.ui.folding import unbroken
from dashboard.ui.incident_words import budget_share
from dashboard.ui.release_chart import around_alt, around_figure
from dashboard.ui.release_words import (
    brief,
    change,
    commit_lead_time,
    cost,
    costs_told,
    evidence,
    explained,
    outcome,
    outcome_badge,
    version_of,
    web_link,
)


def draw(report: DeploymentReport, policy: Policy) -> None:
    """The whole view, the result first."""
    row, now = report.row, report.freshness.as_of
    release, deployment = row.release, row.release.deployment
    st.subheader(
        f"{brief(deployment.service)} {brief(version_of(deployment))} {outcome_badge(outcome(release))}",
        anchor=False,
    )
    st.markdown(unbroken("  \n".join([*explained(row, policy.timezone), *costs_told(row)])))
    with st.container(horizontal=True):
        service_link(deployment.service, label=f"{brief(deployment.service)} now → Service")
        release_gate_link(deployment.service)
        service_canary_link(deployment.service)
    _incidents(report)
    _facts(row, policy, now)
    _costs(row)
    _around(report, policy)
    _commands(release)


def _incidents(report: DeploymentReport) -> None:
    if not report.incidents:
        return
    st.markdown(f"**{show.amount(len(report.incidents), 'incident')} attributed to it**")
    for incident in report.incidents:
        with st.container(border=True, gap=None):
            severity = incident.severity.value if incident.severity else "severity unknown"
            # A link is cut off where its line ends, so the title stands below it, where it may wrap.
            incident_link(incident.id, label=f":blue[**{brief(incident.id, 40)}**] :small[{severity}]")
            told = [f"Why: {evidence(report.attributions[incident.id], report.row.release)}"]
            told += [cost(spent) for spent in report.row.incident_costs.get(incident.id, ())]
            small = [f":small[{line}]" for line in told]
            st.markdown("  \n".join([brief(incident.title, 200), *small]))


def _facts(row: ReleaseRow, policy: Policy, now: datetime) -> None:
    release, deployment, zone = row.release, row.release.deployment, policy.timezone
    began, ended = deployment.started_at, deployment.finished_at
    took = show.UNKNOWN
    if began is not None and ended is not None:
        took = show.length(ended - began)
    elif began is not None and release.state in (DeploymentState.QUEUED, DeploymentState.IN_PROGRESS):
        took = f"{show.age(began, now)} so far"
    facts = {
        "Environment": brief(deployment.environment),
        "Started": show.UNKNOWN if began is None else show.full_moment(began, zone),
        "Finished": show.UNKNOWN if ended is None else show.full_moment(ended, zone),
        "Took": took,
        "Kind of change": change(release).removeprefix("Kind of change "),
        "By": show.UNKNOWN if deployment.actor is None else brief(deployment.actor),
        "Version": show.UNKNOWN if deployment.version is None else brief(deployment.version),
        "Commit": show.UNKNOWN if deployment.commit_sha is None else brief(deployment.commit_sha),
        "Lead time (commit to the end of this)": commit_lead_time(deployment),
        "Policy tier when it began": badge(row.policy_tier),
    }
    if release.failed:
        facts["Service well again"] = _after(release.recovered_at, release, policy, "not yet")
        facts["Next good deployment"] = _after(release.next_good_at, release, policy, "none yet")
    if link := web_link("Where it was told", deployment.url):
        facts["Source"] = link
    facts["Id"] = brief(deployment.id, 200)
    st.markdown("**What is known of it**")
    st.table(facts, border="horizontal", alt=f"What is known of deployment {deployment.id}")


def _after(at: datetime | None, release: Release, policy: Policy, missing: str) -> str:
    ended = release.deployment.finished_at
    if at is None or ended is None:
        return missing
    told = show.moment(at, policy.timezone)
    return f"{told}, {show.length(at - ended)} after it finished" if at >= ended else told


def _costs(row: ReleaseRow) -> None:
    if not row.costs:
        return
    st.markdown("**What it cost by itself** :small[while it was rolled out and baked, outside incidents]")
    st.table(
        {
            "Objective": [brief(item.objective.indicator) for item in row.costs],
            "Bad events": [show.events(item.bad) for item in row.costs],
            "Share of its budget": [budget_share(item) for item in row.costs],
            "Like a full outage of": [show.outage(item.full_outage) for item in row.costs],
        },
        border="horizontal",
        hide_index=True,
        alt="What the deployment cost each objective by itself",
    )


def _around(report: DeploymentReport, policy: Policy) -> None:
    deployment = report.row.release.deployment
    if not report.around:
        st.info("No objective is set for this service, so there is no error ratio to compare.")
        return
    if deployment.state in (DeploymentState.QUEUED, DeploymentState.SUPERSEDED):
        st.info("It served nobody, so there is nothing to compare.")
        return
    st.markdown("**Bad events before, during and after** :small[share, bad of all, and how fast that burns]")
    ended, bake = deployment.finished_at, policy.delivery.bake_time
    columns = {
        "Objective": [
            f"{brief(item.objective.indicator)} (allows {show.percent(item.objective.allowed_error_ratio)})"
            for item in report.around
        ],
        f"{show.length(BEFORE)} before": [_share(item, item.before) for item in report.around],
        "During" if ended else "Since it began": [_share(item, item.during) for item in report.around],
    }
    if ended is not None:
        passed = report.freshness.as_of - ended
        after = f"{show.length(bake)} after" if passed >= bake else f"After, for {show.length(passed)} so far"
        columns[after] = [_share(item, item.after) for item in report.around]
    st.table(
        columns,
        border="horizontal",
        hide_index=True,
        alt="Share of bad events of each objective before, during and after the deployment",
    )
    dark = st.context.theme.type == "dark"
    for item in report.around:
        st.markdown(
            f"{brief(item.objective.indicator)}: share of bad events,"
            f" {show.length(COURSE)} before to {show.length(COURSE)} after"
        )
        if all(share is None for _, share in item.course):
            st.markdown(":violet-badge[? unknown] nothing was measured in this time")
            continue
        st.plotly_chart(
            around_figure(item, report, policy, dark=dark),
            config=dict(CHART_CONFIG),
            alt=around_alt(item, report),
            key=f"around {item.objective.key}",
        )


def _share(item: Around, counts: EventCounts | None) -> str:
    if counts is None:
        return f"{show.UNKNOWN}: not measured"
    if not counts.total:
        return "no traffic"
    share = Fraction(counts.bad, counts.total)
    rate = show.burn(share / item.objective.allowed_error_ratio)
    many = f"{show.events(counts.bad)} of {show.events(counts.total)}"
    return f"{show.percent(share)}  \n:small[{many}]  \n:small[burn rate {rate}]"


def _commands(release: Release) -> None:
    deployment = release.deployment
    service, namespace = shlex.quote(deployment.service), shlex.quote(deployment.environment)
    with st.expander("Commands that take it back (shown only: this page never runs any)"):
        st.markdown("The release before it, with Argo Rollouts:")
        st.code(f"kubectl argo rollouts undo {service} -n {namespace}", language=None, wrap_lines=True)
        st.markdown("With Helm; REVISION is a number that `helm history` gives:")
        st.code(
            f"helm history {service} -n {namespace}\n"
            f"helm rollback {service} REVISION -n {namespace} --cleanup-on-fail",
            language=None,
            wrap_lines=True,
        )
