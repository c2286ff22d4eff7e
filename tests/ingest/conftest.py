"""A cluster and a store for the tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.ingest import cluster_watch
from dashboard.sources import kubernetes_api
from tests.kubernetes_double import KubernetesDouble


@pytest.fixture
def server() -> Iterator[KubernetesDouble]:
    with KubernetesDouble() as running:
        yield running


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between tries that are short."""
    monkeypatch.setattr(kubernetes_api, "_FIRST_WAIT", 0.01)
    monkeypatch.setattr(cluster_watch, "_FIRST_WAIT", 0.05)
    monkeypatch.setattr(cluster_watch, "_LONGEST_WAIT", 0.2)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store.db"
