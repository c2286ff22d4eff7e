"""A cluster into the store, once and for as long as it is watched; the cluster is an honest double."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.errors import InputError
from dashboard.ingest.kubernetes import read_cluster
from dashboard.sources.kubernetes_rollouts import KubernetesRollouts
from dashboard.store import settings
from dashboard.store.database import open_for_writing
from tests.ingest import clusters
from tests.ingest.clusters import called, connect, rows, wait_for
from tests.kubernetes_double import CutOff, KubernetesDouble, Refused
from tests.rollout_objects import analysis_run, measurement, metric_result, rollout

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def source(server: KubernetesDouble, tmp_path: Path) -> Iterator[KubernetesRollouts]:
    connected = connect(server, tmp_path)
    yield connected
    connected.close()


def run_with(count: int, first: int = 0) -> dict[str, Any]:
    taken = [measurement(minute) for minute in range(first, count)]
    return analysis_run("api-new-2-2", metric_result("errors", taken, dropped=first))


def test_all_of_a_cluster_is_stored_once_and_again_without_a_change(
    store: Path, server: KubernetesDouble, source: KubernetesRollouts
) -> None:
    server.put(rollout("api"), rollout("web"), run_with(3))
    first = read_cluster(store, source)
    assert (first.stored.rollouts, first.stored.states, first.stored.runs) == (2, 2, 1)
    assert (first.stored.new.added, first.stored.new.measurements) == (1, 3)
    assert (first.problems, first.unreachable) == ((), ())
    assert read_cluster(store, source).stored.changed_nothing
    assert {name for (name,) in rows(store, "SELECT source FROM canary_reads WHERE problem IS NULL")} == {
        f"{called(server)}: rollouts in all namespaces",
        f"{called(server)}: analysisruns in all namespaces",
    }


def test_a_rollout_that_is_there_no_longer_is_marked_as_gone_and_stays_known(
    store: Path, server: KubernetesDouble, source: KubernetesRollouts
) -> None:
    server.put(rollout("api"), rollout("web"))
    read_cluster(store, source)
    server.delete("Rollout", "production", "web")
    read_cluster(store, source)
    assert rows(store, "SELECT rollout FROM canary_presence WHERE gone_us IS NOT NULL") == [("uid-web",)]
    assert len(rows(store, "SELECT rollout FROM canary_rollouts")) == 2
    server.put(rollout("web"))
    read_cluster(store, source)
    assert rows(store, "SELECT rollout FROM canary_presence WHERE gone_us IS NOT NULL") == []


def test_a_list_that_cannot_be_read_keeps_no_other_out_and_marks_nothing_as_gone(
    store: Path, server: KubernetesDouble, source: KubernetesRollouts
) -> None:
    server.put(rollout("api"), run_with(1))
    read_cluster(store, source)
    server.delete("Rollout", "production", "api")
    server.put(run_with(2))
    server.fault = lambda request: Refused(403) if "rollouts" in request.path else None
    found = read_cluster(store, source)
    assert found.stored.new.measurements == 1
    (problem,) = found.unreachable
    assert "403 Forbidden" in problem
    assert rows(store, "SELECT rollout FROM canary_presence WHERE gone_us IS NOT NULL") == []
    assert rows(store, "SELECT source, problem FROM canary_reads WHERE problem IS NOT NULL") == [
        (f"{called(server)}: rollouts in all namespaces", problem)
    ]


def test_an_object_that_cannot_be_read_is_told(
    store: Path, server: KubernetesDouble, source: KubernetesRollouts
) -> None:
    broken = rollout("broken")
    broken["status"]["phase"] = "Great"
    server.put(broken, rollout("api"))
    found = read_cluster(store, source)
    assert found.stored.rollouts == 1
    assert "production/broken.status.phase: found 'Great'" in found.problems[0]


def test_only_the_runs_of_chosen_rollouts_are_stored(
    store: Path, server: KubernetesDouble, tmp_path: Path
) -> None:
    server.put(
        rollout("api", labels={"team": "x"}),
        rollout("web", labels={"team": "y"}),
        analysis_run("of-api", owner="api"),
        analysis_run("of-web", owner="web"),
        analysis_run("of-nobody", owner=None),
    )
    chosen = connect(server, tmp_path, label_selector="team=x")
    read_cluster(store, chosen)
    chosen.close()
    assert rows(store, "SELECT name FROM canary_runs ORDER BY name") == [("of-api",), ("of-nobody",)]
    assert rows(store, "SELECT name FROM canary_rollouts") == [("api",)]


def test_real_rollouts_stay_out_of_the_demo(
    store: Path, server: KubernetesDouble, source: KubernetesRollouts
) -> None:
    with open_for_writing(store) as connection:
        settings.mark_demo(connection, 1_800_000_000)
    server.put(rollout("api"))
    with pytest.raises(InputError, match="found the demo"):
        read_cluster(store, source)


@pytest.fixture
def followed(store: Path, server: KubernetesDouble, source: KubernetesRollouts) -> Iterator[list[str]]:
    """The cluster is watched into the store; gives what was told meanwhile."""
    server.put(rollout("api"), run_with(1))
    with clusters.followed(store, server, source) as told:
        yield told


def steps(store: Path) -> list[int]:
    return [
        step for (step,) in rows(store, "SELECT step_index FROM canary_rollouts ORDER BY resource_version")
    ]


def measured(store: Path) -> int:
    return len(rows(store, "SELECT 1 FROM canary_measurements"))


def test_every_change_is_stored_as_it_comes(
    store: Path, server: KubernetesDouble, followed: list[str]
) -> None:
    for step in range(1, 4):
        server.put(rollout("api", step=step))
    for count in range(2, 25):
        server.put(run_with(count, max(0, count - 10)))
    wait_for(lambda: steps(store) == [0, 1, 2, 3] and measured(store) == 24, "all is stored")
    server.delete("Rollout", "production", "api")
    gone = "SELECT rollout FROM canary_presence WHERE gone_us IS NOT NULL"
    wait_for(lambda: rows(store, gone) == [("uid-api",)], "it is gone")
    assert followed == []


@pytest.mark.parametrize("shape", ["event", "status"])
def test_a_watch_that_has_expired_begins_with_the_list_again(
    shape: str, store: Path, server: KubernetesDouble, followed: list[str]
) -> None:
    server.gone_as_event = shape == "event"
    server.fault = lambda request: CutOff() if request.is_watch else None
    server.put(rollout("api", step=1))
    wait_for(lambda: steps(store) == [0, 1], "the change is stored")
    server.forget_history()
    server.fault = lambda _: None
    server.put(rollout("api", step=2))
    wait_for(lambda: steps(store) == [0, 1, 2], "the change after it as well")
    assert followed == []


def test_a_watch_that_breaks_goes_on_from_where_it_was(
    store: Path, server: KubernetesDouble, followed: list[str]
) -> None:
    lists = len(server.requests) - len(server.watches())
    server.fault = lambda request: CutOff() if request.is_watch else None
    for step in (1, 2, 3):
        server.put(rollout("api", step=step))
        wait_for(lambda wanted=step: steps(store)[-1] == wanted, f"step {step} is stored")  # type: ignore[misc]  # bound now
    assert len(server.requests) - len(server.watches()) == lists
    assert followed == []


def test_an_outage_is_told_once_and_ends_by_itself(
    store: Path, server: KubernetesDouble, followed: list[str]
) -> None:
    server.forget_history()
    server.fault = lambda _: Refused(401)
    server.put(rollout("api", step=1), run_with(2))
    wait_for(lambda: len(followed) >= 2, "both lists tell it")
    asked = len(server.requests)
    wait_for(lambda: len(server.requests) > asked + 6, "it is tried again")
    assert sorted(followed) == sorted(set(followed))
    assert all("401 Unauthorized" in sentence for sentence in followed)
    refused = "SELECT 1 FROM canary_reads WHERE problem LIKE '%401%'"
    wait_for(lambda: len(rows(store, refused)) == 2, "the store knows it")
    server.fault = lambda _: None
    wait_for(lambda: steps(store) == [0, 1] and measured(store) == 2, "what came meanwhile is stored")
    healed = "SELECT 1 FROM canary_reads WHERE problem IS NULL"
    wait_for(lambda: len(rows(store, healed)) == 2, "nothing is wrong any more")


def test_an_object_that_cannot_be_read_does_not_stop_the_watching(
    store: Path, server: KubernetesDouble, followed: list[str]
) -> None:
    broken = rollout("broken")
    broken["status"]["phase"] = "Great"
    server.put(broken, rollout("api", step=1))
    wait_for(lambda: steps(store) == [0, 1], "the good one is stored")
    assert len(followed) == 1
    assert "production/broken.status.phase" in followed[0]
