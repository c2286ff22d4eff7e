"""A postmortem begun: what the data knows is filled in, what only people know is left open. Blameless."""

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from dashboard.domain.incidents import Incident
from dashboard.domain.policy import Policy
from dashboard.reports.incidents import IncidentReport
from dashboard.ui import format as show
from dashboard.ui import incident_words as words
from dashboard.ui.documents import Block, Heading, Items, Table, Text, to_markdown

_TO_FILL = "(to be filled in)"


class Postmortem(StrEnum):
    """Whether an incident needs a postmortem, and how urgently."""

    NOT_REQUIRED = "not required"
    WHEN_RESOLVED = "when it is resolved"
    DUE = "due"
    OVERDUE = "past its date"


def due_at(incident: Incident, policy: Policy) -> datetime | None:
    """Until when a postmortem is to be written; None when none is required, or the incident is open."""
    rules = policy.incidents
    if incident.severity not in rules.postmortem_for or incident.resolved_at is None:
        return None
    return incident.resolved_at + rules.postmortem_within


def postmortem_state(incident: Incident, policy: Policy, now: datetime) -> Postmortem:
    """Whether a postmortem of `incident` is required, and whether its date has passed."""
    if incident.severity not in policy.incidents.postmortem_for:
        return Postmortem.NOT_REQUIRED
    due = due_at(incident, policy)
    if due is None:
        return Postmortem.WHEN_RESOLVED
    return Postmortem.DUE if now <= due else Postmortem.OVERDUE


def due_words(incident: Incident, policy: Policy, now: datetime) -> str:
    """Until when a postmortem is to be written, in a sentence."""
    within, due = show.length(policy.incidents.postmortem_within), due_at(incident, policy)
    state = postmortem_state(incident, policy, now)
    if due is None:
        if state is Postmortem.WHEN_RESOLVED:
            return f"A postmortem is required within {within} of the end of this incident; it is still open."
        graded = words.severity(incident.severity)
        return f"The policy requires no postmortem of it ({graded}); write one if it teaches something."
    at = show.full_moment(due, policy.timezone)
    if state is Postmortem.DUE:
        return f"A postmortem is due by {at} (in {show.length(due - now)}, {within} after the end)."
    return (
        f"A postmortem was due by {at} ({show.age(due, now)} ago). Whether it was written is not known here."
    )


def postmortem(report: IncidentReport, policy: Policy) -> str:
    """The skeleton as Markdown."""
    row, now = report.row, report.freshness.as_of
    incident, zone = row.timed.incident, policy.timezone
    blocks: list[Block] = [
        Heading(level=1, text=f"Postmortem: {incident.title}"),
        Text(
            text="This postmortem is blameless: it asks how the system made this possible, and never who is"
            " to blame. Everyone acted as made sense with what they knew then."
        ),
        _facts(report, policy),
        Heading(level=2, text="Summary"),
        Text(text=f"{_TO_FILL}: two or three sentences that anyone understands."),
        Heading(level=2, text="Impact"),
        _impact(report),
        Text(text=f"Users saw: {_TO_FILL}"),
        Heading(level=2, text="Timeline"),
        _timeline(incident, zone),
        Heading(level=2, text="Phases against their targets"),
        Table(
            caption="Phases",
            columns=("Phase", "Span", "Result"),
            rows=tuple(
                (words.PHASES[phase], words.PHASE_SPANS[phase], words.outcome(outcome))
                for phase, outcome in row.timed.phases.items()
            ),
        ),
        Heading(level=2, text="Suspected cause"),
        *_cause(report),
    ]
    for heading, question in (
        ("Contributing factors", "what made it possible, likelier or worse?"),
        ("What went well", "what limited the damage?"),
        ("What went badly", "what cost time, in which phase?"),
        ("Where we were lucky", "what could have made it worse?"),
    ):
        blocks += [Heading(level=2, text=heading), Items(items=(f"{_TO_FILL}: {question}",))]
    blocks += [
        Heading(level=2, text="Action items"),
        Table(
            caption="What changes so that this cannot happen again, or hurts less",
            columns=("Action", "Prevents, detects or mitigates", "Owner", "Due"),
            rows=((_TO_FILL, "", "", ""),),
        ),
        Text(text=f"Begun from the data as of {show.full_moment(now, zone)}."),
    ]
    return to_markdown(blocks)


def _facts(report: IncidentReport, policy: Policy) -> Table:
    incident, now = report.row.timed.incident, report.freshness.as_of
    return Table(
        caption="Facts",
        columns=("Fact", "Value"),
        rows=(
            ("Incident", incident.id),
            ("Severity", words.severity(incident.severity)),
            ("Services", ", ".join(incident.services) or "none of the catalogue"),
            ("Status", "open" if incident.is_open else "resolved"),
            ("Postmortem", due_words(incident, policy, now)),
            ("Sources of the data", ", ".join(incident.sources)),
            ("Authors", _TO_FILL),
        ),
    )


def _timeline(incident: Incident, zone: ZoneInfo) -> Table:
    found = "began, as far as is known (nobody measured it)" if incident.start_is_detection else "began"
    times = {
        found: incident.started_at,
        "was detected": incident.detected_at,
        "was acknowledged": incident.acknowledged_at,
        "was mitigated": incident.mitigated_at,
        "was resolved": incident.resolved_at,
    }
    known = [(at, what) for what, at in times.items() if at is not None]
    last = max((list(times).index(what) for _, what in known), default=-1)
    rows = [(show.full_moment(at, zone), f"The incident {what}") for at, what in sorted(known)]
    rows += [
        ("not yet" if index > last else show.UNKNOWN, f"The incident {what}")
        for index, (what, at) in enumerate(times.items())
        if at is None
    ]
    return Table(
        caption="What happened when",
        columns=("Time", "What happened"),
        rows=(*rows, (_TO_FILL, "who noticed what, what was tried")),
    )


def _impact(report: IncidentReport) -> Block:
    if not report.row.costs:
        return Text(text="No error budget that is measured was spent on this incident.")
    return Items(items=tuple(words.cost(cost) for cost in report.row.costs))


def _cause(report: IncidentReport) -> list[Block]:
    attributed = report.row.attribution
    told = words.evidence(attributed)
    if attributed is None or attributed.deployment is None:
        return [Text(text=f"{told[0].upper()}{told[1:]}."), Text(text=f"Root cause: {_TO_FILL}")]
    return [
        Text(lead="Suspected deployment:", text=words.deployment(attributed.deployment)),
        Text(lead="Why:", text=told),
        Text(text=f"Root cause: {_TO_FILL}"),
    ]
