"""`reliability import deployments|incidents` and `reliability attribute`: what people record by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from dashboard.cli import options
from dashboard.cli.input_file import called, text_of
from dashboard.config import load_catalog, load_policy
from dashboard.config.sources import load_sources
from dashboard.domain.deployments import DeploymentEvent
from dashboard.domain.incidents import IncidentEvent
from dashboard.domain.names import NameMap
from dashboard.ingest.events import Stored, store_events, unmapped_names
from dashboard.sources.release_rows import deployment_events, incident_events
from dashboard.ui import format as shown

_correct = click.option(
    "--correct", is_flag=True, help="These rows win over what is stored: they put right what was wrong."
)
_files = click.argument("files", nargs=-1, required=True, metavar="FILE...")


@click.command(name="deployments")
@_files
@_correct
@options.store
@options.catalog
@options.sources
def import_deployments(
    *, files: tuple[str, ...], correct: bool, store: Path, catalog: Path, sources: Path
) -> None:
    """Deployments: CSV, JSON or JSON lines, one event a row; `-` is stdin.

    Fields: id, service, environment (these three are needed), version, commit_sha, commit_times[],
    started_at, finished_at, status, change_type, actor, url, reason, rollback_of, updated_at. Empty means
    unknown; lists are separated by ; in CSV. A file is stored whole or not at all; importing it again
    changes nothing.
    """
    known = load_sources(sources, load_catalog(catalog))
    zone, corrected_at = known.time_zones.get("import"), datetime.now(UTC) if correct else None
    for name in files:
        events = deployment_events(called(name), text_of(name), zone=zone, corrected_at=corrected_at)
        _tell(name, events, store_events(store, events), known.names)


@click.command(name="incidents")
@_files
@_correct
@options.store
@options.catalog
@options.sources
def import_incidents(
    *, files: tuple[str, ...], correct: bool, store: Path, catalog: Path, sources: Path
) -> None:
    """Incidents: CSV, JSON or JSON lines, one event a row; `-` is stdin.

    Fields: id (needed), title, severity, services[], started_at, detected_at, acknowledged_at, mitigated_at,
    resolved_at, caused_by, url, updated_at. Empty means unknown; lists are separated by ; in CSV. A file is
    stored whole or not at all; importing it again changes nothing.
    """
    known = load_sources(sources, load_catalog(catalog))
    zone, corrected_at = known.time_zones.get("import"), datetime.now(UTC) if correct else None
    for name in files:
        events = incident_events(called(name), text_of(name), zone=zone, corrected_at=corrected_at)
        _tell(name, events, store_events(store, events), known.names)
        for event in events:
            times = [time for time in _times(event) if time is not None]
            if times != sorted(times):
                click.echo(
                    f"! {event.incident}: its times are out of order; such phases are not judged", err=True
                )


@click.command()
@click.argument("incident")
@click.option("--to", "deployment", metavar="SERVICE/ENVIRONMENT/ID", help="The deployment that caused it.")
@click.option("--none", "nothing", is_flag=True, help="No deployment caused it.")
@click.option("--by", required=True, help="Who says so.")
@click.option("--why", required=True, help="What shows it.")
@options.store
@options.catalog
@options.policy
@options.sources
def attribute(  # noqa: PLR0913 - one argument per option
    *,
    incident: str,
    deployment: str | None,
    nothing: bool,
    by: str,
    why: str,
    store: Path,
    catalog: Path,
    policy: Path,
    sources: Path,
) -> None:
    """Say which deployment caused INCIDENT, or that none did; what was said before is kept as well."""
    if nothing == (deployment is not None):
        raise click.UsageError("found both or neither of --to and --none, expected one of them")
    # What they need takes half a second to load, and `import` does without.
    from dashboard.reports.corrections import correction  # noqa: PLC0415 - see above
    from dashboard.reports.history import history_at  # noqa: PLC0415 - ditto

    catalogue = load_catalog(catalog)
    now = datetime.now(UTC)
    history = history_at(store, load_sources(sources, catalogue), load_policy(policy).delivery, now)
    said = correction(history, incident=incident, deployment=deployment, by=by, why=why, at=now)
    store_events(store, [said])
    click.echo(f"{incident}: attributed to {deployment or 'no deployment'} by {by}", err=True)


def _tell(
    name: str, events: Sequence[DeploymentEvent | IncidentEvent], stored: Stored, names: NameMap
) -> None:
    """What became of a file, and what of it will not show because of a name or a time."""
    rows = shown.amount(len(events), "row")
    click.echo(f"{name}: {rows}: {stored.added} added, {stored.known} known already", err=True)
    for unmapped in unmapped_names(events, names):
        click.echo(
            f"! unmapped: {unmapped!r} is no service or severity of ours; name it in sources.yaml", err=True
        )
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    future = sum(event.at > tomorrow and not event.correction for event in events)
    if future:
        rows = shown.amount(future, "row")
        click.echo(f"! {rows} of the future: what has not begun is nowhere shown", err=True)


def _times(event: IncidentEvent) -> tuple[datetime | None, ...]:
    return (
        event.started_at,
        event.detected_at,
        event.acknowledged_at,
        event.mitigated_at,
        event.resolved_at,
    )
