"""`reliability canary`: what Argo Rollouts makes of an analysis."""

import click

from dashboard.cli.canary_evaluate import evaluate
from dashboard.cli.canary_judge import judge
from dashboard.cli.canary_lint import lint


@click.group()
def canary() -> None:
    """Look at canary analyses: what Argo decides, and whether it could."""


canary.add_command(evaluate)
canary.add_command(judge)
canary.add_command(lint)
