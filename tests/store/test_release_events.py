"""Events of deployments and incidents: the same event is the same row, and comes back as it was told."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.domain.alerts import AlertEvent
from dashboard.domain.attribution import Correction
from dashboard.domain.deployments import DeploymentEvent, DeploymentState
from dashboard.domain.incidents import IncidentEvent
from dashboard.domain.policy_tier import ChangeType
from dashboard.errors import InputError, StoreError
from dashboard.ingest.events import ReleaseEvent, Stored, record_events, store_events
from dashboard.store import deployments, incidents
from dashboard.store.database import open_for_reading, open_for_writing, transaction
from dashboard.store.moments import from_micros, to_micros
from dashboard.store.settings import mark_demo

_ONE_STORE = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_MOMENTS = st.datetimes(_EARLIEST.replace(tzinfo=None), _LATEST.replace(tzinfo=None), timezones=st.just(UTC))
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=5)
_NAMES = st.sampled_from(["one", "two", "Größe/ø", "x"])
_DEPLOYMENT_EVENTS = st.builds(
    DeploymentEvent,
    source=_NAMES,
    service=_NAMES,
    environment=_NAMES,
    deployment=_NAMES,
    at=_MOMENTS,
    state=st.none() | st.sampled_from(DeploymentState),
    started_at=st.none() | _MOMENTS,
    finished_at=st.none() | _MOMENTS,
    version=st.none() | _TEXT,
    commit_sha=st.none() | _TEXT,
    commit_times=st.lists(_MOMENTS, max_size=3).map(tuple),
    change_type=st.none() | st.sampled_from(ChangeType),
    actor=st.none() | _TEXT,
    url=st.none() | _TEXT,
    reason=st.none() | _TEXT,
    rollback_of=st.none() | _TEXT,
    correction=st.booleans(),
)
_INCIDENT_EVENTS = st.builds(
    IncidentEvent,
    source=_NAMES,
    incident=_NAMES,
    at=_MOMENTS,
    title=st.none() | _TEXT,
    severity=st.none() | _TEXT,
    services=st.lists(_TEXT, max_size=3).map(tuple),
    started_at=st.none() | _MOMENTS,
    detected_at=st.none() | _MOMENTS,
    acknowledged_at=st.none() | _MOMENTS,
    mitigated_at=st.none() | _MOMENTS,
    resolved_at=st.none() | _MOMENTS,
    reopened_at=st.none() | _MOMENTS,
    start_unmeasured=st.booleans(),
    caused_by=st.none() | _TEXT,
    url=st.none() | _TEXT,
    correction=st.booleans(),
)
_ALERT_EVENTS = st.builds(
    AlertEvent,
    source=_NAMES,
    group=_NAMES,
    fingerprint=_NAMES,
    started_at=_MOMENTS,
    ended_at=st.none() | _MOMENTS,
    title=st.none() | _TEXT,
    severity=st.none() | _TEXT,
    service=st.none() | _TEXT,
    url=st.none() | _TEXT,
)
_FEEDS = st.lists(_DEPLOYMENT_EVENTS | _INCIDENT_EVENTS | _ALERT_EVENTS, max_size=8)
_T = datetime(2026, 11, 2, 9, 0, 0, 123456, tzinfo=UTC)
_EVENT = DeploymentEvent(source="github", service="api", environment="prod", deployment="d", at=_T)


def _all(connection: sqlite3.Connection) -> set[ReleaseEvent]:
    found: list[ReleaseEvent] = []
    for key, told in deployments.events_by_deployment(connection):
        assert all((event.service, event.environment, event.deployment) == key for event in told)
        found += told
    for name, said in incidents.events_by_incident(connection):
        assert {event.incident for event in said} == {name}
        found += said
    found += incidents.alerts(connection)
    assert len(set(found)) == len(found), "no event is there twice"
    return set(found)


def _rows(connection: sqlite3.Connection) -> list[list[object]]:
    return [
        connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - our own names
        for table in ("deployment_events", "incident_events", "alert_events")
    ]


def _empty(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        deployments.forget(connection)
        incidents.forget(connection)


@given(moment=_MOMENTS)
def test_a_moment_comes_back_to_the_microsecond(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment


def test_moments_of_any_zone_are_kept_as_the_instant_that_they_are() -> None:
    there = _T.astimezone(tz=None)
    assert to_micros(there) == to_micros(_T)
    assert to_micros(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1
    assert from_micros(-1) == datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)


@_ONE_STORE
@given(feed=_FEEDS, data=st.data())
def test_any_order_and_number_of_deliveries_gives_the_same_store(
    connection: sqlite3.Connection, feed: list[ReleaseEvent], data: st.DataObject
) -> None:
    _empty(connection)
    with transaction(connection):
        assert record_events(connection, feed) == len(set(feed))
    first = _rows(connection)
    assert _all(connection) == set(feed)
    _empty(connection)
    again = data.draw(
        st.permutations(
            feed + data.draw(st.lists(st.sampled_from(feed), max_size=5) if feed else st.just([]))
        )
    )
    cut = data.draw(st.integers(0, len(again)))
    for part in (again[:cut], again[cut:], feed):
        with transaction(connection):
            record_events(connection, part)
    assert _rows(connection) == first


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reason", "x"),
        ("at", _T + timedelta(microseconds=1)),
        ("correction", True),
        ("state", DeploymentState.FAILED),
    ],
)
def test_events_that_differ_in_anything_are_two(
    connection: sqlite3.Connection, field: str, value: object
) -> None:
    other = DeploymentEvent(
        **{  # type: ignore[arg-type]  # its fields
            "source": "github",
            "service": "api",
            "environment": "prod",
            "deployment": "d",
            "at": _T,
            field: value,
        }
    )
    with transaction(connection):
        assert record_events(connection, [_EVENT, other]) == 2


def test_what_is_known_already_is_counted_and_everything_is_on_disk(path: Path) -> None:
    incident = IncidentEvent(source="x", incident="i", at=_T)
    assert store_events(path, [_EVENT, incident, _EVENT]) == Stored(added=2, known=1)
    assert store_events(path, [incident]) == Stored(added=0, known=1)
    with open_for_reading(path) as connection:
        assert _all(connection) == {_EVENT, incident}


@pytest.mark.parametrize(
    "broken",
    [
        DeploymentEvent(source="x", service="api", environment="p", deployment=None, at=_T),  # type: ignore[arg-type]  # on purpose
        IncidentEvent(source="x", incident=None, at=_T),  # type: ignore[arg-type]  # on purpose
    ],
)
def test_a_batch_is_stored_whole_or_not_at_all(path: Path, broken: ReleaseEvent) -> None:
    store_events(path, [_EVENT])
    with pytest.raises(StoreError, match="the store cannot be used"):
        store_events(path, [IncidentEvent(source="x", incident="i", at=_T), broken])
    with open_for_reading(path) as connection:
        assert _all(connection) == {_EVENT}


def test_a_store_that_holds_the_demo_takes_nothing_real(path: Path) -> None:
    with open_for_writing(path) as connection, transaction(connection):
        mark_demo(connection, int(_T.timestamp()))
    with pytest.raises(InputError, match="expected a store of its own for real data"):
        store_events(path, [_EVENT])
    with open_for_reading(path) as connection:
        assert not deployments.holds_data(connection)


def test_whether_there_is_any_data_is_told_of_each_kind(connection: sqlite3.Connection) -> None:
    assert not deployments.holds_data(connection)
    assert not incidents.holds_data(connection)
    alert = AlertEvent(source="a", group="g", fingerprint="f", started_at=_T, ended_at=None)
    with transaction(connection):
        record_events(connection, [_EVENT])
        assert (deployments.holds_data(connection), incidents.holds_data(connection)) == (True, False)
        record_events(connection, [alert])
    assert incidents.holds_data(connection)
    _empty(connection)
    assert not deployments.holds_data(connection)
    assert not incidents.holds_data(connection)


def test_every_correction_is_kept_oldest_first_and_once(connection: sqlite3.Connection) -> None:
    words = [
        Correction(incident="i", at=_T + timedelta(seconds=second), deployment=key, by="ann", why="traced")
        for second, key in ((9, ("api", "production", "d")), (1, None), (5, ("api", "production", "e")))
    ]
    with transaction(connection):
        for word in words + words[::-1]:
            incidents.record_corrections(connection, [word])
    assert incidents.corrections(connection) == [words[1], words[2], words[0]]


def test_for_people_there_is_a_log_of_what_happened(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        record_events(connection, [_EVENT, IncidentEvent(source="x", incident="i", at=_T, services=("api",))])
    assert connection.execute("SELECT at, deployment FROM deployment_log").fetchall() == [
        ("2026-11-02 09:00:00", "d")
    ]
    assert connection.execute("SELECT at, incident, services FROM incident_log").fetchall() == [
        ("2026-11-02 09:00:00", "i", '["api"]')
    ]
