"""Canary state for machines: the part of a service's document, and the gauges."""

import json
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from dashboard.domain.policy import Policy
from dashboard.reports.canary_document import canaries_document
from dashboard.reports.canary_state import CanaryState, canary_state
from dashboard.reports.fleet import fleet_report
from dashboard.reports.metrics import exposition
from dashboard.store import canaries
from dashboard.store.database import open_for_writing
from tests.canary_states import run, state
from tests.reports.canary_stores import NAMES, store_of
from tests.rollout_objects import measurement, metric_result, moment

_FAILING = [measurement(7), measurement(8, "[0.9]", "Failed")]


def made(path: Path) -> CanaryState:
    store_of(
        path,
        state(at=0, version=1),
        state(at=6, step=2, version=2),
        run("api-new-2-2", metric_result("errors", _FAILING)),
        state("mystery", step=1, steps=[{"setWeight": 5}, {"pause": {}}], paused="CanaryPauseStep"),
    )
    with open_for_writing(path) as connection:
        canaries.mark_read(connection, "kubernetes", moment(9))
        canaries.mark_read(connection, "kubernetes", moment(10), "no answer")
    return canary_state(path, NAMES, moment(10))


def test_a_service_s_document_has_its_canary(tmp_path: Path) -> None:
    (found,) = canaries_document(made(tmp_path / "store.db"), "api")
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    expected = {
        "id": "uid-api:2",
        "rollout": "api",
        "namespace": "production",
        "environment": "production",
        "revision": 2,
        "attempt": 1,
        "version": "v2",
        "stable_version": None,
        "state": "running",
        "phase": "Progressing",
        "message": None,
        "weight": 10,
        "step": 2,
        "began_at": "2026-11-02T09:00:00Z",
        "elapsed_seconds": 600.0,
        "pauses_left_seconds": 600.0,
        "not_done_before": "2026-11-02T09:20:00Z",
        "analyses_ahead": 1,
        "waits_for": None,
        "analysis": None,
    }
    assert {name: found[name] for name in expected} == expected
    assert [step["place"] for step in found["steps"]] == ["done", "done", "current", *["to come"] * 3]
    (told,) = found["runs"]
    assert (told["name"], told["phase"], told["step"]) == ("api-new-2-2", "Running", 2)
    (metric,) = told["metrics"]
    assert (metric["failed"], metric["errors"], metric["room"]["failures_left"]) == (1, 0, 1)
    assert metric["room"]["sentence"] == "1 of 2 failures used, 8 measurements to go"


def test_a_service_without_a_canary_has_an_empty_list(tmp_path: Path) -> None:
    assert canaries_document(made(tmp_path / "store.db"), "web") == []


def test_the_gauges_tell_what_is_under_way(tmp_path: Path, policy: Policy) -> None:
    path = tmp_path / "store.db"
    found = made(path)
    _, known = store_of(path)
    text = exposition(fleet_report(path, known, policy, moment(10)), found).decode()
    samples = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }

    def value(name: str, **labels: str) -> float:
        return samples[f"reliability_{name}", tuple(sorted(labels.items()))]

    api = {"service": "api", "environment": "production", "rollout": "production/api"}
    where = {"service": "", "environment": "production"}
    assert value("canaries_under_way", service="api", environment="production", state="running") == 1
    assert value("canaries_under_way", service="api", environment="production", state="waiting") == 0
    assert value("canaries_under_way", state="waiting", **where) == 1
    assert value("canary_weight_ratio", **api) == 0.1
    assert (value("canary_step", **api), value("canary_steps", **api)) == (2, 6)
    assert value("canary_began_timestamp_seconds", **api) == moment(0).timestamp()
    assert value("canary_failures_left", metric="errors", **api) == 1
    assert value("canary_source_read_timestamp_seconds", source="kubernetes") == moment(9).timestamp()
    assert value("canary_source_ok", source="kubernetes") == 0


def test_without_canaries_the_other_metrics_are_as_before(tmp_path: Path, policy: Policy) -> None:
    path = tmp_path / "store.db"
    _, known = store_of(path)
    report = fleet_report(path, known, policy, moment(10))
    assert b"reliability_canary" not in exposition(report)
    assert b"reliability_up 0" in exposition(None)
