"""Looks without uids: of which Rollout of the name they are does not depend on which look came first."""

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.domain.canary.rollouts import RolloutState
from dashboard.domain.canary.ticks import Tick
from dashboard.ingest.canaries import record_canaries
from dashboard.sources.argo_observations import observation
from dashboard.store import canary_ticks
from dashboard.store.database import open_for_writing, transaction
from tests.rollout_objects import Object, analysis_run, measurement, metric_result, moment, rollout, stamp

_ALIAS = "production/api"
_Rows = list[tuple[object, ...]]


def without_uids(item: Object, *, created: bool = True) -> Object:
    found: Object = json.loads(json.dumps(item))
    for part in (found["metadata"], *found["metadata"].get("ownerReferences", ())):
        part.pop("uid", None)
    if not created:
        del found["metadata"]["creationTimestamp"]
    return found


def made(item: Object, at: float, uid: str) -> Object:
    """The Rollout `item` as one that was created at the minute `at`."""
    found: Object = json.loads(json.dumps(item))
    found["metadata"] |= {"creationTimestamp": stamp(at), "uid": uid}
    return found


OLD = [made(rollout(at=at, step=at, version=100 + at, canary="c1"), -10, "uid-z-old") for at in range(3)]
NEW = [made(rollout(at=60 + at, step=at, version=500 + at, canary="c2"), 50, "uid-a-new") for at in range(3)]


def run_of(name: str, at: float) -> Object:
    return without_uids(analysis_run(name, metric_result("errors", [measurement(at + 1)]), at=at))


def seen(item: Object) -> RolloutState | AnalysisRunState:
    found = observation("test", item)
    assert found is not None
    return found


def stored(path: Path, items: Sequence[Object]) -> tuple[_Rows, _Rows]:
    """The states and the runs that the store holds, each with its Rollout, after so many looks."""
    with open_for_writing(path) as connection, transaction(connection):
        record_canaries(connection, map(seen, items))
        states = connection.execute(
            "SELECT rollout, at_us, resource_version, first_version, body FROM canary_rollouts"
            " ORDER BY 1, 2, 5"
        ).fetchall()
        runs = connection.execute("SELECT rollout, name FROM canary_runs ORDER BY 2").fetchall()
    return states, runs


def in_some_orders(tmp_path: Path, items: Sequence[Object]) -> tuple[_Rows, _Rows]:
    """What `stored` tells, which must be the same in each of some orders."""
    found = [stored(tmp_path / "first.db", items)]
    for seed in range(12):
        order = list(items)
        random.Random(seed).shuffle(order)  # noqa: S311 - not a secret
        found.append(stored(tmp_path / f"{seed}.db", [*order, *order[:3]]))
    assert all(other == found[0] for other in found)
    return found[0]


def test_of_a_rollout_that_was_made_again_a_look_without_uid_is_of_the_one_created_then(
    tmp_path: Path,
) -> None:
    unseen = made(rollout(at=5, step=4, version=107, canary="c1"), -10, "uid-z-old")
    items = [*OLD, *NEW, without_uids(unseen), without_uids(OLD[1]), run_of("r1", 6), run_of("r2", 66)]
    states, runs = in_some_orders(tmp_path, items)
    assert [row[0] for row in states] == ["uid-a-new"] * 3 + ["uid-z-old"] * 4
    assert runs == [("uid-z-old", "r1"), ("uid-a-new", "r2")]


def test_a_look_that_may_be_of_either_stays_under_the_name(tmp_path: Path) -> None:
    of_either = [without_uids(made(rollout(at=7, version=1), -10, "x"), created=False)]
    states, _ = in_some_orders(tmp_path, [*OLD, *NEW, *of_either])
    assert [row[0] for row in states] == [_ALIAS] + ["uid-a-new"] * 3 + ["uid-z-old"] * 3


def test_a_look_of_one_that_no_look_with_a_uid_saw_stays_under_the_name(tmp_path: Path) -> None:
    before = without_uids(made(rollout(at=-500, version=1), -900, "x"))
    states, runs = in_some_orders(tmp_path, [*OLD, before, run_of("r0", -499)])
    assert [row[0] for row in states] == [_ALIAS] + ["uid-z-old"] * 3
    assert runs == [(_ALIAS, "r0")]


def test_a_run_that_tells_its_rollout_keeps_it(tmp_path: Path) -> None:
    run = analysis_run("r1", metric_result("errors", [measurement(61)]), at=60)
    run["metadata"]["ownerReferences"][0]["uid"] = "uid-z-old"
    _, runs = in_some_orders(tmp_path, [*OLD, *NEW, run, without_uids(run)])
    assert runs == [("uid-z-old", "r1")]


@pytest.mark.parametrize(("by_name", "holds"), [(90, 90), (10, 50)])
def test_of_two_words_on_one_tick_the_fuller_holds_when_a_uid_becomes_known(
    by_name: float, holds: float, tmp_path: Path
) -> None:
    def tick(total: float) -> Tick:
        return Tick(canary_bad=1, canary_total=total, stable_bad=0, stable_total=0, at=moment(1))

    path = tmp_path / "store.db"
    stored(path, [without_uids(item) for item in OLD])
    with open_for_writing(path) as connection:
        canary_ticks.record_ticks(connection, _ALIAS, "c1", [tick(by_name)])
        canary_ticks.record_ticks(connection, "uid-z-old", "c1", [tick(50)])
    stored(path, OLD)
    with open_for_writing(path) as connection:
        (found,) = canary_ticks.ticks_between(connection, "uid-z-old", "c1", moment(0), moment(2))
        assert not canary_ticks.ticks_between(connection, _ALIAS, "c1", moment(0), moment(2))
    assert found.canary_total == holds
