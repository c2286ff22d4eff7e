"""Changes to freezes, exceptions and approvals, each asked of the domain and written into the decision log.

Every one raises the same: `RefusedChangeError` says why it is not made, `InputError` that the store holds the
demo, `StoreError` that it cannot be used.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from dashboard.domain import approvals as approval_rules
from dashboard.domain import exception_changes
from dashboard.domain import freezes as freeze_rules
from dashboard.domain.approvals import Approval
from dashboard.domain.freezes import RECORDED_PREFIX, Freeze
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.policy import Policy
from dashboard.domain.release_exceptions import ReleaseException
from dashboard.ingest.control_desk import (
    Desk,
    change,
    known_target,
    next_id,
    require_environment,
    require_freeze,
    require_service,
)
from dashboard.store.release_controls import ControlEvent, Controls

_EXCEPTIONS, _APPROVALS = "EXC-", "APR-"


def add_freeze(  # noqa: PLR0913 - one argument per thing that a freeze says
    desk: Desk,
    *,
    end: datetime,
    reason: str,
    start: datetime | None = None,
    services: Iterable[str] = (),
    environments: Iterable[str] = (),
) -> Freeze:
    """Add a freeze from `start` (now) up to, not including, `end`."""
    covered, where = tuple(services), tuple(environments)
    for service in covered:
        require_service(desk, service, "services")
    for environment in where:
        require_environment(desk, environment, "environments")

    def decide(known: Controls, now: datetime) -> ControlEvent:
        return freeze_rules.add_freeze(
            name=next_id(RECORDED_PREFIX, (freeze.id for freeze in known.freezes), now),
            person=desk.person,
            now=now,
            start=start or now,
            end=end,
            reason=reason,
            services=covered,
            environments=where,
        )

    return change(desk, decide, lambda controls: controls.freezes)


def end_freeze(desk: Desk, name: str, *, reason: str) -> Freeze:
    """End the freeze `name` now."""

    def decide(known: Controls, now: datetime) -> ControlEvent:
        return freeze_rules.end_freeze(
            (*known.freezes, *desk.calendar),
            name,
            person=desk.person,
            now=now,
            reason=reason,
            may_end=desk.policy.gate.exceptions[ExceptionType.FREEZE].approvers,
        )

    return change(desk, decide, lambda controls: controls.freezes)


def request_exception(  # noqa: PLR0913 - one argument per thing that an exception says
    desk: Desk,
    *,
    kind: ExceptionType,
    service: str,
    environment: str | None = None,
    version: str | None = None,
    freeze: str | None = None,
    reason: str,
    mitigation: str,
    expires: datetime | timedelta | None = None,
) -> ReleaseException:
    """Ask for an exception; `expires` is its end, or how long it lasts from now on."""
    require_service(desk, service, "service")
    if environment is not None:
        require_environment(desk, environment, "environment")

    def decide(known: Controls, now: datetime) -> ControlEvent:
        event = exception_changes.request_exception(
            desk.policy.gate,
            name=next_id(_EXCEPTIONS, (item.id for item in known.exceptions), now),
            person=desk.person,
            now=now,
            kind=kind,
            service=service,
            environment=environment,
            version=version,
            freeze=freeze,
            reason=reason,
            mitigation=mitigation,
            expires=expires,
        )
        require_freeze((*known.freezes, *desk.calendar), freeze, now)
        return event

    return change(desk, decide, lambda controls: controls.exceptions)


def approve_exception(desk: Desk, name: str) -> ReleaseException:
    """Approve the exception `name` in the roles that the person holds."""

    def decide(known: Controls, now: datetime) -> ControlEvent:
        return exception_changes.approve_exception(known.exceptions, name, person=desk.person, now=now)

    return change(desk, decide, lambda controls: controls.exceptions)


def revoke_exception(desk: Desk, name: str, *, reason: str) -> ReleaseException:
    """Take the exception `name` back."""

    def decide(known: Controls, now: datetime) -> ControlEvent:
        return exception_changes.revoke_exception(
            known.exceptions, name, person=desk.person, now=now, reason=reason
        )

    return change(desk, decide, lambda controls: controls.exceptions)


def use_exception(desk: Desk, name: str, *, service: str, environment: str, version: str) -> ReleaseException:
    """Bind the exception `name` to one deployment; for the same one again (a retry) nothing is written."""
    target = known_target(desk, service, environment, version)

    def decide(known: Controls, now: datetime) -> ControlEvent | None:
        return exception_changes.use_exception(
            known.exceptions, name, person=desk.person, now=now, target=target, rules=desk.policy.gate
        )

    return change(desk, decide, lambda controls: controls.exceptions, name)


def review_exception(desk: Desk, name: str, *, notes: str) -> ReleaseException:
    """Write down what the review of the use of the exception `name` found."""

    def decide(known: Controls, now: datetime) -> ControlEvent:
        return exception_changes.review_exception(
            known.exceptions, name, person=desk.person, now=now, notes=notes
        )

    return change(desk, decide, lambda controls: controls.exceptions)


def give_approval(  # noqa: PLR0913 - one argument per thing that an approval says
    desk: Desk, *, service: str, environment: str, version: str, reason: str, roles: Iterable[str] = ()
) -> Approval:
    """Approve one release, in `roles` or in all of the person's that a policy tier asks for."""
    target, chosen = known_target(desk, service, environment, version), tuple(roles)

    def decide(known: Controls, now: datetime) -> ControlEvent:
        return approval_rules.give_approval(
            name=next_id(_APPROVALS, (item.id for item in known.approvals), now),
            person=desk.person,
            now=now,
            target=target,
            asked_for=asked_for(desk.policy),
            roles=chosen,
            reason=reason,
        )

    return change(desk, decide, lambda controls: controls.approvals)


def withdraw(desk: Desk, name: str, *, reason: str) -> Approval:
    """Take the approval `name` back."""

    def decide(known: Controls, now: datetime) -> ControlEvent:
        return approval_rules.withdraw_approval(
            known.approvals, name, person=desk.person, now=now, reason=reason
        )

    return change(desk, decide, lambda controls: controls.approvals)


def asked_for(policy: Policy) -> tuple[str, ...]:
    """The roles that some policy tier asks for, which are those that a release can be approved in."""
    return tuple(dict.fromkeys(role for rule in policy.tiers.values() for role in rule.approvers))
