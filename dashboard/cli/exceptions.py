"""`reliability exception`: ask for exceptions, approve, revoke, use, review and list them."""

from datetime import datetime, timedelta
from typing import Any

import click

from dashboard.cli import options
from dashboard.cli.desk import (
    changing,
    desk_at,
    print_document,
    reading,
    reason,
    report_at,
    told,
    warn_too_early,
)
from dashboard.domain.durations import format_duration
from dashboard.domain.exception_timing import warning
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.release_exceptions import ExceptionState, ReleaseException
from dashboard.errors import InputError
from dashboard.ingest.release_controls import (
    approve_exception,
    request_exception,
    review_exception,
    revoke_exception,
    use_exception,
)
from dashboard.reports.control_documents import exceptions_document
from dashboard.reports.release_controls import ControlsReport
from dashboard.ui import format as shown

_SYMBOLS = {
    ExceptionState.REQUESTED: "…",
    ExceptionState.APPROVED: "✓",
    ExceptionState.USED: "✓",
    ExceptionState.EXPIRED: "✗",
    ExceptionState.REVOKED: "✗",
}


@click.group(name="exception")
def exception() -> None:
    """Permissions to pass a gate that would deny: approved, logged, expiring, reviewed."""


@exception.command()
@click.option("--type", "kind", required=True, type=click.Choice([kind.value for kind in ExceptionType]))
@click.option("--service", required=True, help="Whose release it is for.")
@click.option("--environment", help="Only for releases to this environment.")
@click.option("--version", help="Only for this version.")
@click.option("--freeze", help="Only from this freeze; of type freeze.")
@reason
@click.option("--mitigation", required=True, help="What keeps the risk low.")
@click.option("--for", "lasts", type=options.DURATION, help="How long; as long as the type may if not told.")
@click.option("--until", type=options.MOMENT, help="Until when, instead of --for.")
@changing
def request(*, kind: str, lasts: timedelta | None, until: datetime | None, **said: Any) -> None:
    """Ask for an exception; prints its id."""
    if lasts is not None and until is not None:
        raise InputError("found both --for and --until, expected one of them")
    names = ("service", "environment", "version", "freeze", "reason", "mitigation")
    asked = {name: said.pop(name) for name in names}
    desk = desk_at(**said)
    found = request_exception(desk, kind=ExceptionType(kind), expires=lasts or until, **asked)
    limit = format_duration(found.expires_at - found.created_at)
    click.echo(found.id)
    click.echo(
        f"{found.id}: asked for by {found.requestor}, for {limit} from now;"
        f" it needs the approval of {' and '.join(found.needed_roles)}",
        err=True,
    )
    warn_too_early(desk, found)


@exception.command()
@click.argument("name", metavar="ID")
@changing
def approve(*, name: str, **files: Any) -> None:
    """Approve the exception ID in a role of yours; every role that it needs takes a person of its own."""
    desk = desk_at(**files)
    found = approve_exception(desk, name)
    missing = " and ".join(found.missing_roles(desk.clock()))
    rest = f"it still needs {missing}" if missing else "it is in force"
    click.echo(f"{found.id}: approved by {desk.person.name}; {rest}", err=True)
    warn_too_early(desk, found)


@exception.command()
@click.argument("name", metavar="ID")
@reason
@changing
def revoke(*, name: str, reason: str, **files: Any) -> None:
    """Take the exception ID back: whoever asked for it may, and whoever may approve it."""
    found = revoke_exception(desk_at(**files), name, reason=reason)
    click.echo(f"{found.id}: revoked", err=True)


@exception.command()
@click.argument("name", metavar="ID")
@click.option("--service", required=True, help="What is deployed.")
@click.option("--environment", required=True, help="Where to.")
@click.option("--version", required=True, help="Which version.")
@changing
def use(*, name: str, service: str, environment: str, version: str, **files: Any) -> None:
    """Bind the exception ID to one deployment, which may be tried again; it has to be reviewed then."""
    desk = desk_at(**files)
    found = use_exception(desk, name, service=service, environment=environment, version=version)
    due = "" if found.review_due is None else shown.full_moment(found.review_due, desk.policy.timezone)
    click.echo(f"{found.id}: used for {found.used_for}; its review is due by {due}", err=True)


@exception.command()
@click.argument("name", metavar="ID")
@click.option("--notes", required=True, help="What the review found.")
@changing
def review(*, name: str, notes: str, **files: Any) -> None:
    """Write down the review of the use of the exception ID; not by whoever asked for it."""
    found = review_exception(desk_at(**files), name, notes=notes)
    click.echo(f"{found.id}: reviewed", err=True)


@exception.command(name="list")
@reading
def list_exceptions(*, as_json: bool, every: bool, **files: Any) -> None:
    """Exceptions that are in force, wait for approval or wait for their review; overdue reviews first."""
    report, policy, catalogue = report_at(**files)
    early = report.too_early(policy, catalogue)
    listed = report.exceptions if every else report.open_exceptions()
    if as_json:
        print_document(exceptions_document(listed, report.as_of, early))
        return
    _tell_overdue(report)
    if not listed:
        click.echo("No exceptions." if every else "No open exceptions; --all shows those that are over.")
    for item in listed:
        for line in _lines(item, report.as_of, lambda at: shown.moment(at, policy.timezone, report.as_of)):
            click.echo(line)
        if item.id in early:
            click.echo(f"    ! {warning(item, early[item.id], policy.timezone)}")


def _tell_overdue(report: ControlsReport) -> None:
    overdue = [item for item in report.exceptions if item.review_overdue(report.as_of)]
    if overdue:
        names = ", ".join(item.id for item in overdue)
        click.echo(f"! {shown.amount(len(overdue), 'review')} overdue: {names}\n")


def _lines(item: ReleaseException, now: datetime, at: Any) -> list[str]:
    """What people want to know of an exception."""
    state = item.state(now)
    scope = " ".join(name for name in (item.service, item.version) if name)
    scope += f" to {item.environment}" if item.environment else ""
    scope += f", from the freeze {item.freeze}" if item.freeze else ""
    lines = [
        f"{_SYMBOLS[state]} {item.id}: {item.type} for {scope}: {_state(item, now, at)}",
        f"    asked for by {item.requestor} on {at(item.created_at)}: {told(item.reason)}",
        f"    mitigation: {told(item.mitigation)}",
    ]
    given = ", ".join(f"{given.name} ({' / '.join(given.roles)})" for given in item.approvals)
    missing = " and ".join(item.missing_roles(now))
    if given:
        lines.append(f"    approved by {given}")
    if missing and state is ExceptionState.REQUESTED:
        lines.append(f"    waits for {missing}")
    if item.used_for is not None and item.used_at is not None:
        lines.append(f"    used for {item.used_for} by {item.used_by} on {at(item.used_at)}")
    if item.review is not None:
        lines.append(f"    reviewed by {item.review.by}: {told(item.review.notes)}")
    elif item.review_due is not None:
        overdue = "overdue since" if item.review_overdue(now) else "due by"
        lines.append(f"    {'! ' if item.review_overdue(now) else ''}review {overdue} {at(item.review_due)}")
    return lines


def _state(item: ReleaseException, now: datetime, at: Any) -> str:
    state = item.state(now)
    if state is ExceptionState.REVOKED and item.revoked is not None:
        return f"revoked by {item.revoked.by} on {at(item.revoked.at)}: {told(item.revoked.reason)}"
    if state is ExceptionState.EXPIRED:
        return f"expired on {at(item.expires_at)}"
    left = shown.length(item.expires_at - now)
    return f"{state}, expires {at(item.expires_at)} (in {left})"
