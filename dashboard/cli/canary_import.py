"""`reliability import canaries`: Rollouts and AnalysisRuns as `kubectl get -o json|yaml` prints them."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from dashboard.cli import options
from dashboard.cli.canary_counts_import import import_counts
from dashboard.cli.cluster import stored_sentence
from dashboard.config import load_catalog
from dashboard.config.sources import load_sources
from dashboard.errors import InputError
from dashboard.ingest.canaries import StoredCanaries, store_canaries
from dashboard.ingest.unmapped_rollouts import UnmappedRollouts
from dashboard.sources.argo_observations import Observation, Observations
from dashboard.sources.object_stream import ObjectStream
from dashboard.ui import format as shown

_SECONDS_BETWEEN = 2.0


@click.command(name="canaries")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--counts-of",
    metavar="ID",
    help="The files hold requests and errors of both arms of this canary, tick by tick: at, canary_bad,"
    " canary_total, stable_bad, stable_total, perhaps weight (percent). CSV, JSON or JSON lines. ID is the"
    " uid of the Rollout, a colon and the revision, and :attempt from the second try on.",
)
@options.store
@options.catalog
@options.sources
def import_canaries(
    *, files: tuple[str, ...], counts_of: str | None, store: Path, catalog: Path, sources: Path
) -> None:
    """Rollouts and AnalysisRuns, as `kubectl get rollout,analysisrun -o json` or `-o yaml` prints them.

    A list, a single object or several documents a file, of Argo Rollouts of today or of v0.x; `-` is stdin.
    Other kinds are passed over and counted; secrets in arguments are not stored. A file is stored whole or
    not at all; importing it again changes nothing, and a later export adds what it has to what is known.
    """
    if counts_of is not None:
        for name in files:
            import_counts(counts_of, name, store)
        return
    names = load_sources(sources, load_catalog(catalog)).names
    for name in files:
        with _opened(name) as (called, stream, size):
            objects = ObjectStream(called, stream)
            found = Observations(called, objects)
            unmapped = UnmappedRollouts(names, _with_progress(called, found, objects, size))
            stored = store_canaries(store, unmapped)
        if objects.is_blank:  # `kubectl` prints nothing where it fails, and an empty list where there is none
            raise InputError(
                f"{called} holds no object: found nothing, expected what `kubectl get -o json` prints"
            )
        _tell(called, found, stored)
        _tell_unmapped(unmapped.names)


@contextmanager
def _opened(name: str) -> Iterator[tuple[str, BinaryIO, int | None]]:
    """What the file is called in messages, its bytes, and how many there are."""
    if name == "-":
        yield "stdin", sys.stdin.buffer, None
        return
    path = Path(name)
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        raise InputError(f"{name}: found no such file, expected JSON or YAML of kubectl") from None
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror}") from error
    with stream:
        yield name, stream, path.stat().st_size or None


def _with_progress(
    called: str, found: Observations, objects: ObjectStream, size: int | None
) -> Iterator[Observation]:
    """The observations; on stderr how far they were read, every few seconds."""
    told = time.monotonic()
    for item in found:
        yield item
        if time.monotonic() - told >= _SECONDS_BETWEEN:
            told = time.monotonic()
            part = f" ({100 * objects.position // size} %)" if size else ""
            click.echo(f"{called}: read {found.seen:,} objects{part}", err=True)
    if found.seen >= _MANY:
        click.echo(f"{called}: read {found.seen:,} objects; storing them", err=True)


#: So many are stored in less time than a line is read.
_MANY = 1_000
_UNMAPPED_SHOWN = 5
#: What is not imported, but checked.
_TEMPLATES = {"AnalysisTemplate", "ClusterAnalysisTemplate"}


def _tell(called: str, found: Observations, stored: StoredCanaries) -> None:
    """What became of a file, and what of it was not stored."""
    if not found.seen:
        click.echo(f"! {called} holds no object: the list in it is empty", err=True)
        return
    if stored.rollouts or stored.runs:
        click.echo(f"{called}: {stored_sentence(stored)}", err=True)
    else:
        click.echo(f"{called}: nothing to import, no Rollout or AnalysisRun that a cluster has run", err=True)
    if found.never_run:
        passed = shown.amount(found.never_run, "Rollout or AnalysisRun", "Rollouts or AnalysisRuns")
        click.echo(f"! {passed} without a status: no cluster has run them", err=True)
    for kind, count in sorted(found.passed_over.items()):
        hint = f": `reliability canary lint {called}` checks them" if kind in _TEMPLATES else ""
        click.echo(f"! passed over: {count} of kind {kind}{hint}", err=True)


def _tell_unmapped(names: Sequence[str]) -> None:
    """Which Rollouts no service of the catalogue will show."""
    for name in names[:_UNMAPPED_SHOWN]:
        click.echo(f"! {name} is none of the catalogue's services: name it in sources.yaml", err=True)
    more = len(names) - _UNMAPPED_SHOWN
    if more > 0:
        rollouts = shown.amount(more, "more Rollout is", "more Rollouts are")
        click.echo(f"! {rollouts} none of the catalogue's services", err=True)
