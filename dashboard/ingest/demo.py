"""The whole demo → a store: counts, incidents, releases as the gate lets them happen, and their canaries."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from dashboard.config import load_catalog, load_policy
from dashboard.config.sources import load_sources
from dashboard.demo.deployments import DemoRelease, demo_releases
from dashboard.demo.fleet import readings
from dashboard.demo.incident_events import demo_incident_events
from dashboard.demo.incidents import demo_incidents
from dashboard.demo.release_file import ReleasesFile, releases_file
from dashboard.domain.canary.canary import Outcome
from dashboard.domain.event_counts import floor_to_bucket
from dashboard.domain.freezes import Freeze
from dashboard.ingest.demo_asking import asked_releases
from dashboard.ingest.demo_canaries import Kept, record_demo_canaries
from dashboard.ingest.demo_cases import case_story, freeze_story
from dashboard.ingest.demo_log import DemoLog
from dashboard.ingest.demo_stage import Deployed, Stage, Story
from dashboard.ingest.demo_stories import flawed_try, release_story, tries_in_incidents
from dashboard.ingest.events import record_events
from dashboard.ingest.load import Readings, begin_demo, load_readings, refuse_mixture
from dashboard.paths import DEFAULT_CATALOG, DEFAULT_POLICY, DEFAULT_SOURCES
from dashboard.policy.data import gate_policy
from dashboard.policy.engine import RegoEngine
from dashboard.reports.fleet import without_collecting
from dashboard.reports.gate_context import GateContext
from dashboard.reports.history import read_told
from dashboard.store.database import open_for_writing, transaction
from dashboard.store.release_controls import Controls


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMade:
    """What a demo holds: how many buckets and deployments, which decisions, canaries and controls."""

    buckets: int
    deployments: int
    allowed: int
    denied: int
    controls: Controls
    in_spite: tuple[Deployed, ...]
    canaries: Counter[Outcome]


def demo_context(store: Path) -> GateContext:
    """What the demo's releases are decided with: the shipped files, and no calendar of freezes."""
    policy, catalogue = load_policy(DEFAULT_POLICY), load_catalog(DEFAULT_CATALOG)

    def calendar(_now: datetime) -> tuple[Freeze, ...]:
        return ()

    return GateContext(
        store=store,
        policy=policy,
        catalogue=catalogue,
        sources=load_sources(DEFAULT_SOURCES, catalogue),
        gate_policy=gate_policy(policy, catalogue),
        engine=RegoEngine(),
        calendar=calendar,
    )


def make_demo(store: Path, as_of: datetime) -> DemoMade:
    """Fill `store` with the demo whose clock stands at `as_of` (floored to a bucket), all of it or nothing.

    It is of the shipped catalogue and policy. What was planned and the gate denied is not deployed.

    Raises:
        InputError: the store holds real data.
        StoreError: the store cannot be used.
        ConfigurationError: a file of the demo cannot be read.
    """
    end, kept = floor_to_bucket(as_of), Kept()
    context, file, releases = demo_context(store), releases_file(), demo_releases(end)
    with open_for_writing(store) as connection, transaction(connection), without_collecting():
        refuse_mixture(connection, store)
        counts = (
            Readings(objective=item.objective, good=item.good, total=item.total)
            for item in kept.passing(readings(context.catalogue, end))
        )
        loaded = load_readings(connection, context.catalogue, counts)
        begin_demo(connection, int(end.timestamp()))
        record_events(connection, demo_incident_events(end))
        with DemoLog() as log:
            told = replace(read_told(connection, context.sources), deployments={})
            stage = Stage(connection, context, told, file.people, log)
            stage.hear(event for release in releases for event in release.staging)
            stage.play(_stories(stage, file, releases, end), end)
            decisions = log.write(connection, context.gate_policy, end)
            deployed = stage.deployed()
        staging = [event for release in releases for event in release.staging]
        production = [event for item in deployed for event in item.release.production]
        record_events(connection, [*staging, *production])
        canaries = record_demo_canaries(
            connection,
            (item.release for item in deployed),
            kept,
            file.evidence.registry,
            end,
            context.catalogue.canary_counts,
        )
    allowed = sum(decision["allow"] for decision in decisions)
    return DemoMade(
        buckets=loaded.recorded.added,
        deployments=len(staging) + len(deployed),
        allowed=allowed,
        denied=len(decisions) - allowed,
        controls=stage.controls,
        in_spite=tuple(item for item in deployed if item.denied_for),
        canaries=canaries,
    )


def _stories(
    stage: Stage, file: ReleasesFile, releases: Sequence[DemoRelease], end: datetime
) -> Iterator[Story]:
    """Everything that people and pipelines do about releases."""
    yield from (freeze_story(stage, freeze, end) for freeze in file.freezes)
    yield from (case_story(stage, file, case, releases, end) for case in file.cases)
    context = stage.context
    askings = asked_releases(file, releases, context.policy, context.catalogue, end)
    yield from tries_in_incidents(stage, file, askings, demo_incidents(end))
    for asking in askings:
        yield flawed_try(stage, file, asking)
        yield release_story(stage, file, asking)
