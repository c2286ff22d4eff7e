"""`reliability freeze`: add, end and list deployment freezes."""

from datetime import datetime, timedelta
from typing import Any

import click

from dashboard.cli import options
from dashboard.cli.desk import changing, desk_at, print_document, reading, reason, report_at, told
from dashboard.domain.freezes import Freeze
from dashboard.errors import InputError
from dashboard.ingest.release_controls import add_freeze, end_freeze
from dashboard.reports.control_documents import freezes_document
from dashboard.ui import format as shown


@click.group()
def freeze() -> None:
    """Times in which nothing is released: recorded here, or planned in a calendar file (--freezes)."""


@freeze.command()
@click.option("--start", type=options.MOMENT, help="From when on; now if not told.")
@click.option("--end", type=options.MOMENT, help="Until when, which is no longer part of it.")
@click.option("--for", "lasts", type=options.DURATION, help="How long, instead of --end.")
@reason
@click.option("--service", "services", multiple=True, help="Only this service; may be given more than once.")
@click.option("--environment", "environments", multiple=True, help="Only to this environment; ditto.")
@changing
def add(*, start: datetime | None, end: datetime | None, lasts: timedelta | None, **said: Any) -> None:
    """Add a freeze, of everything when no service and no environment is named; prints its id."""
    if (end is None) == (lasts is None):
        raise InputError("found both or neither of --end and --for, expected one of them")
    asked = {name: said.pop(name) for name in ("reason", "services", "environments")}
    desk = desk_at(**said)
    until = end if lasts is None else (start or desk.clock()) + lasts
    assert until is not None  # noqa: S101 - one of the two was given
    found = add_freeze(desk, start=start, end=until, **asked)
    click.echo(found.id)
    zone = desk.policy.timezone
    span = shown.stretch(found.start, found.end, zone, desk.clock())
    click.echo(f"{found.id}: {_covered(found)}, {span}", err=True)


@freeze.command()
@click.argument("name", metavar="ID")
@reason
@changing
def end(*, name: str, reason: str, **files: Any) -> None:
    """End the freeze ID now: whoever added it may, and whoever may approve an exception from a freeze."""
    found = end_freeze(desk_at(**files), name, reason=reason)
    click.echo(f"{found.id}: ended", err=True)


@freeze.command(name="list")
@reading
def list_freezes(*, as_json: bool, every: bool, **files: Any) -> None:
    """Freezes that hold or are to come: all that were recorded, and two months of the calendar."""
    report, policy, _ = report_at(**files)
    listed = report.freezes if every else report.open_freezes()
    if as_json:
        print_document(freezes_document(listed, report.as_of))
        return
    if not listed:
        click.echo("No freezes." if every else "No freezes now or to come; --all shows those that are over.")
    for item in listed:
        holds = item.is_active(report.as_of)
        state = "holds" if holds else "over" if item.end <= report.as_of else "to come"
        ended = f", ended by {item.ended_by}" if item.ended_by else ""
        span = shown.stretch(item.start, item.end, policy.timezone, report.as_of)
        click.echo(f"{'!' if holds else ' '} {item.id}: {state}{ended}: {_covered(item)}, {span}")
        click.echo(f"    {told(item.reason)} ({item.added_by}, {item.origin})")


def _covered(item: Freeze) -> str:
    services = ", ".join(item.services) or "every service"
    return f"{services} to {', '.join(item.environments) or 'every environment'}"
