"""Until when a no lasts at least, and which of what ends it is a forecast."""

from datetime import timedelta
from fractions import Fraction

from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.not_before import not_before
from dashboard.domain.outlook import Lift, Outlook, StandingRole
from dashboard.domain.policy_tier import ChangeType, PolicyTier
from dashboard.domain.tier_forecast import Assumption, FloorChange
from tests.domain.controls import HOUR, NOW
from tests.domain.outlooks import becomes, check, freeze, outlook

_DUE = FloorChange(floor=Fraction(3, 10), met=True, at=NOW, assuming=Assumption.NOTHING_MORE_BURNS)


def test_a_forecast_that_is_due_now_ends_a_no_any_moment() -> None:
    bound = not_before(outlook([check("slo.budget_remaining", met=False)], floor_change=_DUE))
    assert bound is not None
    assert (bound.at, bound.check, bound.assuming) == (
        NOW,
        "slo.budget_remaining",
        Assumption.NOTHING_MORE_BURNS,
    )
    assert bound.then_still == ()


def _unapproved(*, frozen: timedelta = timedelta(), **said: object) -> Outlook:
    """A fix in the tier protected that only an approval is missing of, in a freeze or not."""
    lift = Lift(id="EXC-1", kind=ExceptionType.SLO, freeze=None, until=NOW + 9 * HOUR)
    checks = [
        check("slo.budget_remaining", met=False, by="EXC-1"),
        check("approval.approvals", met=False),
        check("approval.freeze", met=not frozen),
    ]
    known = {
        "change": ChangeType.BUGFIX,
        "policy_tier": PolicyTier.PROTECTED,
        "lifts": [lift],
        "freezes": [freeze("FRZ-1", NOW - HOUR, NOW + frozen)] if frozen else (),
        "tier_changes": [becomes(PolicyTier.NORMAL, HOUR, Assumption.NOTHING_MORE_BURNS)],
    }
    return outlook(checks, **known | said)


def test_a_missing_approval_is_waited_for_until_a_better_tier_asks_for_none() -> None:
    bound = not_before(_unapproved())
    assert bound is not None
    assert (bound.at, bound.check, bound.then_still) == (NOW + HOUR, "approval.approvals", ())
    assert bound.what == "the policy tier becomes normal if nothing more burns"
    assert bound.assuming is Assumption.NOTHING_MORE_BURNS
    assert not_before(_unapproved(tier_changes=())) is None


def test_a_missing_approval_never_moves_a_bound_that_people_cannot_move() -> None:
    bound = not_before(_unapproved(frozen=HOUR / 2))
    assert bound is not None
    assert (bound.at, bound.check) == (NOW + HOUR / 2, "approval.freeze")
    assert (bound.then_still, bound.assuming) == (("approval.approvals",), None)


def test_approvals_that_only_a_better_tier_makes_enough_are_a_forecast() -> None:
    bound = not_before(_unapproved(frozen=2 * HOUR))
    assert bound is not None
    assert (bound.at, bound.then_still) == (NOW + 2 * HOUR, ())
    assert bound.assuming is Assumption.NOTHING_MORE_BURNS


def test_approvals_that_are_enough_as_things_are_need_no_forecast() -> None:
    given = [StandingRole(role="SRE", until=None, what="")]
    bound = not_before(_unapproved(frozen=2 * HOUR, approvals=given))
    assert bound is not None
    assert (bound.then_still, bound.assuming) == ((), None)


def test_no_burn_rate_stands_once_its_window_is_over_if_nothing_more_burns() -> None:
    later = FloorChange(
        floor=Fraction(3, 10), met=True, at=NOW + 2 * HOUR, assuming=Assumption.NOTHING_MORE_BURNS
    )
    burning = [check("slo.fast_burn", met=False), check("slo.slow_burn", met=False)]
    bound = not_before(outlook([check("slo.budget_remaining", met=False), *burning], floor_change=later))
    assert bound is not None
    assert bound.then_still == ("slo.slow_burn",), "its window of six hours is not over"
    frozen = [freeze("FRZ-1", NOW - HOUR, NOW + 9 * HOUR)]
    fact = not_before(outlook([check("approval.freeze", met=False), *burning], freezes=frozen))
    assert fact is not None
    assert fact.then_still == ("slo.fast_burn", "slo.slow_burn"), "without a forecast nobody knows"
