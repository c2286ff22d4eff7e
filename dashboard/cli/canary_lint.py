"""`reliability canary lint`: what would abort a good canary, or let a bad one pass."""

import json
import sys
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dashboard.cli import options
from dashboard.cli.input_file import text_of
from dashboard.errors import InputError

if TYPE_CHECKING:
    from dashboard.reports.canary_lint import LintReport

_FORMATS = ("text", "json", "sarif")


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--format",
    "shape",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="How to tell it.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--scrape-interval",
    type=options.DURATION,
    help="How far samples are apart, to check the windows of rates.",
)
@click.option(
    "--requests-per-second",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="The service's traffic, to tell how many good canaries the limits abort.",
)
@click.option("--service", help="Take the traffic from the store: the median of this service's last 7 days.")
@click.option(
    "--error-ratio",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    help="The share of errors of a good canary; without, the service's own, or half of what a metric allows.",
)
@options.store
@options.catalog
@options.now
def lint(  # noqa: PLR0913 - one argument per option
    *,
    files: tuple[str, ...],
    shape: str,
    as_json: bool,
    scrape_interval: timedelta | None,
    requests_per_second: float | None,
    service: str | None,
    error_ratio: float | None,
    store: Path,
    catalog: Path,
    now: datetime | None,
) -> None:
    """Find what would abort a good canary or let a bad one pass, in templates and Rollouts of Argo Rollouts.

    FILE is YAML or JSON with AnalysisTemplates, ClusterAnalysisTemplates, AnalysisRuns or Rollouts, in
    documents or lists; `-` is stdin. Give the templates together with the Rollouts that use them. The rules
    are in docs/canary-lint.md.

    Exits with 1 when there are errors, with 0 when there are none, with 2 when a file cannot be read.
    """
    if requests_per_second is not None and service is not None:
        raise click.UsageError("found --requests-per-second and --service, expected one of them")
    # The parser of PromQL and what the store needs take a moment to load, and other commands do without.
    from dashboard.config import load_catalog  # noqa: PLC0415 - see above
    from dashboard.domain.canary.lint.traffic import Traffic  # noqa: PLC0415 - ditto
    from dashboard.reports.canary_lint import lint_report, service_traffic  # noqa: PLC0415 - ditto
    from dashboard.reports.instants import reading_instant  # noqa: PLC0415 - ditto

    traffic = None
    if service is not None:
        catalogue = load_catalog(catalog)
        if service not in catalogue.services:
            known = ", ".join(catalogue.services)
            raise InputError(f"--service: found {service!r}, expected one of {known}")
        at = reading_instant(store, now)
        traffic = service_traffic(store, catalogue, service, at, error_ratio)
    elif requests_per_second is not None:
        traffic = Traffic(requests_per_second=requests_per_second, error_ratio=error_ratio, source="as given")
    _require_files(files)
    texts = {("stdin" if name == "-" else name): text_of(name) for name in files}
    report = lint_report(texts, scrape_interval=scrape_interval, traffic=traffic)
    not_checked = [] if scrape_interval else ["rate windows (--scrape-interval)"]
    not_checked += [] if traffic else ["false aborts (--service or --requests-per-second)"]
    _tell(report, "json" if as_json else shape, not_checked)
    sys.exit(1 if report.has_errors else 0)


def _require_files(files: tuple[str, ...]) -> None:
    if files.count("-") > 1:
        raise click.UsageError(f"found - {files.count('-')} times, expected it once: stdin is read once")
    for name in files:
        if name != "-" and Path(name).is_dir():
            raise InputError(f"{name}: found a directory, expected files, such as {name.rstrip('/')}/*.yaml")


def _tell(report: "LintReport", shape: str, not_checked: list[str]) -> None:
    from dashboard.reports.canary_lint_document import lint_document, sarif_document  # noqa: PLC0415 - as above
    from dashboard.ui.canary_lint_words import lint_lines  # noqa: PLC0415 - ditto

    if shape == "json":
        click.echo(json.dumps(lint_document(report), indent=2, ensure_ascii=False))
    elif shape == "sarif":
        click.echo(json.dumps(sarif_document(report, _version()), indent=2, ensure_ascii=False))
    else:
        for line in lint_lines(report, not_checked):
            click.echo(line)


def _version() -> str:
    try:
        return version("release-reliability")
    except PackageNotFoundError:
        return "0.0.0"
