"""What is known to end a yes, and what changes an answer, by facts and by forecasts."""

from datetime import timedelta

from dashboard.domain.answer_changes import answer_changes
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.outlook import Lift
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.tier_forecast import Assumption
from tests.domain.controls import HOUR, NOW
from tests.domain.outlooks import becomes, check, outlook

_MINUTE = timedelta(minutes=1)
_SLO = Lift(id="EXC-1", kind=ExceptionType.SLO, freeze=None, until=NOW + 90 * _MINUTE)


def test_an_exception_ends_a_yes_by_forecast_and_for_sure_when_it_expires() -> None:
    changes = answer_changes(
        outlook(
            [
                check("slo.budget_remaining", met=False, by="EXC-1"),
                check("slo.fast_burn", met=False, by="EXC-1"),
            ],
            policy_tier=PolicyTier.PROTECTED,
            lifts=[_SLO],
            used=frozenset({"EXC-1"}),
            tier_changes=[becomes(PolicyTier.EXHAUSTED, 7 * _MINUTE, Assumption.CURRENT_PACE)],
        )
    )
    lifted = ("slo.budget_remaining", "slo.fast_burn")
    assert [(change.at, change.closes, change.assuming) for change in changes] == [
        (NOW + 7 * _MINUTE, lifted, Assumption.CURRENT_PACE),
        (NOW + 90 * _MINUTE, lifted, None),
    ]
    assert changes[1].what == "exception EXC-1 expires"


def test_an_exception_without_an_end_ends_nothing() -> None:
    endless = Lift(id="EXC-1", kind=ExceptionType.SLO, freeze=None, until=None)
    checks = [check("slo.fast_burn", met=False, by="EXC-1")]
    assert answer_changes(outlook(checks, lifts=[endless])) == ()
    exhausted = becomes(PolicyTier.EXHAUSTED, HOUR, Assumption.CURRENT_PACE)
    (ends,) = answer_changes(outlook(checks, lifts=[endless], tier_changes=[exhausted]))
    assert (ends.at, ends.assuming) == (NOW + HOUR, Assumption.CURRENT_PACE)
