"""What `sync` and `serve` do with a cluster: read it once, or watch it, and tell what came of that."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import click

from dashboard.config.kubernetes import kubernetes_settings
from dashboard.ingest.canaries import StoredCanaries
from dashboard.ingest.kubernetes import ClusterRead, follow_cluster, read_cluster
from dashboard.sources.kubernetes_rollouts import KubernetesRollouts
from dashboard.ui import format as shown

_SECONDS_BETWEEN = 2.0


def cluster() -> KubernetesRollouts | None:
    """The cluster that the environment names; None where it names none.

    Raises:
        ConfigurationError: its settings are wrong, or the client is not installed.
    """
    settings = kubernetes_settings(os.environ)
    return None if settings is None else KubernetesRollouts(settings)


def read_and_tell(store: Path, source: KubernetesRollouts, stop: threading.Event) -> bool:
    """Read the cluster into `store`; False when a part of it could not be."""
    found = read_cluster(store, source, progress=_Meter(), stop=stop)
    _tell(found)
    return not found.unreachable


def watcher(store: Path, source: KubernetesRollouts) -> Callable[[threading.Event], None]:
    """Starts to watch the cluster into `store`, in the background, until what it is given is set."""

    def start(stop: threading.Event) -> None:
        follow_cluster(store, source, stop, lambda sentence: click.echo(sentence, err=True))

    return start


def stored_sentence(stored: StoredCanaries) -> str:
    """What was read, and what of it was new."""
    rollouts = f"{shown.amount(stored.rollouts, 'Rollout')} ({stored.states} in a new state)"
    new = stored.new
    runs = f"{shown.amount(stored.runs, 'AnalysisRun')} ({new.added} new, {new.gone_on} updated)"
    known = "; all of it was known already" if stored.changed_nothing else ""
    return f"{rollouts}, {runs}, {new.measurements} measurements added{known}"


def _tell(found: ClusterRead) -> None:
    click.echo(f"kubernetes: {stored_sentence(found.stored)}", err=True)
    for problem in (*found.unreachable, *found.problems):
        click.echo(f"  {problem}", err=True)


class _Meter:
    """How far a list was read, every few seconds."""

    def __init__(self) -> None:
        self._told = time.monotonic()

    def __call__(self, done: int, total: int | None, what: str) -> None:
        if time.monotonic() - self._told >= _SECONDS_BETWEEN:
            self._told = time.monotonic()
            of_all = f" of {total:,}" if total is not None else ""
            click.echo(f"{what}: read {done:,}{of_all}", err=True)
