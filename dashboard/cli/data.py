"""`reliability import` and `reliability demo`: history from files and the embedded demo."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

from dashboard.cli import options
from dashboard.cli.input_file import called, text_of
from dashboard.config import load_catalog
from dashboard.demo.incidents import DemoIncident, demo_incidents
from dashboard.domain.canary.canary import Outcome
from dashboard.domain.event_counts import floor_to_bucket
from dashboard.domain.sli_bucket import BucketFault
from dashboard.domain.slo import Catalogue
from dashboard.ingest.demo import make_demo
from dashboard.ingest.load import Loaded, Readings, load
from dashboard.reports.instants import wall_clock
from dashboard.sources.sli_file import read_sli

#: The severity of the incidents that `reliability demo` always lists.
_GRAVEST = "P1"


@click.group(name="import")
def import_data() -> None:
    """Read history from files into the store."""


@import_data.command(name="sli")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@options.store
@options.catalog
def import_sli(*, files: tuple[str, ...], store: Path, catalog: Path) -> None:
    """Counts of good and total events: CSV, JSON or JSON lines with objective, start, good, total.

    `objective` is service/indicator, `start` the ISO-8601 UTC start of a 5-minute bucket; an empty count
    means unknown. `-` is stdin. A file is stored whole or not at all; importing it again changes nothing.
    """
    catalogue = load_catalog(catalog)
    for name in files:
        # The whole file is read before the store is touched.
        loaded = load(store, catalogue, list(_from_file(name, catalogue)))
        done = loaded.recorded
        numbers = f"{done.added} buckets added, {done.corrected} corrected, {done.flagged} flagged"
        click.echo(f"{name}: {numbers}", err=True)
        _tell_flagged(name, loaded)


@click.command()
@options.store
@options.now
def demo(*, store: Path, now: datetime | None) -> None:
    """Fill a store with 90 days of believable history of the shipped catalogue.

    The demo's clock stands still at the time it was made, so it looks the same whenever it is opened.
    """
    as_of = floor_to_bucket(now or wall_clock())
    made = make_demo(store, as_of)
    incidents = demo_incidents(as_of)
    severities = Counter(incident.severity for incident in incidents)
    listed = ", ".join(f"{number} {severity}" for severity, number in sorted(severities.items()))
    click.echo(
        f"{store}: {made.buckets} buckets of demo history, {made.deployments} deployments,"
        f" {len(incidents)} incidents ({listed}); the gravest and the open ones:",
        err=True,
    )
    for incident in incidents:
        if incident.severity == _GRAVEST or incident.ended_at is None:
            click.echo(f"  {_line(incident)}", err=True)
    controls = made.controls
    people = f"{len(controls.exceptions)} exceptions, {len(controls.approvals)} approvals"
    click.echo(
        f"{made.allowed + made.denied} release decisions ({made.allowed} yes, {made.denied} no),"
        f" {len(controls.freezes)} freezes, {people}; deployed in spite of a no:",
        err=True,
    )
    for deployed in made.in_spite:
        release, codes = deployed.release, ", ".join(deployed.denied_for)
        click.echo(
            f"  {release.started:%Y-%m-%d %H:%M}Z {release.service} {release.version}: {codes}", err=True
        )
    told = made.canaries
    past = sum(count for outcome, count in told.items() if not outcome.is_open)
    click.echo(
        f"{told.total()} canaries: {told[Outcome.RUNNING]} running, {told[Outcome.INCONCLUSIVE]} paused as"
        f" inconclusive, {past} past ({told[Outcome.ABORTED]} aborted)",
        err=True,
    )


def _line(incident: DemoIncident) -> str:
    services = ", ".join(incident.services)
    open_ = ", open" if incident.ended_at is None else ""
    what = f"{incident.severity}{open_}, {services}: {incident.title}"
    return f"{incident.started_at:%Y-%m-%d %H:%M}Z {incident.id} {what}"


def _from_file(name: str, catalogue: Catalogue) -> Iterator[Readings]:
    counts = read_sli(called(name), text_of(name), catalogue)
    for objective in catalogue.objectives:
        if objective.key in counts:
            of_objective = counts[objective.key]
            yield Readings(objective=objective, good=of_objective.good, total=of_objective.total)


def _tell_flagged(name: str, loaded: Loaded) -> None:
    for key, flagged in loaded.flagged.items():
        for fault in BucketFault:
            count = sum(flag.fault is fault for flag in flagged)
            if count:
                click.echo(f"  {name}: {key}: {count} buckets not counted: {fault.sentence}", err=True)
