"""What is known to end a yes, and what changes an answer, by facts and by forecasts."""

from datetime import timedelta
from fractions import Fraction

from dashboard.domain.answer_changes import answer_changes
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.outlook import Lift
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.tier_forecast import Assumption, FloorChange
from tests.domain.controls import HOUR, NOW
from tests.domain.outlooks import becomes, check, freeze, outlook

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


def test_a_forecast_that_an_exception_lifts_remains_one_when_it_expires() -> None:
    falls = FloorChange(floor=Fraction(3, 10), met=False, at=NOW + HOUR, assuming=Assumption.CURRENT_PACE)
    known = outlook(
        [check("slo.budget_remaining"), check("slo.fast_burn", met=False, by="EXC-1")],
        lifts=[_SLO],
        used=frozenset({"EXC-1"}),
        floor_change=falls,
    )
    ends = [change for change in answer_changes(known) if change.closes]
    assert [(change.at, change.closes, change.assuming) for change in ends] == [
        (NOW + 90 * _MINUTE, ("slo.fast_burn",), None),
        (NOW + 90 * _MINUTE, ("slo.budget_remaining",), Assumption.CURRENT_PACE),
    ]
    assert {change.what for change in ends} == {"exception EXC-1 expires"}


def test_freezes_without_a_gap_are_told_as_one() -> None:
    freezes = [
        freeze("FRZ-B", NOW + 3 * HOUR, NOW + 5 * HOUR),
        freeze("FRZ-A", NOW - HOUR, NOW + 3 * HOUR),
        freeze("FRZ-C", NOW + 6 * HOUR, NOW + 7 * HOUR),
        freeze("FRZ-D", NOW + 7 * HOUR, NOW + 8 * HOUR),
    ]
    closed = [check("approval.freeze", met=False)]
    changes = answer_changes(outlook(closed, freezes=freezes))
    assert [(change.at, change.what) for change in changes] == [
        (NOW + 5 * HOUR, "the freeze FRZ-B ends"),
        (NOW + 6 * HOUR, "the freeze FRZ-C begins"),
    ]


def test_a_freeze_that_an_exception_lifts_is_not_one_with_the_next() -> None:
    lift = Lift(id="EXC-1", kind=ExceptionType.FREEZE, freeze="FRZ-B", until=NOW + 9 * HOUR)
    freezes = [
        freeze("FRZ-A", NOW - HOUR, NOW + 3 * HOUR),
        freeze("FRZ-B", NOW + 3 * HOUR, NOW + 5 * HOUR),
    ]
    closed = [check("approval.freeze", met=False)]
    changes = answer_changes(outlook(closed, freezes=freezes, lifts=[lift]))
    assert (NOW + 3 * HOUR, "the freeze FRZ-A ends") in [(change.at, change.what) for change in changes]
