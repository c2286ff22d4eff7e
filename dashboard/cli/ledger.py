"""`reliability ledger`: what the error budgets were spent on."""

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from dashboard.cli.measures import known_services, only_services, over_files, read_history
from dashboard.ui import format as shown

if TYPE_CHECKING:
    from dashboard.domain.budget_ledger import Ledger

#: Spenders of a ledger that people are shown one by one; `--json` has all of them.
_SPENDERS = 8


@click.command()
@only_services
@over_files
def ledger(*, services: tuple[str, ...], as_json: bool, **files: Any) -> None:
    """Show what the error budgets were spent on: incidents, deployments, and the background."""
    from dashboard.reports.ledger_document import ledger_document  # noqa: PLC0415 - as in dora
    from dashboard.reports.ledgers import service_ledgers  # noqa: PLC0415 - ditto

    catalogue, policy, history = read_history(**files)
    found: dict[str, Ledger] = {}
    for name in known_services(services, catalogue) or catalogue.services:
        found |= service_ledgers(files["store"], catalogue, policy, history, name)
    if as_json:
        click.echo(json.dumps(ledger_document(found, history, policy.incidents), indent=2))
        return
    for name in known_services(services, catalogue) or catalogue.services:
        for objective in catalogue.services[name].objectives:
            if objective.key not in found:
                click.echo(f"{objective.key}: nothing was measured, so nothing is known to have been spent")
        if services and not catalogue.services[name].objectives:
            click.echo(f"{name}: best effort: no objective, so no error budget")
    for key, book in found.items():
        span = f"{shown.moment(book.start, policy.timezone)} to {shown.moment(book.end, policy.timezone)}"
        click.echo(
            f"{key}: {shown.events(book.whole.bad)} bad of {shown.events(book.whole.total)} events, {span}"
        )
        spenders = [entry for entry in book.entries if entry.counts.bad or not entry.owner.name]
        largest, others = [*spenders[:_SPENDERS], spenders[-1]], spenders[_SPENDERS:-1]
        for entry in dict.fromkeys(largest):
            name = f"{entry.owner.kind.value} {entry.owner.name}".strip()
            click.echo(
                f"  {shown.percent(entry.share_of_spent)} of what was spent: {name}"
                f" ({shown.events(entry.counts.bad)} bad events,"
                f" {_of_the_budget(entry.share_of_budget)},"
                f" like {shown.length(entry.full_outage)} of full outage)"
            )
        if others:
            rest = shown.events(sum(entry.counts.bad for entry in others))
            click.echo(f"  and {shown.amount(len(others), 'smaller spender')}: {rest} bad events")


def _of_the_budget(share: Fraction | None) -> str:
    known = f"{shown.percent(share)} of the budget"
    return known if share is not None else f"share of the budget {shown.UNKNOWN}"
