"""One release on the page of the gate: asked again now, with the newest evidence of a pipeline."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dashboard.domain.deployment_calendar import CalendarDay, calendar_days
from dashboard.domain.exception_timing import too_early
from dashboard.domain.freezes import Freeze
from dashboard.domain.gate_rules import CHECKS, StrategyRule
from dashboard.domain.outlook import Moment
from dashboard.domain.policy_tier import ChangeType, TierRule
from dashboard.domain.release_decision import Check, Decision, decision_of
from dashboard.domain.release_exceptions import ExceptionState, ReleaseException
from dashboard.domain.release_target import ReleaseTarget
from dashboard.domain.service_status import ServiceStatus
from dashboard.domain.slo import Service, Strategy
from dashboard.reports.decisions import LoggedDecision, logged
from dashboard.reports.fleet import read_statuses, required_service
from dashboard.reports.freshness import Freshness, freshness
from dashboard.reports.gate_context import Asked, GateContext, decision_with, known_facts
from dashboard.reports.release_approvals import GivenApproval, RoleAsked, given_approvals, signatures
from dashboard.sources.release_request import read_request
from dashboard.store import decision_log
from dashboard.store.database import open_for_reading
from dashboard.store.decision_log import DECISION
from dashboard.store.release_controls import read_controls

#: How far ahead the calendar of windows and freezes reaches.
CALENDAR_DAYS = 14
#: The source of checks whose evidence only a pipeline has.
BY_PIPELINE = "input"
#: Of one release, so many decisions are looked through for evidence.
_LOOKED_THROUGH = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseChoice:
    """What is asked for: a service of the catalogue, to an environment of the policy.

    `version` None is any; `change` None is what the evidence says, and a feature without it.
    """

    service: str
    environment: str
    version: str | None = None
    change: ChangeType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasePage:
    """All that is known of one release at `freshness.as_of`, and the decision on it, which nobody recorded.

    `evidence` is the newest decision in which a pipeline told anything, None without one; `asked_before` are
    all that were recorded, newest first. `rule` is what the policy tier allows, None for a service without an
    objective. `exceptions` may yet be used for it, or wait for the review of their use; those that expire
    before they are of use are in `too_early`, with when they would be. `freezes` cover it now or later.
    """

    choice: ReleaseChoice
    change: ChangeType
    decision: Decision
    requestor: str | None
    image: str | None
    evidence: LoggedDecision | None
    asked_before: tuple[LoggedDecision, ...]
    status: ServiceStatus
    rule: TierRule | None
    roles: tuple[RoleAsked, ...]
    approvals: tuple[GivenApproval, ...]
    exceptions: tuple[ReleaseException, ...]
    too_early: Mapping[str, Moment]
    freezes: tuple[Freeze, ...]
    calendar: tuple[CalendarDay, ...]
    strategy: StrategyRule
    freshness: Freshness

    @property
    def failing(self) -> tuple[Check, ...]:
        """The checks that keep it closed whatever a pipeline may yet tell."""
        return _closed(self.decision, self.requestor, untold=False)

    @property
    def missing(self) -> tuple[Check, ...]:
        """The checks that keep it closed because no pipeline has told, or nobody has asked."""
        return _closed(self.decision, self.requestor, untold=True)


def release_page(context: GateContext, choice: ReleaseChoice, now: datetime) -> ReleasePage:
    """The release `choice` at `now`; what a page asks is never recorded.

    Raises:
        InputError: the catalogue has no such service.
        StoreError: the store is missing or cannot be read.
    """
    service = required_service(context.catalogue, choice.service)
    with open_for_reading(context.store) as connection:
        fresh = freshness(connection, context.policy.budget, now)
        before = _asked_before(connection, choice, now)
        controls = read_controls(connection, now)
        (status,) = read_statuses(connection, [service], context.policy, now)
    evidence = next((item for item in before if _tells(item.body["input"])), None)
    document = _request(choice, before, evidence)
    change = ChangeType(document["change_type"])
    asked = Asked(request=read_request("the page", document), now=now, requestor=document.get("requested_by"))
    facts, why = known_facts(context, asked)
    decided = decision_with(context, asked, facts, why, controls)
    decision = decision_of(decided.document)
    freezes = _coming_freezes((*controls.freezes, *context.calendar(now)), choice, now)
    target = _target(choice)
    exceptions = tuple(item for item in controls.exceptions if _concerns(item, choice, target, now))
    return ReleasePage(
        choice=choice,
        change=change,
        decision=decision,
        requestor=asked.requestor,
        image=document.get("image"),
        evidence=evidence,
        asked_before=before,
        status=status,
        rule=None if status.policy_tier is None else context.policy.tiers[status.policy_tier],
        roles=tuple(
            RoleAsked(required=item, signatures=signatures(item, decided.input["approvals"]))
            for item in decision.required_approvals
        ),
        approvals=given_approvals(controls.approvals, target, asked, context.policy.gate),
        exceptions=exceptions,
        too_early={}
        if change is ChangeType.ROLLBACK
        else too_early(
            [replace(item, environment=choice.environment) for item in exceptions],
            freezes=freezes,
            exceptions=controls.exceptions,
            policy=context.policy,
            catalogue=context.catalogue,
            now=now,
        ),
        freezes=freezes,
        calendar=_calendar(context, service, decision, freezes, now),
        strategy=context.policy.gate.strategies[Strategy(decision.strategy)],
        freshness=fresh,
    )


def _coming_freezes(freezes: Iterable[Freeze], choice: ReleaseChoice, now: datetime) -> tuple[Freeze, ...]:
    """Those that cover the release and have not ended, in order of time."""
    coming = [
        freeze for freeze in freezes if freeze.end > now and freeze.covers(choice.service, choice.environment)
    ]
    return tuple(sorted(coming, key=lambda freeze: (freeze.start, freeze.end)))


def _closed(decision: Decision, requestor: str | None, *, untold: bool) -> tuple[Check, ...]:
    """The checks that are not passed, those of which nobody has told anything or the others."""

    def is_untold(check: Check) -> bool:
        # An approval cannot count before somebody asks.
        if check.code == "approval.approvals":
            return requestor is None
        return check.seen is None and check.source == BY_PIPELINE

    return tuple(
        check
        for gate in decision.gates
        for check in gate.checks
        if not check.passes and is_untold(check) is untold
    )


def _asked_before(
    connection: sqlite3.Connection, choice: ReleaseChoice, now: datetime
) -> tuple[LoggedDecision, ...]:
    if choice.version is None:
        return ()
    found = decision_log.records(
        connection,
        kinds=[DECISION],
        until=now,
        service=choice.service,
        environment=choice.environment,
        version=choice.version,
        newest=_LOOKED_THROUGH,
    )
    return tuple(logged(item) for item in reversed(found))


def _tells(given: dict[str, Any]) -> bool:
    """Whether a pipeline told anything of a gate."""
    return any(value is not None for results in given["gates"].values() for value in results.values())


def _request(
    choice: ReleaseChoice, before: Sequence[LoggedDecision], evidence: LoggedDecision | None
) -> dict[str, Any]:
    """What the page asks: the choice, with what a pipeline told of it.

    An emergency override is asked for anew each time: one that was accepted once is not repeated here.
    """
    source = evidence or next(iter(before), None)
    told = {} if source is None else source.body["input"]
    kind = choice.change or (ChangeType.FEATURE if source is None else source.decision.change_type)
    kept = ("gates", "image", "requested_by", "has_database_migration")
    return {name: told[name] for name in kept if told.get(name) is not None} | {
        "service": choice.service,
        "environment": choice.environment,
        "change_type": kind.value,
        **({} if choice.version is None else {"version": choice.version}),
    }


def _target(choice: ReleaseChoice) -> ReleaseTarget | None:
    if choice.version is None:
        return None
    return ReleaseTarget(service=choice.service, environment=choice.environment, version=choice.version)


def _concerns(
    exception: ReleaseException, choice: ReleaseChoice, target: ReleaseTarget | None, now: datetime
) -> bool:
    """Whether `exception` may yet lift something of this release, or its use waits for a review."""
    if exception.service != choice.service:
        return False
    if exception.awaits_review(now):
        return True
    if exception.state(now) in {ExceptionState.EXPIRED, ExceptionState.REVOKED}:
        return False
    if target is None:
        return exception.environment in {None, choice.environment}
    return exception.is_for(target)


def _calendar(
    context: GateContext,
    service: Service,
    decision: Decision,
    freezes: Sequence[Freeze],
    now: datetime,
) -> tuple[CalendarDay, ...]:
    asked = {check.code for gate in decision.gates for check in gate.checks if check.asked}
    if not any(gate.checks for gate in decision.gates):
        asked = set(CHECKS)  # nobody could evaluate the policy, so nothing is let off
    return calendar_days(
        context.policy.gate.windows if "approval.window" in asked else None,
        service.tier,
        context.policy.timezone,
        freezes if "approval.freeze" in asked else (),
        now,
        days=CALENDAR_DAYS,
    )
