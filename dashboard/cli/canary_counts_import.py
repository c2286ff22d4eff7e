"""`reliability import canaries --counts-of ID`: requests and errors of both arms of a canary."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

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
    called = "stdin" if file == "-" else file
    read = read_canary_counts(called, _text(file))
    if any(tick.at is None for tick in read.ticks):
        raise InputError(f"{called}: at: found rows without a time, expected one in each")
    if not read.ticks and not read.unknown:
        raise InputError(f"{called}: found no row, expected one for each tick")
    try:
        store_ticks(store, name, read.ticks, datetime.now(UTC))
    except InputError as error:
        raise InputError(f"{called}: {error}") from None
    unknown = f"; {read.unknown} with an unknown count were left out" if read.unknown else ""
    click.echo(f"{called}: {len(read.ticks)} ticks of {name}{unknown}", err=True)


def _text(name: str) -> str:
    try:
        if name == "-":
            return sys.stdin.buffer.read().decode("utf-8")
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{name}: cannot be read as UTF-8 text: {error}") from error
