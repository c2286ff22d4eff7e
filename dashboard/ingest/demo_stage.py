"""Where the demo's releases are decided: the time, what its store knows then, and what becomes of it."""

import heapq
import sqlite3
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from dashboard.demo.deployments import DemoRelease
from dashboard.demo.pipeline import PRODUCTION
from dashboard.domain import incidents
from dashboard.domain.access import Person
from dashboard.domain.approvals import ApprovalGiven, ApprovalWithdrawn, approvals_of
from dashboard.domain.deployments import DeploymentEvent, DeploymentState
from dashboard.domain.freezes import FreezeAdded, FreezeEnded, freezes_of
from dashboard.domain.incidents import Severity
from dashboard.domain.release_exceptions import exceptions_of, usable_exceptions
from dashboard.ingest.control_desk import next_id
from dashboard.ingest.decisions import uses_of
from dashboard.ingest.demo_log import DemoLog, decision_of
from dashboard.reports.fleet import read_statuses
from dashboard.reports.gate_context import Asked, GateContext, decision_with
from dashboard.reports.history import Told, history_of
from dashboard.reports.release_facts import ReleaseFacts, facts_of
from dashboard.reports.release_gate import Decided
from dashboard.sources.release_request import read_request
from dashboard.store.decision_log import LogEntry
from dashboard.store.release_controls import ControlEvent, Controls

#: What somebody does, one thing after the other: it yields when the next one happens.
Story = Generator[datetime, None, None]

_CALLED = "the demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """A release that was deployed, and the gate's last word on it before."""

    release: DemoRelease
    decision: Mapping[str, Any]

    @property
    def denied_for(self) -> tuple[str, ...]:
        """For want of what the gate had said no; empty where it had said yes, or where it still waits."""
        if self.decision["allow"] or self.release.state is DeploymentState.QUEUED:
            return ()
        return tuple(item["code"] for item in self.decision["violations"])


class Stage:
    """The demo's store at `now`, while nothing of its releases is written into it yet.

    `told` is what is heard of incidents; what is heard of deployments is added as they happen.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        context: GateContext,
        told: Told,
        people: Mapping[str, Sequence[str]],
        log: DemoLog,
    ) -> None:
        self.context = context
        self.controls = Controls(freezes=(), exceptions=(), approvals=())
        self.now = datetime.min.replace(tzinfo=UTC)
        self._connection = connection
        self._told = told
        self._people = {name: Person(name=name, roles=tuple(roles)) for name, roles in people.items()}
        self._log = log
        self._heard: dict[str, dict[tuple[str, str, str], list[DeploymentEvent]]] = {}
        self._first_began: datetime | None = None
        self._changes: list[ControlEvent] = []
        self._deployed: list[tuple[DemoRelease, Mapping[str, Any] | Future[LogEntry]]] = []

    def play(self, stories: Iterable[Story], end: datetime) -> None:
        """Let all of `stories` happen together, in the order of their times, up to `end`."""
        waiting: list[tuple[datetime, int, Story]] = []
        for number, story in enumerate(stories):
            self._wake(waiting, number, story)
        while waiting and waiting[0][0] <= end:
            self.now, number, story = heapq.heappop(waiting)
            self._wake(waiting, number, story)

    def person(self, name: str) -> Person:
        """Somebody, with their roles."""
        return self._people.get(name) or Person(name=name, roles=())

    def holders(self, role: str, *, besides: str) -> list[Person]:
        """Who holds `role`, without the one called `besides`: nobody approves their own request."""
        return [
            person for person in self._people.values() if person.held_of([role]) and person.name != besides
        ]

    def facts(self, service: str, environment: str = PRODUCTION) -> ReleaseFacts:
        """What the store knows now of `service` for a release to `environment`."""
        policy = self.context.policy
        told = replace(self._told, deployments=self._heard.get(service, {}))
        (status,) = read_statuses(
            self._connection, [self.context.catalogue.services[service]], policy, self.now
        )
        facts = facts_of(status, environment, policy, history_of(told, policy.delivery, self.now))
        began = self._first_began
        # Whether anything was ever told is no matter of one service.
        return replace(facts, told=began is not None and began <= self.now)

    def open_incident(self, service: str) -> str | None:
        """The gravest incident that hits `service` now; None where none does."""
        known = (incidents.as_of(incident, self.now) for incident in self._told.incidents)
        mine = [
            incident
            for incident in known
            if incident is not None and incident.is_open and service in incident.services
        ]
        return min(mine, key=lambda item: (item.severity or Severity.P3, item.id)).id if mine else None

    def ask(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The gate's decision on `document` now, written down with the exceptions that it used."""
        asked = self._asked(document)
        decision = self._log.decide(asked, self._deciding(asked))
        for used in list(uses_of(self.context, asked, decision, self.controls, asked.requestor or "")):
            self.change(used)
        return decision

    def ask_meanwhile(self, document: Mapping[str, Any]) -> dict[str, Any] | Future[LogEntry]:
        """As `ask`, of a decision for which nobody here waits; one that might use an exception is awaited."""
        usable = usable_exceptions(
            self.controls.exceptions,
            document["service"],
            document["environment"],
            document["version"],
            self.now,
        )
        if usable:
            return self.ask(document)
        asked = self._asked(document)
        return self._log.decide_meanwhile(asked, self._deciding(asked))

    def change(self, event: ControlEvent) -> None:
        """Write down what somebody decided."""
        self._changes.append(event)
        self._log.add(event)
        freezes = [item for item in self._changes if isinstance(item, FreezeAdded | FreezeEnded)]
        approvals = [item for item in self._changes if isinstance(item, ApprovalGiven | ApprovalWithdrawn)]
        exceptions = [
            item
            for item in self._changes
            if not isinstance(item, FreezeAdded | FreezeEnded | ApprovalGiven | ApprovalWithdrawn)
        ]
        self.controls = Controls(
            freezes=freezes_of(freezes),
            exceptions=exceptions_of(exceptions),
            approvals=approvals_of(approvals),
        )

    def name(self, prefix: str) -> str:
        """The next id of its kind, as people say it."""
        return next_id(prefix, (event.id for event in self._changes), self.now)

    def hear(self, events: Iterable[DeploymentEvent]) -> None:
        """Let the store know of deployments."""
        for event in events:
            key = (event.service, event.environment, event.deployment)
            self._heard.setdefault(event.service, {}).setdefault(key, []).append(event)
            began = event.started_at or event.at
            self._first_began = began if self._first_began is None else min(self._first_began, began)

    def deploy(self, release: DemoRelease, decision: Mapping[str, Any] | Future[LogEntry]) -> None:
        """Deploy `release`; without its being needed only if the `decision` on it turns out to be a yes."""
        self.hear(release.production)
        self._deployed.append((release, decision))

    def deployed(self) -> list[Deployed]:
        """What was deployed in the end."""
        found = [
            Deployed(
                release=release,
                decision=decision_of(answer.result()) if isinstance(answer, Future) else answer,
            )
            for release, answer in self._deployed
        ]
        return [item for item in found if item.decision["allow"] or item.release.needed]

    def _asked(self, document: Mapping[str, Any]) -> Asked:
        request = read_request(_CALLED, dict(document))
        return Asked(request=request, now=self.now, requestor=document["requested_by"])

    def _deciding(self, asked: Asked) -> Callable[[], Decided]:
        """What makes the decision, in any thread: all that is read is read now."""
        document = asked.request.document
        facts = self.facts(document["service"], document["environment"])
        return partial(decision_with, self.context, asked, facts, "", self.controls)

    def _wake(self, waiting: list[tuple[datetime, int, Story]], number: int, story: Story) -> None:
        wakes = next(story, None)
        if wakes is not None:
            heapq.heappush(waiting, (max(wakes, self.now), number, story))
