"""`reliability report`: incidents and delivery of a month or a quarter, as a document."""

from datetime import datetime
from pathlib import Path

import click

from dashboard.cli import options
from dashboard.config import load_catalog, load_policy
from dashboard.config.sources import load_sources
from dashboard.domain.periods import Period, parse_period
from dashboard.domain.policy import Policy
from dashboard.errors import InputError
from dashboard.reports.instants import reading_instant


@click.command()
@click.option("--month", metavar="2026-10", help="The month to report on.")
@click.option("--quarter", metavar="2026-Q4", help="The quarter to report on, instead of a month.")
@click.option("--service", "services", multiple=True, help="Only this service; may be given more than once.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "html"]),
    default="md",
    show_default=True,
    help="Markdown, or one HTML file that prints well.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the report to this file instead of stdout.",
)
@options.store
@options.catalog
@options.policy
@options.sources
@options.now
def report(  # noqa: PLR0913 - one argument per option
    *,
    month: str | None,
    quarter: str | None,
    services: tuple[str, ...],
    form: str,
    output: Path | None,
    store: Path,
    catalog: Path,
    policy: Path,
    sources: Path,
    now: datetime | None,
) -> None:
    """Write the report on incidents and delivery of a month or a quarter."""
    # SciPy, which these need, takes half a second to load; the other commands do without.
    from dashboard.reports.history import history_at  # noqa: PLC0415 - see above
    from dashboard.reports.incident_measures import Selection  # noqa: PLC0415 - ditto
    from dashboard.reports.incidents import recovery_report  # noqa: PLC0415 - ditto
    from dashboard.ui.period_report import html_report, markdown_report  # noqa: PLC0415 - ditto

    catalogue, rules = load_catalog(catalog), load_policy(policy)
    period = _period(month, quarter, rules)
    for name in services:
        if name not in catalogue.services:
            known = ", ".join(catalogue.services)
            raise InputError(f"--service: found {name!r}, expected one of {known}")
    moment = reading_instant(store, now)
    if period.start >= moment:
        raise InputError(f"found {period.name}, which has not begun at {moment.isoformat()}")
    history = history_at(store, load_sources(sources, catalogue), rules.delivery, moment)
    chosen = Selection(services=services)
    found = recovery_report(store, catalogue, rules, history, period, chosen)
    write = html_report if form == "html" else markdown_report
    text = write(found, rules, chosen)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"--output {output}: cannot be written: {error.strerror}") from None


def _period(month: str | None, quarter: str | None, policy: Policy) -> Period:
    given = {"--month": month, "--quarter": quarter}
    named = {option: text for option, text in given.items() if text is not None}
    if len(named) != 1:
        raise InputError(f"found {len(named)} of --month and --quarter, expected exactly one")
    ((option, text),) = named.items()
    if ("Q" in text) is not (option == "--quarter"):
        example = "2026-Q4" if option == "--quarter" else "2026-10"
        raise InputError(f"{option}: found {text!r}, expected one such as {example}")
    try:
        return parse_period(text, policy.timezone)
    except ValueError as error:
        raise InputError(f"{option}: {error}") from None
