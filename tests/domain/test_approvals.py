"""Approvals of releases: in whose roles, for how long exactly, and never of one's own request."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.domain.access import Person
from dashboard.domain.approvals import (
    Approval,
    ApprovalGiven,
    ApprovalWithdrawn,
    approvals_of,
    are_approved,
    give_approval,
    standing,
    withdraw_approval,
)
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.refusal import Refusal, RefusedChangeError
from tests.domain.controls import ADA, BEA, CY, DEE, EVE, HOUR, NOW, TARGET, TICK, policy, rules

_ASKED_FOR = ("SRE", "VP Engineering")


def given(person: Person = ADA, *roles: str, name: str = "APR-1") -> ApprovalGiven:
    return give_approval(
        name=name,
        person=person,
        now=NOW,
        target=TARGET,
        asked_for=_ASKED_FOR,
        roles=roles,
        reason="Watched it",
    )


def approved(*events: ApprovalGiven | ApprovalWithdrawn) -> tuple[Approval, ...]:
    return approvals_of(events or (given(),))


def test_an_approval_counts_for_as_long_as_the_policy_says() -> None:
    lasts = rules().approval_valid_for
    assert lasts == timedelta(days=1)
    counts = [
        bool(standing(approved(), TARGET, at, rules(), "Cy"))
        for at in (NOW - TICK, NOW, NOW + lasts - TICK, NOW + lasts)
    ]
    assert counts == [False, True, True, False]


@pytest.mark.parametrize(
    "other", [{"service": "web"}, {"environment": "staging"}, {"version": "1.4.3"}, {"version": "1.4.2 "}]
)
def test_it_counts_for_exactly_one_release(other: dict[str, str]) -> None:
    assert standing(approved(), replace(TARGET, **other), NOW, rules(), "Cy") == ()


@pytest.mark.parametrize("requestor", ["Ada", "ADA", " ada ", None, "", " "])
def test_it_does_not_count_for_whoever_asks_or_when_nobody_knows_who_does(requestor: str | None) -> None:
    assert standing(approved(), TARGET, NOW, rules(), requestor) == ()


def test_of_several_those_by_others_count() -> None:
    found = approved(given(), given(BEA, name="APR-2"))
    assert [item.by for item in standing(found, TARGET, NOW, rules(), "Ada")] == ["Bea"]
    assert [item.by for item in standing(found, TARGET, NOW, rules(), "Cy")] == ["Ada", "Bea"]


def test_a_withdrawn_one_counts_until_then() -> None:
    event = withdraw_approval(approved(), "APR-1", person=ADA, now=NOW + HOUR, reason="It burns")
    found = approved(given(), event)
    assert standing(found, TARGET, NOW + HOUR - TICK, rules(), "Cy")
    assert not standing(found, TARGET, NOW + HOUR, rules(), "Cy")


def test_it_is_given_in_the_roles_that_are_asked_for_or_in_the_chosen_one() -> None:
    both = Person(name="Fay", roles=("sre", "VP-Engineering", "CTO"))
    assert given(both).roles == ("SRE", "VP Engineering")
    assert given(both, "vp engineering").roles == ("VP Engineering",)


@pytest.mark.parametrize(
    ("person", "roles", "why", "told"),
    [
        (EVE, (), Refusal.FORBIDDEN, "found Eve with no role, expected one of SRE, VP Engineering"),
        (CY, (), Refusal.FORBIDDEN, "found Cy with CTO, Engineering Director, expected one of SRE"),
        (ADA, ("VP Engineering",), Refusal.FORBIDDEN, "found Ada without the role VP Engineering"),
        (DEE, ("CTO",), Refusal.INVALID, "role: found 'CTO', expected one of SRE, VP Engineering"),
    ],
)
def test_who_holds_no_role_that_is_asked_for_cannot_approve(
    person: Person, roles: tuple[str, ...], why: Refusal, told: str
) -> None:
    with pytest.raises(RefusedChangeError) as caught:
        given(person, *roles)
    assert caught.value.why is why
    assert told in str(caught.value)


def test_who_gave_it_or_holds_its_role_may_withdraw_it_once() -> None:
    sre = Person(name="Gus", roles=("sre",))
    for person in (ADA, sre):
        assert withdraw_approval(approved(), "APR-1", person=person, now=NOW, reason="x").by == person.name
    with pytest.raises(RefusedChangeError) as caught:
        withdraw_approval(approved(), "APR-1", person=BEA, now=NOW, reason="x")
    assert caught.value.why is Refusal.FORBIDDEN
    gone = approved(given(), ApprovalWithdrawn(id="APR-1", at=NOW, by="Ada", reason="x"))
    for name, why in (("APR-1", Refusal.CONFLICT), ("APR-9", Refusal.UNKNOWN)):
        with pytest.raises(RefusedChangeError) as caught:
            withdraw_approval(gone, name, person=ADA, now=NOW, reason="x")
        assert caught.value.why is why


def test_what_contradicts_itself_is_not_folded() -> None:
    with pytest.raises(RefusedChangeError):
        approvals_of([given(), given()])
    with pytest.raises(RefusedChangeError):
        approvals_of([ApprovalWithdrawn(id="APR-1", at=NOW, by="Ada", reason="x")])


@pytest.mark.parametrize(
    ("tier", "given", "enough"),
    [
        ("normal", (), True),
        ("protected", (), False),
        ("protected", ("sre",), True),
        ("protected", ("vp-engineering",), True),
        ("exhausted", ("SRE",), False),
        ("exhausted", ("SRE", "VP Engineering"), True),
        ("unknown", ("CTO",), False),
    ],
)
def test_who_may_approve_in_a_stricter_tier_may_in_this_one(
    tier: str,
    given: tuple[str, ...],
    enough: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert are_approved(PolicyTier(tier), policy().tiers, given) is enough
