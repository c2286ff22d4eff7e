"""`reliability sync`: from Prometheus into the store."""

import gc
import os
import signal
import sys
import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

import click

from dashboard.cli import options
from dashboard.cli.cluster import cluster, read_and_tell, watcher
from dashboard.collector import Collector
from dashboard.config import load_catalog, prometheus_settings
from dashboard.errors import SourceUnreachableError
from dashboard.ingest.sync import SyncReport
from dashboard.reports.instants import wall_clock
from dashboard.sources.kubernetes_rollouts import KubernetesRollouts
from dashboard.store.sync_log import Problem, SyncOutcome


@click.command()
@options.prometheus
@click.option(
    "--every", type=options.DURATION, help="Keep going: sync again each time this has passed, e.g. 60s."
)
@options.backfill
@options.store
@options.catalog
@options.now
def sync(  # noqa: PLR0913 - one argument per option
    *,
    prometheus: str | None,
    every: timedelta | None,
    backfill: timedelta,
    store: Path,
    catalog: Path,
    now: datetime | None,
) -> None:
    """Read what is new from Prometheus into the store, and the Rollouts of a Kubernetes cluster.

    The first run reads --backfill of history, later runs what came since. Safe to interrupt and to repeat.
    Credentials come from RELIABILITY_PROMETHEUS_BEARER_TOKEN, _USERNAME and _PASSWORD, _CA_FILE,
    _CERT_FILE and _KEY_FILE, _HEADERS (JSON), _TIMEOUT (seconds).

    With RELIABILITY_KUBERNETES=in-cluster, kubeconfig or the path of a kubeconfig, Rollouts and AnalysisRuns
    are read as well, and watched with --every; see docs/canary-import.md. Either of the two will do.
    """
    if every and now:
        raise click.UsageError("--every and --now: found both, expected one of them")
    if now and now > datetime.now(UTC):
        # What was "read" up to then would not be read again until then.
        raise click.UsageError(f"--now: found {now.isoformat()}, expected a time that has passed")
    # At once: reading the settings and loading a client takes seconds, in which it may be told to stop.
    stop = _stop_on_signals()
    # An answer is a million small lists without a cycle: looking for cycles among them takes half the time.
    gc.freeze()
    gc.set_threshold(_ANSWER_SIZED)
    load_catalog(catalog)  # a mistake in it is told before anything is read
    source = cluster()
    collector = collector_beside(source, prometheus, store, catalog, backfill)
    meter = ProgressMeter()
    if every:
        if source:
            watcher(store, source)(stop)
        if collector:
            collector.run_every(every, stop, tell=tell_news, progress=meter)
        stop.wait()
        return
    all_read = True
    # The cluster first: it says of which canaries Prometheus is asked for the counts.
    if source and not stop.is_set():
        all_read &= read_and_tell(store, source, stop)
    if collector and not stop.is_set():
        report = collector.run_once(now or wall_clock(), progress=meter, stop=stop)
        tell(report)
        all_read &= report.outcome is SyncOutcome.OK
    if stop.is_set():
        click.echo("stopped; what was read is stored, the next sync goes on from there", err=True)
        return
    if not all_read:
        sys.exit(SourceUnreachableError.exit_code)


def collector_beside(
    source: KubernetesRollouts | None, prometheus: str | None, store: Path, catalog: Path, backfill: timedelta
) -> Collector | None:
    """As `make_collector`; None where only a cluster is to be read, since no Prometheus is named."""
    if source and not prometheus and not os.environ.get("RELIABILITY_PROMETHEUS_URL", "").strip():
        click.echo("no Prometheus is named: only the cluster is read", err=True)
        return None
    return make_collector(prometheus, store, catalog, backfill)


def make_collector(prometheus: str | None, store: Path, catalog: Path, backfill: timedelta) -> Collector:
    """A collector with the settings of the environment."""
    return Collector(
        settings=prometheus_settings(os.environ, prometheus),
        store=store,
        catalogue=lambda: load_catalog(catalog),
        backfill=backfill,
    )


def tell(report: SyncReport) -> None:
    """What one sync did and everything that it found wrong, on stderr."""
    _tell(report, report.problems)


def tell_news(report: SyncReport) -> None:
    """As `tell`, with the time, but each problem only once: for one sync of many."""
    click.echo(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} ", err=True, nl=False)
    _tell(report, report.news)


def _tell(report: SyncReport, problems: Iterable[Problem]) -> None:
    done = report.recorded
    numbers = f"{done.added} buckets added, {done.corrected} corrected, {done.flagged} flagged"
    click.echo(f"sync {report.outcome}: {numbers}", err=True)
    for problem in problems:
        click.echo(f"  {problem.subject}: {problem.message}", err=True)


#: Objects of a large answer: so many may be made before the garbage collector looks at them.
_ANSWER_SIZED = 2_000_000
#: A sync of a few chunks is over before a progress bar is read.
_ROUTINE_CHUNKS = 10


class ProgressMeter:
    """A progress bar with the time left, on a terminal; a line every tenth of the way elsewhere."""

    def __init__(self) -> None:
        self._bar: "click._termui_impl.ProgressBar[int] | None" = None  # noqa: UP037 - the class has no public name
        self._tenth = -1

    def __call__(self, done: int, chunks: int, what: str) -> None:
        """`done` of `chunks` are stored; `what` is being stored now."""
        if chunks <= _ROUTINE_CHUNKS:
            return
        if not sys.stderr.isatty():
            self._say(done, chunks)
            return
        if self._bar is None:
            self._bar = click.progressbar(
                length=chunks, label="reading", file=sys.stderr, show_eta=True, show_pos=True
            )
            self._bar.__enter__()
        self._bar.label = f"reading {what}" if what else "read"
        self._bar.update(done - self._bar.pos)
        if done >= chunks:
            self._bar.__exit__(None, None, None)
            self._bar = None

    def _say(self, done: int, chunks: int) -> None:
        tenth = 10 * done // chunks
        if tenth != self._tenth and done:
            click.echo(f"read {done} of {chunks} chunks", err=True)
        self._tenth = tenth


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, ask)
    return stop
