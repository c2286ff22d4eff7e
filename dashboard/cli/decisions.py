"""`reliability decisions`: what was decided, whether the log is whole, and what another policy would say."""

import json
import sys
from datetime import datetime
from pathlib import Path

import click

from dashboard.cli import options
from dashboard.cli.gate_text import show_decision
from dashboard.config import load_catalog, load_policy
from dashboard.policy.data import gate_policy
from dashboard.policy.engine import engine_at
from dashboard.reports.decisions import (
    DecisionFilter,
    decision_record,
    decisions_report,
    kept_policy,
    replay,
    verify_log,
)
from dashboard.ui import format as show
from dashboard.ui import gate_words


@click.group()
def decisions() -> None:
    """The decision log: append-only, chained by digests, every decision with what it was made of."""


@decisions.command(name="list")
@click.option("--service", help="Only of this service.")
@click.option("--environment", help="Only to this environment.")
@click.option("--denied", is_flag=True, help="Only those that said no.")
@click.option(
    "--last", default=50, show_default=True, type=click.IntRange(1, 100_000), help="At most so many."
)
@options.as_json
@options.store
@options.policy
@options.now
def list_decisions(  # noqa: PLR0913 - one argument per option
    *,
    service: str | None,
    environment: str | None,
    denied: bool,
    last: int,
    as_json: bool,
    store: Path,
    policy: Path,
    now: datetime | None,
) -> None:
    """The decisions, newest first."""
    chosen = DecisionFilter(service=service, environment=environment, denied=denied, newest=last)
    found = decisions_report(store, chosen, now)
    if as_json:
        click.echo(json.dumps({"decisions": [item.summary for item in found]}, indent=2))
        return
    zone = load_policy(policy).timezone
    for item in found:
        decision = item.decision
        mark = "✓" if decision.allow else "✕"
        what = f"{decision.service} {decision.version} to {decision.environment}"
        when = show.full_moment(item.at, zone)
        asker = "asker not told" if item.requested_by is None else f"asked by {item.requested_by}"
        who = f"{asker}, recorded by {item.actor}"
        click.echo(f"{mark} {when}  {what} ({decision.change_type.value}), {who}  {item.id}")
        if not decision.allow:
            reason = gate_words.first_reason(decision)
            click.echo(f"    {gate_words.sentence(decision)}{f' First: {reason}.' if reason else ''}")
    if not found:
        click.echo("no decision was recorded")


@decisions.command(name="show")
@click.argument("name", metavar="ID")
@options.as_json
@options.store
@options.policy
def show_one(*, name: str, as_json: bool, store: Path, policy: Path) -> None:
    """One decision; with --json the request, the prepared input and all that the log holds of it."""
    found = decision_record(store, name)
    if as_json:
        click.echo(json.dumps(found.record, indent=2))
        return
    show_decision(found.decision, load_policy(policy).timezone)
    trusted = ", of an input that was trusted" if found.body.get("trusted") else ""
    click.echo(f"told by {found.actor}{trusted}, record {found.seq} of the log, digest {found.digest}")


@decisions.command(name="policy")
@click.argument("version")
@options.as_json
@options.store
def show_policy(*, version: str, as_json: bool, store: Path) -> None:
    """The policy VERSION as it decided: its text in Rego; with --json its data as well."""
    found = kept_policy(store, version)
    document = {"version": found.version, "text": found.text, "data": found.data}
    click.echo(json.dumps(document, indent=2) if as_json else found.text)


@decisions.command()
@click.option("--expect-head", metavar="DIGEST", help="The digest at the end of the log as you noted it.")
@options.as_json
@options.store
def verify(*, expect_head: str | None, as_json: bool, store: Path) -> None:
    """Walk the chain: any record that was edited, removed or moved is told. Exits with 1 then."""
    found = verify_log(store, expect_head)
    if as_json:
        faults = [{"seq": fault.seq, "message": fault.message} for fault in found.faults]
        document = {"intact": not faults, "records": found.records, "head": found.head, "faults": faults}
        click.echo(json.dumps(document, indent=2))
    else:
        for fault in found.faults:
            click.echo(f"✕ record {fault.seq}: {fault.message}")
        state = show.amount(len(found.faults), "fault") if found.faults else "intact"
        click.echo(f"{show.amount(found.records, 'record')}, {state}; head {found.head}")
    sys.exit(1 if found.faults else 0)


@decisions.command(name="replay")
@click.argument("name", metavar="ID")
@click.option("--today", is_flag=True, help="Under today's policy instead of the one of then.")
@options.as_json
@options.store
@options.catalog
@options.policy
def replay_one(  # noqa: PLR0913 - one argument per option
    *, name: str, today: bool, as_json: bool, store: Path, catalog: Path, policy: Path
) -> None:
    """Evaluate the stored input again, under the stored or today's policy, and show what differs.

    Exits with 1 when anything does.
    """
    current = gate_policy(load_policy(policy), load_catalog(catalog)) if today else None
    found = replay(store, name, engine_at(None), current)
    if as_json:
        click.echo(json.dumps(found.document, indent=2))
    else:
        click.echo(f"{name} under policy {found.policy_version} (then {found.recorded_version})")
        for item in found.differences:
            click.echo(f"  {item.path}: then {item.then}, now {item.now}")
        click.echo("nothing differs" if not found.differences else "")
    sys.exit(1 if found.differences else 0)
