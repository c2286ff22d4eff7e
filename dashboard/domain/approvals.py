"""Approvals of releases: given in a role, valid for a while, withdrawn, never by who asks for the release."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from dashboard.domain.access import Person, role_key, same_person
from dashboard.domain.gate_rules import GateRules
from dashboard.domain.policy_tier import PolicyTier, TierRule
from dashboard.domain.refusal import conflict, forbidden, invalid, require_after, unknown, written
from dashboard.domain.release_target import ReleaseTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """That `by` approved a release at `at` in `roles`; `withdrawn_at` is when it was taken back, if ever."""

    id: str
    service: str
    environment: str
    version: str
    roles: tuple[str, ...]
    by: str
    at: datetime
    reason: str
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None

    @property
    def target(self) -> ReleaseTarget:
        """What was approved."""
        return ReleaseTarget(service=self.service, environment=self.environment, version=self.version)

    def is_valid(self, now: datetime, rules: GateRules) -> bool:
        """Whether it counts at `now`: given, not withdrawn, not older than approvals may be (half-open)."""
        withdrawn = self.withdrawn_at is not None and self.withdrawn_at <= now
        return not withdrawn and self.at <= now < self.at + rules.approval_valid_for


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalGiven:
    """Somebody approved a release."""

    id: str
    at: datetime
    by: str
    target: ReleaseTarget
    roles: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalWithdrawn:
    """Somebody took an approval back."""

    id: str
    at: datetime
    by: str
    reason: str


ApprovalEvent = ApprovalGiven | ApprovalWithdrawn


def approvals_of(events: Iterable[ApprovalEvent]) -> tuple[Approval, ...]:
    """The approvals that `events`, in the order in which they were recorded, tell of.

    Raises:
        RefusedChangeError: they contradict each other, which what was decided here never does.
    """
    found: dict[str, Approval] = {}
    for event in events:
        if isinstance(event, ApprovalGiven):
            if event.id in found:
                raise conflict(f"found the approval {event.id} given twice, expected each id once")
            found[event.id] = Approval(
                id=event.id,
                service=event.target.service,
                environment=event.target.environment,
                version=event.target.version,
                roles=event.roles,
                by=event.by,
                at=event.at,
                reason=event.reason,
            )
        else:
            approval = _standing(found.values(), event.id)
            found[event.id] = replace(approval, withdrawn_at=event.at, withdrawn_by=event.by)
    return tuple(found.values())


def standing(
    approvals: Iterable[Approval],
    release: ReleaseTarget,
    now: datetime,
    rules: GateRules,
    requestor: str | None,
) -> tuple[Approval, ...]:
    """Those of `approvals` that count for `release` at `now`, oldest first.

    Nobody approves their own request, so those by `requestor` are left out. When nobody knows who asks
    (None or blank), none counts: missing evidence denies, and leaving a name out must not be a way around.
    """
    if requestor is None or not requestor.strip():
        return ()
    return tuple(
        approval
        for approval in approvals
        if approval.target == release
        and approval.is_valid(now, rules)
        and not same_person(approval.by, requestor)
    )


def are_approved(tier: PolicyTier, rules: Mapping[PolicyTier, TierRule], given: Iterable[str]) -> bool:
    """Whether the roles `given` are all that `tier` asks for.

    All that a stricter tier would ask for are enough, too: else a smaller budget would allow more than a
    larger one.
    """
    keys = {role_key(role) for role in given}

    def have_all(roles: Iterable[str]) -> bool:
        return all(role_key(role) in keys for role in roles)

    stricter = [rules[other].approvers for other in PolicyTier if other.severity > tier.severity]
    return have_all(rules[tier].approvers) or any(roles and have_all(roles) for roles in stricter)


def give_approval(  # noqa: PLR0913 - one argument per thing that an approval says
    *,
    name: str,
    person: Person,
    now: datetime,
    target: ReleaseTarget,
    asked_for: Iterable[str],
    roles: Iterable[str] = (),
    reason: str,
) -> ApprovalGiven:
    """The event that `person` approved `target` in `roles`, or in all of theirs that are `asked_for`.

    `asked_for` are the roles that some policy tier asks for. Approving twice makes it valid for longer.

    Raises:
        RefusedChangeError: the person holds no such role, or there is no reason.
    """
    wanted = tuple(asked_for)
    chosen = tuple(roles)
    held = person.held_of(wanted)
    for role in chosen:
        if role_key(role) not in map(role_key, wanted):
            raise invalid("role", f"found {role[:80]!r}, expected one of {', '.join(wanted) or 'none'}")
        if not person.held_of([role]):
            raise forbidden(f"found {person.name} without the role {role}, expected who holds it")
    if not held:
        raise forbidden(
            f"found {person.name} with {', '.join(person.roles) or 'no role'},"
            f" expected one of {', '.join(wanted) or 'the roles that a policy tier asks for: none does'}"
        )
    keys = {role_key(role) for role in chosen}
    return ApprovalGiven(
        id=name,
        at=now,
        by=person.name,
        target=target,
        roles=tuple(role for role in held if not keys or role_key(role) in keys),
        reason=written("reason", reason),
    )


def withdraw_approval(
    approvals: Iterable[Approval], name: str, *, person: Person, now: datetime, reason: str
) -> ApprovalWithdrawn:
    """The event that `person` took the approval `name` back; who gave it may, and who holds its role.

    Raises:
        RefusedChangeError: it is unknown or withdrawn, or `person` may not withdraw it.
    """
    approval = _standing(approvals, name)
    if not same_person(person.name, approval.by) and not person.held_of(approval.roles):
        raise forbidden(
            f"found {person.name}, expected {approval.by}, who gave the approval {name},"
            f" or one of {', '.join(approval.roles)}"
        )
    require_after(now, approval.at, "approval", name)
    return ApprovalWithdrawn(id=name, at=now, by=person.name, reason=written("reason", reason))


def _standing(approvals: Iterable[Approval], name: str) -> Approval:
    approval = next((item for item in approvals if item.id == name), None)
    if approval is None:
        raise unknown("approval", name)
    if approval.withdrawn_at is not None:
        raise conflict(
            f"found the approval {name} withdrawn by {approval.withdrawn_by}, expected one that stands"
        )
    return approval
