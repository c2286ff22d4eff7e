"""What every service may ship now, if its pipeline is green and everybody who is asked approves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from dashboard.domain.approvals import Approval
from dashboard.domain.freezes import Freeze, freezes_active
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.release_decision import Decision, decision_of
from dashboard.domain.release_exceptions import ReleaseException
from dashboard.domain.service_status import ServiceStatus
from dashboard.policy.engine import EngineError
from dashboard.reports.fleet import FleetReport, without_collecting
from dashboard.reports.gate_context import Asked, GateContext, decision_with
from dashboard.reports.history import History
from dashboard.reports.release_facts import facts_of
from dashboard.sources.release_request import read_request
from dashboard.store.database import open_for_reading
from dashboard.store.release_controls import Controls, read_controls

#: A release that nobody has asked for: of which version does not matter.
_VERSION = "any"
_ASKING, _APPROVING = "(whoever asks)", "(whoever approves)"
_BEST_COVERAGE = 100


class Shippable(StrEnum):
    """The most that a service may ship now, the least first."""

    ROLLBACK = "only a rollback"
    EMERGENCY = "only emergencies"
    BUGFIX = "a bug fix"
    FEATURE = "a feature"


#: What is asked of each service, until one is allowed.
_ASKED = (
    (ChangeType.FEATURE, Shippable.FEATURE),
    (ChangeType.BUGFIX, Shippable.BUGFIX),
    (ChangeType.EMERGENCY, Shippable.EMERGENCY),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """The most that a service `may` ship now; `allowed` is the decision on that, None for a rollback.

    `refused` are the decisions on what it may not ship, the feature first.
    """

    status: ServiceStatus
    may: Shippable
    allowed: Decision | None
    refused: tuple[Decision, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The services that were asked about, those that may ship least first."""

    environment: str
    as_of: datetime
    rows: tuple[BoardRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingControls:
    """What people decided that concerns the whole fleet: freezes that stand, reviews that are overdue."""

    freezes: tuple[Freeze, ...]
    overdue: tuple[ReleaseException, ...]


def release_board(
    context: GateContext, fleet: FleetReport, history: History, names: Sequence[str], environment: str
) -> Board:
    """What each of the services `names` may ship to `environment` now.

    Raises:
        StoreError: the store is missing or cannot be read.
        EngineError: the policy cannot be evaluated.
    """
    now = fleet.freshness.as_of
    with open_for_reading(context.store) as connection:
        controls = read_controls(connection, now)
    known = context.calendar(now)
    context = replace(context, calendar=lambda _now: known)  # read once, not for each of many decisions
    wanted = set(names)
    with without_collecting():
        rows = [
            _row(context, status, history, controls, environment, now)
            for status in fleet.fleet.services
            if status.service.name in wanted
        ]
    order = list(Shippable)
    rows.sort(key=lambda row: order.index(row.may))  # stable: the worst of the fleet stay first
    return Board(environment=environment, as_of=now, rows=tuple(rows))


def standing_controls(context: GateContext, now: datetime) -> StandingControls:
    """The freezes that stand at `now`, and the exceptions whose review is overdue.

    Raises:
        StoreError: the store is missing or cannot be read.
    """
    with open_for_reading(context.store) as connection:
        controls = read_controls(connection, now)
    return StandingControls(
        freezes=freezes_active((*controls.freezes, *context.calendar(now)), now),
        overdue=tuple(item for item in controls.exceptions if item.review_overdue(now)),
    )


def _row(  # noqa: PLR0913, PLR0917 - one argument per fact
    context: GateContext,
    status: ServiceStatus,
    history: History,
    controls: Controls,
    environment: str,
    now: datetime,
) -> BoardRow:
    service = status.service
    facts = facts_of(status, environment, context.policy, history)
    approving = replace(controls, approvals=tuple(_approvals(context, service.name, environment, now)))
    refused: list[Decision] = []
    may, allowed = Shippable.ROLLBACK, None
    for change, then_may in _ASKED:
        request = read_request("the board", _request(context, service.name, environment, change))
        asked = Asked(request=request, now=now, requestor=_ASKING)
        decision = _evaluated(decision_of(decision_with(context, asked, facts, "", approving).document))
        if decision.allow:
            may, allowed = then_may, decision
            break
        refused.append(decision)
    return BoardRow(
        status=status,
        may=may,
        allowed=allowed,
        refused=tuple(refused),
    )


def _evaluated(decision: Decision) -> Decision:
    """The decision without what is only assumed: that approval expires nowhere.

    Raises:
        EngineError: the policy could not be evaluated, which for every service would take its time again.
    """
    if not any(gate.checks for gate in decision.gates):
        raise EngineError(decision.violations[0].message)
    assumed = f"the approval by {_APPROVING} expires"
    return replace(
        decision, changes_at=tuple(change for change in decision.changes_at if change.what != assumed)
    )


def _request(context: GateContext, service: str, environment: str, change: ChangeType) -> dict[str, Any]:
    """A release whose pipeline found nothing wrong."""
    rules = context.policy.gate
    return {
        "service": service,
        "version": _VERSION,
        "environment": environment,
        "change_type": change.value,
        "requested_by": _ASKING,
        "image": f"{rules.trusted_registries[0].rstrip('/')}/{service}:{_VERSION}",
        "gates": {
            "build": dict.fromkeys(("typescript", "compile", "lint", "format"), "pass"),
            "quality": {
                **dict.fromkeys(("unit_tests", "integration_tests", "golden_path"), "pass"),
                "coverage": _BEST_COVERAGE,
            },
            "security": {
                "critical_cves": 0,
                "high_cves": 0,
                "secrets_found": 0,
                "image_signed": True,
                "slsa_level": max(rule.slsa_level for rule in rules.environments.values()),
            },
            "policy": {"abac_check": "pass"},
        },
    }


def _approvals(context: GateContext, service: str, environment: str, now: datetime) -> Iterator[Approval]:
    """Everybody whom any policy tier asks for has approved."""
    roles = {role: None for rule in context.policy.tiers.values() for role in rule.approvers}
    yield Approval(
        id="assumed",
        service=service,
        environment=environment,
        version=_VERSION,
        roles=tuple(roles),
        by=_APPROVING,
        at=now,
        reason="assumed",
    )
