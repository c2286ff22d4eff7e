"""What was known when each deployment of the past began: counts, incidents, rollbacks, evidence, controls."""

import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from dashboard.domain.approvals import Approval
from dashboard.domain.freezes import Freeze
from dashboard.domain.incidents import Incident, Severity
from dashboard.domain.past_level import PastObjective
from dashboard.domain.policy import Policy
from dashboard.domain.record import record
from dashboard.domain.release_exceptions import ReleaseException
from dashboard.domain.release_target import ReleaseTarget
from dashboard.domain.slo import Catalogue, Service
from dashboard.reports.deployments import DeploymentsReport, ReleaseRow
from dashboard.reports.fleet import without_collecting
from dashboard.reports.history import History
from dashboard.reports.past_rollbacks import PastRollbacks, past_rollbacks
from dashboard.store.database import open_for_reading
from dashboard.store.past_decisions import PastDecision, log_begins, past_decisions
from dashboard.store.past_histories import past_histories
from dashboard.store.release_controls import Controls, read_controls


@record
class OpenIncidents:
    """How many incidents of a service were open, by severity; `unclear` ones are counted as P2."""

    counts: Mapping[Severity, int]
    unclear: int


@record
class PastRelease:
    """A deployment with what was known when it began.

    `decision` is the newest one that was asked for this very release before, whose evidence tells what the
    pipeline found; `is_its_own` says that it was asked for this deployment and not for an earlier one of the
    same version. `freezes` cover it and were active, `exceptions` could be used, `approvals` are those of the
    release, valid or not. `is_logged` says that the decision log had begun: what it does not tell was not so.
    """

    row: ReleaseRow
    service: Service
    at: datetime
    objectives: tuple[PastObjective, ...]
    incidents: OpenIncidents
    rollbacks: PastRollbacks
    decision: PastDecision | None
    is_its_own: bool
    freezes: tuple[Freeze, ...]
    exceptions: tuple[ReleaseException, ...]
    approvals: tuple[Approval, ...]
    is_logged: bool


def past_releases(  # noqa: PLR0913, PLR0917 - one argument per fact
    store: Path,
    catalogue: Catalogue,
    policies: Sequence[Policy],
    history: History,
    report: DeploymentsReport,
    calendar: Sequence[Freeze] = (),
) -> tuple[PastRelease, ...]:
    """What was known when each of the deployments of `report` began, for a judgement by any of `policies`.

    `calendar` are the freezes of the calendar file over the period.

    Raises:
        StoreError: the store is missing or cannot be read.
    """
    windows = {limit.window for policy in policies for limit in policy.burn_gate}
    by_service: dict[str, list[ReleaseRow]] = {}
    for row in report.rows:
        by_service.setdefault(row.release.deployment.service, []).append(row)
    found: list[PastRelease] = []
    with open_for_reading(store) as connection, without_collecting():
        log = _Log(connection, report.environment, history.as_of, calendar)
        for name, rows in by_service.items():
            rows.sort(key=_oldest_first)
            found += _of_service(connection, catalogue.services[name], rows, windows, history, log)
    found.sort(key=lambda item: _oldest_first(item.row), reverse=True)
    return tuple(found)


def _of_service(  # noqa: PLR0913, PLR0917 - one argument per fact
    connection: sqlite3.Connection,
    service: Service,
    rows: Sequence[ReleaseRow],
    windows: Iterable[timedelta],
    history: History,
    log: "_Log",
) -> Iterator[PastRelease]:
    instants = [row.release.deployment.began_at for row in rows]
    known = past_histories(connection, service.objectives, windows, instants)
    incidents = _Incidents(history.incidents_by_service.get(service.name, ()))
    rollbacks = past_rollbacks(history.releases_by_service.get(service.name, ()))
    for index, (row, at) in enumerate(zip(rows, instants, strict=True)):
        decision, is_its_own = log.decision(row, at)
        yield PastRelease(
            row=row,
            service=service,
            at=at,
            objectives=tuple(
                PastObjective(
                    objective=objective,
                    history=known[objective.key].at[index],
                    begins=known[objective.key].begins,
                )
                for objective in service.objectives
            ),
            incidents=incidents.open(at),
            rollbacks=rollbacks,
            decision=decision,
            is_its_own=is_its_own,
            freezes=log.freezes(service.name, at),
            exceptions=log.exceptions(row, at),
            approvals=log.approvals(row),
            is_logged=log.begins is not None and log.begins <= at,
        )


class _Log:
    """The decision log and the calendar, as they stood at instants of the past."""

    def __init__(
        self, connection: sqlite3.Connection, environment: str, until: datetime, calendar: Sequence[Freeze]
    ) -> None:
        self.begins = log_begins(connection)
        self._environment = environment
        controls: Controls = read_controls(connection, until)
        self._freezes = (*controls.freezes, *calendar)
        self._exceptions: dict[str, list[ReleaseException]] = {}
        for exception in controls.exceptions:
            self._exceptions.setdefault(exception.service, []).append(exception)
        self._approvals: dict[ReleaseTarget, list[Approval]] = {}
        for approval in controls.approvals:
            self._approvals.setdefault(approval.target, []).append(approval)
        self._decisions: dict[tuple[str, str], list[PastDecision]] = {}
        for decision in past_decisions(connection, environment, until):
            self._decisions.setdefault((decision.service, decision.version), []).append(decision)
        self._used: set[str] = set()

    def decision(self, row: ReleaseRow, at: datetime) -> tuple[PastDecision | None, bool]:
        """The newest decision on the release of `row` at `at`, and whether no earlier deployment took it.

        The rows of a service have to be asked for in the order in which they began.
        """
        deployment = row.release.deployment
        listed = self._decisions.get((deployment.service, deployment.version or ""), [])
        before = bisect_right(listed, at, key=lambda decision: decision.at)
        if not before:
            return None, False
        found = listed[before - 1]
        is_its_own = found.id not in self._used
        self._used.add(found.id)
        return found, is_its_own

    def freezes(self, service: str, at: datetime) -> tuple[Freeze, ...]:
        """The freezes that covered `service` at `at` and were known by then."""
        return tuple(
            freeze
            for freeze in self._freezes
            if freeze.is_active(at)
            and (freeze.added_at is None or freeze.added_at <= at)
            and freeze.covers(service, self._environment)
        )

    def exceptions(self, row: ReleaseRow, at: datetime) -> tuple[ReleaseException, ...]:
        """The exceptions by which the deployment of `row` could pass; what was used later was free then."""
        target = self._target(row)
        return tuple(
            item
            for item in self._exceptions.get(target.service, ())
            if item.in_force(at) and _as_of(item, at).is_for(target)
        )

    def approvals(self, row: ReleaseRow) -> tuple[Approval, ...]:
        """The approvals of the release of `row`, whenever they were given."""
        return tuple(self._approvals.get(self._target(row), ()))

    def _target(self, row: ReleaseRow) -> ReleaseTarget:
        deployment = row.release.deployment
        return ReleaseTarget(
            service=deployment.service, environment=self._environment, version=deployment.version or ""
        )


class _Incidents:
    """When the incidents of one service were known and open, to be counted at any instant."""

    def __init__(self, incidents: Iterable[Incident]) -> None:
        self._began: dict[Severity | None, list[datetime]] = {}
        self._ended: dict[Severity | None, list[datetime]] = {}
        for incident in incidents:
            if incident.began_at is None:
                continue
            # Nobody could wait for an incident that had not been noticed.
            known = max(incident.began_at, incident.detected_at or incident.began_at)
            ended = incident.resolved_at
            self._began.setdefault(incident.severity, []).append(
                known if ended is None else min(known, ended)
            )
            if ended is not None:
                self._ended.setdefault(incident.severity, []).append(ended)
        for times in (*self._began.values(), *self._ended.values()):
            times.sort()

    def open(self, at: datetime) -> OpenIncidents:
        """The incidents that were open at `at`."""
        counts = {severity: self._open(severity, at) for severity in Severity}
        unclear = self._open(None, at)
        counts[Severity.P2] += unclear
        return OpenIncidents(counts=counts, unclear=unclear)

    def _open(self, severity: Severity | None, at: datetime) -> int:
        began, ended = self._began.get(severity, ()), self._ended.get(severity, ())
        return bisect_right(began, at) - bisect_right(ended, at)


def _as_of(exception: ReleaseException, at: datetime) -> ReleaseException:
    used = exception.used_at is not None and exception.used_at <= at
    return exception if used else replace(exception, used_for=None)


def _oldest_first(row: ReleaseRow) -> tuple[datetime, str]:
    return row.release.deployment.began_at, row.release.deployment.id
