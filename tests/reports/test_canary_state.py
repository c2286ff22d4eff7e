"""Canary state for machines: the part of a service's document, and the gauges."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.rollouts import CurrentRun, RolloutState
from dashboard.domain.canary.ticks import Tick
from dashboard.domain.policy import Policy
from dashboard.reports.canary_document import canaries_document
from dashboard.reports.canary_open_standings import open_standings
from dashboard.reports.canary_standing import Standing
from dashboard.reports.canary_state import CanaryState, canary_state
from dashboard.reports.fleet import fleet_report
from dashboard.reports.metrics import exposition
from dashboard.store import canaries
from dashboard.store.canary_ticks import record_ticks
from dashboard.store.database import open_for_writing
from tests.canary_states import run, state
from tests.reports.canary_stores import NAMES, history, store_of
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
        "strategy": "canary",
        "state": "running",
        "last_state": "running",
        "stale": False,
        "seen_at": "2026-11-02T09:08:01Z",
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


def counted(path: Path, *, canary_bad: int, measure: Measure = Measure.ERRORS) -> None:
    """Both arms of the canary of api, ten minutes of it; stable fails 5 of 1,000 requests a minute."""
    with open_for_writing(path) as connection:
        record_ticks(
            connection,
            "uid-api",
            "new",
            [
                Tick(
                    at=moment(minute),
                    canary_bad=canary_bad,
                    canary_total=1000,
                    stable_bad=5,
                    stable_total=1000,
                )
                for minute in range(1, 11)
            ],
            measure,
        )


def verdicts(state: CanaryState, name: str = "errors_verdict") -> dict[str, float]:
    found = samples(state)
    return {dict(labels)["verdict"]: told for (of, labels), told in found.items() if name in of}


def test_a_machine_learns_that_the_errors_of_a_canary_are_worse_than_stable_s(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    made(path)
    counted(path, canary_bad=50)
    found = canary_state(path, NAMES, moment(10))
    (document,) = canaries_document(found, "api")
    errors = document["errors"]
    assert json.loads(json.dumps(errors, allow_nan=False)) == errors
    assert (errors["verdict"], errors["failed_at"]) == ("FAIL", "2026-11-02T09:01:00Z")
    assert (errors["canary"], errors["stable"]) == (
        {"bad": 500.0, "total": 10_000.0},
        {"bad": 50.0, "total": 10_000.0},
    )
    ratio = errors["ratio"]
    assert 1 < ratio["low"] < ratio["value"] < ratio["high"]
    assert verdicts(found) == {"PASS": 0, "FAIL": 1, "NONE": 0}


def test_a_canary_that_is_shown_to_be_worse_is_told_also_when_nobody_sees_it_any_more(tmp_path: Path) -> None:
    path, _ = store_of(tmp_path / "store.db", state(at=0, step=2, weight=10))
    read_by_cluster(path, "uid-api", at=30)
    counted(path, canary_bad=50)
    found = canary_state(path, NAMES, moment(91))
    assert found.under_way[0].named.stale
    assert verdicts(found)["FAIL"] == 1


def test_a_machine_learns_how_a_canary_stands(tmp_path: Path, policy: Policy) -> None:
    path = tmp_path / "store.db"
    made(path)
    counted(path, canary_bad=50)
    _, catalogue = store_of(path)
    found = canary_state(path, NAMES, moment(10))
    told = open_standings(path, catalogue, policy, history(path, policy, 10), NAMES, found, "api")
    (document,) = canaries_document(found, "api", told)
    assert document["standing"] == "trouble"
    assert canaries_document(found, "api")[0]["standing"] is None


def test_the_page_on_importing_names_every_standing_of_an_open_canary() -> None:
    page = (Path(__file__).parents[2] / "docs" / "canary-import.md").read_text(encoding="utf-8")
    named = page.split("`standing` is the answer of its page: ")[1].split(".")[0]
    ended = {Standing.ABORTED, Standing.PROMOTED, Standing.SUPERSEDED, Standing.GONE, Standing.UNKNOWN}
    assert set(re.findall(r"`(\w+)`", named)) == {one.name.lower() for one in Standing if one not in ended}


def test_what_is_not_counted_has_no_verdict(tmp_path: Path) -> None:
    found = made(tmp_path / "store.db")
    (document,) = canaries_document(found, "api")
    nothing = {"verdict": None, "ratio": None, "canary": None, "stable": None, "failed_at": None}
    assert (document["errors"], document["slow"]) == (nothing, nothing)
    assert verdicts(found) == verdicts(found, "slow_verdict") == {}


def test_a_machine_learns_that_a_canary_is_slower_than_stable(tmp_path: Path, policy: Policy) -> None:
    path = tmp_path / "store.db"
    made(path)
    counted(path, canary_bad=5)
    counted(path, canary_bad=50, measure=Measure.SLOW)
    _, catalogue = store_of(path)
    found = canary_state(path, NAMES, moment(10))
    told = open_standings(path, catalogue, policy, history(path, policy, 10), NAMES, found, "api")
    (document,) = canaries_document(found, "api", told)
    assert (document["errors"]["verdict"], document["slow"]["verdict"]) == ("NONE", "FAIL")
    assert document["slow"]["canary"] == {"bad": 500.0, "total": 10_000.0}
    assert document["standing"] == "trouble"
    assert verdicts(found, "slow_verdict") == {"PASS": 0, "FAIL": 1, "NONE": 0}
    assert verdicts(found)["FAIL"] == 0


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


def samples(state: CanaryState) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """The gauges of `state`; fails where two have the same labels, as Prometheus does."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for family in text_string_to_metric_families(exposition(None, state).decode()):
        for sample in family.samples:
            key = (sample.name.removeprefix("reliability_"), tuple(sorted(sample.labels.items())))
            assert key not in found
            found[key] = sample.value
    return found


def known(found: dict[tuple[str, tuple[tuple[str, str], ...]], float], name: str) -> list[float]:
    return [value for (of, _), value in found.items() if of == name]


def read_by_cluster(path: Path, *uids: str, at: float) -> None:
    with open_for_writing(path) as connection:
        canaries.mark_present(connection, "kubernetes", uids)
        canaries.mark_read(connection, "kubernetes", moment(at))


def of_api(path: Path, at: float) -> list[dict[str, object]]:
    return canaries_document(canary_state(path, NAMES, moment(at)), "api")


_DAY = 24 * 60


def test_a_canary_that_its_cluster_confirms_is_fresh_however_long_it_stands(tmp_path: Path) -> None:
    path, _ = store_of(tmp_path / "store.db", state(at=0, step=1, paused="CanaryPauseStep"))
    read_by_cluster(path, "uid-api", at=3 * _DAY)
    (found,) = of_api(path, 3 * _DAY + 59)
    assert (found["state"], found["stale"], found["seen_at"]) == ("running", False, "2026-11-05T09:00:00Z")


def test_a_canary_that_its_cluster_has_not_confirmed_for_an_hour_is_unknown(tmp_path: Path) -> None:
    path, _ = store_of(tmp_path / "store.db", state(at=0, step=2, weight=10))
    read_by_cluster(path, "uid-api", at=30)
    (found,) = of_api(path, 91)
    assert (found["state"], found["last_state"], found["stale"]) == ("unknown", "running", True)
    assert (found["seen_at"], found["weight"], found["step"]) == ("2026-11-02T09:30:00Z", 10, 2)
    assert found["not_done_before"] is found["pauses_left_seconds"] is found["elapsed_seconds"] is None
    gauges = samples(canary_state(path, NAMES, moment(91)))
    under_way = {dict(labels)["state"]: value for (of, labels), value in gauges.items() if "under_way" in of}
    assert under_way == {"running": 0, "waiting": 0, "inconclusive": 0, "unknown": 1}
    assert known(gauges, "canary_seen_timestamp_seconds") == [moment(30).timestamp()]
    assert known(gauges, "canary_weight_ratio") == known(gauges, "canary_step") == []


def test_a_canary_of_files_is_unknown_a_day_after_the_newest_time_that_it_names(tmp_path: Path) -> None:
    path, _ = store_of(
        tmp_path / "store.db",
        state(at=0, step=2),
        run("api-new-2-2", metric_result("errors", [measurement(120)])),
    )
    assert [item["state"] for item in of_api(path, 120 + _DAY)] == ["running"]
    assert [item["state"] for item in of_api(path, 122 + _DAY)] == ["unknown"]


def test_a_canary_that_nobody_saw_for_a_week_is_not_under_way_any_more(tmp_path: Path) -> None:
    path, _ = store_of(
        tmp_path / "store.db", state(at=0, step=2), run("alone-run", owner="web", phase="Running")
    )
    for days in (8, 1000):
        assert canary_state(path, NAMES, moment(days * _DAY)).under_way == ()


def test_what_was_under_way_in_the_past_was_seen_then_although_it_is_gone_now(tmp_path: Path) -> None:
    path, _ = store_of(tmp_path / "store.db", state(at=0, step=1, paused="CanaryPauseStep"))
    read_by_cluster(path, "uid-api", at=500)
    with open_for_writing(path) as connection:
        canaries.mark_gone(connection, "kubernetes", ["uid-api"], moment(600))
    (found,) = of_api(path, 300)
    assert (found["state"], found["seen_at"]) == ("running", "2026-11-02T14:00:00Z")
    assert of_api(path, 601) == []


def recreated(uid: str, *, created: float, **more: Any) -> RolloutState:
    return replace(state(uid=uid, **more), created_at=moment(created))


def test_a_rollout_that_was_made_again_under_its_name_took_the_place_of_the_one_before(
    tmp_path: Path,
) -> None:
    path, _ = store_of(
        tmp_path / "store.db",
        recreated("first", created=-9, at=1, step=1),
        recreated("second", created=5, at=6, step=2),
    )
    assert [item["id"] for item in of_api(path, 10)] == ["second:2"]
    assert [item["id"] for item in of_api(path, 4)] == ["first:2"]


def test_a_run_whose_rollout_was_never_read_and_is_gone_is_not_under_way(tmp_path: Path) -> None:
    path, _ = store_of(tmp_path / "store.db", run("alone", owner="api", phase="Running"))
    read_by_cluster(path, "uid-api", at=20)
    assert [item["state"] for item in of_api(path, 20)] == ["running"]
    with open_for_writing(path) as connection:
        canaries.mark_gone(connection, "kubernetes", ["uid-api"], moment(30))
    assert of_api(path, 40) == []


def test_rollouts_of_one_name_in_two_clusters_are_both_under_way_and_one_series_each(tmp_path: Path) -> None:
    path, _ = store_of(
        tmp_path / "store.db",
        recreated("of-one", created=-9, at=1, step=1),
        recreated("of-other", created=5, at=6, step=2),
    )
    read_by_cluster(path, "of-one", "of-other", at=10)
    assert [item["id"] for item in of_api(path, 10)] == ["of-one:2", "of-other:2"]
    assert known(samples(canary_state(path, NAMES, moment(10))), "canary_step") == [2]


def test_what_a_rollout_alone_tells_of_its_analyses_is_in_the_document(tmp_path: Path) -> None:
    named = CurrentRun(site="step", name="api-new-2-2", phase=Phase.FAILED, message="errors assessed Failed")
    seen = CurrentRun(site="background", name="seen", phase=Phase.FAILED)
    path, _ = store_of(
        tmp_path / "store.db",
        replace(state(at=0, step=2), strategy="blueGreen", current_runs=(named, seen)),
        run("seen", phase="Running"),
    )
    (found,) = of_api(path, 10)
    assert (found["strategy"], found["analysis"]) == ("blueGreen", "Failed")
    runs = found["runs"]
    assert isinstance(runs, list)
    assert [(item["name"], item["kind"], item["phase"]) for item in runs][1:] == [
        ("api-new-2-2", "Step", "Failed")
    ]
    assert runs[1]["message"] == "errors assessed Failed"
    assert runs[0]["name"] == "seen"
