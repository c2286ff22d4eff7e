"""The demo's canaries: what Argo Rollouts did with each of its deployments, under way and past."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dashboard.demo.canary_counts import Arms, ServiceCounts, Sharing
from dashboard.demo.canary_course import Climb, End, Particular, Try
from dashboard.demo.canary_file import CanariesFile, CanaryField, RolloutField, canaries_file
from dashboard.demo.canary_manifests import Object, strategy_of
from dashboard.demo.canary_objects import (
    Revision,
    beginning,
    never_ready,
    promoted_fully,
    rollout_key,
    run_object,
    settled,
    states,
)
from dashboard.demo.deployments import DemoRelease
from dashboard.demo.effects import begins_at
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.ticks import Tick
from dashboard.domain.deployments import DeploymentState
from dashboard.domain.policy_tier import ChangeType

_HURRIED = frozenset({ChangeType.ROLLBACK, ChangeType.EMERGENCY})
_BAD_ENDS = frozenset({DeploymentState.FAILED, DeploymentState.ROLLED_BACK})
#: Somebody looks at an abort for so long before it is tried again.
_TRIED_AGAIN_AFTER = timedelta(seconds=75)
#: A pause that is cut shorter than that shows nothing: then it is promoted without its steps.
_LEAST_LAST_PAUSE = timedelta(minutes=1)
_OF_THE_SERVICE = frozenset({"burn-slow", "budget-remaining"})
#: What chance aborts is thrown again, up to so many times.
_MOST_ROLLS = 12
_NOTHING = CanaryField(service="")


@dataclass(slots=True, kw_only=True)
class DemoCanaries:
    """What is told of canaries: `objects` as a cluster prints them, and counts by Rollout and pods."""

    objects: list[Object] = field(default_factory=list)
    ticks: list[tuple[str, str, Measure, list[Tick]]] = field(default_factory=list)


def demo_canaries(
    deployed: Sequence[DemoRelease], counts: Mapping[str, ServiceCounts], registry: str, end: datetime
) -> DemoCanaries:
    """The canaries of what was `deployed`: all that are under way at `end`, and the newest that are over.

    `counts` are those of each service that has a Rollout; `registry` is where its images are.

    Raises:
        ConfigurationError: the file of the demo's canaries cannot be read.
    """
    file = canaries_file()
    candidates = [
        release
        for release in deployed
        if release.service in file.rollouts and release.state is not DeploymentState.QUEUED
    ]
    over = sorted(
        (release for release in candidates if release.finished is not None),
        key=lambda release: (release.started, release.service),
    )
    newest = {_key(release) for release in over[len(over) - min(file.history, len(over)) :]}
    told = DemoCanaries()
    for service, rollout in file.rollouts.items():
        mine = sorted(
            (release for release in candidates if release.service == service), key=lambda item: item.started
        )
        chosen = [item for item in mine if item.finished is None or _key(item) in newest]
        if chosen:
            _Teller(
                file=file,
                rollout=rollout,
                counts=counts[service],
                registry=registry,
                end=end,
                particular=_particular(file, service, mine, end),
                told=told,
            ).tell(mine, chosen)
    return told


@dataclass(frozen=True, slots=True, kw_only=True)
class _Teller:
    """Tells of the canaries of one service."""

    file: CanariesFile
    rollout: RolloutField
    counts: ServiceCounts
    registry: str
    end: datetime
    particular: Mapping[int, CanaryField]
    told: DemoCanaries

    def tell(self, mine: Sequence[DemoRelease], chosen: Sequence[DemoRelease]) -> None:
        """Of `chosen`, the last of `mine`: what stood before them is told as well."""
        before = [release for release in mine if release.started < chosen[0].started and _stood(release)]
        stable = chosen[0]
        if before:
            stable = before[-1]
            self.told.objects.append(settled(self._revision(stable, stable), stable.finished or self.end))
        for release in chosen:
            revision = self._revision(release, stable)
            self._canary(revision, release)
            if _stood(release):
                stable = release

    def _canary(self, revision: Revision, release: DemoRelease) -> None:
        failed = release.state in _BAD_ENDS
        ending = self.file.ending(release.reason) if failed else None
        if failed and (ending is None or ending.analysis is None):
            self._add(
                beginning(revision, release.started), never_ready(revision, release.finished or self.end)
            )
            return
        field_of = self.particular.get(release.number, _NOTHING)
        if ending is not None:
            particular = Particular(
                analysis=ending.analysis,
                failing=ending.failing or 0.0,
                slower=ending.slower,
                values=ending.values,
            )
        else:
            particular = Particular(
                analysis=field_of.analysis,
                values=field_of.values,
                provider_errors=field_of.provider_errors,
                conditions=field_of.conditions,
                tried_again=bool(field_of.values),
            )
        began_at, attempt, in_vain = release.started, 1, False
        while True:
            until = release.finished
            climb = self._climb(revision, release, attempt, particular, field_of)
            superseded = release.state is DeploymentState.SUPERSEDED
            in_vain = in_vain or (until is not None and not _has_time(climb, began_at, until))
            if until is not None and not superseded and not failed and in_vain:
                self._add(promoted_fully(revision, began_at), settled(revision, until))
                return
            done = climb.go(began_at, None if superseded else until)
            for roll in range(1, _MOST_ROLLS):
                if failed or not _by_chance(done, particular):
                    break
                climb = self._climb(revision, release, attempt, particular, field_of, roll)
                done = climb.go(began_at, None if superseded else until)
            self._add(*states(revision, done), *(run_object(revision, run) for run in done.runs))
            pods = rollout_key(release.service), revision.pod_hash
            for measure in climb.arms.measures:
                # What the service counted before this try is not of it, but perhaps of the one before.
                mine = [tick for tick in climb.arms.ticks(measure) if tick.at is None or tick.at > began_at]
                self.told.ticks.append((*pods, measure, mine))
            if done.end is not End.ABORTED or failed or until is None or done.ended_at is None:
                return
            # It was deployed in the end, so somebody tried it again.
            began_at, attempt = _again_at(done.ended_at, until), attempt + 1
            particular, in_vain = Particular(), _is_of_the_service(done)

    def _climb(  # noqa: PLR0913, PLR0917 - one argument per fact
        self,
        revision: Revision,
        release: DemoRelease,
        attempt: int,
        particular: Particular,
        told: CanaryField,
        roll: int = 0,
    ) -> Climb:
        name = f"{release.service} {release.version} {attempt}{f' {roll}' if roll else ''}"
        superseded = release.state is DeploymentState.SUPERSEDED
        return Climb(
            name=name,
            strategy=revision.strategy,
            given={
                "service": release.service,
                "canary-hash": revision.pod_hash,
                "stable-hash": revision.stable_hash,
                "error-budget": self.rollout.error_budget,
                "budget-floor": self.rollout.budget_floor,
            },
            arms=Arms(
                service=release.service,
                name=name,
                counts=self.counts,
                since=release.started,
                sharing=Sharing(own=self.rollout.own_requests, blame=told.errors),
            ),
            error_budget=float(self.rollout.error_budget),
            attempt=attempt,
            now=release.finished - timedelta(seconds=1) if superseded and release.finished else self.end,
            particular=particular,
        )

    def _revision(self, release: DemoRelease, stable: DemoRelease) -> Revision:
        return Revision(
            service=release.service,
            number=release.number,
            version=str(release.version),
            stable=str(stable.version),
            strategy=strategy_of(release.service, self.rollout),
            registry=self.registry,
        )

    def _add(self, *objects: Object) -> None:
        self.told.objects += objects


def _has_time(climb: Climb, began_at: datetime, until: datetime) -> bool:
    """Whether it can go up its steps until then, its pauses cut short by somebody who is in a hurry."""
    return until - began_at >= climb.length() - climb.last_pause + _LEAST_LAST_PAUSE


def _is_of_the_service(done: Try) -> bool:
    """Whether it was aborted by what another try would not change, since it is not the canary's."""
    bad = [run for run in done.runs if run.phase.ends_the_run]
    return any(
        metric.phase is run.phase and metric.spec.name in _OF_THE_SERVICE
        for run in bad
        for metric in run.outcome.metrics
    )


def _by_chance(done: Try, particular: Particular) -> bool:
    """Whether chance alone aborted it: neither the file says so, nor was the whole service to blame.

    Few requests give such aborts more often than a story about a good version bears.
    """
    return (
        done.end is End.ABORTED
        and not particular.tried_again
        and not _is_of_the_service(done)
        and not (particular.provider_errors)
    )


def _again_at(ended_at: datetime, until: datetime) -> datetime:
    """When somebody tries again what was aborted, and is through by `until`."""
    wait = min(_TRIED_AGAIN_AFTER, (until - ended_at) / 2)
    return ended_at + timedelta(seconds=wait // timedelta(seconds=1))


def _stood(release: DemoRelease) -> bool:
    return release.state is DeploymentState.SUCCEEDED


def _key(release: DemoRelease) -> tuple[str, int]:
    return release.service, release.number


def _particular(
    file: CanariesFile, service: str, mine: Sequence[DemoRelease], end: datetime
) -> dict[int, CanaryField]:
    """What the file tells of each, by its number."""
    return {
        release.number: told
        for told in file.canaries
        if told.service == service and (release := _meant(told, mine, end)) is not None
    }


def _meant(told: CanaryField, mine: Sequence[DemoRelease], end: datetime) -> DemoRelease | None:
    if told.near is None:
        return next((item for item in mine if item.finished is None), None)
    near = begins_at(told.near, end)
    usual = [item for item in mine if _stood(item) and item.change not in _HURRIED and not item.slot.undoes]
    return min(usual, key=lambda item: abs(item.started - near), default=None)
