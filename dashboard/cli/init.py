"""`reliability init`: the shipped catalogue, policy and names of sources, to make them yours."""

import shutil
from pathlib import Path

import click

from dashboard.errors import InputError
from dashboard.paths import DEFAULT_CATALOG, DEFAULT_POLICY, DEFAULT_SOURCES


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
def init(*, folder: Path) -> None:
    """Write the shipped catalog.yaml, policy.yaml and sources.yaml into FOLDER (this one).

    A file that is there already is never overwritten.
    """
    for shipped in (DEFAULT_CATALOG, DEFAULT_POLICY, DEFAULT_SOURCES):
        mine = folder / shipped.name
        if mine.exists():
            raise InputError(f"{mine}: found this file, expected none: it is yours and stays as it is")
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(shipped, mine)
        click.echo(f"wrote {mine}", err=True)
