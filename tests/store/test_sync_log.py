"""The log of syncs: watermarks, runs, and problems that are told once."""

import sqlite3
from datetime import timedelta

import pytest

from dashboard.store import settings, sli
from dashboard.store.database import transaction
from dashboard.store.sync_log import (
    OpenProblem,
    Problem,
    SyncOutcome,
    SyncRun,
    last_run,
    log_run,
    mark_partial,
    mark_synced,
    open_problems,
    replace_problems,
    retire,
    runs_by_outcome,
    synced_until,
    want_from,
)
from tests.histories import NOW, objective

_SECOND = timedelta(seconds=1)


def _run(number: int, outcome: SyncOutcome = SyncOutcome.OK) -> SyncRun:
    at = NOW + number * _SECOND
    return SyncRun(
        started_at=at, finished_at=at + _SECOND, outcome=outcome, message=f"run {number}", buckets=number
    )


def _problem(message: str = "down", subject: str = "availability") -> Problem:
    return Problem(subject=subject, kind="source", message=message)


def test_the_watermark_never_moves_back(connection: sqlite3.Connection) -> None:
    ids = sli.ensure_objectives(connection, [objective()]).values()
    seen = [synced_until(connection, "availability")["api"]]
    for until in (500, 200, None, 800):
        if until is None:
            mark_partial(connection, ids, "half an answer", NOW)
        else:
            mark_synced(connection, ids, until)
        seen.append(synced_until(connection, "availability")["api"])
    assert seen == [None, 500, 500, 500, 800]


def test_the_last_run_is_the_newest_that_had_begun(connection: sqlite3.Connection) -> None:
    assert last_run(connection, NOW) is None
    for number in range(3):
        log_run(connection, _run(number))
    assert last_run(connection, NOW - _SECOND) is None
    assert last_run(connection, NOW + _SECOND) == _run(1)
    assert last_run(connection, NOW + timedelta(days=1)) == _run(2)


def test_only_the_newest_ten_thousand_runs_are_kept(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        for number in range(10_003):
            log_run(connection, _run(number))
    kept = connection.execute("SELECT count(*), min(buckets), max(buckets) FROM sync_runs").fetchone()
    assert kept == (10_000, 3, 10_002)


def test_runs_are_counted_by_outcome(connection: sqlite3.Connection) -> None:
    log_run(connection, _run(0))
    log_run(connection, _run(1, SyncOutcome.FAILED))
    log_run(connection, _run(2))
    assert runs_by_outcome(connection) == {
        SyncOutcome.OK: 2,
        SyncOutcome.PARTIAL: 0,
        SyncOutcome.FAILED: 1,
        SyncOutcome.STOPPED: 0,
    }


def test_a_problem_is_told_once(connection: sqlite3.Connection) -> None:
    assert replace_problems(connection, [_problem()], NOW) == [_problem()]
    assert replace_problems(connection, [_problem()], NOW + _SECOND) == []
    assert open_problems(connection, NOW) == [OpenProblem(problem=_problem(), first_seen=NOW)]


def test_a_problem_that_says_something_new_is_told_again(connection: sqlite3.Connection) -> None:
    replace_problems(connection, [_problem()], NOW)
    assert replace_problems(connection, [_problem("up, but slow")], NOW) == [_problem("up, but slow")]


def test_a_problem_that_went_away_and_came_back_is_told_again(connection: sqlite3.Connection) -> None:
    replace_problems(connection, [_problem()], NOW)
    assert replace_problems(connection, [], NOW + _SECOND) == []
    assert open_problems(connection, NOW + _SECOND) == []
    assert replace_problems(connection, [_problem()], NOW + 2 * _SECOND) == [_problem()]
    assert open_problems(connection, NOW + 2 * _SECOND)[0].first_seen == NOW + 2 * _SECOND


def test_problems_are_told_by_subject(connection: sqlite3.Connection) -> None:
    replace_problems(connection, [_problem(subject="b"), _problem(subject="a")], NOW)
    assert [item.problem.subject for item in open_problems(connection, NOW)] == ["a", "b"]


def test_a_look_at_the_past_does_not_show_the_problems_of_today(connection: sqlite3.Connection) -> None:
    replace_problems(connection, [_problem()], NOW)
    assert open_problems(connection, NOW - _SECOND) == []


@pytest.mark.parametrize("as_of", [0, 1_800_000_000])
def test_a_demo_is_remembered_with_its_end(connection: sqlite3.Connection, as_of: int) -> None:
    assert settings.demo_as_of(connection) is None
    settings.mark_demo(connection, as_of)
    assert settings.demo_as_of(connection) == as_of


def test_a_changed_query_sets_the_old_counts_aside_and_a_return_brings_them_back(
    connection: sqlite3.Connection,
) -> None:
    ids = sli.ensure_objectives(connection, [objective()])
    mark_synced(connection, ids.values(), 500)
    retire(connection, "availability", old="aaaa", new="bbbb")
    assert synced_until(connection, "availability") == {}
    assert synced_until(connection, "availability@aaaa") == {"api": 500}
    sli.ensure_objectives(connection, [objective()])
    retire(connection, "availability", old="bbbb", new="aaaa")
    assert synced_until(connection, "availability") == {"api": 500}


def test_history_that_is_wanted_from_further_back_is_read_anew(connection: sqlite3.Connection) -> None:
    ids = sli.ensure_objectives(connection, [objective()])
    now = int(NOW.timestamp())
    want_from(connection, now - 100, NOW)
    mark_synced(connection, ids.values(), now)
    for wanted, read in ((now - 100, now), (now - 50, now), (now - 101, None)):
        want_from(connection, wanted, NOW)
        assert synced_until(connection, "availability") == {"api": read}


def test_a_look_at_the_past_reads_nothing_anew(connection: sqlite3.Connection) -> None:
    ids = sli.ensure_objectives(connection, [objective()])
    now = int(NOW.timestamp())
    want_from(connection, now - 100, NOW)
    mark_synced(connection, ids.values(), now)
    want_from(connection, now - 200, NOW - _SECOND)
    assert synced_until(connection, "availability") == {"api": now}


def test_a_partial_answer_is_known_since_the_first_one(connection: sqlite3.Connection) -> None:
    ids = sli.ensure_objectives(connection, [objective()])
    for moment in (NOW, NOW + _SECOND):
        mark_partial(connection, ids.values(), "half an answer", moment)
    since = connection.execute("SELECT partial_since FROM objectives").fetchone()
    assert since == (int(NOW.timestamp()),)


def test_problems_of_what_was_not_read_stay_open(connection: sqlite3.Connection) -> None:
    replace_problems(connection, [_problem(subject="a"), _problem(subject="b")], NOW)
    assert replace_problems(connection, [], NOW + _SECOND, unread={"a"}) == []
    assert [item.problem.subject for item in open_problems(connection, NOW + _SECOND)] == ["a"]
