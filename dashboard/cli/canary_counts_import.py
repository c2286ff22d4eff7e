"""`reliability import canaries --counts-of ID`: requests of both arms of a canary, and the bad ones."""

from datetime import UTC, datetime
from pathlib import Path

import click

from dashboard.cli.input_file import called, text_of
from dashboard.errors import InputError
from dashboard.ingest.canaries import store_ticks
from dashboard.sources.canary_counts import read_canary_counts


def import_counts(name: str, file: str, store: Path) -> None:
    """Store the ticks in `file` as those of the canary with the id `name`, and tell how many there are.

    Raises:
        InputError: the file cannot be read or has no row, a row has no time or one that is not the
            canary's, or the store knows no such canary.
        StoreError: the store cannot be used.
    """
    read = read_canary_counts(called(file), text_of(file))
    if any(tick.at is None for tick in read.ticks):
        raise InputError(f"{called(file)}: at: found rows without a time, expected one in each")
    if not read.ticks and not read.unknown:
        raise InputError(f"{called(file)}: found no row, expected one for each tick")
    try:
        other = store_ticks(store, name, read.ticks, datetime.now(UTC), read.slow)
    except InputError as error:
        raise InputError(f"{called(file)}: {error}") from None
    unknown = f"; {read.unknown} with an unknown count were left out" if read.unknown else ""
    slow = f", {len(read.slow)} of them with slow requests" if read.has_slow else ""
    was, them = ("was", "it") if other == 1 else ("were", "them")
    kept = f"; {other} {was} not taken, since another word on {them} is in the store" if other else ""
    click.echo(f"{called(file)}: {len(read.ticks)} ticks of {name}{slow}{unknown}{kept}", err=True)
    if other:
        rule = "of two words on a tick the one with more requests is kept, of as many the one with fewer bad"
        click.echo(f"  {rule}", err=True)
