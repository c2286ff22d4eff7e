"""Who may ask for an exception, approve, revoke, use and review it, and when (FRAMEWORK, Exceptions)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from dashboard.domain.access import Person, same_person
from dashboard.domain.durations import format_duration
from dashboard.domain.gate_rules import ExceptionType, GateRules
from dashboard.domain.refusal import conflict, forbidden, invalid, named, require_after, unknown, written
from dashboard.domain.release_exceptions import (
    ExceptionApproval,
    ExceptionApproved,
    ExceptionRequested,
    ExceptionReviewed,
    ExceptionRevoked,
    ExceptionState,
    ExceptionUsed,
    ReleaseException,
)
from dashboard.domain.release_target import ReleaseTarget


def request_exception(  # noqa: PLR0913 - one argument per thing that an exception says
    rules: GateRules,
    *,
    name: str,
    person: Person,
    now: datetime,
    kind: ExceptionType,
    service: str,
    environment: str | None = None,
    version: str | None = None,
    freeze: str | None = None,
    reason: str,
    mitigation: str,
    expires: datetime | timedelta | None = None,
) -> ExceptionRequested:
    """The event that `person` asked for the exception `name`, which begins now.

    `expires` is its end or how long it lasts; without one it lasts as long as its type may.

    Raises:
        RefusedChangeError: it would last longer than its type may, has no end, no reason or no mitigation.
    """
    if freeze is not None and kind is not ExceptionType.FREEZE:
        raise invalid("freeze", f"found {freeze[:80]!r}, expected none for an exception of type {kind}")
    rule = rules.exceptions[kind]
    return ExceptionRequested(
        id=name,
        at=now,
        by=person.name,
        type=kind,
        service=named("service", service),
        environment=None if environment is None else named("environment", environment),
        version=None if version is None else named("version", version),
        freeze=None if freeze is None else named("freeze", freeze),
        needed_roles=rule.approvers,
        audit=rule.audit,
        reason=written("reason", reason),
        mitigation=written("mitigation", mitigation),
        expires_at=_end(kind, now, expires, rule.lasts_at_most),
    )


def approve_exception(
    exceptions: Iterable[ReleaseException], name: str, *, person: Person, now: datetime
) -> ExceptionApproved:
    """The event that `person` approved the exception `name`.

    Every needed role takes a person of its own, so an approval that would stand for no further role is
    refused.

    Raises:
        RefusedChangeError: it is their own request, they hold none of its roles, approved it already, or it
            is unknown, over, or approved by all that it needs.
    """
    found = _known(exceptions, name, now)
    _require_running(found, now)
    if same_person(person.name, found.requestor):
        raise forbidden(f"found {person.name}, who asked for {name}: nobody approves their own request")
    roles = person.held_of(found.needed_roles)
    if not roles:
        raise forbidden(
            f"found {person.name} with {', '.join(person.roles) or 'no role'},"
            f" expected one of {', '.join(found.needed_roles)} to approve {name}"
        )
    if any(same_person(person.name, approval.name) for approval in found.approvals):
        raise conflict(f"found {name} approved by {person.name} already, expected each person once")
    missing = found.missing_roles(now)
    if not missing:
        raise conflict(f"found {name} approved by all that it needs, expected one that waits for approval")
    if not _stands_for_more(found, person, roles, now):
        raise conflict(
            f"found the role of {person.name} given for {name} already, expected {', '.join(missing)}"
        )
    return ExceptionApproved(id=name, at=now, by=person.name, roles=roles)


def revoke_exception(
    exceptions: Iterable[ReleaseException], name: str, *, person: Person, now: datetime, reason: str
) -> ExceptionRevoked:
    """The event that `person` took the exception `name` back; who asked for it may, and who may approve it.

    Raises:
        RefusedChangeError: it is unknown or over, or `person` may not revoke it.
    """
    found = _known(exceptions, name, now)
    _require_running(found, now)
    if not same_person(person.name, found.requestor) and not person.held_of(found.needed_roles):
        raise forbidden(
            f"found {person.name}, expected {found.requestor}, who asked for {name},"
            f" or one of {', '.join(found.needed_roles)}"
        )
    return ExceptionRevoked(id=name, at=now, by=person.name, reason=written("reason", reason))


def use_exception(  # noqa: PLR0913 - one argument per thing that it depends on
    exceptions: Iterable[ReleaseException],
    name: str,
    *,
    person: Person,
    now: datetime,
    target: ReleaseTarget,
    rules: GateRules,
) -> ExceptionUsed | None:
    """The event that `person` released `target` by the exception `name`; None when that is known: a retry.

    Raises:
        RefusedChangeError: it is unknown or not in force, or is for another deployment.
    """
    found = _known(exceptions, name, now)
    _require_running(found, now)
    if not found.in_force(now):
        missing = ", ".join(found.missing_roles(now))
        raise conflict(f"found {name} not approved, expected the approval of {missing} first")
    if found.used_for is not None and found.used_for != target:
        raise conflict(f"found {name} used for {found.used_for}, expected that one deployment")
    if not found.is_for(target):
        asked = " ".join(item or "any" for item in (found.service, found.version))
        raise conflict(
            f"found {target}, expected {asked} to {found.environment or 'any'}, which {name} is for"
        )
    if found.used_for is not None:
        return None
    due = now + rules.review_within
    return ExceptionUsed(id=name, at=now, by=person.name, target=target, review_due=due)


def review_exception(
    exceptions: Iterable[ReleaseException], name: str, *, person: Person, now: datetime, notes: str
) -> ExceptionReviewed:
    """The event that `person` reviewed the use of the exception `name`, in time or overdue.

    Raises:
        RefusedChangeError: it is their own request, or it is unknown, unused, or reviewed already.
    """
    found = _known(exceptions, name, now)
    if found.used_at is None:
        raise conflict(f"found {name} unused, expected one whose use can be reviewed")
    if found.review is not None:
        raise conflict(f"found {name} reviewed by {found.review.by} already, expected one that waits for it")
    if same_person(person.name, found.requestor):
        raise forbidden(f"found {person.name}, who asked for {name}: nobody reviews their own exception")
    return ExceptionReviewed(id=name, at=now, by=person.name, notes=written("notes", notes))


def _end(
    kind: ExceptionType, now: datetime, expires: datetime | timedelta | None, limit: timedelta | None
) -> datetime:
    if expires is None:
        if limit is None:
            raise invalid("expires_at", f"found nothing, expected an end for an exception of type {kind}")
        return now + limit
    try:
        end = now + expires if isinstance(expires, timedelta) else expires
    except OverflowError:
        raise invalid("expires_at", f"found {expires}, expected a time that can be written") from None
    if end <= now:
        raise invalid(
            "expires_at", f"found {end.isoformat()}, expected a time to come: it is {now.isoformat()}"
        )
    if limit is not None and end - now > limit:
        latest = (now + limit).isoformat()
        expected = f"expected at most {format_duration(limit)} for an exception of type {kind}"
        raise invalid("expires_at", f"found {end.isoformat()}, {expected}: {latest}")
    return end


def _known(exceptions: Iterable[ReleaseException], name: str, now: datetime) -> ReleaseException:
    found = next((item for item in exceptions if item.id == name), None)
    if found is None:
        raise unknown("exception", name)
    require_after(now, found.changed_at, "exception", name)
    return found


def _require_running(found: ReleaseException, now: datetime) -> None:
    """Refuse a change to what is over for good."""
    state = found.state(now)
    if state is ExceptionState.REVOKED and found.revoked is not None:
        raise conflict(f"found {found.id} revoked by {found.revoked.by}, expected one that is not over")
    if state is ExceptionState.EXPIRED:
        since = found.expires_at.isoformat()
        raise conflict(f"found {found.id} expired since {since}, expected one that is not over")


def _stands_for_more(found: ReleaseException, person: Person, roles: tuple[str, ...], now: datetime) -> bool:
    approval = ExceptionApproval(name=person.name, roles=roles, at=now)
    return len(found.with_approval(approval).missing_roles(now)) < len(found.missing_roles(now))
