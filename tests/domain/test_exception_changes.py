"""Asking for exceptions and approving them: how long they may last, and who has to agree."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.access import Person
from dashboard.domain.exception_changes import (
    approve_exception,
)
from dashboard.domain.gate_rules import AuditLevel, ExceptionType
from dashboard.domain.refusal import Refusal, RefusedChangeError
from dashboard.domain.release_exceptions import (
    ExceptionApproval,
    ExceptionState,
    exceptions_of,
)
from tests.domain.controls import ADA, BEA, CY, DEE, EVE, HOUR, NOW, TICK
from tests.domain.exception_logs import CAPTAIN, NAME, approved, only, refused, requested


@pytest.mark.parametrize(
    ("kind", "lasts", "roles", "audit"),
    [
        (ExceptionType.WINDOW, 4 * HOUR, ("Release Captain",), AuditLevel.STANDARD),
        (ExceptionType.SECURITY, 168 * HOUR, ("Security Team", "Engineering Director"), AuditLevel.HIGH),
        (ExceptionType.SLO, 2 * HOUR, ("SRE Lead",), AuditLevel.HIGH),
        (ExceptionType.BUDGET, HOUR, ("VP Engineering",), AuditLevel.CRITICAL),
    ],
)
def test_an_exception_lasts_as_long_as_its_type_may_and_no_microsecond_longer(
    kind: ExceptionType, lasts: timedelta, roles: tuple[str, ...], audit: AuditLevel
) -> None:
    found = only([requested(kind)])
    assert (found.expires_at, found.needed_roles, found.audit) == (NOW + lasts, roles, audit)
    for expires in (lasts, NOW + lasts):
        assert only([requested(kind, expires=expires)]).expires_at == NOW + lasts
    for expires in (lasts + TICK, NOW + lasts + TICK):
        with pytest.raises(RefusedChangeError, match=r"^expires_at: found .*, expected at most") as caught:
            requested(kind, expires=expires)
        assert caught.value.field == "expires_at"


def test_one_from_a_freeze_needs_an_end_of_its_own() -> None:
    with pytest.raises(RefusedChangeError, match="expires_at: found nothing, expected an end"):
        requested(ExceptionType.FREEZE)
    found = only([requested(ExceptionType.FREEZE, freeze="FRZ-2026-0001", expires=timedelta(days=30))])
    assert (found.freeze, found.expires_at) == ("FRZ-2026-0001", NOW + timedelta(days=30))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"expires": NOW}, "expires_at"),
        ({"expires": timedelta(0)}, "expires_at"),
        ({"expires": timedelta.max}, "expires_at"),
        ({"reason": " "}, "reason"),
        ({"mitigation": ""}, "mitigation"),
        ({"freeze": "FRZ-2026-0001"}, "freeze"),
        ({"service": "a b"}, "service"),
        ({"version": ""}, "version"),
        ({"environment": "\x00"}, "environment"),
    ],
)
def test_a_value_that_is_none_is_named(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(RefusedChangeError) as caught:
        requested(**changed)
    assert (caught.value.why, caught.value.field) == (Refusal.INVALID, field)


def test_all_its_roles_have_to_approve() -> None:
    log = [requested(ExceptionType.SECURITY)]
    assert only(log).missing_roles(NOW) == ("Security Team", "Engineering Director")
    log.append(approve_exception(exceptions_of(log), NAME, person=BEA, now=NOW + TICK))
    assert only(log).missing_roles(NOW + TICK) == ("Engineering Director",)
    assert not only(log).in_force(NOW + TICK)
    log.append(approve_exception(exceptions_of(log), NAME, person=CY, now=NOW + 2 * TICK))
    states = [only(log).state(NOW + count * TICK) for count in range(3)]
    assert states == [ExceptionState.REQUESTED, ExceptionState.REQUESTED, ExceptionState.APPROVED]


def test_nobody_approves_their_own_request() -> None:
    for name in ("Cap", "CAP"):
        log = [requested(person=Person(name=name, roles=()))]
        error = refused(approve_exception, log, person=CAPTAIN, now=NOW)
        assert error.why is Refusal.FORBIDDEN
        assert "nobody approves their own request" in str(error)


def test_who_holds_none_of_its_roles_cannot_approve() -> None:
    for person in (EVE, BEA, CY, DEE):
        error = refused(approve_exception, [requested(person=ADA)], person=person, now=NOW)
        assert error.why is Refusal.FORBIDDEN


def test_two_roles_take_two_people() -> None:
    log = [requested(ExceptionType.FREEZE, expires=HOUR)]
    log.append(approve_exception(exceptions_of(log), NAME, person=DEE, now=NOW))
    assert len(only(log).missing_roles(NOW)) == 1
    error = refused(approve_exception, log, person=DEE, now=NOW)
    assert (error.why, "expected each person once" in str(error)) == (Refusal.CONFLICT, True)


@pytest.mark.parametrize("other", [BEA, CY])
def test_who_holds_both_roles_stands_for_the_one_that_is_left(other: Person) -> None:
    """Dee may have been counted for the only role of whoever comes next."""
    for first, second in ((DEE, other), (other, DEE)):
        log = [requested(ExceptionType.FREEZE, expires=HOUR)]
        for person in (first, second):
            log.append(approve_exception(exceptions_of(log), NAME, person=person, now=NOW))
        assert only(log).missing_roles(NOW) == ()


def test_a_second_approval_for_a_role_that_is_given_is_refused() -> None:
    log = [requested(ExceptionType.FREEZE, expires=HOUR)]
    log.append(approve_exception(exceptions_of(log), NAME, person=BEA, now=NOW))
    other = Person(name="Hal", roles=("VP Engineering",))
    error = refused(approve_exception, log, person=other, now=NOW)
    assert error.why is Refusal.CONFLICT
    assert "found the role of Hal given for EXC-1 already, expected CTO" in str(error)


def test_what_is_approved_by_all_needs_nobody_more() -> None:
    other = Person(name="Hal", roles=("Release Captain",))
    assert refused(approve_exception, approved(), person=other, now=NOW + HOUR).why is Refusal.CONFLICT


@given(
    needed=st.lists(st.sampled_from("ABC"), min_size=1, max_size=4),
    held=st.lists(st.lists(st.sampled_from("ABC"), min_size=1, max_size=3), max_size=5),
)
def test_as_many_roles_as_possible_have_a_person_of_their_own(
    needed: list[str], held: list[list[str]]
) -> None:
    found = replace(only([requested()]), needed_roles=tuple(needed))
    for index, roles in enumerate(held):
        found = found.with_approval(ExceptionApproval(name=str(index), roles=tuple(roles), at=NOW))
    people = [*held, *([[]] * len(needed))]
    best = max(
        sum(role in roles for role, roles in zip(needed, order, strict=False))
        for order in permutations(people, len(needed))
    )
    assert len(found.missing_roles(NOW)) == len(needed) - best
