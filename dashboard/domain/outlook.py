"""What a release decision rests on that changes with time: window, freezes, exceptions, approvals, budget."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dashboard.domain.approvals import are_approved
from dashboard.domain.freezes import Freeze
from dashboard.domain.gate_rules import LIFTS, LIFTS_NOT_IN, ExceptionType, GateRules
from dashboard.domain.policy_tier import ChangeType, PolicyTier, TierRule
from dashboard.domain.release_decision import Check
from dashboard.domain.slo import ServiceTier
from dashboard.domain.tier_forecast import Assumption, FloorChange, TierChange

#: What a forecast takes for granted, at the end of a sentence.
ASSUMING = {
    Assumption.NOTHING_MORE_BURNS: "if nothing more burns",
    Assumption.CURRENT_PACE: "at the current pace",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """An exception that this release may use, in force until `until`; None where nobody told its end.

    One of type freeze lifts the `freeze` that it names, or every one.
    """

    id: str
    kind: ExceptionType
    freeze: str | None
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingRole:
    """Somebody stands for `role` until `until`, when `what` happens; None where nobody told an end."""

    role: str
    until: datetime | None
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something happens at `at`, if `assuming` holds; a fact assumes nothing."""

    at: datetime
    what: str
    assuming: Assumption | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """A decision at `now` by its `checks`, by code, and what is known of the time to come.

    `change` is None where nobody told what kind it is. `policy_tier` is None for a service without an
    objective. `used` are the ids of the exceptions that it passes by. `freezes` are those that cover the
    release, now or later. The changes of the budget are left out where the store's budget is not what was
    decided on. `too_many_rollbacks_until` is when so many are old enough, None where there are not too many.
    `burn_windows` are those of the checks of burn rates, left out like the changes of the budget.
    """

    now: datetime
    zone: ZoneInfo
    service_tier: ServiceTier
    change: ChangeType | None
    policy_tier: PolicyTier | None
    rules: GateRules
    tiers: Mapping[PolicyTier, TierRule]
    checks: Mapping[str, Check]
    freezes: Sequence[Freeze]
    lifts: Sequence[Lift]
    used: frozenset[str]
    approvals: Sequence[StandingRole]
    tier_changes: Sequence[TierChange]
    floor_change: FloorChange | None
    too_many_rollbacks_until: datetime | None
    burn_windows: Mapping[str, timedelta]

    def asks(self, code: str) -> bool:
        """Whether this release is asked for the check `code`."""
        return code in self.checks and self.checks[code].asked

    def changes_of_tier(self, assuming: Assumption) -> Iterator[TierChange]:
        """The forecasts that assume this, in order of time."""
        return (change for change in self.tier_changes if change.assuming is assuming)

    def allows(self, tier: PolicyTier) -> bool:
        """Whether the policy tier `tier` allows the change; one that nobody told might be any."""
        allowed = self.tiers[tier].allowed
        return allowed >= set(ChangeType) if self.change is None else self.change in allowed

    @property
    def needs_approval(self) -> bool:
        """Whether somebody has to approve this release as things are now."""
        return self._asks_for_approval and bool(self.policy_tier and self.tiers[self.policy_tier].approvers)

    @property
    def _asks_for_approval(self) -> bool:
        return self.change is not ChangeType.ROLLBACK and self.asks("approval.approvals")

    def is_approved(self, tier: PolicyTier | None, at: datetime) -> bool:
        """Whether those who stand for a role at `at` are enough in the policy tier `tier`."""
        if tier is None or not self._asks_for_approval:
            return True
        given = [item.role for item in self.approvals if item.until is None or item.until > at]
        return are_approved(tier, self.tiers, given)

    def lifted_until(
        self, code: str, freeze: str | None = None, *, by_forecast: bool = True
    ) -> Moment | None:
        """When the last exception that lifts the check `code` no longer does; None where none lifts it.

        Of `approval.freeze` it is asked for one `freeze`. Without `by_forecast` only facts end it. The end of
        time is an exception without an end.
        """
        ends = [
            self._end_of(lift, by_forecast=by_forecast) for lift in self.lifts if _lifts(lift, code, freeze)
        ]
        return max(ends, key=lambda end: end.at, default=None)

    def _end_of(self, lift: Lift, *, by_forecast: bool) -> Moment:
        until = END_OF_TIME if lift.until is None else lift.until
        for change in self.changes_of_tier(Assumption.CURRENT_PACE) if by_forecast else ():
            if change.to in LIFTS_NOT_IN.get(lift.kind, ()) and change.at < until:
                return tier_moment(change)
        if self.policy_tier in LIFTS_NOT_IN.get(lift.kind, ()):
            return Moment(at=self.now, what=f"exception {lift.id} lifts nothing")
        return Moment(at=until, what=f"exception {lift.id} expires")


#: When an exception without an end ends: nobody is to be told of it.
END_OF_TIME = datetime.fromisoformat("9999-12-31T00:00:00+00:00")


def tier_moment(change: TierChange) -> Moment:
    """The change of a policy tier as something that happens."""
    what = f"the policy tier becomes {change.to.value} {ASSUMING[change.assuming]}"
    return Moment(at=change.at, what=what, assuming=change.assuming)


def floor_moment(change: FloorChange) -> Moment:
    """The change of the budget's floor as something that happens."""
    share = f"{float(change.floor * 100):g} %"
    below = f"the error budget falls below its floor of {share}"
    what = f"at least {share} of the error budget is left again" if change.met else below
    return Moment(at=change.at, what=f"{what} {ASSUMING[change.assuming]}", assuming=change.assuming)


def _lifts(lift: Lift, code: str, freeze: str | None) -> bool:
    if code == "approval.freeze":
        return lift.kind is ExceptionType.FREEZE and lift.freeze in (None, freeze)
    return code in LIFTS[lift.kind]
