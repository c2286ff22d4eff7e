"""The demo's deployments: 90 days of releases that lead to its incidents, and what is heard of each."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from dashboard.demo.deployment_file import DeploymentsFile, deployments_file
from dashboard.demo.effects import DemoEffect, begins_at, placed
from dashboard.demo.incidents import demo_incidents
from dashboard.demo.slots import Slot, random_of, slots
from dashboard.demo.versions import Version, leading_to, onwards, parse_version
from dashboard.domain.deployments import DeploymentEvent, DeploymentState
from dashboard.domain.event_counts import floor_to_bucket
from dashboard.domain.policy_tier import ChangeType

_SOURCE = "demo"
_PRODUCTION, _STAGING = "production", "staging"

_FAILED_SHARE = 0.03
#: A deployment that fails does so after this part of its time.
_FAILS_AFTER = 0.4
_FEATURES = ((ChangeType.FEATURE, 0.84), (ChangeType.MIGRATION, 0.11), (None, 0.05))
_PATCHES = (
    (ChangeType.BUGFIX, 0.62),
    (ChangeType.CONFIG, 0.18),
    (ChangeType.SECURITY, 0.13),
    (None, 0.07),
)
#: From a commit to the beginning of its deployment: the median in minutes, and how far it scatters.
_LEAD_MINUTES, _LEAD_SCATTER = 150.0, 1.15
_LEAST_LEAD, _MOST_LEAD = timedelta(minutes=14), timedelta(days=4)
_HURRIED_LEAD = timedelta(minutes=6)
_MOST_COMMITS = 6
_NO_COMMITS_SHARE = 0.06
#: A feature was in staging so many minutes before, at least and at most.
_STAGED_BEFORE = (50, 260)
#: A number of a service's pipeline before the history.
_FIRST_NUMBERS = (120, 900)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRelease:
    """A slot with everything that is told of it.

    It is `needed` when what comes after it makes no sense without it; another one may be held back.
    """

    slot: Slot
    number: int
    version: Version
    state: DeploymentState
    finished: datetime | None
    change: ChangeType | None
    actor: str
    reason: str | None
    commits: tuple[datetime, ...]
    staged: datetime | None
    needed: bool

    @property
    def service(self) -> str:
        """What is released."""
        return self.slot.service

    @property
    def started(self) -> datetime:
        """When its deployment to production began, or was queued."""
        return self.slot.started

    @property
    def production(self) -> tuple[DeploymentEvent, ...]:
        """What is heard of its deployment to production."""
        return tuple(_events(self))

    @property
    def staging(self) -> tuple[DeploymentEvent, ...]:
        """What is heard of its deployment to staging; nothing where it was not tried there."""
        return tuple(_staging(self))


def demo_deployments(as_of: datetime) -> tuple[DeploymentEvent, ...]:
    """The events of all deployments up to `as_of` (floored to a bucket), service by service.

    The same `as_of` gives the same events.

    Raises:
        ConfigurationError: a file of the demo cannot be read; names the file and every fault in it.
    """
    return tuple(
        event for release in demo_releases(as_of) for event in (*release.staging, *release.production)
    )


def demo_releases(as_of: datetime) -> tuple[DemoRelease, ...]:
    """What is planned to be released up to `as_of` (floored to a bucket), service by service.

    Raises:
        ConfigurationError: a file of the demo cannot be read; names the file and every fault in it.
    """
    file = deployments_file()
    of_service = slots(file, demo_incidents(as_of), floor_to_bucket(as_of))
    return tuple(release for name, found in of_service.items() for release in _releases(file, name, found))


def demo_deployment_effects(as_of: datetime) -> tuple[DemoEffect, ...]:
    """What the indicators see of deployments that are no incident.

    Raises:
        ConfigurationError: the file of the demo's deployments cannot be read.
    """
    end = floor_to_bucket(as_of)
    return tuple(
        effect
        for entry in deployments_file().deployments
        for effect in placed(entry.effects, begins_at(entry.start, end), end)
    )


def _releases(file: DeploymentsFile, name: str, found: Sequence[Slot]) -> Iterator[DemoRelease]:
    versions = _versions(parse_version(file.services[name].version), name, found)
    first = int(random_of(name, "numbers").integers(*_FIRST_NUMBERS))
    for index, (slot, version) in enumerate(zip(found, versions, strict=True)):
        following = found[index + 1] if index + 1 < len(found) else None
        yield _release(file, slot, following, version, first + index)


def _versions(before: Version, name: str, found: Sequence[Slot]) -> list[Version]:
    """The version of each slot: they rise, and pass through those that incidents name."""
    random = random_of(name, "versions")
    versions: list[Version] = []
    low, waiting = before, 0
    for slot in found:
        if slot.version is None:
            waiting += 1
            continue
        fixed = parse_version(slot.version)
        if waiting:
            versions += _segment(low, slot, fixed, waiting, random)
            waiting = 0
        versions.append(fixed)
        low = max(low, fixed)
    return versions + onwards(low, waiting, random)


def _segment(
    low: Version, slot: Slot, fixed: Version, count: int, random: np.random.Generator
) -> list[Version]:
    if slot.restored is not None:
        return leading_to(low, parse_version(slot.restored), count, random)
    return leading_to(low, fixed, count + 1, random)[:-1]


def _release(
    file: DeploymentsFile, slot: Slot, following: Slot | None, version: Version, number: int
) -> DemoRelease:
    random = random_of(slot.service, version, slot.started)
    state, finished, reason = slot.state, slot.finished, slot.reason
    failed = bool(random.random() < _FAILED_SHARE)
    # A rollback brings back what stood before, so that was there and did not fail.
    may_fail = slot.ordinary and (following is None or following.version is None)
    restored = following is not None and following.restored is not None
    if may_fail and failed and finished is not None:
        state = DeploymentState.FAILED
        finished = slot.started + timedelta(
            seconds=round(_FAILS_AFTER * (finished - slot.started).total_seconds())
        )
        reason = str(random.choice(file.reasons))
    change = slot.change
    if change is None and slot.undoes is None:
        change = _chosen(_FEATURES if version.is_feature else _PATCHES, random)
    staged = None
    is_tried = version.is_feature and slot.undoes is None and change is not ChangeType.EMERGENCY
    if is_tried and file.services[slot.service].staging:
        staged = slot.started - timedelta(seconds=60 * int(random.integers(*_STAGED_BEFORE)) + 17)
    return DemoRelease(
        slot=slot,
        number=number,
        version=version,
        state=state,
        finished=finished,
        change=change,
        actor=str(random.choice(file.actors)),
        reason=reason,
        commits=_commits(slot, change, staged, random),
        staged=staged,
        needed=restored or not slot.ordinary,
    )


def _chosen(
    weighted: Sequence[tuple[ChangeType | None, float]], random: np.random.Generator
) -> ChangeType | None:
    index = int(random.choice(len(weighted), p=[weight for _, weight in weighted]))
    return weighted[index][0]


def _commits(
    slot: Slot, change: ChangeType | None, staged: datetime | None, random: np.random.Generator
) -> tuple[datetime, ...]:
    """When the changes were committed: none of what was deployed before, and sometimes nobody knows."""
    if change is ChangeType.EMERGENCY:
        return (slot.started - _HURRIED_LEAD,)
    unknown = bool(random.random() < _NO_COMMITS_SHARE)
    if slot.undoes is not None or unknown:
        return ()
    minutes = _LEAD_MINUTES * np.exp(
        _LEAD_SCATTER * random.standard_normal(int(random.integers(1, _MOST_COMMITS + 1)))
    )
    newest = staged or slot.started
    leads = [timedelta(seconds=round(60 * lead)) for lead in minutes.tolist()]
    return tuple(sorted(newest - min(max(lead, _LEAST_LEAD), _MOST_LEAD) for lead in leads))


def _events(release: DemoRelease) -> Iterator[DeploymentEvent]:
    slot = release.slot
    yield DeploymentEvent(
        source=_SOURCE,
        service=slot.service,
        environment=_PRODUCTION,
        deployment=_name(release),
        at=slot.started,
        state=DeploymentState.QUEUED
        if release.state is DeploymentState.QUEUED
        else DeploymentState.IN_PROGRESS,
        started_at=None if release.state is DeploymentState.QUEUED else slot.started,
        version=str(release.version),
        commit_sha=_commit(slot.service, release.version),
        commit_times=release.commits,
        change_type=release.change,
        actor=release.actor,
        rollback_of=slot.undoes if release.change is ChangeType.ROLLBACK else None,
    )
    if release.finished is not None:
        yield DeploymentEvent(
            source=_SOURCE,
            service=slot.service,
            environment=_PRODUCTION,
            deployment=_name(release),
            at=release.finished,
            state=release.state,
            finished_at=None if release.state is DeploymentState.SUPERSEDED else release.finished,
            reason=release.reason,
        )


def _staging(release: DemoRelease) -> Iterator[DeploymentEvent]:
    """A feature's deployment to staging, told when it was over."""
    if release.staged is None:
        return
    finished = release.staged + timedelta(minutes=4, seconds=release.number % 60)
    yield DeploymentEvent(
        source=_SOURCE,
        service=release.service,
        environment=_STAGING,
        deployment=f"{_name(release)}-{_STAGING}",
        at=finished,
        state=DeploymentState.SUCCEEDED,
        started_at=release.staged,
        finished_at=finished,
        version=str(release.version),
        commit_sha=_commit(release.service, release.version),
        commit_times=release.commits,
        change_type=release.change,
        actor=release.actor,
    )


def _name(release: DemoRelease) -> str:
    return f"{release.service}-{release.number}"


def _commit(service: str, version: Version) -> str:
    return hashlib.blake2b(f"{service} {version}".encode(), digest_size=20).hexdigest()
