"""What was deployed and what broke as it stood at an instant, read from a real store."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.config.sources import AlertLabels, Sources
from dashboard.domain.alerts import AlertEvent
from dashboard.domain.attribution import Correction, Evidence
from dashboard.domain.deployments import DeploymentEvent, DeploymentState
from dashboard.domain.incidents import IncidentEvent, Severity
from dashboard.domain.names import NameMap
from dashboard.domain.policy import DeliveryRules, DeliveryTargets
from dashboard.errors import StoreError
from dashboard.ingest.events import ReleaseEvent, record_events
from dashboard.reports.history import History, history_at, read_history
from dashboard.store import deployments, incidents
from dashboard.store.database import open_for_writing, transaction
from tests.happenings import DAY_MINUTES, at

SUCCEEDED, IN_PROGRESS = DeploymentState.SUCCEEDED, DeploymentState.IN_PROGRESS
SOURCES = Sources(
    names=NameMap(
        services={"api": "api", "acme/api": "api", "web": "web"},
        environments={"prod": "production"},
        severities={"p1": Severity.P1, "p2": Severity.P2, "page": Severity.P1},
    ),
    flap_gap=timedelta(minutes=10),
    time_zones={},
    alert_labels=AlertLabels(service=("service",), severity="severity"),
)
RULES = DeliveryRules(
    environment="production",
    attribution_window=timedelta(hours=24),
    bake_time=timedelta(hours=1),
    targets=DeliveryTargets(
        lead_time=timedelta(hours=1),
        deployments_per_day=Fraction(1),
        change_failure_rate=Fraction(1, 20),
        recovery=timedelta(minutes=30),
    ),
)
_LATER = 30 * DAY_MINUTES


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with open_for_writing(tmp_path / "store.db") as opened:
        yield opened


def _deployed(name: str, finished: float, version: str, **said: object) -> DeploymentEvent:
    event = DeploymentEvent(
        source="import",
        service="api",
        environment="prod",
        deployment=name,
        at=at(finished),
        state=SUCCEEDED,
        started_at=at(finished - 10),
        finished_at=at(finished),
        version=version,
    )
    return replace(event, **said)  # type: ignore[arg-type]  # its fields


def _broke(name: str, started: float, resolved: float | None = None, **said: object) -> IncidentEvent:
    event = IncidentEvent(
        source="pagerduty",
        incident=name,
        at=at(started),
        services=("api",),
        severity="P1",
        started_at=at(started),
        resolved_at=None if resolved is None else at(resolved),
    )
    return replace(event, **said)  # type: ignore[arg-type]  # its fields


def _read(connection: sqlite3.Connection, feed: Sequence[ReleaseEvent], *, now: float = _LATER) -> History:
    with transaction(connection):
        deployments.forget(connection)
        incidents.forget(connection)
        record_events(connection, feed)
    return read_history(connection, SOURCES, RULES, at(now))


def test_an_empty_store_has_an_empty_history(connection: sqlite3.Connection) -> None:
    found = _read(connection, [])
    assert (found.releases, found.others, found.incidents, found.attributions) == ((), (), (), {})
    assert found.unmapped.count == 0


def test_without_a_store_there_is_no_history(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="found no store"):
        history_at(tmp_path / "none.db", SOURCES, RULES, at(0))


def test_deployments_incidents_rollbacks_and_attributions_are_joined(connection: sqlite3.Connection) -> None:
    found = _read(
        connection,
        [
            _deployed("d1", 0, "A"),
            _deployed("d2", 100, "B"),
            _deployed("d3", 200, "A"),
            _deployed("s1", 300, "C", environment="staging"),
            _broke("i", 150, 210),
        ],
    )
    assert [release.deployment.id for release in found.releases] == ["d1", "d2", "d3"]
    assert [item.id for item in found.others] == ["s1"]
    release = found.releases_by_key["api", "production", "d2"]
    assert (release.state, release.incidents) == (DeploymentState.ROLLED_BACK, ("i",))
    assert release.recovered_at == at(210)
    assert found.attributions["i"].evidence is Evidence.ROLLED_BACK
    assert found.incidents_by_id["i"] == found.incidents[0]
    assert found.releases_by_service["api"] == found.releases
    assert found.incidents_by_service == {"api": found.incidents}


def test_two_names_of_one_service_tell_of_one_deployment(connection: sqlite3.Connection) -> None:
    begun = _deployed("d", 0, "A", service="acme/api", state=IN_PROGRESS, finished_at=None, at=at(-10))
    (release,) = _read(connection, [begun, _deployed("d", 0, "A", environment="production")]).releases
    assert release.deployment.key == ("api", "production", "d")
    assert (release.deployment.state, release.deployment.told_at) == (SUCCEEDED, at(-10))


def test_names_that_mean_none_of_ours_are_counted_and_left_out(connection: sqlite3.Connection) -> None:
    found = _read(
        connection,
        [
            _deployed("d", 0, "A", service="lost"),
            _deployed("e", 0, "A", service="lost"),
            _broke("i", 0, services=("lost", "api"), severity="loud"),
            _broke("j", 0, services=("gone",), severity=None),
            _broke("k", 0, started_at=None),
        ],
    )
    assert (found.releases, [incident.id for incident in found.incidents]) == ((), ["i", "j"])
    assert [incident.services for incident in found.incidents] == [("api",), ()]
    assert [incident.severity for incident in found.incidents] == [None, None]
    unmapped = found.unmapped
    assert unmapped.deployments == {"lost": 2}
    assert unmapped.incidents == {"lost": 1, "gone": 1}
    assert unmapped.severities == {"loud": 1, "(none given)": 1}
    assert (unmapped.count, unmapped.undated) == (4, 1)


def test_two_names_of_one_service_are_one_affected_service(connection: sqlite3.Connection) -> None:
    found = _read(connection, [_broke("i", 0, services=("api", "acme/api", "web"))])
    assert found.incidents[0].services == ("api", "web")


def test_alerts_of_one_group_are_an_incident(connection: sqlite3.Connection) -> None:
    fired = AlertEvent(
        source="alertmanager",
        group="g",
        fingerprint="f",
        started_at=at(0),
        ended_at=at(5),
        title="High error rate",
        severity="page",
        service="acme/api",
    )
    (incident,) = _read(connection, [fired, replace(fired, started_at=at(8), ended_at=at(12))]).incidents
    assert (incident.severity, incident.services, incident.title) == (
        Severity.P1,
        ("api",),
        "High error rate",
    )
    assert (incident.started_at, incident.resolved_at, incident.start_is_detection) == (at(0), at(12), True)


def test_what_came_later_is_not_known_yet(connection: sqlite3.Connection) -> None:
    feed: list[ReleaseEvent] = [
        _deployed("d1", 0, "A"),
        _deployed("d2", 100, "B"),
        _deployed("d3", 200, "A"),
        _broke("i", 150, 210),
        _broke("j", 500),
    ]
    found = _read(connection, feed, now=195)
    states = [(release.deployment.id, release.state) for release in found.releases]
    assert states == [("d1", SUCCEEDED), ("d2", SUCCEEDED), ("d3", IN_PROGRESS)]
    assert [(incident.id, incident.is_open) for incident in found.incidents] == [("i", True)]
    assert found.attributions["i"].evidence is Evidence.LATEST_BEFORE, "nothing had been rolled back yet"
    assert _read(connection, feed, now=-11).releases == ()


def test_before_it_was_rolled_back_a_deployment_had_not_failed(connection: sqlite3.Connection) -> None:
    undone = _deployed("d", 300, "A", state=DeploymentState.ROLLED_BACK, reason="errors")
    feed = [_deployed("d", 100, "A"), undone]
    before, after = (_read(connection, feed, now=now).releases[0] for now in (299, 300))
    assert (before.state, before.failed) == (SUCCEEDED, False)
    assert (after.state, after.failed, after.deployment.reason) == (
        DeploymentState.ROLLED_BACK,
        True,
        "errors",
    )


def test_a_word_of_a_person_counts_from_the_instant_at_which_it_was_given(
    connection: sqlite3.Connection,
) -> None:
    _read(connection, [_deployed("d", 0, "A"), _broke("i", 10, 20)])
    word = Correction(incident="i", at=at(60), deployment=None, by="ann", why="a power cut")
    with transaction(connection):
        incidents.record_corrections(connection, [word])
    before, after = (read_history(connection, SOURCES, RULES, at(now)) for now in (59, 60))
    assert before.attributions["i"].evidence is Evidence.LATEST_BEFORE
    assert (after.attributions["i"].evidence, after.attributions["i"].deployment) == (Evidence.BY_HAND, None)
    assert (before.releases[0].failed, after.releases[0].failed) == (True, False)


def test_a_name_that_is_mapped_later_counts_for_the_past(connection: sqlite3.Connection) -> None:
    _read(connection, [_deployed("d", 0, "A", service="lost")])
    names = replace(SOURCES.names, services={**SOURCES.names.services, "lost": "api"})
    found = read_history(connection, replace(SOURCES, names=names), RULES, at(_LATER))
    assert [release.deployment.id for release in found.releases] == ["d"]


def test_the_file_and_the_open_store_tell_the_same(tmp_path: Path, connection: sqlite3.Connection) -> None:
    there = _read(connection, [_deployed("d", 0, "A"), _broke("i", 10, 20)])
    assert history_at(tmp_path / "store.db", SOURCES, RULES, at(_LATER)) == there


_TIMES = st.integers(0, 200)
_FEEDS = st.lists(
    st.builds(
        lambda name, minutes, version, state, service: _deployed(
            name,
            minutes,
            version,
            state=state,
            service=service,
            finished_at=None if state in {IN_PROGRESS, DeploymentState.QUEUED} else at(minutes),
        ),
        st.sampled_from(["d1", "d2", "d3"]),
        _TIMES,
        st.sampled_from("AB"),
        st.sampled_from(DeploymentState),
        st.sampled_from(["api", "acme/api", "web", "lost"]),
    )
    | st.builds(
        lambda name, started, resolved, service: _broke(name, started, resolved, services=(service,)),
        st.sampled_from(["i1", "i2"]),
        _TIMES,
        st.none() | _TIMES,
        st.sampled_from(["api", "web", "lost"]),
    )
    | st.builds(
        lambda group, started, length, service: AlertEvent(
            source="alertmanager",
            group=group,
            fingerprint="f",
            started_at=at(started),
            ended_at=None if length is None else at(started + length),
            service=service,
        ),
        st.sampled_from("gh"),
        _TIMES,
        st.none() | st.integers(0, 30),
        st.sampled_from(["api", "web"]),
    ),
    max_size=10,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(feed=_FEEDS, data=st.data(), now=st.integers(-5, 300))
def test_any_order_and_number_of_deliveries_gives_the_same_history(
    connection: sqlite3.Connection, feed: list[ReleaseEvent], data: st.DataObject, now: int
) -> None:
    first = _read(connection, feed, now=now)
    repeated = data.draw(st.lists(st.sampled_from(feed), max_size=4)) if feed else []
    assert _read(connection, data.draw(st.permutations(feed + repeated)), now=now) == first


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(feed=_FEEDS, now=st.integers(-5, 300))
def test_nothing_in_a_history_is_of_later_than_its_instant(
    connection: sqlite3.Connection, feed: list[ReleaseEvent], now: int
) -> None:
    found = _read(connection, feed, now=now)
    for item in (*(release.deployment for release in found.releases), *found.others):
        assert item.began_at <= at(now)
        assert item.finished_at is None or item.finished_at <= at(now)
    for release in found.releases:
        for moment in (release.recovered_at, release.next_good_at):
            assert moment is None or moment <= at(now)
    assert all(time <= at(now) for incident in found.incidents for time in incident.times)
    assert set(found.attributions) == set(found.incidents_by_id)
    assert set(found.incidents_by_service) <= {"api", "web"}
