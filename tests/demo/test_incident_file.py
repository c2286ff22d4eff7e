"""The incidents of the demo: when each was, and every fault of their file is named."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from dashboard.config.catalog import load_catalog
from dashboard.demo.effects import HISTORY, EffectKind
from dashboard.demo.incident_file import IncidentKind
from dashboard.demo.incidents import INCIDENTS, demo_incidents
from dashboard.domain.event_counts import BUCKET, floor_to_bucket
from dashboard.errors import ConfigurationError
from dashboard.paths import DEFAULT_CATALOG

WEDNESDAY_NOON = datetime(2026, 3, 11, 12, 3, 20, tzinfo=UTC)


def test_incidents_name_services_of_the_shipped_catalogue() -> None:
    named = {service for incident in demo_incidents(WEDNESDAY_NOON) for service in incident.services}
    assert named <= set(load_catalog(DEFAULT_CATALOG).services)


def test_incidents_come_in_order_and_end_or_go_on() -> None:
    incidents = demo_incidents(WEDNESDAY_NOON)
    starts = [incident.started_at for incident in incidents]
    assert starts == sorted(starts)
    assert starts[0] > WEDNESDAY_NOON - HISTORY
    assert all(incident.ended_at is None or incident.ended_at > incident.started_at for incident in incidents)
    going_on = {service for item in incidents if item.ended_at is None for service in item.services}
    assert going_on == {"copilot", "worker-analysis", "websocket-server"}


@pytest.mark.parametrize("day", range(7))
def test_a_release_that_broke_something_was_made_on_a_day_for_releases(day: int) -> None:
    for incident in demo_incidents(WEDNESDAY_NOON + timedelta(days=day)):
        if incident.deployment is not None:
            assert incident.started_at.weekday() < 4
            assert 9 <= incident.started_at.hour < 16


def test_a_bad_deploy_names_its_version() -> None:
    for incident in demo_incidents(WEDNESDAY_NOON):
        assert (incident.deployment is not None) == (incident.kind is IncidentKind.BAD_DEPLOY)
        assert incident.deployment is None or incident.deployment.service in incident.services


def test_a_start_at_a_time_of_day_is_the_last_one_before_the_offset(tmp_path: Path) -> None:
    path = _written(tmp_path, start={"before": "7d", "at": "14:30", "workday": True})
    (early,) = demo_incidents(datetime(2026, 3, 10, 14, 29, tzinfo=UTC), path)  # a Tuesday
    (late,) = demo_incidents(datetime(2026, 3, 10, 14, 30, tzinfo=UTC), path)
    (weekend,) = demo_incidents(datetime(2026, 3, 15, 23, 0, tzinfo=UTC), path)  # a Sunday
    assert early.started_at == datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
    assert late.started_at == datetime(2026, 3, 3, 14, 30, tzinfo=UTC)
    assert weekend.started_at == datetime(2026, 3, 5, 14, 30, tzinfo=UTC)


def test_an_effect_without_a_length_goes_on_to_the_end(tmp_path: Path) -> None:
    path = _written(
        tmp_path,
        phases={"detected": "2m"},
        effects=[{"services": ["api"], "effect": "slow", "share": 0.5, "after": "5m"}],
    )
    (incident,) = demo_incidents(WEDNESDAY_NOON, path)
    (effect,) = incident.effects
    assert incident.ended_at is None
    assert (effect.kind, effect.end) == (EffectKind.SLOW, floor_to_bucket(WEDNESDAY_NOON))
    assert effect.start == incident.started_at + BUCKET


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"start": {"before": "soon"}}, "found 'soon', expected a PromQL duration"),
        ({"start": {"before": "91d"}}, "found '91d', expected at most 90d"),
        ({"start": {"before": "1d", "at": 860}}, "found 860, expected a time of day in quotes"),
        ({"kind": "gremlins"}, "found 'gremlins', expected one of bad_deploy, capacity"),
        ({"severity": "P4"}, "found 'P4', expected"),
        ({"effects": []}, "found a list, expected"),
        (
            {"effects": [{"services": ["api"], "effect": "odd", "share": 1, "for": "1m"}]},
            "found 'odd', expected one of",
        ),
        (
            {"effects": [{"services": ["api"], "effect": "slow", "share": 0, "for": "1m"}]},
            "found 0, expected a share",
        ),
        ({"effects": [{"services": ["api"], "effect": "slow", "for": "1m"}]}, "expected the share of events"),
        (
            {"effects": [{"services": ["api"], "effect": "unmeasured", "share": 0.5, "for": "1m"}]},
            "expected none: nothing of it is counted",
        ),
        ({"owner": "me"}, "found a key that is not known here"),
        ({"start": {"before": "1d", "workday": True, "weekend": True}}, "found both a workday and a weekend"),
        (
            {"phases": {"acknowledged": "3m", "mitigated": "4m", "resolved": "20m"}},
            "phases.detected: found nothing, expected this key",
        ),
        (
            {"phases": {"detected": "2m", "mitigated": "4m", "resolved": "20m"}},
            "phases.acknowledged: found nothing, expected this time: it was mitigated after it",
        ),
        (
            {"phases": {"detected": "2m", "acknowledged": "1m", "mitigated": "4m", "resolved": "20m"}},
            "phases.acknowledged: found '1m', expected 2m or later: when it was detected",
        ),
        (
            {"phases": {"detected": "2m", "acknowledged": "soon", "mitigated": "4m", "resolved": "20m"}},
            "phases.acknowledged: found 'soon', expected a PromQL duration",
        ),
        ({"phases": {"detected": "2m"}}, "phases.resolved: found nothing, expected this time: every effect"),
        (
            {"phases": {"detected": "2m", "acknowledged": "3m", "mitigated": "4m", "resolved": "9m"}},
            "phases.resolved: found 9m, expected 10m or later: when its last effect ends",
        ),
        (
            {"effects": [{"services": ["api"], "effect": "slow", "share": 0.5}]},
            "phases.resolved: found a time, expected none: an effect has no end",
        ),
        ({"kind": "bad_deploy"}, "found nothing, expected the deployment that caused it"),
        (
            {"deployment": {"service": "api", "version": "1.2.3"}},
            "found a deployment, expected none: the kind is not bad_deploy",
        ),
        (
            {"kind": "bad_deploy", "deployment": {"service": "api", "version": "1.2"}},
            "deployment.version: found '1.2', expected",
        ),
        (
            {
                "kind": "bad_deploy",
                "deployment": {"service": "api", "version": "1.2.0", "restored": "1.1.0", "fixed": "1.2.1"},
            },
            "found both a version that was restored and one that fixed it",
        ),
        (
            {"kind": "bad_deploy", "deployment": {"service": "api", "version": "1.2.0", "silent": True}},
            "found a silent rollback, expected the version that was restored as well",
        ),
        ({"reported": {"without": ["resolved"]}}, "found 'resolved', expected one of started, acknowledged"),
    ],
)
def test_a_fault_of_the_file_is_named_with_its_line(
    tmp_path: Path, entry: dict[str, object], message: str
) -> None:
    path = _written(tmp_path, **entry)
    with pytest.raises(ConfigurationError) as caught:
        demo_incidents(WEDNESDAY_NOON, path)
    assert str(caught.value).startswith(f"{path}:")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    path = _written(
        tmp_path,
        severity="P4",
        kind="bad_deploy",
        phases={"detected": "2m", "acknowledged": "1m", "mitigated": "4m", "resolved": "3m"},
        deployment={"service": "api", "version": "1.2.0", "fixed": "none"},
    )
    with pytest.raises(ConfigurationError) as caught:
        demo_incidents(WEDNESDAY_NOON, path)
    told = [line.split(": ")[1].removeprefix("incidents[0].") for line in str(caught.value).splitlines()]
    assert sorted(told) == [
        "deployment.fixed",
        "phases.acknowledged",
        "phases.resolved",
        "phases.resolved",
        "severity",
    ]


def test_what_was_undone_says_when(tmp_path: Path) -> None:
    path = _written(
        tmp_path,
        kind="bad_deploy",
        phases={"detected": "2m"},
        deployment={"service": "api", "version": "1.2.0", "restored": "1.1.0"},
        effects=[{"services": ["api"], "effect": "slow", "share": 0.5}],
    )
    with pytest.raises(ConfigurationError, match=r"phases.mitigated: found nothing, .* was undone then"):
        demo_incidents(WEDNESDAY_NOON, path)


def test_an_incident_of_nobody_we_know_names_whom_it_is_reported_of(tmp_path: Path) -> None:
    path = _written(tmp_path, reported={"services": ["elsewhere"]})
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    del document["incidents"][0]["effects"]
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    (incident,) = demo_incidents(WEDNESDAY_NOON, path)
    assert (incident.services, incident.told.services) == ((), ("elsewhere",))
    del document["incidents"][0]["reported"]
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="found nothing, expected effects, or services"):
        demo_incidents(WEDNESDAY_NOON, path)


@pytest.mark.parametrize("day", range(7))
def test_a_weekend_is_the_last_one_before_the_offset(tmp_path: Path, day: int) -> None:
    path = _written(tmp_path, start={"before": "7d", "at": "14:30", "weekend": True})
    as_of = WEDNESDAY_NOON + timedelta(days=day)
    (incident,) = demo_incidents(as_of, path)
    assert incident.started_at.weekday() >= 5
    assert timedelta(days=7) <= as_of - incident.started_at < timedelta(days=13, minutes=5)


def test_an_id_is_used_once(tmp_path: Path) -> None:
    path = tmp_path / "incidents.yaml"
    entry = yaml.safe_load(INCIDENTS.read_text(encoding="utf-8"))["incidents"][0]
    path.write_text(yaml.safe_dump({"incidents": [entry, entry]}), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="found 'demo-001' 2 times, expected every id once"):
        demo_incidents(WEDNESDAY_NOON, path)


def _written(folder: Path, **entry: object) -> Path:
    """A file with one incident: a right one, but for `entry`."""
    right: dict[str, object] = {
        "id": "one",
        "title": "One",
        "severity": "P2",
        "kind": "capacity",
        "cause": "Too little.",
        "start": {"before": "1d"},
        "phases": {"detected": "2m", "acknowledged": "3m", "mitigated": "10m", "resolved": "12m30s"},
        "effects": [{"services": ["api"], "effect": "failing", "share": 0.5, "for": "10m"}],
    }
    path = folder / "incidents.yaml"
    path.write_text(yaml.safe_dump({"incidents": [right | entry]}), encoding="utf-8")
    return path
