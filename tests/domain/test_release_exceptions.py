"""Exceptions in force: how long they hold, what they are used for, and who reviews that."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.access import Person
from dashboard.domain.exception_changes import (
    approve_exception,
    review_exception,
    revoke_exception,
    use_exception,
)
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.refusal import Refusal, RefusedChangeError
from dashboard.domain.release_exceptions import (
    ExceptionState,
    exceptions_of,
    usable_exceptions,
)
from tests.domain.controls import BEA, CY, EVE, HOUR, NOW, TARGET, TICK, rules
from tests.domain.exception_logs import CAPTAIN, NAME, approved, only, refused, requested, used


def test_it_holds_until_it_expires_to_the_microsecond() -> None:
    found = only(approved())
    end = NOW + 4 * HOUR
    assert found.in_force(end - TICK)
    assert not found.in_force(end)
    assert found.state(end) is ExceptionState.EXPIRED
    assert usable_exceptions([found], "api", "production", "1.4.2", end - TICK) == (found,)
    assert usable_exceptions([found], "api", "production", "1.4.2", end) == ()
    assert usable_exceptions([found], "api", "production", "1.4.2", NOW) == ()  # approved a tick later


@pytest.mark.parametrize(
    ("changed", "other", "usable"),
    [
        ({}, {}, True),
        ({}, {"environment": "staging", "version": "9"}, True),
        ({}, {"service": "web"}, False),
        ({"environment": "production"}, {}, True),
        ({"environment": "production"}, {"environment": "staging"}, False),
        ({"version": "1.4.2"}, {}, True),
        ({"version": "1.4.2"}, {"version": "1.4.3"}, False),
    ],
)
def test_it_is_for_the_release_that_was_asked_for(
    changed: dict[str, Any], other: dict[str, str], *, usable: bool
) -> None:
    target = replace(TARGET, **other)
    found = exceptions_of(approved(**changed))
    asked = (target.service, target.environment, target.version)
    assert bool(usable_exceptions(found, *asked, NOW + HOUR)) is usable
    if usable:
        assert use_exception(found, NAME, person=EVE, now=NOW + HOUR, target=target, rules=rules())
    else:
        error = refused(
            use_exception, approved(**changed), person=EVE, now=NOW + HOUR, target=target, rules=rules()
        )
        assert error.why is Refusal.CONFLICT


def test_it_is_used_for_one_deployment_which_may_be_tried_again() -> None:
    log, later, other = used(), NOW + 2 * HOUR, replace(TARGET, version="1.4.3")
    assert only(log).state(later) is ExceptionState.USED
    assert only(log).used_for == TARGET
    again = use_exception(exceptions_of(log), NAME, person=BEA, now=later, target=TARGET, rules=rules())
    assert again is None
    assert usable_exceptions(exceptions_of(log), "api", "production", "1.4.2", later)
    assert not usable_exceptions(exceptions_of(log), "api", "production", "1.4.3", later)
    error = refused(use_exception, log, person=EVE, now=later, target=other, rules=rules())
    assert error.why is Refusal.CONFLICT
    assert "found EXC-1 used for api 1.4.2 to production, expected that one deployment" in str(error)


def test_what_is_not_approved_or_over_cannot_be_used() -> None:
    values = {"person": EVE, "target": TARGET, "rules": rules()}
    error = refused(use_exception, [requested()], now=NOW, **values)
    assert "expected the approval of Release Captain first" in str(error)
    assert refused(use_exception, approved(), now=NOW + 4 * HOUR, **values).why is Refusal.CONFLICT
    assert refused(use_exception, approved(), now=NOW + HOUR, name="x", **values).why is Refusal.UNKNOWN


def test_of_two_uses_that_were_recorded_at_once_the_first_binds_it() -> None:
    other = replace(TARGET, version="1.4.3")
    log = [*used(), used(target=other)[-1]]
    assert only(log).used_for == TARGET


@pytest.mark.parametrize("person", [EVE, CAPTAIN])
def test_who_asked_and_who_may_approve_may_revoke_it(person: Person) -> None:
    log = approved()
    event = revoke_exception(exceptions_of(log), NAME, person=person, now=NOW + HOUR, reason="Not needed")
    found = only([*log, event])
    assert found.in_force(NOW + HOUR - TICK)
    assert found.state(NOW + HOUR) is ExceptionState.REVOKED


def test_nobody_else_may_revoke_it_and_what_is_over_stays_so() -> None:
    log = approved()
    assert refused(revoke_exception, log, person=BEA, now=NOW + HOUR, reason="x").why is Refusal.FORBIDDEN
    assert refused(revoke_exception, log, person=EVE, now=NOW + 4 * HOUR, reason="x").why is Refusal.CONFLICT
    gone = [*log, revoke_exception(exceptions_of(log), NAME, person=EVE, now=NOW + HOUR, reason="x")]
    assert refused(revoke_exception, gone, person=EVE, now=NOW + HOUR, reason="x").why is Refusal.CONFLICT


def test_what_is_over_is_not_approved_any_more() -> None:
    log = [requested()]
    expired = refused(approve_exception, log, person=CAPTAIN, now=NOW + 4 * HOUR)
    assert "found EXC-1 expired since 2026-11-23T13:00:00+00:00" in str(expired)
    log.append(revoke_exception(exceptions_of(log), NAME, person=EVE, now=NOW, reason="x"))
    revoked = refused(approve_exception, log, person=CAPTAIN, now=NOW + HOUR)
    assert "found EXC-1 revoked by Eve" in str(revoked)
    assert expired.why is revoked.why is Refusal.CONFLICT


def test_a_use_has_to_be_reviewed_within_a_day() -> None:
    found, due = only(used()), NOW + HOUR + timedelta(days=1)
    assert found.review_due == due
    assert not found.awaits_review(NOW + HOUR - TICK)
    assert found.awaits_review(NOW + HOUR)
    assert not found.review_overdue(due - TICK)
    assert found.review_overdue(due)


def test_a_review_ends_that_in_time_or_late() -> None:
    log, late = used(), NOW + timedelta(days=9)
    event = review_exception(exceptions_of(log), NAME, person=BEA, now=late, notes="As planned")
    found = only([*log, event])
    assert found.review_overdue(late - TICK)
    assert not found.awaits_review(late)
    assert not found.review_overdue(late)


def test_somebody_else_reviews_it_once_and_only_what_was_used() -> None:
    log = used()
    values = {"now": NOW + 2 * HOUR, "notes": "x"}
    assert refused(review_exception, log, person=EVE, **values).why is Refusal.FORBIDDEN
    assert refused(review_exception, approved(), person=BEA, **values).why is Refusal.CONFLICT
    done = [*log, review_exception(exceptions_of(log), NAME, person=BEA, now=NOW + 2 * HOUR, notes="x")]
    assert refused(review_exception, done, person=CY, **values).why is Refusal.CONFLICT
    blank = refused(review_exception, log, person=BEA, now=NOW + 2 * HOUR, notes=" ")
    assert (blank.why, blank.field) == (Refusal.INVALID, "notes")


def test_a_change_cannot_be_dated_before_the_one_before_it() -> None:
    log = used()
    error = refused(review_exception, log, person=BEA, now=NOW + HOUR - TICK, notes="x")
    assert "expected a time from 2026-11-23T10:00:00+00:00 on, when the exception EXC-1 was" in str(error)


def test_what_contradicts_itself_is_not_folded() -> None:
    for log in ([requested(), requested()], approved()[1:]):
        with pytest.raises(RefusedChangeError):
            exceptions_of(log)


@given(st.randoms(use_true_random=False))
def test_logs_of_different_exceptions_may_be_mixed_in_any_way(random: object) -> None:
    logs = [
        [replace(event, id=f"EXC-{index}") for event in log]
        for index, log in enumerate((used(), approved(ExceptionType.SECURITY), [requested()]))
    ]
    order = [index for index, log in enumerate(logs) for _ in log]
    random.shuffle(order)  # type: ignore[attr-defined]
    rest = [iter(log) for log in logs]
    mixed = {item.id: item for item in exceptions_of([next(rest[index]) for index in order])}
    assert mixed == {item.id: item for log in logs for item in exceptions_of(log)}


@given(st.integers(0, 5 * 3600))
def test_the_state_at_a_time_is_that_of_the_log_of_then(seconds: int) -> None:
    log = used()
    log.append(revoke_exception(exceptions_of(log), NAME, person=EVE, now=NOW + 2 * HOUR, reason="x"))
    then = NOW + timedelta(seconds=seconds)
    past = only([event for event in log if event.at <= then])
    assert past.state(then) is only(log).state(then)
    assert past.awaits_review(then) is only(log).awaits_review(then)
