"""Canaries are found in the store by rollout, by time and by what is new, and read by people."""

from pathlib import Path

from dashboard.store import canary_history, canary_rollouts, canary_runs, canary_ticks
from dashboard.store.canary_runs import RecordedRuns
from dashboard.store.database import open_for_reading, open_for_writing, transaction
from tests.canary_states import run, state
from tests.rollout_objects import moment
from tests.store.canary_looks import (
    FOREVER,
    NEVER,
    looks,
    recorded,
    tick,
)


def test_what_was_new_is_told(path: Path) -> None:
    first, second = looks()[1], looks()[3]
    with open_for_writing(path) as connection, transaction(connection):
        assert canary_runs.record(connection, first) == RecordedRuns(added=1, measurements=1)
        assert canary_runs.record(connection, second) == RecordedRuns(gone_on=1, measurements=1)
        assert canary_runs.record(connection, first) == RecordedRuns()


def test_runs_are_found_by_rollout_and_by_time(path: Path) -> None:
    runs = [
        run(f"r{number}", at=number * 60, owner=owner, canary=f"c{number}")
        for number, owner in enumerate(["api", "web", "api", None])
    ]
    recorded(path, runs)
    with open_for_reading(path) as connection:
        of_api = canary_history.runs_of(connection, ["uid-api"], FOREVER)
        late = canary_history.runs_of(connection, ["uid-api"], FOREVER, since=moment(60))
        of_hash = canary_history.runs_of_hashes(connection, {"uid-api": {"c0"}, "uid-web": {"c9"}}, FOREVER)
        early = canary_history.rollouts_between(connection, moment(30), moment(150))
        going = canary_history.running(connection, moment(100))
        alone = canary_history.runs_alone_between(connection, moment(0), moment(999))
        plans = [
            connection.execute(f"EXPLAIN QUERY PLAN SELECT * FROM canary_runs WHERE {where}").fetchall()[0][3]  # noqa: S608 - our own words
            for where in ("rollout = 'x' AND began_us <= 1", "began_us >= 1 AND began_us < 2")
        ]
    assert [item.name for item in of_api] == ["r0", "r2"]
    assert [item.name for item in late] == ["r2"]
    assert [item.name for item in of_hash] == ["r0"]
    assert sorted(early) == ["uid-api", "uid-web"]
    assert going == {"uid-api": {"c0"}, "uid-web": {"c1"}}
    assert [item.name for item in alone] == ["r3"]
    assert all("USING INDEX" in plan for plan in plans)


def test_rollouts_with_a_canary_are_found_without_reading_all(path: Path) -> None:
    recorded(path, [
        state("settled", canary="a", stable="a", phase="Healthy"),
        state("running", at=5),
        *(state("long-done", at=minute, version=minute) for minute in range(3)),
        *(state("long-done", at=minute, version=minute, canary="b", stable="b") for minute in (50, 60, 70)),
    ])  # fmt: skip
    with open_for_reading(path) as connection:
        assert canary_rollouts.unsettled(connection, FOREVER) == {"uid-running": {"new", "old"}}
        assert sorted(canary_rollouts.changed_since(connection, moment(4))) == [
            "uid-long-done",
            "uid-running",
        ]


def test_people_can_read_it_with_datasette(path: Path) -> None:
    recorded(path, [state(at=3, step=1, message="paused"), looks()[-1]])
    with open_for_reading(path) as connection:
        logs = {
            view: connection.execute(f"SELECT * FROM {view}").fetchall()  # noqa: S608 - our own names
            for view in ("canary_rollout_log", "canary_run_log", "canary_measurement_log")
        }
    assert logs["canary_rollout_log"][0][:4] == ("2026-11-02 09:03:00", "production", "api", 2)
    assert "Successful" in logs["canary_run_log"][0]
    assert len(logs["canary_measurement_log"]) == 10


def test_of_two_words_on_a_tick_the_one_with_more_requests_holds(path: Path) -> None:
    early, late = [tick(1, 0, 5, 0, 50), tick(2, 1, 10, 2, 90)], [tick(1, 1, 10, 1, 100)]
    stores = []
    for number, batches in enumerate(([early, late], [late, early, late])):
        with open_for_writing(path.with_name(f"{number}.db")) as connection, transaction(connection):
            for batch in batches:
                canary_ticks.record_ticks(connection, "uid-api", "new", batch)
            stores.append(canary_ticks.ticks_between(connection, "uid-api", "new", NEVER, FOREVER))
    assert stores[0] == stores[1] == (late[0], early[1])
