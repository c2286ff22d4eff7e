"""What became of each deployment: whether it failed, by what, and when its service was well again."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.domain.attribution import Attribution, Evidence, Key
from dashboard.domain.deployments import Deployment, DeploymentState
from dashboard.domain.incidents import Incident
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.record import record
from dashboard.domain.rollbacks import Rollback, rolled_back


class Failure(StrEnum):
    """How a deployment failed."""

    DEPLOYMENT = "deployment"
    ROLLED_BACK = "rolled_back"
    INCIDENT = "incident"


@record
class Release:
    """A deployment with all that is known of its consequences.

    `rollback` is set when it is a rollback itself, `taken_away_by` when a later rollback took it away;
    `incidents` are the ids of those attributed to it; it failed `by_time_alone` when they are the only sign
    and nothing but their times points to it. `judged` says that enough time has passed for its
    failures to show. `recovered_at` is when its service was well again after it failed: its incidents
    resolved, else when it was rolled back; `next_good_at` when the next deployment of the service that did
    not fail had finished.
    """

    deployment: Deployment
    rollback: Rollback | None
    taken_away_by: Deployment | None
    incidents: tuple[str, ...]
    failures: frozenset[Failure]
    by_time_alone: bool = False
    judged: bool
    recovered_at: datetime | None
    next_good_at: datetime | None

    @property
    def failed(self) -> bool:
        """Whether it is known to have failed."""
        return bool(self.failures)

    @property
    def state(self) -> DeploymentState | None:
        """The state of the deployment; one that was taken away is rolled back."""
        taken = self.taken_away_by is not None and self.deployment.state is DeploymentState.SUCCEEDED
        return DeploymentState.ROLLED_BACK if taken else self.deployment.state

    @property
    def reached_users(self) -> bool:
        """Whether it finished and was in production, if only for a while."""
        return self.deployment.is_finished and self.deployment.state is not DeploymentState.FAILED

    @property
    def is_rework(self) -> bool:
        """Whether it was not planned: a rollback, or an emergency fix (DORA: deployment rework rate)."""
        return self.rollback is not None or self.deployment.change_type is ChangeType.EMERGENCY


def releases(  # noqa: PLR0913, PLR0917 - one argument per fact
    deployments: Sequence[Deployment],
    rollbacks: Mapping[Key, Rollback],
    incidents: Iterable[Incident],
    attributions: Mapping[str, Attribution],
    judged_after: timedelta,
    now: datetime,
) -> list[Release]:
    """What became of each of `deployments`, in the order in which they finished (unfinished ones last).

    A deployment is judged once `judged_after` has passed since it finished: until then an incident may still
    be attributed to it.
    """
    taken = rolled_back(deployments, dict(rollbacks))
    blamed: dict[Key, list[Incident]] = {}
    for incident in incidents:
        attribution = attributions.get(incident.id)
        if attribution is not None and attribution.deployment is not None:
            blamed.setdefault(attribution.deployment, []).append(incident)
    harmed = taken.keys() | blamed.keys()
    judged_until = now - judged_after
    # Going back in time: when the next deployment of a lane that did not fail had finished.
    good: dict[tuple[str, str], datetime] = {}
    found = []
    for item in sorted(deployments, key=finished_last, reverse=True):
        key, lane = item.key, (item.service, item.environment)
        finished = item.finished_at if item.is_finished else None
        plain = item.state is DeploymentState.SUCCEEDED and key not in harmed
        failures = _NO_FAILURE if plain or finished is None else _failures(item, taken, blamed)
        found.append(
            Release(
                deployment=item,
                rollback=rollbacks.get(key),
                taken_away_by=None if plain else taken.get(key),
                incidents=() if plain else tuple(incident.id for incident in blamed.get(key, ())),
                failures=failures,
                by_time_alone=failures == _INCIDENT_ALONE
                and all(
                    attributions[incident.id].evidence is Evidence.LATEST_BEFORE for incident in blamed[key]
                ),
                judged=finished is not None and finished <= judged_until,
                recovered_at=_recovered_at(item, taken, blamed) if failures else None,
                next_good_at=good.get(lane) if failures else None,
            )
        )
        if finished is not None and not failures:
            good[lane] = finished
    found.reverse()
    return found


def finished_last(item: Deployment) -> tuple[bool, datetime, str]:
    """To sort by: in the order in which they finished, unfinished ones last."""
    return (item.finished_at is None, item.finished_at or item.began_at, item.id)


def _failures(
    item: Deployment, taken: Mapping[Key, Deployment], blamed: Mapping[Key, Sequence[Incident]]
) -> frozenset[Failure]:
    """How a finished deployment failed; empty when it did not."""
    found = {
        Failure.DEPLOYMENT: item.state is DeploymentState.FAILED,
        Failure.ROLLED_BACK: item.state is DeploymentState.ROLLED_BACK or item.key in taken,
        Failure.INCIDENT: item.key in blamed,
    }
    return frozenset(failure for failure, holds in found.items() if holds)


_NO_FAILURE: frozenset[Failure] = frozenset()
_INCIDENT_ALONE = frozenset({Failure.INCIDENT})


def _recovered_at(
    item: Deployment, taken: Mapping[Key, Deployment], blamed: Mapping[Key, Sequence[Incident]]
) -> datetime | None:
    incidents = blamed.get(item.key, ())
    if incidents:
        ends = [incident.resolved_at for incident in incidents]
        return None if None in ends else max(end for end in ends if end is not None)
    rollback = taken.get(item.key)
    return item.rolled_back_at if rollback is None else rollback.finished_at
