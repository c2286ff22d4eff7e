"""`reliability status`: budgets, burn rates and policy tiers."""

import json
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from dashboard.cli import options
from dashboard.config import load_catalog, load_policy
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.service_status import ServiceStatus
from dashboard.errors import InputError
from dashboard.reports.fleet import FleetReport, fleet_report
from dashboard.reports.instants import reading_instant
from dashboard.reports.status_document import status_document
from dashboard.ui import format as shown
from dashboard.ui import words


@click.command()
@click.option("--service", "services", multiple=True, help="Only this service; may be given more than once.")
@click.option(
    "--fail-on",
    type=click.Choice([tier.value for tier in PolicyTier if tier is not PolicyTier.NORMAL]),
    help="Exit with 1 when a service is in this policy tier or a stricter one, or when its tier is unknown.",
)
@options.as_json
@options.store
@options.catalog
@options.policy
@options.now
def status(  # noqa: PLR0913 - one argument per option
    *,
    services: tuple[str, ...],
    fail_on: str | None,
    as_json: bool,
    store: Path,
    catalog: Path,
    policy: Path,
    now: datetime | None,
) -> None:
    """Show what the error budget of each service allows now, worst first."""
    catalogue, rules = load_catalog(catalog), load_policy(policy)
    for name in services:
        if name not in catalogue.services:
            known = ", ".join(catalogue.services)
            raise InputError(f"--service: found {name!r}, expected one of {known}")
    if services:
        chosen = {name: catalogue.services[name] for name in services}
        catalogue = replace(catalogue, services=chosen)
    report = fleet_report(store, catalogue, rules, reading_instant(store, now))
    if as_json:
        click.echo(json.dumps(status_document(report, rules), indent=2))
    else:
        _show(report, rules)
    if fail_on and _reaches(report, PolicyTier(fail_on)):
        sys.exit(1)


def _reaches(report: FleetReport, limit: PolicyTier) -> bool:
    """Whether a service is in `limit` or stricter; what is unknown never passes."""
    counts = report.fleet.counts
    return any(count for tier, count in counts.items() if tier.severity >= limit.severity) or bool(
        counts[PolicyTier.UNKNOWN]
    )


def _show(report: FleetReport, policy: Policy) -> None:
    zone, fresh, fleet = policy.timezone, report.freshness, report.fleet
    demo = "DEMO DATA. " if fresh.is_demo else ""
    newest = "none" if fresh.newest is None else f"{shown.age(fresh.newest, fleet.as_of)} old"
    click.echo(f"{demo}As of {shown.full_moment(fleet.as_of, zone)}; newest data: {newest}")
    if fresh.stale:
        click.echo("! The data is stale: nothing below can be trusted until a sync brings new data.")
    for item in fresh.problems:
        click.echo(f"! {item.problem.subject}: {item.problem.message}")
    click.echo(words.headline(fleet))
    for status in fleet.services:
        _show_service(status, policy, fleet.as_of)


def _show_service(status: ServiceStatus, policy: Policy, now: datetime) -> None:
    tier = words.sign(status.policy_tier)
    click.echo(f"\n{tier.symbol} {status.service.name}: {tier.word} ({status.reason})")
    edges = policy.budget.bands.edges
    for objective in status.objectives:
        name = objective.objective.indicator
        left = f"{shown.budget(objective.remaining, edges)} of the budget left"
        if objective.remaining is None:
            left = f"budget left {shown.UNKNOWN}"
        burns = ", ".join(
            f"{shown.length(window)} {shown.burn(burn)}" for window, burn in objective.burns.items()
        )
        click.echo(f"    {name}: {left}; burn rate {burns or shown.UNKNOWN}")
        if objective.reason:
            click.echo(f"      {objective.reason}")
        for alert in objective.alerts:
            click.echo(f"      ! {words.alert(alert)}: both burn over {shown.factor(alert.factor)}")
    for change in status.tier_changes:
        click.echo(f"    {words.forecast(change, now, policy.timezone)}")
