"""The `reliability` command: machines get JSON and exit codes, people get sentences."""

import logging
import sys
from importlib.metadata import PackageNotFoundError, version

import click

from dashboard.cli.approvals import approval, approve
from dashboard.cli.canary import canary
from dashboard.cli.canary_import import import_canaries
from dashboard.cli.data import demo, import_data
from dashboard.cli.decisions import decisions
from dashboard.cli.exceptions import exception
from dashboard.cli.freezes import freeze
from dashboard.cli.gate import gate
from dashboard.cli.identity import token
from dashboard.cli.init import init
from dashboard.cli.ledger import ledger
from dashboard.cli.measures import dora, mttr
from dashboard.cli.policy import policy
from dashboard.cli.releases import attribute, import_deployments, import_incidents
from dashboard.cli.report import report
from dashboard.cli.serve import serve
from dashboard.cli.status import status
from dashboard.cli.sync import sync
from dashboard.errors import ReliabilityError


def _version() -> str:
    try:
        return version("release-reliability")
    except PackageNotFoundError:
        return "from a checkout that is not installed"


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(_version(), prog_name="reliability")
def cli() -> None:
    """May we ship this? Error budgets, policy tiers and release decisions from Prometheus.

    Exit codes: 0 yes or ok, 1 no, 2 bad input or configuration, 3 source unreachable.
    """


for _command in (attribute, canary, demo, dora, import_data, init, ledger, mttr, report, serve, status, sync):
    cli.add_command(_command)
for _command in (import_canaries, import_deployments, import_incidents):
    import_data.add_command(_command)
for _command in (approval, approve, decisions, exception, freeze, gate, policy, token):
    cli.add_command(_command)


def main() -> None:
    """Run the command; every error that a person can act on is one clear message and an exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    # It would tell each retry with the whole query; what came of them is told once, in our words.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    try:
        sys.exit(cli(standalone_mode=False) or 0)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show(sys.stderr)
        sys.exit(ReliabilityError.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        sys.exit(130)
    except ReliabilityError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of a pipe has gone; that is its right.
        sys.stderr.close()
        sys.exit(0)
