"""A release decision as people read it in a terminal: the answer, why, what to do next."""

from zoneinfo import ZoneInfo

import click

from dashboard.domain.release_decision import Decision, Gate
from dashboard.ui import format as show
from dashboard.ui import gate_words
from dashboard.ui.gate_advice import next_steps
from dashboard.ui.gate_outlook import change_at, outlook
from dashboard.ui.words import CHANGES

_MARKS = {True: "✓", False: "✕"}


def show_decision(decision: Decision, zone: ZoneInfo, *, recorded: bool = True) -> None:
    """The whole decision, the answer first; one that is not `recorded` has no id to look for."""
    what = f"{decision.service or 'no service'} {decision.version or '(no version)'}"
    where = decision.environment or "no environment"
    click.echo(f"{_MARKS[decision.allow]} {gate_words.verdict(decision)}: {what} to {where}")
    click.echo(f"  {gate_words.sentence(decision)}")
    click.echo(f"  {outlook(decision, zone).text}")
    kind = CHANGES[decision.change_type].lower()
    as_of = show.full_moment(decision.as_of, zone)
    click.echo(f"  {kind}, policy tier {decision.policy_tier.replace('_', ' ')}, as of {as_of}")
    for gate in decision.gates:
        _show_gate(gate)
    _show_approvals(decision)
    if decision.warnings:
        click.echo("\nTo know")
        for notice in decision.warnings:
            click.echo(f"  ! {notice.message} [{notice.code}]")
    checks = {check.code for gate in decision.gates for check in gate.checks}
    for item in decision.violations:
        if item.code not in checks:
            click.echo(f"\n✕ {item.message} [{item.code}]")
    _show_steps(decision)
    if decision.changes_at:
        click.echo("\nWhen this may change by itself")
        for change in decision.changes_at:
            click.echo(f"  - {change_at(change.at, change.what, decision.as_of, zone)}")
    _show_strategy(decision)
    name = f"decision {decision.decision_id}" if recorded else "not recorded"
    click.echo(f"\n{name}, policy {decision.policy_version}")


def _show_steps(decision: Decision) -> None:
    """What to do about a no, and what an override lifts."""
    lifted = [f"{gate_words.CHECK_NAMES.get(code, code)} [{code}]" for code in decision.emergency.overridden]
    steps = [] if decision.allow else next_steps(decision)
    for title, lines in (("What to do next", steps), ("What the override lifts", lifted)):
        if lines:
            click.echo(f"\n{title}")
        for line in lines:
            click.echo(f"  - {line}")


def _show_gate(gate: Gate) -> None:
    click.echo(f"\n{_MARKS[gate.passes]} {gate_words.gate_summary(gate)}")
    for check in gate.checks:
        if check.met:
            continue
        name = gate_words.CHECK_NAMES.get(check.code, check.code)
        click.echo(
            f"    {_MARKS[check.passes]} {name}: {gate_words.state(check)};"
            f" seen {gate_words.seen(check)}, needed {gate_words.needed(check)}"
            f" (from {check.source}) [{check.code}]"
        )


def _show_approvals(decision: Decision) -> None:
    if decision.required_approvals:
        click.echo("\nApprovals")
    for item in decision.required_approvals:
        click.echo(f"  {_MARKS[item.satisfied]} {item.role} ({item.why})")


def _show_strategy(decision: Decision) -> None:
    click.echo(f"\nRecommended strategy: {decision.strategy}")
    for step in decision.canary_config:
        watched = f", watched by {', '.join(step.analysis)}" if step.analysis else ""
        pause = f" for {show.length(step.pause)}" if step.pause else ""
        click.echo(f"  {step.weight} % of the traffic{pause}{watched}")
