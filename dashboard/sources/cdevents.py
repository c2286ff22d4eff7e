"""CDEvents of services and incidents, plain or inside a CloudEvent."""

import re
from datetime import datetime
from urllib.parse import parse_qs, unquote
from zoneinfo import ZoneInfo

from dashboard.domain.deployments import DeploymentEvent, DeploymentState
from dashboard.domain.incidents import IncidentEvent
from dashboard.domain.policy_tier import ChangeType
from dashboard.sources.event_document import IgnoredEventError, Part, part_of

_SOURCE = "cdevents"
_TYPE = re.compile(r"dev\.cdevents\.(?P<subject>[a-z]+)\.(?P<predicate>[a-z]+)\.\d+\.\d+\.\d+(-[\w.-]+)?")
_PREFIX = "dev.cdevents."
_RELEASED = frozenset({"deployed", "upgraded", "rolledback"})
_INCIDENT = frozenset({"detected", "reported", "resolved"})


def parse(document: object, *, zone: ZoneInfo | None = None) -> tuple[DeploymentEvent | IncidentEvent, ...]:
    """What an event says; a CloudEvent in structured mode has it under `data`.

    A service that was deployed, upgraded or rolled back is a deployment that succeeded when the event says
    so; its id is the event's. That a service was removed is no deployment. An incident that was detected or
    reported is known since then, whichever came first: a report is a ticket, which nobody need have taken
    up. What is said of one that was resolved describes the resolution, so it is no title.

    Raises:
        IgnoredEventError: it is of another kind.
        MalformedEventError: a field cannot be read.
    """
    whole = part_of("", document)
    if whole.has("specversion") and not whole.has("context"):
        if not (whole.name("type") or _PREFIX).startswith(_PREFIX):
            raise IgnoredEventError("a CloudEvent of another type tells nothing of deployments or incidents")
        whole = whole.part("data")
    context, subject = whole.part("context"), whole.part("subject")
    kind = _TYPE.fullmatch(context.needed("type"))
    if kind is None:
        raise IgnoredEventError(f"events of the type {context.needed('type')!r} are none of CDEvents")
    if context.name("specversion") is None and context.name("version") is None:
        raise context.wrong("specversion", "the version of CDEvents, here or at version")
    content = subject.part_or_empty("content")
    at = context.needed_moment("timestamp", zone)
    if kind["subject"] == "service" and kind["predicate"] in _RELEASED:
        return (_deployment(kind["predicate"], context, subject, content, at),)
    if kind["subject"] == "incident" and kind["predicate"] in _INCIDENT:
        return (_incident(kind["predicate"], whole, subject, content, at),)
    raise IgnoredEventError(f"{kind['subject']} {kind['predicate']} is neither a deployment nor an incident")


def _deployment(predicate: str, context: Part, subject: Part, content: Part, at: datetime) -> DeploymentEvent:
    return DeploymentEvent(
        source=_SOURCE,
        service=subject.needed("id"),
        environment=content.part("environment").needed("id"),
        deployment=context.needed("id"),
        at=at,
        state=DeploymentState.SUCCEEDED,
        finished_at=at,
        version=_version(content),
        change_type=ChangeType.ROLLBACK if predicate == "rolledback" else None,
    )


def _incident(predicate: str, whole: Part, subject: Part, content: Part, at: datetime) -> IncidentEvent:
    service = content.part_or_empty("service").name("id")
    custom = whole.values.get("customData")
    resolved = predicate == "resolved"
    return IncidentEvent(
        source=_SOURCE,
        # Such an id is its source's own, often a small number, which another pager may have given as well.
        incident=f"{_SOURCE}:{subject.needed('id')}",
        at=at,
        title=None if resolved else content.text("description"),
        severity=part_of("customData", custom).word("severity") if isinstance(custom, dict) else None,
        services=() if service is None else (service,),
        detected_at=None if resolved else at,
        resolved_at=at if resolved else None,
        start_unmeasured=True,
        caused_by=_version(content),
        url=content.url("ticketURI"),
    )


def _version(content: Part) -> str | None:
    """The version that an artefact's package URL names, else its tag; a plain id stands for itself."""
    identity = content.name("artifactId")
    if identity is None:
        return None
    if identity[:6].lower() == "pkg%3a":
        identity = unquote(identity)
    if not identity.lower().startswith("pkg:"):
        return identity
    path, _, qualifiers = identity.partition("#")[0].partition("?")
    _, found, version = path.rpartition("@")
    # An unquoted @ may also begin the first part of the name, as npm's scopes do.
    version = unquote(version).strip() if found and "/" not in version else ""
    tags = (tag.strip() for tag in parse_qs(qualifiers).get("tag", []))
    return version or next(filter(None, tags), None)
