"""`reliability policy`: how another policy would have done, and the data of a policy for OPA."""

import json
import sys
from datetime import datetime
from pathlib import Path

import click

from dashboard.cli import options
from dashboard.cli.measures import known_services, only_services, read_history
from dashboard.config import load_catalog, load_policy
from dashboard.config.span import parse_span
from dashboard.paths import DEFAULT_POLICY
from dashboard.policy.data import data_document, gate_policy
from dashboard.policy.engine import RegoEngine
from dashboard.sources.freeze_calendar import freezes_between


@click.group()
def policy() -> None:
    """The policy of the release gate: how another one would have done, and its data for OPA."""


@policy.command()
@options.policy
@options.catalog
def data(*, policy: Path, catalog: Path) -> None:
    """Print thresholds and lists as the document that `opa eval -d` reads beside release_gate.rego."""
    click.echo(data_document(gate_policy(load_policy(policy), load_catalog(catalog))))


@policy.command()
@click.option(
    "--policy",
    "other",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The policy to try.",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="RELIABILITY_POLICY",
    default=DEFAULT_POLICY,
    show_default="the shipped one",
    help="The policy to compare it with: today's.",
)
@click.option("--from", "start", metavar="TIME", help="Start: ISO-8601, or a day; 90 days before --to.")
@click.option("--to", "end", metavar="TIME", help="End, not included: ISO-8601, or a day; now.")
@only_services
@options.as_json
@options.store
@options.catalog
@options.sources
@options.freezes
@options.now
def backtest(  # noqa: PLR0913 - one argument per option
    *,
    other: Path,
    baseline: Path,
    start: str | None,
    end: str | None,
    services: tuple[str, ...],
    as_json: bool,
    store: Path,
    catalog: Path,
    sources: Path,
    freezes: Path | None,
    now: datetime | None,
) -> None:
    """Replay the deployments of a span under another policy and under today's.

    Each is judged as of its start, with what was known then and the counts as they are known today. What is
    not known any more, such as what its pipeline found, neither blocks nor passes: it is said. Progress is
    told on stderr.
    """
    from dashboard.cli.backtest_text import Named, show_backtest  # noqa: PLC0415 - SciPy takes half a second
    from dashboard.reports.backtest_document import backtest_document  # noqa: PLC0415 - ditto
    from dashboard.reports.class_answers import ClassAnswers  # noqa: PLC0415 - ditto
    from dashboard.reports.deployments import deployments_report  # noqa: PLC0415 - ditto
    from dashboard.reports.past_releases import past_releases  # noqa: PLC0415 - ditto
    from dashboard.reports.policy_backtest import Rules, policy_backtest  # noqa: PLC0415 - ditto

    catalogue, today, history = read_history(
        store=store, catalog=catalog, policy=baseline, sources=sources, now=now
    )
    tried = load_policy(other)
    chosen = known_services(services, catalogue)
    period = parse_span(start, end, today.timezone, history.as_of)
    found = deployments_report(store, catalogue, today, history, period, chosen)
    calendar = freezes_between(freezes, today, catalogue, period.start, period.end)
    past = past_releases(store, catalogue, (today, tried), history, found, calendar)
    ours, theirs = (Rules(policy=item, gate=gate_policy(item, catalogue)) for item in (today, tried))
    report = policy_backtest(past, ours, theirs, ClassAnswers(RegoEngine()), period=period, progress=_Meter())
    if as_json:
        click.echo(json.dumps(backtest_document(report, ours, theirs, chosen), indent=2))
        return
    names = _told_apart(baseline, other)
    show_backtest(report, Named(name=names[0], policy=today), Named(name=names[1], policy=tried))


class _Meter:
    """How many deployments are judged: a bar on a terminal, a line for every tenth of the way elsewhere."""

    def __init__(self) -> None:
        self._bar: "click._termui_impl.ProgressBar[int] | None" = None  # noqa: UP037 - the class has no public name
        self._tenth = -1

    def __call__(self, done: int, of: int) -> None:
        """`done` of `of` deployments are judged."""
        if not sys.stderr.isatty():
            tenth = 10 * done // max(of, 1)
            if tenth != self._tenth or done == of:
                click.echo(f"judged {done} of {of} deployments under both policies", err=True)
            self._tenth = tenth
            return
        if self._bar is None:
            self._bar = click.progressbar(
                length=of, label="judging deployments", file=sys.stderr, show_eta=True, show_pos=True
            )
            self._bar.__enter__()
        self._bar.update(done - self._bar.pos)
        if done >= of:
            self._bar.__exit__(None, None, None)
            self._bar = None


def _told_apart(baseline: Path, other: Path) -> tuple[str, str]:
    """What the two files are called: their names, or where they are when both have the same."""
    if baseline.name != other.name:
        return baseline.name, other.name
    return str(baseline), str(other)
