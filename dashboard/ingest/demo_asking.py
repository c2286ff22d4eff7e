"""When each planned release of the demo is asked for, by whom, and what its pipeline says."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from dashboard.demo.deployments import DemoRelease
from dashboard.demo.effects import begins_at
from dashboard.demo.pipeline import PRODUCTION, request_of
from dashboard.demo.release_file import Evidence, ParticularReleaseField, ReleasesFile
from dashboard.demo.slots import random_of
from dashboard.domain.deployment_window import is_open
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.release_target import ReleaseTarget
from dashboard.domain.slo import Catalogue, Service

_SECOND = timedelta(seconds=1)
#: A release is asked for so many seconds before its deployment begins; a rollback is in a hurry.
_ASKED_BEFORE, _HURRIED_BEFORE = (45, 230), (15, 50)
_HURRIED = frozenset({ChangeType.ROLLBACK, ChangeType.EMERGENCY})
_NOTHING = ParticularReleaseField(service="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A planned release as it is asked for at `at`: what is told of it besides, and by chance of its own."""

    release: DemoRelease
    service: Service
    particular: ParticularReleaseField
    at: datetime
    by_person: str

    @property
    def target(self) -> ReleaseTarget:
        """What is released."""
        return ReleaseTarget(
            service=self.service.name, environment=PRODUCTION, version=str(self.release.version)
        )

    @property
    def is_plain(self) -> bool:
        """Whether nothing depends on it, and nothing particular is told of it."""
        return not self.release.needed and self.particular is _NOTHING

    def random(self, what: str) -> np.random.Generator:
        """Chance for one thing about it."""
        return random_of(self.service.name, self.release.version, self.release.started, what)

    def document(self, file: ReleasesFile, policy: Policy, differs: Evidence | None = None) -> dict[str, Any]:
        """What its pipeline asks the gate."""
        return request_of(
            file.evidence,
            policy.gate,
            self.service,
            str(self.release.version),
            change=self.release.change,
            by=self.release.actor,
            differs=differs or self.particular.evidence,
        )


def asked_releases(
    file: ReleasesFile, releases: Iterable[DemoRelease], policy: Policy, catalogue: Catalogue, end: datetime
) -> list[Asking]:
    """When each of the planned `releases` is asked for, and what the file tells of it."""
    listed = list(releases)
    particular = {
        (chosen.service, chosen.number): field
        for field in file.releases
        if (chosen := _chosen_release(field, listed, end)) is not None
    }
    return [
        _asking(
            file,
            release,
            particular.get((release.service, release.number), _NOTHING),
            catalogue.services[release.service],
            policy,
        )
        for release in listed
    ]


def opening_before(asking: Asking, policy: Policy) -> datetime | None:
    """When the window opens in which it is asked for; None where it is asked for outside of one."""
    local = asking.at.astimezone(policy.timezone)
    if not is_open(policy.gate.windows, asking.service.tier, asking.at, policy.timezone):
        return None
    starts = [
        rule.start
        for rule in policy.gate.windows
        if asking.service.tier in rule.service_tiers and rule.start <= local.time()
    ]
    return datetime.combine(local.date(), max(starts), tzinfo=policy.timezone).astimezone(asking.at.tzinfo)


def _asking(
    file: ReleasesFile,
    release: DemoRelease,
    particular: ParticularReleaseField,
    service: Service,
    policy: Policy,
) -> Asking:
    random = random_of(release.service, release.version, release.started, "asked")
    seconds = _HURRIED_BEFORE if release.change in _HURRIED else _ASKED_BEFORE
    people = [name for name, roles in file.people.items() if not roles]
    is_person = release.actor not in file.pipelines
    return Asking(
        release=release,
        service=service,
        particular=particular,
        at=_inside(release.started, timedelta(seconds=int(random.integers(*seconds))), service, policy),
        by_person=release.actor if is_person else str(random.choice(people)),
    )


def _inside(started: datetime, before: timedelta, service: Service, policy: Policy) -> datetime:
    """`before` the start, but not before the window opens in which it begins."""

    def open_at(at: datetime) -> bool:
        return is_open(policy.gate.windows, service.tier, at, policy.timezone)

    while open_at(started) and not open_at(started - before) and before > _SECOND:
        before /= 2
    return (started - before).replace(microsecond=0)


def _chosen_release(
    field: ParticularReleaseField, releases: Iterable[DemoRelease], end: datetime
) -> DemoRelease | None:
    mine = [release for release in releases if release.service == field.service]
    if field.version is not None:
        return next((item for item in mine if str(item.version) == field.version), None)
    if field.undoes is not None:
        return next((item for item in mine if item.slot.undoes == field.undoes), None)
    if field.near is None:
        return None
    near = begins_at(field.near, end)
    usual = [release for release in mine if release.change not in _HURRIED]
    return min(usual, key=lambda release: abs(release.started - near), default=None)
