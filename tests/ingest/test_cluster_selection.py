"""What of a cluster counts, what of it is there, and what is gone: over labels, settings and clusters."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboard.ingest import cluster_list
from dashboard.ingest.kubernetes import read_cluster
from dashboard.sources import kubernetes_rollouts
from dashboard.store import canaries
from dashboard.store.database import open_for_reading
from tests.ingest.clusters import GONE, PRESENT, PROBLEMS, called, connect, followed, rows, wait_for
from tests.kubernetes_double import Fault, KubernetesDouble, Refused, Request
from tests.rollout_objects import Object, analysis_run, rollout

pytestmark = pytest.mark.usefixtures("quick")
OF_X = {"label_selector": "team=x"}
_RUNS = "SELECT name FROM canary_runs ORDER BY name"


def of_team(team: str, name: str = "api", **more: Any) -> Object:
    return rollout(name, labels={"team": team}, **more)


def broken(name: str = "api") -> Object:
    found = rollout(name)
    found["status"]["phase"] = "Great"
    return found


# Which runs count ---------------------------------------------------------------------------------------


def test_runs_are_listed_when_it_is_known_which_rollouts_are_chosen(
    server: KubernetesDouble, store: Path, tmp_path: Path
) -> None:
    def slow_rollouts(request: Request) -> Fault | None:
        if request.path.endswith("rollouts") and not request.is_watch:
            time.sleep(1)
        return None

    server.put(of_team("x"), of_team("y", "web"), analysis_run("of-api"), analysis_run("of-web", owner="web"))
    server.fault = slow_rollouts
    with followed(store, server, connect(server, tmp_path, **OF_X)):
        assert rows(store, _RUNS) == [("of-api",)]


def test_runs_that_are_listed_before_their_chosen_rollout_are_stored(
    server: KubernetesDouble, store: Path, tmp_path: Path
) -> None:
    server.put(of_team("x"), of_team("y", "web"), analysis_run("of-api"), analysis_run("of-web", owner="web"))
    server.fault = lambda request: Refused(403) if "rollouts" in request.path else None
    with followed(store, server, connect(server, tmp_path, **OF_X), watched=False):
        wait_for(lambda: bool(server.watches()), "the runs are watched")
        assert rows(store, _RUNS) == []
        server.fault = lambda _: None
        wait_for(lambda: bool(rows(store, _RUNS)), "the run is stored", meanwhile=server.bookmark)
    assert rows(store, _RUNS) == [("of-api",)]


def test_a_run_that_comes_before_its_new_rollout_is_stored(
    server: KubernetesDouble, store: Path, tmp_path: Path
) -> None:
    with followed(store, server, connect(server, tmp_path, **OF_X)) as told:
        server.put(analysis_run("early"))
        time.sleep(0.3)
        assert rows(store, _RUNS) == []
        server.put(of_team("x"))
        wait_for(lambda: rows(store, PRESENT) == [("uid-api",)], "its Rollout is known")
        server.bookmark()
        wait_for(lambda: rows(store, _RUNS) == [("early",)], "it is stored")
    assert told == []


def test_the_last_word_on_a_run_is_stored_after_its_rollout_is_gone(
    server: KubernetesDouble, store: Path, tmp_path: Path
) -> None:
    server.put(of_team("x"))
    with followed(store, server, connect(server, tmp_path, **OF_X)):
        server.delete("Rollout", "production", "api")
        wait_for(lambda: rows(store, GONE) == [("uid-api",)], "it is gone")
        server.put(analysis_run("late", phase="Failed"))
        wait_for(lambda: rows(store, _RUNS) == [("late",)], "its run is stored")


# What is there ------------------------------------------------------------------------------------------


def test_a_rollout_that_can_no_longer_be_read_is_there_and_a_problem_of_its_source(
    server: KubernetesDouble, store: Path, tmp_path: Path
) -> None:
    source = connect(server, tmp_path)
    server.put(rollout(), rollout("web"))
    read_cluster(store, source)
    server.put(broken())
    read_cluster(store, source)
    assert rows(store, GONE) == []
    ((name, problem),) = rows(store, PROBLEMS)
    assert name == f"{called(server)}: rollouts in all namespaces"
    assert problem.startswith(
        "1 object cannot be read: kubernetes: Rollout production/api.status.phase: found 'Gre"
    )
    with open_for_reading(store) as connection:
        (_, read) = canaries.reads(connection)
    assert not read.is_behind
    server.put(rollout())
    read_cluster(store, source)
    assert rows(store, PROBLEMS) == []


def test_an_unreadable_rollout_in_a_watch_is_told_once_and_a_problem_until_it_can_be_read(
    server: KubernetesDouble, store: Path, tmp_path: Path
) -> None:
    server.put(rollout())
    with followed(store, server, connect(server, tmp_path)) as told:
        server.put(broken())
        wait_for(lambda: len(rows(store, PROBLEMS)) == 1, "it is a problem")
        server.put(broken(), rollout("web"))
        wait_for(lambda: ("uid-web",) in rows(store, PRESENT), "others are read")
        assert len(rows(store, PROBLEMS)) == len(told) == 1
        assert rows(store, GONE) == []
        server.put(rollout())
        wait_for(lambda: rows(store, PROBLEMS) == [], "it is none any more")


def test_two_clusters_in_one_store_leave_each_other_alone(
    server: KubernetesDouble, store: Path, tmp_path: Path
) -> None:
    with KubernetesDouble() as other:
        server.put(rollout(uid="of-one"))
        other.put(rollout(uid="of-other"))
        for cluster in (server, other, server):
            read_cluster(store, connect(cluster, tmp_path))
    assert (rows(store, GONE), len(rows(store, PRESENT))) == ([], 2)


def test_a_password_in_an_address_is_not_in_the_name_of_a_source(
    server: KubernetesDouble, tmp_path: Path
) -> None:
    server.url = server.url.replace("//", "//admin:hunter2@")
    assert not any("hunter2" in scope.name for scope in connect(server, tmp_path).scopes)


# What is chosen otherwise -------------------------------------------------------------------------------


def test_a_narrower_selection_marks_no_rollout_as_gone(
    server: KubernetesDouble, store: Path, tmp_path: Path
) -> None:
    server.put(of_team("x"), of_team("y", "web"))
    read_cluster(store, connect(server, tmp_path))
    read_cluster(store, connect(server, tmp_path, **OF_X))
    assert rows(store, GONE) == []


@pytest.mark.parametrize("way", ["list", "watch"])
def test_a_rollout_that_is_not_chosen_any_more_is_not_gone_and_a_deleted_one_is(
    way: str, server: KubernetesDouble, store: Path, tmp_path: Path
) -> None:
    server.put(of_team("x"), of_team("x", "web"))
    source = connect(server, tmp_path, **OF_X)
    if way == "list":
        read_cluster(store, source)
        server.put(of_team("y"))
        server.delete("Rollout", "production", "web")
        read_cluster(store, source)
    else:
        with followed(store, server, source):
            server.put(of_team("y"))
            wait_for(lambda: rows(store, PRESENT) == [("uid-web",)], "it left")
            server.delete("Rollout", "production", "web")
            wait_for(lambda: bool(rows(store, GONE)), "the other one is gone")
    assert (rows(store, GONE), rows(store, PRESENT)) == ([("uid-web",)], [])


def test_a_source_that_the_settings_name_no_more_is_dropped_after_an_hour(
    server: KubernetesDouble, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(rollout(), rollout("web"))
    read_cluster(store, connect(server, tmp_path))
    server.delete("Rollout", "production", "web")
    read_cluster(store, connect(server, tmp_path))
    one = connect(server, tmp_path, namespaces=("production",))
    read_cluster(store, one)
    named = "SELECT source FROM canary_reads ORDER BY source"
    assert len(rows(store, named)) == 4, "another process may read it"
    monkeypatch.setattr(cluster_list, "_RETIRED_AFTER", timedelta())
    read_cluster(store, one)
    assert rows(store, named) == [
        (f"{called(server)}: analysisruns in production",),
        (f"{called(server)}: rollouts in production",),
    ]
    assert rows(store, GONE) == [("uid-web",)], "what is gone stays so"
    server.delete("Rollout", "production", "api")
    read_cluster(store, one)
    with open_for_reading(store) as connection:
        assert set(canaries.gone(connection, datetime.now(UTC))) == {"uid-api", "uid-web"}


# What is counted ----------------------------------------------------------------------------------------


def test_a_list_that_begins_anew_is_counted_once(
    server: KubernetesDouble, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_rollouts, "_PAGE", 2)
    server.put(*(analysis_run(f"run-{number}") for number in range(5)), broken())
    left = [Refused(410)]
    server.fault = lambda request: left.pop() if left and "continue" in request.params else None
    counts: list[tuple[int, str]] = []
    found = read_cluster(
        store, connect(server, tmp_path), progress=lambda done, _all, what: counts.append((done, what))
    )
    assert (found.stored.runs, found.stored.new.added) == (5, 5)
    assert len(found.problems) == 1
    assert [done for done, what in counts if "analysisruns" in what] == [2, 2, 4]
