"""CDEvents of services and incidents."""

from datetime import UTC, datetime
from itertools import permutations
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from dashboard.domain.deployments import DeploymentEvent, DeploymentState
from dashboard.domain.incidents import IncidentEvent, fold
from dashboard.domain.policy_tier import ChangeType
from dashboard.sources.cdevents import parse
from dashboard.sources.event_document import IgnoredEventError, MalformedEventError
from tests.sources.payloads import DIGEST, PURL, Document, cdevent

_AT = datetime(2026, 11, 20, 9, 30, 0, 315384, tzinfo=UTC)


def deployment(document: Document) -> DeploymentEvent:
    (event,) = parse(document)
    assert isinstance(event, DeploymentEvent)
    return event


def incident(document: Document) -> IncidentEvent:
    (event,) = parse(document)
    assert isinstance(event, IncidentEvent)
    return event


@pytest.mark.parametrize(
    ("predicate", "change"), [("deployed", None), ("upgraded", None), ("rolledback", ChangeType.ROLLBACK)]
)
def test_a_released_service_is_a_deployment_that_succeeded(predicate: str, change: ChangeType | None) -> None:
    assert deployment(cdevent("service", predicate)) == DeploymentEvent(
        source="cdevents",
        service="api",
        environment="production",
        deployment="271069a8-fc18-44f1-b38f-9d70a1695819",
        at=_AT,
        state=DeploymentState.SUCCEEDED,
        finished_at=_AT,
        version=DIGEST,
        change_type=change,
    )


@pytest.mark.parametrize(
    ("subject", "predicate"),
    [("service", "removed"), ("service", "published"), ("pipelinerun", "finished"), ("incident", "closed")],
)
def test_what_is_neither_a_deployment_nor_an_incident_is_ignored(subject: str, predicate: str) -> None:
    with pytest.raises(IgnoredEventError):
        parse(cdevent(subject, predicate))


def test_an_event_of_another_kind_is_ignored() -> None:
    document = cdevent("service", "deployed")
    document["context"]["type"] = "com.github.pull_request.opened"
    with pytest.raises(IgnoredEventError):
        parse(document)


@pytest.mark.parametrize(
    "type_", ["dev.cdevents.service.deployed.0.1.0-draft", "dev.cdevents.service.deployed.1.12.3"]
)
def test_any_version_of_a_type_is_read(type_: str) -> None:
    document = cdevent("service", "deployed")
    document["context"]["type"] = type_
    assert deployment(document).service == "api"


def test_the_version_of_the_specification_has_two_spellings() -> None:
    new = cdevent("service", "deployed")
    old = cdevent("service", "deployed")
    old["context"]["version"] = old["context"].pop("specversion")
    assert parse(new) == parse(old)
    del old["context"]["version"]
    with pytest.raises(MalformedEventError) as caught:
        parse(old)
    assert caught.value.field == "context.specversion"


def test_a_cloudevent_in_structured_mode_holds_it_under_data() -> None:
    inner = cdevent("service", "deployed")
    outer = {
        "specversion": "1.0",
        "id": "another",
        "source": "/tekton",
        "type": inner["context"]["type"],
        "datacontenttype": "application/json",
        "data": inner,
    }
    assert parse(outer) == parse(inner)
    with pytest.raises(MalformedEventError) as caught:
        parse(outer | {"data": "e30="})
    assert caught.value.field == "data"


@pytest.mark.parametrize(
    ("artefact", "version"),
    [
        (PURL, DIGEST),
        (quote(PURL, safe=""), DIGEST),
        ("pkg:oci/api?tag=1.4.2", "1.4.2"),
        ("pkg:oci/api?repository_url=x&tag=1.4.2%2Bb7", "1.4.2+b7"),
        ("pkg:npm/%40acme/api@1.4.2", "1.4.2"),
        ("pkg:npm/@acme/api", None),
        ("pkg:npm/@acme/api@1.4.2#src", "1.4.2"),
        ("PKG:golang/example.org/api@v1.4.2", "v1.4.2"),
        ("pkg:oci/api@%", "%"),
        ("six-1.14.0-py2.py3-none-any.whl", "six-1.14.0-py2.py3-none-any.whl"),
        (None, None),
    ],
)
def test_the_version_is_the_artefact_s(artefact: str | None, version: str | None) -> None:
    content = {"environment": {"id": "production"}, "artifactId": artefact}
    assert deployment(cdevent("service", "deployed", content)).version == version


def test_a_service_s_id_stays_whole() -> None:
    document = cdevent("service", "deployed")
    document["subject"]["id"] = "/clusterA/namespaceB/api"
    assert deployment(document).service == "/clusterA/namespaceB/api"


def test_an_incident_from_its_detection_to_its_end_in_any_order() -> None:
    detected, reported, resolved = (
        cdevent("incident", predicate) for predicate in ("detected", "reported", "resolved")
    )
    reported["context"]["timestamp"] = "2026-11-20T09:40:00Z"
    reported["subject"]["content"]["ticketURI"] = "https://issues.example/ticket-345"
    reported["customData"] = {"severity": "critical"}
    resolved["context"]["timestamp"] = "2026-11-20T10:30:00Z"
    resolved["subject"]["content"]["description"] = "Response time restored"
    told = [incident(document) for document in (detected, reported, resolved)]
    (found,) = {fold(order) for order in permutations(told)}
    assert found.id == "cdevents:incident-123"
    assert (found.title, found.severity) == ("Response time above 100 ms", "critical")
    assert (found.services, found.caused_by) == (("api",), DIGEST)
    assert (found.detected_at, found.acknowledged_at) == (_AT, None)
    assert (found.started_at, found.start_is_detection) == (_AT, True)
    assert found.resolved_at == datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
    assert found.url == "https://issues.example/ticket-345"


def test_an_incident_that_was_only_reported_is_known_since_then() -> None:
    event = incident(cdevent("incident", "reported"))
    assert (event.detected_at, event.acknowledged_at, event.start_unmeasured) == (_AT, None, True)


@pytest.mark.parametrize("custom", [None, "text", ["severity"], {"severity": 5}, {"severity": {"x": 1}}])
def test_custom_data_may_be_anything(custom: object) -> None:
    document = cdevent("incident", "detected") | {"customData": custom}
    assert incident(document).severity == ("5" if custom == {"severity": 5} else None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("context", None),
        ("context.id", None),
        ("context.type", []),
        ("context.timestamp", "2026-11-20T09:30:00"),
        ("subject", []),
        ("subject.id", None),
        ("subject.content", "x"),
        ("subject.content.environment", None),
        ("subject.content.environment.id", None),
        ("subject.content.artifactId", {}),
    ],
)
def test_what_is_wrong_is_named(field: str, value: object) -> None:
    document = cdevent("service", "deployed")
    *parts, last = field.split(".")
    at = document
    for part in parts:
        at = at[part]
    at[last] = value
    with pytest.raises(MalformedEventError) as caught:
        parse(document)
    assert caught.value.field == field


def test_times_without_an_offset_are_of_the_zone_that_is_set_up() -> None:
    document = cdevent("service", "deployed")
    document["context"]["timestamp"] = "2026-11-20T10:30:00.315384"
    (event,) = parse(document, zone=ZoneInfo("Europe/Berlin"))
    assert event.at == _AT


def test_a_cloud_event_of_another_type_is_ignored_whatever_it_holds() -> None:
    with pytest.raises(IgnoredEventError):
        parse({"specversion": "1.0", "type": "com.example.built", "data": {"a": 1}})
