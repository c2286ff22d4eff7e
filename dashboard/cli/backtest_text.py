"""A backtest as sentences for people."""

from collections.abc import Callable
from dataclasses import dataclass

import click

from dashboard.domain.policy import Policy
from dashboard.domain.policy_backtest import Tally
from dashboard.reports.past_judgement import Judgement
from dashboard.reports.policy_backtest import Backtested, BacktestReport, Changed
from dashboard.ui import backtest_words as words
from dashboard.ui import format as show
from dashboard.ui.release_words import plain, version_of

#: More than these are for a machine to read: `--json` has every deployment.
_MOST_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A policy, and what people call it: its file."""

    name: str
    policy: Policy


def show_backtest(report: BacktestReport, baseline: Named, other: Named) -> None:
    """`report` on two policies: the counts under each, then the deployments on which they differ."""
    zone = baseline.policy.timezone
    span = f"{show.full_moment(report.period.start, zone)} to {show.full_moment(report.period.end, zone)}"
    click.echo(f"{span}: {show.amount(len(report.rows), 'deployment')} to {report.environment}")
    if not report.rows:
        return
    _show_tally(other.name, report.other)
    _show_tally(baseline.name, report.baseline)
    _show_changed(f"blocked by {other.name} only", report.newly_blocked, other, lambda row: row.other)
    _show_changed(f"blocked by {baseline.name} only", report.let_through, baseline, lambda row: row.baseline)
    for doubt in words.doubts(report):
        click.echo(f"! {doubt}")


def _show_tally(name: str, tally: Tally) -> None:
    click.echo(f"{name} blocks {words.blocked(tally.all)}")
    click.echo(f"  of those that went bad: {words.blocked(tally.bad)}")
    click.echo(f"  of those that went well: {words.blocked(tally.good)}")
    if tally.unjudged.of:
        click.echo(f"  of those that are not judged yet: {words.blocked(tally.unjudged)}")
    if tally.wanting_approval_only:
        click.echo(f"  only for want of an approval: {tally.wanting_approval_only}")


def _show_changed(
    title: str, found: Changed, named: Named, judged: Callable[[Backtested], Judgement]
) -> None:
    told = f", {words.became(found)}" if found.rows else ""
    click.echo(f"{title}: {show.number(len(found.rows))}{told}")
    for row in found.rows[:_MOST_SHOWN]:
        deployment = row.row.release.deployment
        what = f"{plain(deployment.service, 40)} {plain(version_of(deployment), 40)}"
        when = show.moment(deployment.began_at, named.policy.timezone)
        why = "; ".join(words.reasons(row, judged(row), named.policy))
        click.echo(f"  {when}  {what}: {why} ({words.ENDINGS[row.ending]}, {words.spent(row)})")
    if len(found.rows) > _MOST_SHOWN:
        click.echo(f"  and {show.number(len(found.rows) - _MOST_SHOWN)} more: --json has every one")
