"""`reliability serve`: the dashboard and the API in one process."""

import os
import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from dashboard.cli import options
from dashboard.cli.cluster import cluster, watcher
from dashboard.cli.sync import collector_beside
from dashboard.config import load_catalog, load_policy
from dashboard.config.access import load_access
from dashboard.config.sources import load_sources
from dashboard.config.webhook_secrets import webhook_secrets
from dashboard.domain.access import Person
from dashboard.domain.durations import format_duration
from dashboard.errors import InputError
from dashboard.sources.freeze_calendar import planned_freezes
from dashboard.ui import format as shown


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8501, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on."
)
@click.option(
    "--allowed-host",
    "allowed_hosts",
    multiple=True,
    help="A further name by which browsers address the server; may be given more than once.",
)
@click.option(
    "--sync-every",
    type=options.DURATION,
    help="Also collect from Prometheus and watch Kubernetes, as `sync --every` does.",
)
@options.prometheus
@options.backfill
@options.store
@options.catalog
@options.policy
@options.sources
@options.access
@options.freezes
@options.now
def serve(  # noqa: PLR0913 - one argument per option
    *,
    host: str,
    port: int,
    allowed_hosts: tuple[str, ...],
    sync_every: timedelta | None,
    prometheus: str | None,
    backfill: timedelta,
    store: Path,
    catalog: Path,
    policy: Path,
    sources: Path,
    access: Path | None,
    freezes: Path | None,
    now: datetime | None,
) -> None:
    """Show the dashboard at http://127.0.0.1:8501, with the API beside it, until stopped."""
    # A mistake in a file is told here, before a browser is opened.
    rules, catalogue = load_policy(policy), load_catalog(catalog)
    load_sources(sources, catalogue)
    people = load_access(access).people
    planned_freezes(freezes, rules, catalogue, now or datetime.now(UTC))
    secrets = webhook_secrets(os.environ)
    locations = options.located(store, catalog, policy, sources, now, access=access, freezes=freezes)
    os.environ.update(locations.environment())
    collector = watch = followed = None
    if sync_every:
        followed = cluster()
        collector = collector_beside(followed, prometheus, locations.store, locations.catalog, backfill)
        watch = None if followed is None else watcher(locations.store, followed)
    _require_free(host, port)
    address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104 - only compared
    click.echo(f"store {store}, catalogue {catalog}, policy {policy}", err=True)
    click.echo(f"pages {address}, API {address}/api/v1/status, metrics {address}/metrics", err=True)
    click.echo(f"webhooks {secrets}", err=True)
    click.echo(f"exceptions, freezes and approvals by API {_for(people)}", err=True)
    if collector and sync_every:
        click.echo(f"collecting from {collector.settings.url} every {format_duration(sync_every)}", err=True)
    if followed is not None:
        click.echo(f"watching the Rollouts of {followed.address}", err=True)
    # Streamlit takes a second to load, which the other commands need not wait for.
    from dashboard.asgi import create_app, streamlit_options  # noqa: PLC0415 - see above

    config = streamlit_options(host, port, allowed_hosts)
    app = create_app(
        locations,
        hosts=config["server.allowedHosts"],
        secrets=secrets,
        collector=collector,
        every=sync_every,
        watch=watch,
    )
    app.run(config=config)


def _for(people: Sequence[Person]) -> str:
    """Who may change them."""
    if not people:
        return "are off: nobody is in access.yaml (`reliability token`)"
    return f"are on for {shown.amount(len(people), 'person', 'people')} of access.yaml"


def _require_free(host: str, port: int) -> None:
    """Refuse a port that cannot be listened on, before anything is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InputError(f"--host {host} --port {port}: cannot listen there: {error.strerror}") from None
