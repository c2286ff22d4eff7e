"""A cluster that is read into a store: how tests connect to it, watch it, and look at what was stored."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from dashboard.config.kubernetes import Access, KubernetesSettings
from dashboard.ingest.kubernetes import follow_cluster
from dashboard.sources.kubernetes_rollouts import KubernetesRollouts
from tests.kubernetes_double import KubernetesDouble

GONE = "SELECT rollout FROM canary_presence WHERE gone_us IS NOT NULL ORDER BY rollout"
PRESENT = "SELECT rollout FROM canary_presence WHERE gone_us IS NULL ORDER BY rollout"
PROBLEMS = "SELECT source, problem FROM canary_reads WHERE problem IS NOT NULL"


def connect(server: KubernetesDouble, folder: Path, **more: Any) -> KubernetesRollouts:
    """A connection to `server`; `folder` holds its kubeconfig."""
    file = folder / f"kubeconfig-{server.url.rpartition(':')[2]}"
    file.write_text(server.kubeconfig(), encoding="utf-8")
    given = {"timeout": 2.0, **more}
    return KubernetesRollouts(KubernetesSettings(access=Access.KUBECONFIG, kubeconfig=file, **given))


def called(server: KubernetesDouble) -> str:
    """What the sources of `server` are called; one that is asked by HTTP keeps its scheme."""
    return f"kubernetes at {server.url}"


@contextlib.contextmanager
def followed(
    store: Path, server: KubernetesDouble, source: KubernetesRollouts, *, watched: bool = True
) -> Iterator[list[str]]:
    """The cluster is watched into the store; gives what was told meanwhile."""
    told: list[str] = []
    stop = threading.Event()
    threads = follow_cluster(store, source, stop, told.append)
    try:
        if watched:
            wait_for(lambda: len(server.watches()) >= len(threads), "every list is watched")
        yield told
    finally:
        stop.set()
        server.fault = lambda _: None
        for thread in threads:
            deadline = time.monotonic() + 10
            while thread.is_alive() and time.monotonic() < deadline:
                server.bookmark()  # which ends the waiting of a watch
                thread.join(0.1)
            assert not thread.is_alive()


def rows(store: Path, query: str) -> list[tuple[Any, ...]]:
    """What `query` finds; nothing while there is no store."""
    with contextlib.closing(sqlite3.connect(store, timeout=10)) as connection:
        try:
            return connection.execute(query).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise


def wait_for(
    fact: Callable[[], bool],
    what: str,
    seconds: float = 20,
    *,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """Wait until `fact`, and do something `meanwhile`."""
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        meanwhile()
        time.sleep(0.02)
