"""One incident for whoever has to deal with it: what it is, how it went, what it cost, what to write."""

import streamlit as st

from dashboard.domain.attribution import Evidence
from dashboard.domain.policy import Policy
from dashboard.reports.incidents import IncidentReport
from dashboard.ui import format as show
from dashboard.ui import incident_words as words
from dashboard.ui.charts import CHART_CONFIG
from dashboard.ui.components import DEPLOYMENTS_PAGE, service_link
from dashboard.ui.folding import unbroken
from dashboard.ui.incident_list import suspect_name, why_suspected
from dashboard.ui.incident_timeline import drawn_phases, timeline_alt, timeline_figure
from dashboard.ui.postmortem import Postmortem, due_words, postmortem, postmortem_state
from dashboard.ui.release_filters import address_of
from dashboard.ui.release_words import brief, web_link
from dashboard.ui.words import literal

#: A title of a source may be a whole stack trace.
_LONGEST = 200


def draw(report: IncidentReport, policy: Policy) -> None:
    """Everything that is known of one incident."""
    _head(report, policy)
    _phases(report, policy)
    _cost(report)
    _cause(report)
    _postmortem(report, policy)


def _head(report: IncidentReport, policy: Policy) -> None:
    incident, zone = report.row.timed.incident, policy.timezone
    st.subheader(f"{brief(incident.title, _LONGEST)} {words.state_badge(incident)}", anchor=False)
    meaning = f" ({words.SEVERITIES[incident.severity]})" if incident.severity else ""
    given = ""
    if incident.severity is None and incident.severity_given:
        given = f" (its source says {literal(repr(incident.severity_given))}: map it in sources.yaml)"
    named = f"incident **{brief(incident.id, _LONGEST)}**"
    lines = [f"**{words.severity(incident.severity)}**{meaning}{given} · {named}"]
    if incident.began_at is not None:
        until = "still open" if incident.resolved_at is None else show.moment(incident.resolved_at, zone)
        lines.append(f"{show.full_moment(incident.began_at, zone)} → {until}")
    if incident.unmapped:
        names = ", ".join(literal(repr(name)) for name in incident.unmapped)
        lines.append(f"Also of {names}, which sources.yaml does not map to a service")
    if source := web_link("Where it was reported", incident.url):
        lines.append(source)
    st.markdown("  \n".join(lines))
    with st.container(horizontal=True, gap="small"):
        st.markdown("Services:" if incident.services else "It affected no service of the catalogue.")
        for name in incident.services:
            service_link(name, label=f":blue[{literal(name)}]")


def _phases(report: IncidentReport, policy: Policy) -> None:
    st.subheader("Phases against their targets", anchor=False, help=words.GLOSSARY["Phases"])
    outcomes = report.row.timed.phases
    st.table(
        {
            "Phase": [f"**{words.PHASES[phase]}**  \n{words.PHASE_SPANS[phase]}" for phase in outcomes],
            "Result": [unbroken(literal(words.outcome(outcome))) for outcome in outcomes.values()],
        },
        border="horizontal",
        hide_index=True,
        alt="The phases of the incident against their targets",
    )
    if drawn_phases(report):
        st.plotly_chart(
            timeline_figure(report, policy, dark=st.context.theme.type == "dark"),
            config=dict(CHART_CONFIG),
            alt=timeline_alt(report),
        )


def _cost(report: IncidentReport) -> None:
    st.subheader("What it cost", anchor=False, help=words.GLOSSARY["Full outage"])
    costs = report.row.costs
    if not costs:
        st.markdown("No error budget that is measured was spent on it.")
        return
    st.table(
        {
            "Objective": [literal(cost.objective.key) for cost in costs],
            "Share of its error budget (window that ended with it)": [
                words.budget_share(cost) for cost in costs
            ],
            "Like a full outage of": [unbroken(show.outage(cost.full_outage)) for cost in costs],
        },
        border="horizontal",
        hide_index=True,
        alt="What the incident cost each objective",
    )


def _cause(report: IncidentReport) -> None:
    attributed, name = report.row.attribution, report.row.timed.incident.id
    decided = attributed is not None and attributed.evidence is Evidence.BY_HAND
    st.subheader("Cause" if decided else "Suspected deployment", anchor=False)
    key = None if attributed is None else attributed.deployment
    if key is not None:
        st.page_link(
            DEPLOYMENTS_PAGE,
            label=f":blue[**{suspect_name(report.row, key)}**]",
            help="",
            query_params={"deployment": address_of(key)},
        )
    told = why_suspected(report.row)
    st.markdown(f"{told[0].upper()}{told[1:]}.")
    if report.freshness.is_demo:
        st.markdown("Wrong? In a store of your own a person can correct it; the demo takes nothing.")
        return
    st.markdown("Wrong? A person can say what it was; the page follows at once:")
    st.code(
        f"reliability attribute {_shell(name)} --to SERVICE/ENVIRONMENT/ID --by NAME --why TEXT\n"
        f"reliability attribute {_shell(name)} --none --by NAME --why TEXT",
        language="shell",
        wrap_lines=True,
    )


def _postmortem(report: IncidentReport, policy: Policy) -> None:
    st.subheader("Postmortem", anchor=False)
    incident, now = report.row.timed.incident, report.freshness.as_of
    told = literal(due_words(incident, policy, now))
    if postmortem_state(incident, policy, now) is Postmortem.OVERDUE:
        st.warning(told)
    else:
        st.markdown(told)
    text = postmortem(report, policy)
    st.download_button(
        "Download the skeleton as Markdown",
        data=text,
        file_name="postmortem.md",
        mime="text/markdown",
        on_click="ignore",
    )
    with st.expander("The skeleton, with what the data knows filled in", expanded=False):
        st.code(text, language=None, wrap_lines=True)


def _shell(text: str) -> str:
    """`text` as one word of a shell, on one line."""
    plain = " ".join(text.split())
    return (
        plain
        if plain.replace("-", "").replace("_", "").isalnum()
        else "'" + plain.replace("'", "'\\''") + "'"
    )
