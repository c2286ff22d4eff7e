"""Exceptions: approved, logged, expiring permissions to pass a gate (FRAMEWORK, Exceptions)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from dashboard.domain.access import role_key
from dashboard.domain.gate_rules import AuditLevel, ExceptionType
from dashboard.domain.refusal import conflict, unknown
from dashboard.domain.release_target import ReleaseTarget


class ExceptionState(StrEnum):
    """How far an exception is: `approved` and `used` are in force; `expired` and `revoked` are over."""

    REQUESTED = "requested"
    APPROVED = "approved"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionApproval:
    """That `name` approved an exception at `at`, holding those of the needed roles that are `roles`."""

    name: str
    roles: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """That `by` took an exception back at `at`."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """That `by` looked at the use of an exception at `at`, with what they found."""

    by: str
    at: datetime
    notes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseException:
    """An exception with all that became of it.

    It is for `service`, and only for `environment`, `version` and (of type freeze) `freeze` where they are
    set. The roles that have to approve it, its end and the time of its review are those of the policy when it
    was requested and used; a policy that is changed later changes none of them.
    """

    id: str
    type: ExceptionType
    service: str
    environment: str | None
    version: str | None
    freeze: str | None
    requestor: str
    needed_roles: tuple[str, ...]
    audit: AuditLevel
    reason: str
    mitigation: str
    created_at: datetime
    expires_at: datetime
    approvals: tuple[ExceptionApproval, ...] = ()
    revoked: Revocation | None = None
    used_for: ReleaseTarget | None = None
    used_by: str | None = None
    used_at: datetime | None = None
    review_due: datetime | None = None
    review: Review | None = None

    @property
    def changed_at(self) -> datetime:
        """When anything was last recorded of it."""
        times = [self.created_at, *(approval.at for approval in self.approvals)]
        times += [item.at for item in (self.revoked, self.review) if item]
        return max(times if self.used_at is None else [*times, self.used_at])

    def missing_roles(self, now: datetime) -> tuple[str, ...]:
        """The needed roles that nobody stands for at `now`: every role takes a person of its own.

        So one person who holds two of them stands for one, whichever leaves fewest missing.
        """
        given = [approval.roles for approval in self.approvals if approval.at <= now]
        return _unfilled(self.needed_roles, given)

    def with_approval(self, approval: ExceptionApproval) -> "ReleaseException":
        """This exception once `approval` was given too."""
        return replace(self, approvals=(*self.approvals, approval))

    def state(self, now: datetime) -> ExceptionState:
        """How far it is at `now`. At `expires_at` it is no longer in force."""
        if self.revoked is not None and self.revoked.at <= now:
            return ExceptionState.REVOKED
        if now >= self.expires_at:
            return ExceptionState.EXPIRED
        if self.used_at is not None and self.used_at <= now:
            return ExceptionState.USED
        if now < self.created_at or self.missing_roles(now):
            return ExceptionState.REQUESTED
        return ExceptionState.APPROVED

    def in_force(self, now: datetime) -> bool:
        """Whether it may be used at `now`."""
        return self.state(now) in (ExceptionState.APPROVED, ExceptionState.USED)

    def is_for(self, target: ReleaseTarget) -> bool:
        """Whether `target` is what it was asked for and, once used, exactly what it was used for."""
        return (
            self.service == target.service
            and self.environment in (None, target.environment)
            and self.version in (None, target.version)
            and self.used_for in (None, target)
        )

    def awaits_review(self, now: datetime) -> bool:
        """Whether it was used and nobody has reviewed that at `now`."""
        used = self.used_at is not None and self.used_at <= now
        return used and not (self.review is not None and self.review.at <= now)

    def review_overdue(self, now: datetime) -> bool:
        """Whether its use should have been reviewed by `now`, and was not."""
        return self.awaits_review(now) and self.review_due is not None and self.review_due <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionRequested:
    """Somebody asked for an exception, which needs the approval of `needed_roles`."""

    id: str
    at: datetime
    by: str
    type: ExceptionType
    service: str
    environment: str | None
    version: str | None
    freeze: str | None
    needed_roles: tuple[str, ...]
    audit: AuditLevel
    reason: str
    mitigation: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionApproved:
    """Somebody who holds `roles`, of those that are needed, approved an exception."""

    id: str
    at: datetime
    by: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionRevoked:
    """Somebody took an exception back."""

    id: str
    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionUsed:
    """Somebody released `target` by an exception; that has to be reviewed by `review_due`."""

    id: str
    at: datetime
    by: str
    target: ReleaseTarget
    review_due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionReviewed:
    """Somebody reviewed the use of an exception."""

    id: str
    at: datetime
    by: str
    notes: str


ExceptionEvent = ExceptionRequested | ExceptionApproved | ExceptionRevoked | ExceptionUsed | ExceptionReviewed


def exceptions_of(events: Iterable[ExceptionEvent]) -> tuple[ReleaseException, ...]:
    """The exceptions that `events`, in the order in which they were recorded, tell of.

    Raises:
        RefusedChangeError: they contradict each other, which what was decided here never does.
    """
    found: dict[str, ReleaseException] = {}
    for event in events:
        known = found.get(event.id)
        if isinstance(event, ExceptionRequested):
            if known is not None:
                raise conflict(f"found the exception {event.id} requested twice, expected each id once")
            found[event.id] = _requested(event)
        elif known is None:
            raise unknown("exception", event.id)
        else:
            found[event.id] = _changed(known, event)
    return tuple(found.values())


def usable_exceptions(
    exceptions: Iterable[ReleaseException], service: str, environment: str, version: str, now: datetime
) -> tuple[ReleaseException, ...]:
    """Those of `exceptions` by which this release may pass at `now`, oldest first.

    They are approved, in force, for this release, and unused or used for this very one: a retry.
    """
    target = ReleaseTarget(service=service, environment=environment, version=version)
    return tuple(item for item in exceptions if item.in_force(now) and item.is_for(target))


def _requested(event: ExceptionRequested) -> ReleaseException:
    return ReleaseException(
        id=event.id,
        type=event.type,
        service=event.service,
        environment=event.environment,
        version=event.version,
        freeze=event.freeze,
        requestor=event.by,
        needed_roles=event.needed_roles,
        audit=event.audit,
        reason=event.reason,
        mitigation=event.mitigation,
        created_at=event.at,
        expires_at=event.expires_at,
    )


def _changed(
    known: ReleaseException,
    event: ExceptionApproved | ExceptionRevoked | ExceptionUsed | ExceptionReviewed,
) -> ReleaseException:
    if isinstance(event, ExceptionApproved):
        return known.with_approval(ExceptionApproval(name=event.by, roles=event.roles, at=event.at))
    if isinstance(event, ExceptionRevoked):
        return replace(known, revoked=Revocation(by=event.by, at=event.at, reason=event.reason))
    if isinstance(event, ExceptionReviewed):
        return replace(known, review=Review(by=event.by, at=event.at, notes=event.notes))
    if known.used_for is not None:
        return known  # of two uses that were recorded at once, the first binds it
    return replace(
        known, used_for=event.target, used_by=event.by, used_at=event.at, review_due=event.review_due
    )


def _unfilled(needed: Sequence[str], given: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The `needed` roles that are left when each of `given`, one person's roles, fills at most one.

    As many as possible are filled (Kuhn's algorithm for bipartite matching): a person who stands for one role
    is moved to another one of theirs where that lets the next person in.
    """
    held = [{role_key(role) for role in roles} for roles in given]
    filled_by: dict[int, int] = {}

    def fill(role: int, tried: set[int]) -> bool:
        for person, roles in enumerate(held):
            if person in tried or role_key(needed[role]) not in roles:
                continue
            tried.add(person)
            other = next((index for index, by in filled_by.items() if by == person), None)
            if other is None or fill(other, tried):
                filled_by[role] = person
                return True
        return False

    return tuple(role for index, role in enumerate(needed) if not fill(index, set()))
