"""PagerDuty's webhooks of version 3."""

from datetime import UTC, datetime
from itertools import permutations

import pytest

from dashboard.domain.incidents import IncidentEvent, fold
from dashboard.sources import pagerduty
from dashboard.sources.event_document import IgnoredEventError, MalformedEventError
from tests.sources.payloads import Document
from tests.sources.payloads import pagerduty as webhook

_CREATED = datetime(2026, 11, 20, 9, 59, tzinfo=UTC)
_TEN = datetime(2026, 11, 20, 10, tzinfo=UTC)


def parse(document: Document) -> IncidentEvent:
    (event,) = pagerduty.parse(document)
    return event


def test_a_triggered_incident_is_detected_and_nobody_knows_since_when() -> None:
    assert parse(webhook("incident.triggered")) == IncidentEvent(
        source="pagerduty",
        incident="PGR0VU2",
        at=_TEN,
        title="A little bump in the road",
        severity="P1",
        services=("API Service",),
        detected_at=_CREATED,
        start_unmeasured=True,
        url="https://acme.pagerduty.com/incidents/PGR0VU2",
    )


def test_without_created_at_the_trigger_is_the_detection() -> None:
    assert parse(webhook("incident.triggered", created_at=None)).detected_at == _TEN
    assert parse(webhook("incident.resolved", created_at=None)).detected_at is None


@pytest.mark.parametrize(
    ("changed", "severity"),
    [
        ({}, "P1"),
        ({"priority": None}, "high"),
        ({"priority": None, "urgency": "low"}, "low"),
        ({"priority": {"id": "PSO75BM"}}, "high"),
        ({"priority": None, "urgency": None}, None),
    ],
)
def test_the_severity_is_the_priority_or_the_urgency(changed: Document, severity: str | None) -> None:
    assert parse(webhook("incident.triggered", **changed)).severity == severity


def test_a_service_without_a_name_is_called_by_its_id() -> None:
    assert parse(webhook("incident.triggered", service={"id": "PF9KMXH"})).services == ("PF9KMXH",)
    assert parse(webhook("incident.triggered", service=None)).services == ()


def test_the_life_of_an_incident_in_any_order() -> None:
    """It was resolved, reopened and resolved again; its priority came late."""
    told = [
        parse(webhook("incident.triggered", "2026-11-20T09:59:00Z", priority=None)),
        parse(webhook("incident.acknowledged", "2026-11-20T10:01:00Z", priority=None)),
        parse(webhook("incident.priority_updated", "2026-11-20T10:02:00Z")),
        parse(webhook("incident.resolved", "2026-11-20T10:30:00Z")),
        parse(webhook("incident.reopened", "2026-11-20T10:35:00Z")),
        parse(webhook("incident.resolved", "2026-11-20T11:00:00Z")),
    ]
    (found,) = {fold(order) for order in permutations(told)}
    assert (found.detected_at, found.started_at, found.start_is_detection) == (_CREATED, _CREATED, True)
    assert found.acknowledged_at == datetime(2026, 11, 20, 10, 1, tzinfo=UTC)
    assert found.resolved_at == datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert found.severity == "P1"
    (reopened,) = {fold(order) for order in permutations(told[:-1])}
    assert reopened.resolved_at is None


@pytest.mark.parametrize(
    "event_type",
    [
        "incident.unacknowledged",
        "incident.annotated",
        "incident.responder.added",
        "incident.reassigned",
        "service.updated",
        "pagey.ping",
    ],
)
def test_other_events_are_ignored(event_type: str) -> None:
    with pytest.raises(IgnoredEventError):
        parse(webhook(event_type))


def test_the_messages_of_version_2_are_malformed() -> None:
    with pytest.raises(MalformedEventError, match="version 3") as caught:
        parse({"messages": [{"event": "incident.trigger", "incident": {"id": "PGR0VU2"}}]})
    assert caught.value.field == "event"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event_type", None),
        ("occurred_at", None),
        ("occurred_at", "2026-11-20T10:00:00"),
        ("data", None),
        ("data.id", []),
        ("data.created_at", "then"),
        ("data.service", "API Service"),
        ("data.priority", 1),
        ("data.title", {"text": "x"}),
    ],
)
def test_what_is_wrong_is_named(field: str, value: object) -> None:
    document = webhook("incident.triggered")
    *parts, last = field.split(".")
    at = document["event"]
    for part in parts:
        at = at[part]
    at[last] = value
    with pytest.raises(MalformedEventError) as caught:
        parse(document)
    assert caught.value.field == f"event.{field}"
