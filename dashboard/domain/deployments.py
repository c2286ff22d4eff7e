"""A deployment: one release of one version of one service to one environment, folded from its events."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from dashboard.domain.newest import latest
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.record import record


class DeploymentState(StrEnum):
    """How far a deployment has come, in the order in which the states of one deployment follow each other.

    `superseded` was replaced by a newer one before it finished: it was never judged. One that finished and
    was replaced in the ordinary course keeps its result.
    """

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    SUPERSEDED = "superseded"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"


_RANK = {state: rank for rank, state in enumerate(DeploymentState)}
#: The states of a deployment that ended with a result.
FINISHED_STATES = frozenset({DeploymentState.SUCCEEDED, DeploymentState.FAILED, DeploymentState.ROLLED_BACK})


@record
class DeploymentEvent:
    """What a source said of one deployment at one time; None is what it did not say.

    `service` and `environment` are as the source calls them. `at` is when it was so by the source's clock.
    `commit_times` are when the changes that it carries were committed. `rollback_of` is the id or version
    that a rollback took away; `reason` why it failed or was rolled back. A `correction` was made by a person
    and wins over everything that is not one.
    """

    source: str
    service: str
    environment: str
    deployment: str
    at: datetime
    state: DeploymentState | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    version: str | None = None
    commit_sha: str | None = None
    commit_times: tuple[datetime, ...] = ()
    change_type: ChangeType | None = None
    actor: str | None = None
    url: str | None = None
    reason: str | None = None
    rollback_of: str | None = None
    correction: bool = False


@record
class Deployment:
    """One deployment as all of its events tell it together; None is unknown.

    Its key is (`service`, `environment`, `id`). `told_at` is when a source first spoke of it, `finished_at`
    when it ended with a result. `rollback_of` is what a rollback was said to take away; `reason` why it
    failed or was rolled back. `rolled_back_at` is when its own source said, after its end, that it was
    undone.
    """

    id: str
    service: str
    environment: str
    state: DeploymentState | None
    told_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    version: str | None
    commit_sha: str | None
    commit_times: tuple[datetime, ...]
    change_type: ChangeType | None
    actor: str | None
    url: str | None
    reason: str | None
    rollback_of: str | None
    rolled_back_at: datetime | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from every other deployment: service, environment, id."""
        return self.service, self.environment, self.id

    @property
    def artefact(self) -> str | None:
        """What was deployed: the version, or the commit where no version is known."""
        return self.version or self.commit_sha

    @property
    def began_at(self) -> datetime:
        """When it started; else the first time that is known of it."""
        return self.started_at or self.finished_at or self.told_at

    @property
    def is_finished(self) -> bool:
        """Whether it ended with a result, at a known time."""
        return self.finished_at is not None and self.state in FINISHED_STATES


def fold(events: Iterable[DeploymentEvent], *, service: str, environment: str) -> Deployment:
    """One deployment from its events, whatever their order and however often each was sent.

    The newest word on each field wins, a correction before all others; a deployment has started when the
    first event says so. `service` and `environment` are what it is called here.

    Raises:
        ValueError: there is no event.
    """
    told = list(events)
    if not told:
        raise ValueError("found no event, expected at least one")
    if len(told) == 1:
        return _as_told(told[0], service, environment)
    ordered = _in_order(told)
    first = ordered[0]
    observed = [event for event in ordered if not event.correction]
    corrected = [event.started_at for event in ordered if event.correction and event.started_at]
    starts = [event.started_at for event in observed if event.started_at]
    state = _state(ordered)
    finished = _finished_at(ordered, state)
    return Deployment(
        id=first.deployment,
        service=service,
        environment=environment,
        state=state,
        told_at=min(event.at for event in observed or ordered),
        started_at=corrected[-1] if corrected else min(starts, default=None),
        finished_at=finished,
        version=latest(event.version for event in ordered),
        commit_sha=latest(event.commit_sha for event in ordered),
        commit_times=latest(event.commit_times or None for event in ordered) or (),
        change_type=latest(event.change_type for event in ordered),
        actor=latest(event.actor for event in ordered),
        url=latest(event.url for event in ordered),
        reason=latest(event.reason for event in ordered),
        rollback_of=latest(event.rollback_of for event in ordered),
        rolled_back_at=_rolled_back_at(ordered, state, finished),
    )


def told_by(events: Sequence[DeploymentEvent], now: datetime) -> Sequence[DeploymentEvent]:
    """Of `events`, what was so at `now`; corrections always count, and where nothing is left, everything.

    What was told later of an end before `now` is kept: only that it was undone since is not known yet. An
    event that is alone tells the whole story, and `as_of` takes away what came later.
    """
    if len(events) == 1:
        return events
    return [event for event in events if event.correction or _was_so(event, now)] or events


def _was_so(event: DeploymentEvent, now: datetime) -> bool:
    undone = event.state is DeploymentState.ROLLED_BACK
    ended = event.finished_at is not None and event.finished_at <= now
    return event.at <= now or (ended and not undone)


def as_of(deployment: Deployment, now: datetime) -> Deployment | None:
    """`deployment` as it stood at `now`; None when it had not begun."""
    if deployment.began_at > now:
        return None
    if deployment.rolled_back_at is not None and deployment.rolled_back_at > now:
        deployment = replace(deployment, state=DeploymentState.SUCCEEDED, rolled_back_at=None, reason=None)
    if deployment.finished_at is None or deployment.finished_at <= now:
        return deployment
    return replace(deployment, state=DeploymentState.IN_PROGRESS, finished_at=None, reason=None)


def _in_order(events: Sequence[DeploymentEvent]) -> list[DeploymentEvent]:
    """Corrections last; of one time the later state; then by content, so that it never depends on arrival."""
    if len({_order(event) for event in events}) == len(events):
        return sorted(events, key=_order)
    return sorted(events, key=lambda event: (_order(event), repr(event)))


def _order(event: DeploymentEvent) -> tuple[bool, datetime, int]:
    return event.correction, event.at, -1 if event.state is None else _RANK[event.state]


def _as_told(event: DeploymentEvent, service: str, environment: str) -> Deployment:
    finished = event.finished_at if event.state in FINISHED_STATES or event.state is None else None
    return Deployment(
        id=event.deployment,
        service=service,
        environment=environment,
        state=event.state,
        told_at=event.at,
        started_at=event.started_at,
        finished_at=finished,
        version=event.version,
        commit_sha=event.commit_sha,
        commit_times=event.commit_times,
        change_type=event.change_type,
        actor=event.actor,
        url=event.url,
        reason=event.reason,
        rollback_of=event.rollback_of,
        rolled_back_at=_rolled_back_at((event,), event.state, finished),
    )


def _state(ordered: Sequence[DeploymentEvent]) -> DeploymentState | None:
    """The newest state; what was replaced after it had finished keeps its result."""
    states = [event.state for event in ordered if event.state]
    if not states:
        return None
    told = [state for state in states if state is not DeploymentState.SUPERSEDED]
    if states[-1] is DeploymentState.SUPERSEDED:
        return told[-1] if told and told[-1] in FINISHED_STATES else DeploymentState.SUPERSEDED
    return states[-1]


def _finished_at(ordered: Sequence[DeploymentEvent], state: DeploymentState | None) -> datetime | None:
    """When it got its result: of a rollback's events, when it had been deployed, not when it was undone."""
    if state is not None and state not in FINISHED_STATES:
        return None
    deployed = [
        event.finished_at
        for event in ordered
        if event.finished_at and event.state is not DeploymentState.ROLLED_BACK
    ]
    return latest(deployed or [event.finished_at for event in ordered])


def _rolled_back_at(
    told: Iterable[DeploymentEvent], state: DeploymentState | None, finished: datetime | None
) -> datetime | None:
    """When it was undone; what says so without a later time than its end does not tell when."""
    if state is not DeploymentState.ROLLED_BACK or finished is None:
        return None
    undone = (event.at for event in told if event.state is DeploymentState.ROLLED_BACK)
    return min((at for at in undone if at > finished), default=None)
