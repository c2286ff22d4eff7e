"""What the commands for freezes, exceptions and approvals share: options, who is at work, and the state."""

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from dashboard.cli import options
from dashboard.cli.identity import somebody
from dashboard.config import load_catalog, load_policy
from dashboard.domain.exception_timing import warning
from dashboard.domain.policy import Policy
from dashboard.domain.release_exceptions import ReleaseException
from dashboard.domain.slo import Catalogue
from dashboard.ingest.control_desk import Desk
from dashboard.reports.instants import reading_instant_or_now, wall_clock
from dashboard.reports.release_controls import ControlsReport, controls_report
from dashboard.sources.freeze_calendar import planned_freezes

_Command = TypeVar("_Command", bound=Callable[..., Any])

reason = click.option("--reason", required=True, help="Why; it is kept in the decision log.")
every = click.option("--all", "every", is_flag=True, help="Also what is over.")


def changing(command: _Command) -> _Command:
    """The options of a command that changes something, which `desk_at` takes."""
    for option in (options.freezes, options.access, options.policy, options.catalog, options.store):
        command = option(command)
    return command


def reading(command: _Command) -> _Command:
    """The options of a command that lists something, which `report_at` takes, and `--all` and `--json`."""
    for option in (
        options.now,
        options.freezes,
        options.policy,
        options.catalog,
        options.store,
        options.as_json,
        every,
    ):
        command = option(command)
    return command


def desk_at(*, store: Path, catalog: Path, policy: Path, access: Path | None, freezes: Path | None) -> Desk:
    """The desk of whoever holds the token in the environment. Its clock is the real one.

    Raises:
        ConfigurationError: nobody is there, or a file is wrong.
    """
    person = somebody(access, os.environ)
    rules, catalogue = load_policy(policy), load_catalog(catalog)
    return Desk(
        store=store,
        person=person,
        policy=rules,
        catalogue=catalogue,
        calendar=planned_freezes(freezes, rules, catalogue, wall_clock()),
    )


def report_at(
    *, store: Path, catalog: Path, policy: Path, freezes: Path | None, now: datetime | None
) -> tuple[ControlsReport, Policy, Catalogue]:
    """The state at `now` (the time now; the demo's stands still), and by which policy and catalogue.

    Raises:
        ReliabilityError: a file or the store cannot be read.
    """
    rules, catalogue = load_policy(policy), load_catalog(catalog)
    moment = reading_instant_or_now(store, now)
    planned = planned_freezes(freezes, rules, catalogue, moment)
    return controls_report(store, planned, moment), rules, catalogue


def warn_too_early(desk: Desk, exception: ReleaseException) -> None:
    """Say so, on stderr, when `exception` expires before it is of use."""
    report = controls_report(desk.store, desk.calendar, desk.clock())
    first_use = report.too_early(desk.policy, desk.catalogue).get(exception.id)
    if first_use is not None:
        click.echo(f"! {warning(exception, first_use, desk.policy.timezone)}", err=True)


def print_document(document: dict[str, Any]) -> None:
    """The one JSON document on stdout."""
    click.echo(json.dumps(document, indent=2))


def told(text: str) -> str:
    """What somebody wrote, in one line."""
    return " ".join(text.split())
