"""`reliability approve` and `reliability approval`: give, withdraw and list approvals of releases."""

from typing import Any

import click

from dashboard.cli.desk import changing, desk_at, print_document, reading, reason, report_at, told
from dashboard.ingest.release_controls import give_approval, withdraw
from dashboard.reports.control_documents import approvals_document
from dashboard.ui import format as shown


@click.command()
@click.option("--service", required=True, help="What is released.")
@click.option("--version", required=True, help="Which version.")
@click.option("--environment", required=True, help="Where to.")
@click.option("--role", "roles", multiple=True, help="In this role; in all that are asked for if not told.")
@reason
@changing
def approve(**said: Any) -> None:
    """Approve one release, in the roles that a policy tier asks for; prints the id of the approval.

    It does not count for a release that you ask for yourself.
    """
    names = ("service", "version", "environment", "roles", "reason")
    asked = {name: said.pop(name) for name in names}
    desk = desk_at(**said)
    found = give_approval(desk, **asked)
    until = shown.full_moment(found.at + desk.policy.gate.approval_valid_for, desk.policy.timezone)
    click.echo(found.id)
    click.echo(
        f"{found.target}: approved by {found.by} as {' and '.join(found.roles)} until {until}", err=True
    )


@click.group()
def approval() -> None:
    """Approvals of releases, which `reliability approve` gives."""


@approval.command(name="withdraw")
@click.argument("name", metavar="ID")
@reason
@changing
def withdraw_approval(*, name: str, reason: str, **files: Any) -> None:
    """Take the approval ID back: whoever gave it may, and whoever holds its role."""
    found = withdraw(desk_at(**files), name, reason=reason)
    click.echo(f"{found.id}: withdrawn", err=True)


@approval.command(name="list")
@reading
def list_approvals(*, as_json: bool, every: bool, **files: Any) -> None:
    """Approvals that count, newest first."""
    report, policy, _ = report_at(**files)
    listed = report.approvals if every else report.valid_approvals(policy.gate)
    if as_json:
        print_document(approvals_document(listed, report.as_of, policy.gate))
        return
    if not listed:
        click.echo("No approvals." if every else "No approval counts; --all shows those that no longer do.")
    for item in listed:
        until = item.at + policy.gate.approval_valid_for
        state = f"valid until {shown.moment(until, policy.timezone, report.as_of)}"
        if item.withdrawn_at is not None and item.withdrawn_at <= report.as_of:
            state = f"withdrawn by {item.withdrawn_by}"
        elif until <= report.as_of:
            state = f"expired on {shown.moment(until, policy.timezone, report.as_of)}"
        click.echo(f"{item.id}: {item.target}: {item.by} as {' and '.join(item.roles)}, {state}")
        click.echo(f"    {told(item.reason)}")
