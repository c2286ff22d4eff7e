"""The incidents behind the figures, one card each, and all of them as CSV."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from html import escape

import streamlit as st

from dashboard.domain.attribution import Key
from dashboard.domain.incident_phases import Phase, PhaseResult
from dashboard.domain.incidents import Severity
from dashboard.domain.policy import Policy
from dashboard.reports.history import History
from dashboard.reports.incidents import IncidentRow, RecoveryReport
from dashboard.reports.ledgers import dearest
from dashboard.ui import format as show
from dashboard.ui import incident_words as words
from dashboard.ui.attainment_grid import cell_name
from dashboard.ui.components import incident_link
from dashboard.ui.export import to_csv
from dashboard.ui.folding import unbroken
from dashboard.ui.incident_csv import COLUMNS, cells
from dashboard.ui.incident_filters import SHOW, address
from dashboard.ui.list_page import choose_page, draw_download
from dashboard.ui.release_words import brief, evidence, version_of
from dashboard.ui.words import literal

ALL, OPEN, MISSED, UNATTRIBUTED, NO_SEVERITY, LARGE = (
    "all",
    "open",
    "missed a target",
    "unattributed",
    "no severity",
    "large cost",
)
_PAGE = "incidents_page"
_CARDS = 20
#: So many open incidents are named above everything else; a longer list hides what it is there to show.
_OPEN_SHOWN = 5
_COLUMNS = (3.2, 4.6, 3.6)
_WORST_FIRST = (PhaseResult.MISSED, PhaseResult.MET, PhaseResult.UNDETERMINED, PhaseResult.EXCLUDED)

_Picks = Callable[[IncidentRow], bool]


def choices(limit: Fraction) -> Mapping[str, _Picks]:
    """What the list can show, by the name that it has in the address."""
    found: dict[str, _Picks] = {
        ALL: lambda _: True,
        OPEN: lambda row: row.timed.incident.is_open,
        MISSED: lambda row: any(of.result is PhaseResult.MISSED for of in row.timed.phases.values()),
        UNATTRIBUTED: lambda row: row.attribution is None or row.attribution.deployment is None,
        NO_SEVERITY: lambda row: row.timed.incident.severity is None,
        LARGE: lambda row: bool(row.costs) and dearest(row.costs[0]) > limit,
    }
    for severity in Severity:
        found[severity.value] = _of(severity)
        found |= {cell_name(severity, phase): _of(severity) for phase in Phase}
    return found


def draw_open(report: RecoveryReport) -> None:
    """What is open now, the gravest first: a person on call looks for nothing else."""
    found = report.open_now
    if not found:
        return
    with st.container(border=True, gap="small"):
        st.markdown(f"**Open now: {show.amount(len(found), 'incident')}**, the gravest first")
        for incident in found[:_OPEN_SHOWN]:
            services = ", ".join(literal(name) for name in incident.services)
            lasted = show.age(incident.began_at, report.freshness.as_of)
            facts = [
                f"**{words.severity(incident.severity)}** {brief(incident.title, 120)}",
                services,
                f"for {lasted}",
            ]
            # On a phone the text goes below its link, and must stay nearer to it than to the next one.
            with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center"):
                incident_link(incident.id, label=f":blue[**{brief(incident.id, 30)}**]")
                st.markdown(f":red-badge[● open] {' · '.join(filter(None, facts))}", width="stretch")
        if len(found) > _OPEN_SHOWN:
            st.markdown(f":small[and {show.number(len(found) - _OPEN_SHOWN)} more]")


def service_incident_links(history: History, service: str) -> None:
    """One click from a service to each of its incidents that are open."""
    found = [item for item in history.incidents_by_service.get(service, ()) if item.is_open]
    for incident in found[-_OPEN_SHOWN:]:
        grade = words.severity(incident.severity)
        incident_link(incident.id, label=f"● {grade} {brief(incident.id, 30)} is open → Incidents")


def draw_links(rows: Sequence[IncidentRow], policy: Policy) -> None:
    """One click from each count to the incidents behind it."""
    limit = policy.incidents.large_budget_share
    picks = choices(limit)
    counts = {
        f"all {{}} {'incident' if len(rows) == 1 else 'incidents'}": ALL,
        "{} open": OPEN,
        "{} that missed a target": MISSED,
        f"{{}} that cost over {show.percent(limit)} of a budget": LARGE,
        "{} attributed to no deployment": UNATTRIBUTED,
        "{} without a severity": NO_SEVERITY,
    }
    links = []
    for text, name in counts.items():
        count = sum(map(picks[name], rows))
        if count:
            href = escape(address(name), quote=True)
            links.append(f'<a href="{href}">{escape(text.format(show.number(count)))}</a>')
    st.html(f'<nav aria-label="Lists of incidents">See the list: {" · ".join(links)}</nav>')


def draw(rows: Sequence[IncidentRow], policy: Policy) -> None:
    """The list of `rows`, of which one can choose; what is chosen is in the address."""
    st.subheader("Incidents", anchor="incidents")
    picks = choices(policy.incidents.large_budget_share)
    picked = st.selectbox("Which incidents", list(picks), key=SHOW, bind="query-params", width=360) or ALL
    phase = next((of for of in Phase if any(picked == cell_name(sev, of) for sev in Severity)), None)
    shown = [row for row in rows if picks[picked](row)]
    if phase is not None:
        shown.sort(key=lambda row: _WORST_FIRST.index(row.timed.phases[phase].result))
    if not shown:
        st.info(
            "No incident of the period is one of these." if rows else "No incident of the period is known."
        )
        return
    place = st.container()
    page, span = choose_page(shown, _CARDS, _PAGE)
    with (
        place,
        st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"),
    ):
        st.markdown(_heading(shown, phase, span))
        draw_download(len(shown), "incidents", lambda: to_csv(COLUMNS, map(cells, shown)))
    with place:
        for row in page:
            _card(row, policy, phase)


def suspect_name(row: IncidentRow, key: Key) -> str:
    """The suspected deployment as other pages name it, by its version; markdown."""
    if row.suspect is None:
        return literal(words.deployment(key))
    deployment = row.suspect.deployment
    return f"{brief(deployment.service, 60)} {brief(version_of(deployment), 60)}"


def why_suspected(row: IncidentRow) -> str:
    """Why an incident is attributed to a deployment, or why to none; markdown."""
    if row.attribution is None or row.suspect is None:
        return literal(words.evidence(row.attribution))
    return evidence(row.attribution, row.suspect)


def _of(severity: Severity) -> _Picks:
    return lambda row: row.timed.incident.severity is severity


def _heading(shown: Sequence[IncidentRow], phase: Phase | None, span: str) -> str:
    head = f"**{span}{show.amount(len(shown), 'incident')}**"
    if phase is None:
        return f"{head}, newest first"
    results = Counter(row.timed.phases[phase].result for row in shown)
    counts = ", ".join(
        f"{results[result]} {words.RESULTS[result]}" for result in _WORST_FIRST if results[result]
    )
    return f"{head}; {words.PHASES[phase]}: {counts}"


def _card(row: IncidentRow, policy: Policy, phase: Phase | None) -> None:
    incident = row.timed.incident
    with st.container(border=True, gap=None):
        what, how, why = st.columns(_COLUMNS, gap="small")
        with what:
            # A link is cut off where its line ends, so the title stands below it, where it may wrap.
            incident_link(incident.id, label=f":blue[**{brief(incident.id, 30)}**]")
            st.markdown("  \n".join([f"**{brief(incident.title, 160)}**", *_facts(row, policy)]))
        lines = [
            f"**{line}**" if of is phase else line
            for of, outcome in row.timed.phases.items()
            for line in (f"{words.PHASES[of]}: {literal(words.outcome(outcome))}",)
        ]
        how.markdown(unbroken("  \n".join(lines)))
        why.markdown(unbroken("  \n".join(cause_and_cost(row))))


def _facts(row: IncidentRow, policy: Policy) -> list[str]:
    incident = row.timed.incident
    grade = f"**{words.severity(incident.severity)}**"
    services = ", ".join(literal(name) for name in incident.services) or "no service of the catalogue"
    began = incident.began_at
    when = "" if began is None else f":small[began {show.moment(began, policy.timezone)}]"
    return [f"{grade} · {words.state_badge(incident)} · {services}", when]


def cause_and_cost(row: IncidentRow) -> list[str]:
    """Which deployment is suspected and why, and what the incident cost: lines of markdown."""
    attributed = row.attribution
    lines = []
    if attributed is not None and attributed.deployment is not None:
        lines.append(f"Suspected: **{suspect_name(row, attributed.deployment)}**")
    lines.append(f":small[{why_suspected(row)}]")
    if not row.costs:
        return [*lines, "Cost: no error budget that was measured"]
    more = f" and {len(row.costs) - 1} more" if len(row.costs) > 1 else ""
    return [*lines, f"Cost: {literal(words.cost(row.costs[0]))}{more}"]
