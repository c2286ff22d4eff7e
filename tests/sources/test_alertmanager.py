"""Alertmanager's webhook: firings of a group, told again and again until they end."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from dashboard.config.sources import AlertLabels
from dashboard.domain.alerts import AlertEvent, incidents_of
from dashboard.domain.incidents import IncidentEvent
from dashboard.sources import alertmanager
from dashboard.sources.event_document import MalformedEventError
from tests.sources.payloads import Document, alert, alerts

_LABELS = AlertLabels(service=("service", "app", "job"), severity="severity")
_NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
_A = "2026-11-20T09:00:00Z"
_B = "2026-11-20T09:05:00Z"


def parse(document: Document) -> tuple[AlertEvent, ...]:
    return alertmanager.parse(document, labels=_LABELS)


def incidents(told: Iterable[Document]) -> list[IncidentEvent]:
    """What the deliveries `told` tell together; the same in any order, and however often each comes."""
    parsed = [event for document in told for event in parse(document)]
    found = {tuple(incidents_of(order, timedelta(minutes=10))) for order in permutations(parsed)}
    found.add(tuple(incidents_of([*parsed, *parsed], timedelta(minutes=10))))
    (one,) = found
    return list(one)


def test_a_firing_alert_is_open_since_it_started() -> None:
    (event,) = parse(alerts([alert("HighErrorRate", "2026-11-20T09:00:00.123456789Z")]))
    assert event == AlertEvent(
        source="alertmanager",
        group='{}/{severity="critical"}:{alertname="HighErrorRate"}',
        fingerprint=event.fingerprint,
        started_at=_NINE.replace(microsecond=123456),
        ended_at=None,
        title="HighErrorRate of api",
        severity="critical",
        service="api",
        url="https://prometheus.example/graph?g0.expr=up",
    )


@pytest.mark.parametrize("ends", ["0001-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "", None, 5])
def test_the_end_of_a_firing_alert_is_only_expected(ends: object) -> None:
    firing = alert("HighErrorRate", _A) | {"endsAt": ends}
    assert [event.ended_at for event in parse(alerts([firing]))] == [None]


def test_a_group_that_fires_may_hold_alerts_that_have_ended() -> None:
    document = alerts([alert("A", _A, "2026-11-20T09:20:00Z"), alert("B", _B)])
    assert [event.ended_at for event in parse(document)] == [_NINE + timedelta(minutes=20), None]
    (open_one,) = incidents([document])
    assert (open_one.detected_at, open_one.resolved_at) == (_NINE, None)


def test_a_firing_that_ends_closes_its_incident() -> None:
    told = [
        alerts([alert("A", _A)]),
        alerts([alert("A", _A), alert("B", _B)]),
        alerts([alert("A", _A, "2026-11-20T09:20:00Z"), alert("B", _B, "2026-11-20T09:25:00Z")]),
    ]
    (found,) = incidents(told)
    assert (found.detected_at, found.resolved_at) == (_NINE, _NINE + timedelta(minutes=25))
    assert (found.services, found.severity) == (("api",), "critical")


def test_the_notice_that_a_group_ended_makes_no_incident_of_its_own() -> None:
    """Two firings far apart, told of in one delivery, stay two."""
    told = [alerts([alert("A", _A, _B), alert("B", "2026-11-20T11:00:00Z", "2026-11-20T11:05:00Z")])]
    assert [found.detected_at for found in incidents(told)] == [_NINE, _NINE + timedelta(hours=2)]


def test_what_is_not_listed_keeps_a_firing_group_open() -> None:
    """The group fires though all that are listed have ended: one of the three others does."""
    told = [
        alerts([alert("A", _A)], truncated=3),
        alerts([alert("A", _A, "2026-11-20T09:20:00Z")], status="firing", truncated=3),
    ]
    (found,) = incidents(told)
    assert (found.detected_at, found.resolved_at) == (_NINE, None)


@pytest.mark.parametrize("truncated", [0, 3])
def test_a_group_that_ended_ends_what_was_not_listed(truncated: int) -> None:
    told = [
        alerts([alert("A", _A, "2026-11-20T09:20:00Z")], status="firing", truncated=3),
        alerts([alert("B", _B, "2026-11-20T09:50:00Z")], truncated=truncated),
    ]
    (found,) = incidents(told)
    assert (found.detected_at, found.resolved_at) == (_NINE, _NINE + timedelta(minutes=50))


def test_a_group_that_ended_and_fires_again_unlisted_is_open_again() -> None:
    told = [
        alerts([alert("A", _A, "2026-11-20T09:20:00Z")], truncated=3),
        alerts([alert("A", "2026-11-20T12:00:00Z", "2026-11-20T12:10:00Z")], status="firing", truncated=3),
    ]
    first, second = incidents(told)
    assert (first.resolved_at, second.resolved_at) == (_NINE + timedelta(minutes=20), None)


@pytest.mark.parametrize(
    ("labels", "service"),
    [
        ({"service": "api", "app": "web"}, "api"),
        ({"app": "web", "job": "node"}, "web"),
        ({"job": "node"}, "node"),
        ({"service": "", "job": "node"}, "node"),
        ({"alertname": "Watchdog"}, None),
    ],
)
def test_the_service_is_the_first_label_that_is_there(labels: dict[str, str], service: str | None) -> None:
    (event,) = parse(alerts([alert("A", _A, labels=labels)]))
    assert event.service == service


def test_a_title_is_the_group_s_summary_or_the_alert_s_or_its_name() -> None:
    document = alerts([alert("A", _A)])
    del document["alerts"][0]["annotations"]
    assert [event.title for event in parse(document)] == ["A"]
    document["commonAnnotations"] = {"summary": "The API is down"}
    assert [event.title for event in parse(document)] == ["The API is down"]


def test_an_alert_without_a_fingerprint_is_told_by_its_labels() -> None:
    def fingerprint(labels: dict[str, str]) -> str:
        item = alert("A", _A, labels=labels)
        del item["fingerprint"]
        (event,) = parse(alerts([item]))
        return event.fingerprint

    assert fingerprint({"a": "1", "b": "2"}) == fingerprint({"b": "2", "a": "1"}) != fingerprint({"a": "1"})


def test_a_group_called_by_very_many_labels_is_kept_by_a_digest() -> None:
    long = alerts([alert("A", _A)]) | {"groupKey": "{}:{" + "x" * 5000 + "}"}
    (event,) = parse(long)
    assert len(event.group) == 32
    assert [event] == list(parse(long))


def test_an_end_before_the_start_is_the_start() -> None:
    (event, _) = parse(alerts([alert("A", _A, "2026-11-20T08:59:59Z")]))
    assert event.ended_at == _NINE


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", "3"),
        ("groupKey", None),
        ("status", "pending"),
        ("alerts", []),
        ("alerts", None),
        ("alerts", {}),
        ("truncatedAlerts", -1),
        ("truncatedAlerts", "many"),
        ("commonAnnotations", "none"),
    ],
)
def test_what_is_wrong_with_a_group_is_named(field: str, value: object) -> None:
    with pytest.raises(MalformedEventError) as caught:
        parse(alerts([alert("A", _A)]) | {field: value})
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "suppressed"),
        ("startsAt", None),
        ("startsAt", "0001-01-01T00:00:00Z"),
        ("endsAt", "0001-01-01T00:00:00Z"),
        ("labels", ["a"]),
        ("fingerprint", {}),
    ],
)
def test_what_is_wrong_with_an_alert_is_named(field: str, value: object) -> None:
    wrong = alert("B", _A, _B) | {field: value}
    with pytest.raises(MalformedEventError) as caught:
        parse(alerts([alert("A", _A), wrong]))
    assert caught.value.field == f"alerts[1].{field}"
