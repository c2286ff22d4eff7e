"""Which deployment caused an incident, with the evidence; what nothing tells is unattributed, not guessed."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter

from dashboard.domain.deployments import Deployment, DeploymentState
from dashboard.domain.incidents import Incident
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.record import record
from dashboard.domain.rollbacks import Rollback

#: What tells a deployment from every other: service, environment, id.
Key = tuple[str, str, str]


class Evidence(StrEnum):
    """Why an incident is attributed to a deployment, from the strongest to the weakest."""

    BY_HAND = "by_hand"
    EXPLICIT_LINK = "explicit_link"
    ROLLED_BACK = "rolled_back"
    HOTFIXED = "hotfixed"
    LATEST_BEFORE = "latest_before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A person's word on what caused an incident: a `deployment`, or None of them; `by` whom and `why`."""

    incident: str
    at: datetime
    deployment: Key | None
    by: str
    why: str


@record
class Attribution:
    """What caused an incident. `deployment` is None when nothing tells it, or when a person says none did.

    `evidence` is None when nothing tells; without a deployment it may be an explicit link, to a name that
    nobody knows. `detail` is what the evidence consists of, `correction` the word of a person that it rests
    on.
    """

    incident: str
    deployment: Key | None
    evidence: Evidence | None
    detail: str
    correction: Correction | None = None


class _Releases:
    """The deployments by name, and the finished ones of each service in the order in which they finished."""

    def __init__(
        self, deployments: Iterable[Deployment], rollbacks: Mapping[Key, Rollback], names: frozenset[str]
    ) -> None:
        listed = list(deployments)
        finished = [item for item in listed if item.is_finished]
        finished.sort(key=attrgetter("finished_at", "id"))
        self.of_service: dict[str, list[Deployment]] = {}
        for item in finished:
            self.of_service.setdefault(item.service, []).append(item)
        #: Those whose id, version or commit is one of `names`, finished or not: a canary may cause one too.
        self.named: dict[str, list[Deployment]] = {}
        for item in listed if names else ():
            for name in names.intersection((item.id, item.version, item.commit_sha, "/".join(item.key))):
                self.named.setdefault(name, []).append(item)
        self.rollbacks = rollbacks
        wanted = {rollback.of for rollback in rollbacks.values()}
        self.by_key = {item.key: item for item in finished if item.key in wanted} if wanted else {}
        self._ends = {service: [item.finished_at for item in of] for service, of in self.of_service.items()}

    def newest_first(self, service: str, moment: datetime) -> Iterator[Deployment]:
        """What finished at or before `moment`."""
        released = self.of_service.get(service, [])
        return (released[index] for index in range(self._index(service, moment) - 1, -1, -1))

    def within(self, service: str, start: datetime, end: datetime | None) -> Sequence[Deployment]:
        """What finished after `start` and, if there is an `end`, at or before it."""
        stop = None if end is None else self._index(service, end)
        return self.of_service.get(service, [])[self._index(service, start) : stop]

    def _index(self, service: str, moment: datetime) -> int:
        return bisect_right(self._ends.get(service, []), moment)  # type: ignore[type-var]  # finished: never None


def attribute(
    incidents: Iterable[Incident],
    deployments: Iterable[Deployment],
    rollbacks: Mapping[Key, Rollback],
    corrections: Iterable[Correction],
    within: timedelta,
) -> dict[str, Attribution]:
    """What caused each of `incidents`, by its id.

    In order: the newest word of a person; the deployment that the incident names (`caused_by`: an id, version
    or commit; when nobody knows it, the incident is unattributed); the one that was rolled back, or that was
    current when an emergency fix was deployed, while the incident lasted; the latest of an affected service
    that finished at most `within` before it began. `rollbacks` are those among `deployments`
    (`rollbacks.find_rollbacks`).
    """
    listed = list(incidents)
    names = frozenset(incident.caused_by for incident in listed if incident.caused_by is not None)
    releases = _Releases(deployments, rollbacks, names)
    by_hand = {correction.incident: correction for correction in sorted(corrections, key=lambda c: c.at)}
    return {
        incident.id: _by_hand(by_hand[incident.id])
        if incident.id in by_hand
        else _explicit(incident, releases)
        if incident.caused_by is not None
        else _undone(incident, releases, within) or _latest(incident, releases, within)
        for incident in listed
    }


def _by_hand(correction: Correction) -> Attribution:
    return Attribution(
        incident=correction.incident,
        deployment=correction.deployment,
        evidence=Evidence.BY_HAND,
        detail=correction.why,
        correction=correction,
    )


def _explicit(incident: Incident, releases: _Releases) -> Attribution:
    """The deployment that the incident names; of several with that version, the last one before it began.

    When none of that name is known it is unattributed: a guess would contradict what was said.
    """
    name, began = incident.caused_by or "", incident.began_at
    found = [
        item
        for item in releases.named.get(name, [])
        if name in {item.id, "/".join(item.key)} or not incident.services or item.service in incident.services
    ]
    if not found:
        return Attribution(
            incident=incident.id, deployment=None, evidence=Evidence.EXPLICIT_LINK, detail=name
        )

    def fits(item: Deployment) -> tuple[bool, bool, bool, tuple[datetime, str]]:
        own = name in {item.id, "/".join(item.key)}
        return (
            own,
            item.service in incident.services,
            began is None or item.began_at <= began,
            _last_first(item),
        )

    return _found(incident, max(found, key=fits), Evidence.EXPLICIT_LINK, name)


def _undone(incident: Incident, releases: _Releases, within: timedelta) -> Attribution | None:
    """What a rollback or an emergency fix took away while the incident lasted; the last one of them."""
    if incident.began_at is None:
        return None
    began, best = incident.began_at, None
    for service in incident.services:
        for repair in releases.within(service, began, incident.resolved_at):
            culprit, evidence = _taken_away(repair, releases, began, within)
            # Trouble may show while it is still being rolled out, so it need not have finished; when it
            # started may not be known.
            if culprit is None or (culprit.started_at is not None and culprit.started_at > began):
                continue
            if best is None or (culprit.began_at, culprit.id) > (best[0].began_at, best[0].id):
                best = (culprit, evidence, repair)
    return None if best is None else _found(incident, best[0], best[1], best[2].id)


def _taken_away(
    repair: Deployment, releases: _Releases, began: datetime, within: timedelta
) -> tuple[Deployment | None, Evidence]:
    """What `repair` took away or mended: an emergency fix mends the newest release, if that is recent."""
    rollback = releases.rollbacks.get(repair.key)
    if rollback is not None:
        culprit = None if rollback.of is None else releases.by_key.get(rollback.of)
        return culprit, Evidence.ROLLED_BACK
    if repair.change_type is ChangeType.EMERGENCY:
        before = (
            item
            for item in releases.newest_first(repair.service, began)
            if item.environment == repair.environment and item.state is not DeploymentState.FAILED
        )
        newest = next(before, None)
        return (newest if newest and _is_recent(newest, began, within) else None), Evidence.HOTFIXED
    return None, Evidence.HOTFIXED


def _latest(incident: Incident, releases: _Releases, within: timedelta) -> Attribution:
    began = incident.began_at
    nothing = Attribution(incident=incident.id, deployment=None, evidence=None, detail="")
    if began is None:
        return nothing
    newest = [next(releases.newest_first(service, began), None) for service in incident.services]
    candidates = [item for item in newest if item is not None and _is_recent(item, began, within)]
    best = max(candidates, key=lambda item: (item.finished_at, item.service, item.id), default=None)
    if best is None:
        return nothing
    return _found(incident, best, Evidence.LATEST_BEFORE, "")


def _last_first(item: Deployment) -> tuple[datetime, str]:
    return item.finished_at or item.began_at, item.id


def _is_recent(item: Deployment, began: datetime, within: timedelta) -> bool:
    """Whether `item` finished at most `within` before: at both edges too, at that very instant and then."""
    return item.finished_at is not None and began - item.finished_at <= within


def _found(incident: Incident, deployment: Deployment, evidence: Evidence, detail: str) -> Attribution:
    return Attribution(incident=incident.id, deployment=deployment.key, evidence=evidence, detail=detail)
