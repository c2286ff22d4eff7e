"""`reliability sync` and `serve` with RELIABILITY_KUBERNETES; the cluster is an honest double."""

import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from tests.cli.command import ROOT, run, start
from tests.kubernetes_double import KubernetesDouble, Refused
from tests.rollout_objects import analysis_run, measurement, metric_result, rollout

_RUN = analysis_run("api-new-2-2", metric_result("errors", [measurement(7)]))


@pytest.fixture
def server() -> Iterator[KubernetesDouble]:
    with KubernetesDouble() as running:
        yield running


@pytest.fixture
def env(server: KubernetesDouble, tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "kubeconfig"
    file.write_text(server.kubeconfig(), encoding="utf-8")
    return {"RELIABILITY_KUBERNETES": str(file), "RELIABILITY_KUBERNETES_TIMEOUT": "5"}


def count(store: Path, table: str) -> int:
    if not store.exists():
        return 0
    with sqlite3.connect(store, timeout=10) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
        found = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] if (table,) in tables else 0  # noqa: S608 - our own names
    connection.close()
    return int(found)


def wait_for(fact: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def test_a_cluster_alone_can_be_read(
    server: KubernetesDouble, env: dict[str, str], store: Path, catalog: Path
) -> None:
    server.put(rollout(), _RUN)
    ended = run("sync", "--store", store, "--catalog", catalog, env=env)
    assert (ended.code, ended.out) == (0, "")
    assert ended.err.splitlines() == [
        "no Prometheus is named: only the cluster is read",
        "kubernetes: 1 Rollout (1 in a new state), 1 AnalysisRun (1 new, 0 updated), 1 measurements added",
    ]


def test_a_cluster_that_refuses_is_told_with_exit_code_3(
    server: KubernetesDouble, env: dict[str, str], store: Path, catalog: Path
) -> None:
    server.fault = lambda _: Refused(401)
    ended = run("sync", "--store", store, "--catalog", catalog, env=env)
    assert ended.code == 3
    assert ended.err.count("found 401 Unauthorized") == 2
    assert "a-token-of-the-tests" not in ended.err


def test_settings_that_are_wrong_are_told_before_anything_is_read(store: Path, catalog: Path) -> None:
    ended = run("sync", "--store", store, "--catalog", catalog, env={"RELIABILITY_KUBERNETES": "yes"})
    assert ended.code == 2
    assert "RELIABILITY_KUBERNETES: found 'yes', expected in-cluster, kubeconfig, or the path" in ended.err


def test_without_the_extra_it_says_what_to_install(
    env: dict[str, str], store: Path, catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes", None)
    ended = run("sync", "--store", store, "--catalog", catalog, env=env)
    assert ended.code == 2
    assert "expected it: pip install 'release-reliability[kubernetes]'" in ended.err


def test_a_sync_that_goes_on_watches_the_cluster_until_it_is_stopped(
    server: KubernetesDouble, env: dict[str, str], store: Path, catalog: Path
) -> None:
    server.put(rollout())
    process = start("sync", "--every", "60s", "--store", store, "--catalog", catalog, env=env)
    try:
        wait_for(lambda: len(server.watches()) >= 2, "it watches")
        server.put(rollout(step=1), _RUN)
        wait_for(
            lambda: (count(store, "canary_rollouts"), count(store, "canary_runs")) == (2, 1), "it stores"
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("when", ["it starts", "it waits"])
def test_a_sync_that_is_told_to_stop_says_so(
    when: str, server: KubernetesDouble, env: dict[str, str], store: Path, catalog: Path
) -> None:
    server.put(rollout())
    server.fault = lambda _: Refused(503, 30)
    process = start("sync", "--store", store, "--catalog", catalog, env=env)
    try:
        if when == "it waits":
            wait_for(lambda: bool(server.requests), "it asks")
        else:
            handled = Path(f"/proc/{process.pid}/status")
            wait_for(lambda: catches(handled.read_text(encoding="utf-8"), signal.SIGTERM), "it listens")
            assert not server.requests
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=20)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0
    assert told.splitlines()[-1] == "stopped; what was read is stored, the next sync goes on from there"
    assert "found 503" not in told


def catches(status: str, what: signal.Signals) -> bool:
    """Whether a process with this `status` of /proc has a handler for a signal."""
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (what - 1) & 1)


def test_the_rights_that_we_ask_for_are_those_that_are_used(
    server: KubernetesDouble, env: dict[str, str], store: Path, catalog: Path
) -> None:
    process = start("sync", "--every", "60s", "--store", store, "--catalog", catalog, env=env)
    try:
        wait_for(lambda: len(server.watches()) >= 2, "it watches")
    finally:
        process.kill()
        process.communicate()
    asked = {urlsplit(request.path).path for request in server.requests}
    used = {path.removeprefix("/apis/argoproj.io/v1alpha1/") for path in asked}
    documents = list(
        yaml.safe_load_all((ROOT / "docs" / "argo-rollouts-rbac.yaml").read_text(encoding="utf-8"))
    )
    rules = [rule for document in documents for rule in document.get("rules", [])]
    assert rules
    for rule in rules:
        assert rule["apiGroups"] == ["argoproj.io"]
        assert set(rule["verbs"]) == {"list", "watch"}
        assert set(rule["resources"]) == used == {"rollouts", "analysisruns"}
    kinds = [document["kind"] for document in documents]
    assert kinds == ["ServiceAccount", "ClusterRole", "ClusterRoleBinding"]
    account, role, binding = documents
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["subjects"] == [
        {
            "kind": "ServiceAccount",
            "name": account["metadata"]["name"],
            "namespace": account["metadata"]["namespace"],
        }
    ]
