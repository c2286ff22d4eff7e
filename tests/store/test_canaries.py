"""Canaries in the store: a union of all that was seen, whatever came first and however often."""

import json
import random
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from dashboard.domain.canary.analysis_runs import AnalysisRunState, unseen
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.metric_phase import Counts
from dashboard.domain.canary.rollouts import RolloutState, in_order
from dashboard.errors import InputError
from dashboard.ingest.canaries import record_canaries, store_canaries
from dashboard.sources.argo_fields import fields
from dashboard.sources.argo_observations import observation
from dashboard.sources.argo_run_state import run_state
from dashboard.store import canaries, canary_history, canary_rollouts, canary_ticks, settings
from dashboard.store.canary_tables import CANARY_TABLES
from dashboard.store.database import open_for_reading, open_for_writing
from dashboard.store.moments import to_micros
from tests import rollout_objects
from tests.canary_states import run, state
from tests.rollout_objects import Object, measurement, metric_result, metric_spec, moment, stamp
from tests.store.canary_looks import FOREVER, NEVER, everybody, everything, looks, recorded, tick, whole


def test_no_measurement_that_was_seen_is_ever_lost(path: Path) -> None:
    recorded(path, looks())
    (metric,) = whole(path).metrics
    assert [item.taken.value for item in metric.measurements] == [f"[0.{minute}]" for minute in range(24)]
    assert [item.ordinal for item in metric.measurements] == list(range(24))
    assert unseen(metric) == Counts()


@pytest.mark.parametrize("seed", range(15))
def test_any_order_any_number_of_times_gives_the_same_store(seed: int, tmp_path: Path) -> None:
    states = [state(at=minute, step=minute % 6, version=minute) for minute in range(6)]
    seen: list[AnalysisRunState | RolloutState] = [*looks(), *states]
    expected = recorded(tmp_path / "in-order.db", seen)
    shuffled = [*seen, *seen[::3]]
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - not a secret
    assert recorded(tmp_path / "shuffled.db", shuffled) == expected
    assert recorded(tmp_path / "shuffled.db", shuffled) == expected


def test_rare_looks_leave_what_argo_dropped_as_unseen(path: Path) -> None:
    recorded(path, [looks()[5], looks()[-1]])
    (metric,) = whole(path).metrics
    assert [item.ordinal for item in metric.measurements] == [0, 1, 2, *range(14, 24)]
    assert unseen(metric).count == 11


def test_a_recorded_phase_is_not_taken_back_by_an_older_look(path: Path) -> None:
    last, first = looks()[-1], looks()[3]
    recorded(path, [last])
    recorded(path, [first])
    found = whole(path)
    assert (found.phase, found.message, found.resource_version) == (Phase.SUCCESSFUL, "all is well", 25)
    assert found.metrics[0].phase is Phase.SUCCESSFUL


def test_a_phase_that_the_measurements_do_not_bear_out_is_kept_as_argo_recorded_it(path: Path) -> None:
    bad = metric_result("errors", [measurement(minute, "[0]", "Failed") for minute in range(5)], "Successful")
    recorded(path, [run("r", bad, phase="Successful")])
    found = whole(path)
    assert (found.phase, found.metrics[0].phase) == (Phase.SUCCESSFUL, Phase.SUCCESSFUL)


def test_measurements_of_one_second_are_told_apart(path: Path) -> None:
    pair = [measurement(7, "[1]"), measurement(7, "[2]"), measurement(7, "[2]")]
    recorded(path, [
        run("r", metric_result("errors", pair)),
        run("r", metric_result("errors", pair[1:], dropped=1)),
        run("r", without_counters(metric_result("errors", pair[1:]))),
    ])  # fmt: skip
    (metric,) = whole(path).metrics
    assert [item.taken.value for item in metric.measurements] == ["[1]", "[2]", "[2]"]


def without_counters(result: Object) -> Object:
    return {name: value for name, value in result.items() if name in {"name", "phase", "measurements"}}


def test_measurements_of_one_second_that_say_the_same_are_all_kept_in_any_order(tmp_path: Path) -> None:
    alike = [measurement(7, "[1]")] * 4
    seen = [
        run("r", metric_result("errors", alike[:2])),
        run("r", metric_result("errors", alike[:1], dropped=2)),
        run("r", metric_result("errors", alike[:2], dropped=2)),
        run("r", without_counters(metric_result("errors", alike[:3]))),
    ]
    stores = []
    for number, order in enumerate(permutations(seen)):
        path = tmp_path / f"{number}.db"
        stores.append(recorded(path, order))
        assert [item.ordinal for item in whole(path).metrics[0].measurements] == [0, 1, 2, 3]
    assert all(store == stores[0] for store in stores)


def test_without_counters_as_many_alike_are_kept_as_one_look_has_seen(path: Path) -> None:
    seen = [measurement(7, "[1]")] * 3
    recorded(path, [run("r", without_counters(metric_result("errors", seen[:count]))) for count in (2, 3, 1)])
    assert len(whole(path).metrics[0].measurements) == 3


PARTS_OF_A_LOOK: dict[str, Callable[[Object], object]] = {
    "spec": lambda item: item.pop("spec"),
    "labels": lambda item: item["metadata"].pop("labels"),
    "annotations": lambda item: item["metadata"].pop("annotations"),
    "owner": lambda item: item["metadata"].pop("ownerReferences"),
    "times": lambda item: (item["metadata"].pop("creationTimestamp"), item["status"].pop("startedAt")),
    "results": lambda item: item["status"].pop("metricResults"),
}


@pytest.mark.parametrize("seed", range(10))
def test_a_look_that_tells_less_takes_nothing_back_whichever_comes_first(seed: int, tmp_path: Path) -> None:
    whole_item = rollout_objects.analysis_run(
        "r",
        metric_result("errors", [measurement(7)], "Successful"),
        phase="Successful",
        args=[{"name": "service", "value": "web"}],
        completedAt=stamp(8),
    )
    whole_item["metadata"]["labels"]["environment"] = "live"
    seen = [run_of(whole_item)]
    for number, drop in enumerate(PARTS_OF_A_LOOK.values(), start=1):
        item = json.loads(json.dumps(whole_item))
        item["metadata"]["resourceVersion"] = str(100 + number)
        drop(item)
        seen.append(run_of(item))
    path = tmp_path / "store.db"
    recorded(path, [seen[0]])
    told = whole(path)
    random.Random(seed).shuffle(seen)  # noqa: S311 - not a secret
    recorded(path.with_name("other.db"), seen)
    assert whole(path.with_name("other.db")) == replace(told, resource_version=105)


def run_of(item: Object) -> AnalysisRunState:
    found = run_state(fields("test", item))
    assert found is not None
    return found


def test_measurements_without_a_time_are_told_apart_by_their_place(path: Path) -> None:
    bare = [{"phase": "Successful", "value": "[1]"}] * 3
    recorded(path, [run("r", metric_result("errors", bare))])
    recorded(path, [run("r", metric_result("errors", bare[:2], dropped=1))])
    assert len(whole(path).metrics[0].measurements) == 3


def test_a_rollout_comes_back_as_it_was_told(path: Path) -> None:
    told = [
        state(at=3, step=1, paused="CanaryPauseStep", phase="Paused", weight=10, labels={"service": "api"}),
        state(at=4, step=0, aborted=True, phase="Degraded", version=101, message="RolloutAborted"),
        replace(state("bluegreen"), strategy="blueGreen", auto_promotion=timedelta(seconds=30)),
        state("bare", step=None, phase=None, steps=[{"pause": {}}, {"experiment": {}}, {"future": {}}]),
    ]
    recorded(path, told)
    with open_for_reading(path) as connection:
        found = [
            one
            for _, states in canary_rollouts.states_by_rollout(connection, everybody(connection), FOREVER)
            for one in states
        ]
    assert sorted(found, key=repr) == sorted(told, key=repr)


def test_a_run_comes_back_as_it_was_told(path: Path) -> None:
    result = metric_result(
        "errors", [measurement(7, None, "Error", message="no route")], message="m", dryRun=True
    )
    told = run("r", result, specs=[metric_spec("errors")], args=[{"name": "service", "value": "api"}])
    recorded(path, [told])
    assert whole(path) == told


def test_the_same_state_with_a_newer_version_is_one_row_that_counts_as_newer(path: Path) -> None:
    first, again = state(at=3, version=5), state(at=3, version=9)
    assert recorded(path, [first, again]) == recorded(path, [again, first])
    with open_for_reading(path) as connection:
        ((_, (found,)),) = canary_rollouts.states_by_rollout(connection, everybody(connection), FOREVER)
    assert found.resource_version == 9


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_rollout_that_goes_back_to_a_state_is_known_to_have_left_it(
    order: Sequence[int], path: Path
) -> None:
    seen = [state(step=step, version=100 + number) for number, step in enumerate((0, 1, 0, 0))]
    recorded(path, [seen[number] for number in order])
    with open_for_reading(path) as connection:
        ((_, states),) = canary_rollouts.states_by_rollout(connection, everybody(connection), FOREVER)
    assert [(one.step_index, one.resource_version) for one in in_order(states)] == [
        (0, 100), (1, 101), (0, 103),
    ]  # fmt: skip


def without_uids(item: Object) -> Object:
    copy: Object = json.loads(json.dumps(item))
    for part in (copy["metadata"], *copy["metadata"].get("ownerReferences", ())):
        part.pop("uid", None)
    return copy


@pytest.mark.parametrize("seed", range(12))
def test_what_tells_no_uid_is_the_same_as_what_tells_one_in_any_order(seed: int, tmp_path: Path) -> None:
    told = [
        rollout_objects.rollout(at=0, step=0, version=1),
        rollout_objects.rollout(at=5, step=1, version=2),
        rollout_objects.analysis_run("a", metric_result("errors", [measurement(7)])),
        rollout_objects.analysis_run("b", metric_result("errors", [measurement(8)]), at=7, version=101),
    ]
    expected = recorded(tmp_path / "expected.db", list(map(seen_of, told)))
    mixed = [*told, *map(without_uids, told)]
    random.Random(seed).shuffle(mixed)  # noqa: S311 - not a secret
    found = recorded(tmp_path / "mixed.db", list(map(seen_of, mixed)))
    # The looks differ, and of two as far as each other a digest decides: it is no part of what they tell.
    assert {name: [row[:-1] for row in rows] for name, rows in found.items()} == {
        name: [row[:-1] for row in rows] for name, rows in expected.items()
    }


def test_without_any_uid_a_rollout_and_its_runs_are_together(path: Path) -> None:
    item = rollout_objects.analysis_run("a", metric_result("errors", [measurement(7)]))
    recorded(path, [seen_of(without_uids(one)) for one in (item, rollout_objects.rollout())])
    with open_for_reading(path) as connection:
        assert everybody(connection) == ["production/api"]
        assert len(canary_history.runs_of(connection, ["production/api"], FOREVER)) == 1


@pytest.mark.parametrize("first", ["rollout", "run"])
def test_a_run_of_an_experiment_belongs_to_the_rollout_that_made_it(first: str, path: Path) -> None:
    item = rollout_objects.analysis_run("x", metric_result("errors", [measurement(7)]), owner=None)
    item["metadata"]["ownerReferences"] = [
        {"kind": "Experiment", "name": "api-abcdef12-2-0", "uid": "e", "controller": True}
    ]
    seen = [seen_of(item), state(canary="abcdef12")]
    recorded(path, seen if first == "run" else seen[::-1])
    with open_for_reading(path) as connection:
        (found,) = canary_history.runs_of(connection, ["uid-api"], FOREVER)
        assert (found.pod_hash, found.revision) == ("abcdef12", 2)
        assert canary_history.runs_alone_between(connection, moment(-99), moment(99)) == []


def seen_of(item: Object) -> AnalysisRunState | RolloutState:
    found = observation("test", item)
    assert found is not None
    return found


def test_what_is_gone_may_come_back_and_how_far_was_read_is_kept(connection: sqlite3.Connection) -> None:
    canaries.mark_present(connection, "one", ["a", "b", "c"])
    canaries.mark_present(connection, "two", ["c"])
    canaries.mark_gone(connection, "one", ["a", "b", "c", "never seen"], moment(5))
    canaries.mark_gone(connection, "one", ["a"], moment(9))
    assert canaries.present(connection, "one") == set()
    assert canaries.gone(connection, FOREVER) == {"a": moment(5), "b": moment(5)}
    assert canaries.gone(connection, moment(4)) == {}
    canaries.mark_present(connection, "one", ["a"])
    assert canaries.gone(connection, FOREVER) == {"b": moment(5)}
    canaries.mark_read(connection, "kubernetes", moment(1))
    canaries.mark_read(connection, "kubernetes", moment(2), "no answer")
    (read,) = canaries.reads(connection)
    assert (read.read_at, read.tried_at, read.problem) == (moment(1), moment(2), "no answer")
    canaries.mark_read(connection, "kubernetes", moment(3))
    assert canaries.reads(connection)[0].problem is None


def test_a_demo_that_is_made_anew_forgets_them(connection: sqlite3.Connection) -> None:
    assert not canaries.holds_data(connection)
    record_canaries(connection, [state(), *looks()])
    canary_ticks.record_ticks(connection, "uid-api", "new", [tick(1, 0, 5, 0, 50)])
    assert canaries.holds_data(connection)
    canaries.forget(connection)
    assert not canaries.holds_data(connection)
    assert everything(connection) == {
        name: [] for name in ("rollouts", "canary_metrics", "canary_measurements", "runs")
    }


def test_a_batch_is_stored_whole_or_not_at_all(path: Path) -> None:
    def broken() -> Any:
        yield state()
        yield looks()[3]
        raise InputError("file: no more")

    with open_for_writing(path):
        pass
    with pytest.raises(InputError):
        store_canaries(path, broken())
    with open_for_reading(path) as connection:
        assert not canaries.holds_data(connection)


def test_real_canaries_stay_out_of_the_demo(path: Path) -> None:
    with open_for_writing(path) as connection:
        settings.mark_demo(connection, 1_800_000_000)
    with pytest.raises(InputError, match="found the demo"):
        store_canaries(path, [state()])


def test_a_store_of_version_4_keeps_all_and_takes_it_for_the_same_when_it_is_seen_again(path: Path) -> None:
    seen: list[AnalysisRunState | RolloutState] = [state(at=3, version=7), *looks()[1:5]]
    expected = recorded(path.with_name("new.db"), seen)
    recorded(path, seen)
    with open_for_writing(path) as connection:
        for statement in (
            "DROP TABLE canary_counted",
            "DROP INDEX canary_rollouts_by_pods",
            "DROP INDEX canary_rollouts_by_name",
            "DROP INDEX canary_runs_by_name",
            "DROP INDEX canary_runs_by_owner",
            "ALTER TABLE canary_rollouts DROP COLUMN first_version",
            "UPDATE canary_measurements SET copy = 0",
            "DELETE FROM _sqlite_migrations WHERE name = 'canaries_counted'",
            "PRAGMA user_version = 4",
        ):
            connection.execute(statement)
    with open_for_writing(path):
        pass
    assert [item.ordinal for item in whole(path).metrics[0].measurements] == [0, 1, 2]
    assert recorded(path, seen) == expected


def test_a_store_of_version_5_keeps_its_ticks_as_those_of_errors(path: Path) -> None:
    counted = [tick(1, 2, 5, 0, 50), tick(2, 0, 7, 3, 60)]
    old = next(statement for statement in CANARY_TABLES if "CREATE TABLE canary_ticks" in statement)
    with open_for_writing(path) as connection:
        connection.execute("DROP TABLE canary_ticks")
        connection.execute(old)
        connection.executemany(
            "INSERT INTO canary_ticks VALUES ('uid-api', 'new', ?, ?, ?, ?, ?, ?)",
            [
                (
                    to_micros(at),
                    one.canary_bad,
                    one.canary_total,
                    one.stable_bad,
                    one.stable_total,
                    one.weight,
                )
                for one in counted
                if (at := one.at) is not None
            ],
        )
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'canaries_measured'")
        connection.execute("PRAGMA user_version = 5")
    for _ in range(2):
        with open_for_writing(path) as connection:
            of = (connection, "uid-api", "new", NEVER, FOREVER)
            assert list(canary_ticks.ticks_between(*of)) == counted
            assert not canary_ticks.ticks_between(*of, Measure.SLOW)


def test_slow_requests_are_kept_beside_errors_and_forgotten_by_themselves(path: Path) -> None:
    with open_for_writing(path) as connection:
        for measure, bad in ((Measure.ERRORS, 0), (Measure.SLOW, 4)):
            canary_ticks.record_ticks(connection, "uid-api", "new", [tick(1, bad, 5, 0, 50)], measure)
        of = (connection, "uid-api", "new", NEVER, FOREVER)
        assert list(canary_ticks.ticks_between(*of)) == [tick(1, 0, 5, 0, 50)]
        assert list(canary_ticks.ticks_between(*of, Measure.SLOW)) == [tick(1, 4, 5, 0, 50)]
        canary_ticks.forget_ticks(connection, "uid-api", "new", Measure.SLOW)
        assert list(canary_ticks.ticks_between(*of)) == [tick(1, 0, 5, 0, 50)]
        assert not canary_ticks.ticks_between(*of, Measure.SLOW)


def test_a_store_of_the_version_before_gains_the_tables(path: Path) -> None:
    with open_for_writing(path) as connection:
        for table in ("measurements", "metrics", "runs", "rollouts", "ticks", "presence", "reads", "counted"):
            connection.execute(f"DROP TABLE canary_{table}")
        for view in ("canary_rollout_log", "canary_run_log", "canary_measurement_log"):
            connection.execute(f"DROP VIEW {view}")
        connection.execute("DELETE FROM _sqlite_migrations WHERE name LIKE 'canaries%'")
        connection.execute("PRAGMA user_version = 3")
    recorded(path, [state()])
    with open_for_reading(path) as connection:
        assert canaries.holds_data(connection)
