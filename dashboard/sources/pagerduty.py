"""PagerDuty's webhooks of version 3."""

from zoneinfo import ZoneInfo

from dashboard.domain.incidents import IncidentEvent
from dashboard.sources.event_document import IgnoredEventError, MalformedEventError, Part, part_of

_SOURCE = "pagerduty"
_TRIGGERED, _ACKNOWLEDGED = "incident.triggered", "incident.acknowledged"
_RESOLVED, _REOPENED = "incident.resolved", "incident.reopened"
#: An acknowledgement that was withdrawn, and who was told, change no time that is measured.
_KNOWN = frozenset(
    {_TRIGGERED, _ACKNOWLEDGED, _RESOLVED, _REOPENED, "incident.priority_updated", "incident.service_updated"}
)


def parse(document: object, *, zone: ZoneInfo | None = None) -> tuple[IncidentEvent, ...]:
    """What a delivery says of an incident.

    Its service is called as PagerDuty shows it (`summary`), else by its id. Its severity is the priority,
    else the urgency. PagerDuty knows when it was told, which is the detection; not when the trouble began.

    Raises:
        IgnoredEventError: it is of another kind.
        MalformedEventError: a field cannot be read.
    """
    whole = part_of("", document)
    if whole.has("messages") and not whole.has("event"):
        raise MalformedEventError("event", "the messages of an older version", "a webhook of version 3")
    event = whole.part("event")
    kind = event.needed("event_type")
    if kind not in _KNOWN:
        raise IgnoredEventError(f"events of the type {kind!r} change nothing that is measured")
    data = event.part("data")
    at = event.needed_moment("occurred_at", zone)
    created = data.moment("created_at", zone)
    service = data.part_or_empty("service")
    called = service.name("summary") or service.name("id")
    return (
        IncidentEvent(
            source=_SOURCE,
            incident=data.needed("id"),
            at=at,
            title=data.text("title"),
            severity=_severity(data),
            services=() if called is None else (called,),
            detected_at=created or (at if kind == _TRIGGERED else None),
            acknowledged_at=at if kind == _ACKNOWLEDGED else None,
            resolved_at=at if kind == _RESOLVED else None,
            reopened_at=at if kind == _REOPENED else None,
            start_unmeasured=True,
            url=data.url("html_url"),
        ),
    )


def _severity(data: Part) -> str | None:
    priority = data.part_or_empty("priority")
    return priority.name("summary") or data.name("urgency")
