"""A Rollout as it stood when somebody looked: how far its canary is, and what it is to do next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from operator import itemgetter

from dashboard.domain.canary.phases import Phase
from dashboard.domain.record import record


class RolloutPhase(StrEnum):
    """Argo's word for how a Rollout is."""

    HEALTHY = "Healthy"
    PROGRESSING = "Progressing"
    PAUSED = "Paused"
    DEGRADED = "Degraded"


class StepKind(StrEnum):
    """What a step of a canary does; OTHER is one that this version does not know."""

    SET_WEIGHT = "setWeight"
    PAUSE = "pause"
    ANALYSIS = "analysis"
    EXPERIMENT = "experiment"
    SET_CANARY_SCALE = "setCanaryScale"
    SET_HEADER_ROUTE = "setHeaderRoute"
    SET_MIRROR_ROUTE = "setMirrorRoute"
    PLUGIN = "plugin"
    OTHER = "other"


#: Why Argo pauses a Rollout until somebody decides.
INCONCLUSIVE_REASONS = frozenset({"InconclusiveAnalysisRun", "InconclusiveExperiment"})
#: Why Argo pauses a blue-green between its preview and its promotion.
BLUE_GREEN_PAUSE = "BlueGreenPause"
#: The newest time that a state names goes back by moments at most, when what named it is cleared.
_MOST_SLACK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryStep:
    """One step as the Rollout says it.

    `weight` is that of a setWeight, `pause` how long a pause lasts (None: until it is promoted), `templates`
    are those of an analysis.
    """

    kind: StepKind
    weight: int | None = None
    pause: timedelta | None = None
    templates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseCondition:
    """Why a Rollout is paused, in Argo's word, and since when."""

    reason: str
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentRun:
    """An AnalysisRun that a Rollout names as its current one.

    `site` is what it is of: `step`, `background`, `prePromotion` or `postPromotion`.
    """

    site: str
    name: str
    phase: Phase | None
    message: str = ""


@record
class RolloutState:
    """What a source said of one Rollout; None is what it did not say.

    `rollout` tells it from every other: its uid, or `namespace/name` where none is told. `names` are what
    its labels and its own name say that the service is called, the most telling first; `environment` is
    likewise its label's or its namespace. `at` is the newest time that it names: its state is not older.
    `outdated` says that the controller has not looked at the newest spec yet, so that its status is of the
    one before. `weight` is the canary's as the traffic provider has it, None without traffic routing.
    `whole_weight` is the weight of all traffic. `auto_promotion` is how long after its pause a blue-green is
    promoted by itself, None where it waits for somebody. `phase` is the recorded one. `first_version` is the
    oldest resource version that this very state was seen with, None where that is `resource_version`, the
    newest.
    """

    rollout: str
    namespace: str
    name: str
    names: tuple[str, ...]
    environment: str
    at: datetime
    resource_version: int | None = None
    first_version: int | None = None
    created_at: datetime | None = None
    strategy: str = "canary"
    steps: tuple[CanaryStep, ...] = ()
    background: tuple[str, ...] = ()
    step_index: int | None = None
    weight: int | None = None
    stable_weight: int | None = None
    whole_weight: int = 100
    routed: bool = False
    pauses: tuple[PauseCondition, ...] = ()
    controller_pause: bool = False
    auto_promotion: timedelta | None = None
    held: bool = False
    aborted: bool = False
    aborted_at: datetime | None = None
    promoted_fully: bool = False
    phase: RolloutPhase | None = None
    message: str = ""
    outdated: bool = False
    pod_hash: str = ""
    stable_hash: str = ""
    revision: int | None = None
    images: tuple[str, ...] = ()
    current_runs: tuple[CurrentRun, ...] = ()

    @property
    def version(self) -> str | None:
        """The tag of its first image; the digest where it has none, the whole name where it has neither."""
        return version_of(self.images[0]) if self.images else None

    @property
    def is_settled(self) -> bool:
        """Whether what it is to run is what runs everywhere: there is no canary."""
        return bool(self.pod_hash) and self.pod_hash == self.stable_hash and not self.outdated

    @property
    def is_first(self) -> bool:
        """Whether nothing ever ran before: Argo then goes without steps."""
        return not self.stable_hash

    @property
    def is_inconclusive(self) -> bool:
        """Whether it waits because an analysis could not tell."""
        return any(pause.reason in INCONCLUSIVE_REASONS for pause in self.pauses)

    @property
    def current_weight(self) -> int | None:
        """The canary's weight: as the traffic provider has it, else by the last setWeight that was reached.

        All of it once every step is done. None while the first weight is still to come, and where there is no
        canary.
        """
        if self.is_settled or self.aborted or self.strategy != "canary":
            return None
        if self.weight is not None:
            return self.weight
        if self.step_index is None:
            return None
        if self.step_index >= len(self.steps):
            return self.whole_weight
        # A setWeight that is being carried out counts: its pods are on their way.
        reached = [step.weight for step in self.steps[: self.step_index + 1] if step.weight is not None]
        return reached[-1] if reached else None


def version_of(image: str) -> str:
    """The tag of `image`; its digest when it has none; the whole name when it has neither."""
    name, _, digest = image.partition("@")
    _, _, tag = name.rpartition("/")[2].partition(":")
    return tag or digest or image


def in_order(states: Iterable[RolloutState]) -> list[RolloutState]:
    """The states of one Rollout, oldest first, whatever the order in which they came.

    By the version that the cluster gave each where all have one, since that rises with every change; else by
    the newest time that each names, and so where versions contradict times: a cluster that was restored from
    a backup counts anew. A state that the Rollout came back to stands there twice, as far as its first and
    its last version tell.
    """
    sightings = [(version, state) for state in states for version in _versions(state)]
    versioned = all(version is not None for version, _ in sightings)
    ordered = _sorted(sightings, versioned=versioned)
    if versioned and _contradict_times(state for _, state in ordered):
        ordered = _sorted(sightings, versioned=False)
    found = []
    for _, together in groupby(ordered, key=lambda sighting: id(sighting[1])):
        seen = list(together)
        version, state = seen[-1]
        whole = len(seen) == len(_versions(state))
        found.append(state if whole else replace(state, resource_version=version, first_version=None))
    return found


_Sighting = tuple[int | None, RolloutState]


def _versions(state: RolloutState) -> tuple[int | None, ...]:
    """The versions with which it is known to have been so."""
    newest = state.resource_version
    return (newest,) if state.first_version is None else (state.first_version, newest)


def _sorted(sightings: Sequence[_Sighting], *, versioned: bool) -> list[_Sighting]:
    keys = [_order(*sighting, versioned=versioned) for sighting in sightings]
    if len(set(keys)) == len(keys):
        return [sighting for _, sighting in sorted(zip(keys, sightings, strict=True), key=itemgetter(0))]
    # Two of one moment: by all that they say, so that it never depends on which of them came first.
    return sorted(sightings, key=lambda one: (_order(*one, versioned=versioned), repr(one[1])))


def _order(told: int | None, state: RolloutState, *, versioned: bool) -> tuple[float, float, int]:
    version = -1 if told is None else told
    at, revision = state.at.timestamp(), -1 if state.revision is None else state.revision
    return (version, at, revision) if versioned else (at, version, revision)


def _contradict_times(states: Iterable[RolloutState]) -> bool:
    """Whether one of `states`, in the order of their versions, is clearly older than one before it."""
    newest: datetime | None = None
    for state in states:
        if newest is not None and newest - state.at > _MOST_SLACK:
            return True
        newest = state.at if newest is None else max(newest, state.at)
    return False
