"""Freezes: who may add and end them, what they cover, and when exactly they hold."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.freezes import (
    Freeze,
    FreezeAdded,
    FreezeEnded,
    FreezeEvent,
    FreezeOrigin,
    add_freeze,
    end_freeze,
    freezes_active,
    freezes_of,
)
from dashboard.domain.refusal import Refusal, RefusedChangeError
from tests.domain.controls import ADA, BEA, CY, EVE, HOUR, NOW, TICK

_MAY_END = ("VP Engineering", "CTO")


def added(name: str = "FRZ-1", start: datetime = NOW, end: datetime = NOW + 8 * HOUR) -> FreezeAdded:
    return add_freeze(name=name, person=ADA, now=NOW, start=start, end=end, reason=" Sale ", services=["api"])


def refused(freezes: tuple[Freeze, ...], name: str = "FRZ-1", **changed: object) -> RefusedChangeError:
    values = {"person": ADA, "now": NOW + HOUR, "reason": "over", "may_end": _MAY_END} | changed
    with pytest.raises(RefusedChangeError) as caught:
        end_freeze(freezes, name, **values)  # type: ignore[arg-type]
    return caught.value


def test_an_added_freeze_holds_from_its_start_up_to_its_end() -> None:
    (freeze,) = freezes_of([added()])
    assert (freeze.reason, freeze.added_by, freeze.origin) == ("Sale", "Ada", FreezeOrigin.RECORDED)
    holds = [freeze.is_active(at) for at in (NOW - TICK, NOW, NOW + 8 * HOUR - TICK, NOW + 8 * HOUR)]
    assert holds == [False, True, True, False]


@pytest.mark.parametrize(
    ("services", "environments", "covered"),
    [
        ((), (), True),
        (("api",), (), True),
        ((), ("production",), True),
        (("web", "api"), ("production",), True),
        (("web",), (), False),
        ((), ("staging",), False),
        (("api",), ("staging",), False),
    ],
)
def test_it_covers_what_it_names_and_all_when_it_names_nothing(
    services: tuple[str, ...], environments: tuple[str, ...], *, covered: bool
) -> None:
    freeze = Freeze(
        id="f",
        start=NOW,
        end=NOW + HOUR,
        reason="r",
        services=services,
        environments=environments,
        added_by="Ada",
        origin=FreezeOrigin.CALENDAR,
    )
    assert freeze.covers("api", "production") is covered


def test_the_first_to_end_of_those_that_hold_is_told_first() -> None:
    freezes = freezes_of(
        [added("a"), added("b", end=NOW + HOUR), added("c", start=NOW + HOUR), added("d", end=NOW + 2 * HOUR)]
    )
    assert [freeze.id for freeze in freezes_active(freezes, NOW)] == ["b", "d", "a"]
    assert [freeze.id for freeze in freezes_active(freezes, NOW + HOUR)] == ["d", "a", "c"]


def test_ending_it_early_sets_its_end_to_that_moment() -> None:
    ended = FreezeEnded(id="FRZ-1", at=NOW + HOUR, by="Bea", reason="Sold out")
    (freeze,) = freezes_of([added(), ended])
    assert (freeze.end, freeze.ended_by) == (NOW + HOUR, "Bea")
    assert freeze.is_active(NOW + HOUR - TICK)
    assert not freeze.is_active(NOW + HOUR)


def test_one_that_is_ended_before_it_begins_never_holds() -> None:
    ended = FreezeEnded(id="FRZ-1", at=NOW + TICK, by="Bea", reason="Moved")
    (freeze,) = freezes_of([added(start=NOW + HOUR), ended])
    assert freeze.start == freeze.end
    assert not freeze.is_active(freeze.start)


@pytest.mark.parametrize("person", [ADA, BEA, CY])
def test_who_added_it_may_end_it_and_who_may_lift_freezes(person: object) -> None:
    freezes = freezes_of([added()])
    event = end_freeze(freezes, "FRZ-1", person=person, now=NOW + HOUR, reason="x", may_end=_MAY_END)  # type: ignore[arg-type]
    assert event.at == NOW + HOUR


def test_nobody_else_may_end_it() -> None:
    error = refused(freezes_of([added()]), person=EVE)
    assert error.why is Refusal.FORBIDDEN
    assert str(error) == (
        "found Eve, expected Ada, who added the freeze FRZ-1, or one of VP Engineering, CTO"
    )


def test_what_is_over_or_unknown_or_of_the_calendar_cannot_be_ended() -> None:
    freezes = freezes_of([added(), FreezeEnded(id="FRZ-1", at=NOW + HOUR, by="Bea", reason="x")])
    assert refused(freezes).why is Refusal.CONFLICT
    assert refused(freezes_of([added()]), now=NOW + 8 * HOUR).why is Refusal.CONFLICT
    assert refused(freezes, "FRZ-2").why is Refusal.UNKNOWN
    planned = Freeze(
        id="xmas",
        start=NOW,
        end=NOW + 9 * HOUR,
        reason="r",
        services=(),
        environments=(),
        added_by="freezes.ics",
        origin=FreezeOrigin.CALENDAR,
    )
    assert "in the calendar, expected it to be ended there" in str(refused((planned,), "xmas", person=BEA))


def test_it_cannot_be_ended_before_it_was_added() -> None:
    error = refused(freezes_of([added()]), now=NOW - TICK)
    assert error.why is Refusal.CONFLICT
    assert "found the clock at 2026-11-23T08:59:59.999999+00:00, expected a time from" in str(error)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"end": NOW}, "end"),
        ({"start": NOW - 2 * HOUR, "end": NOW}, "end"),
        ({"start": NOW + HOUR, "end": NOW + HOUR}, "end"),
        ({"reason": " \n"}, "reason"),
        ({"reason": "x" * 2001}, "reason"),
        ({"reason": "a\x1b[2J"}, "reason"),
        ({"reason": "a\udcff"}, "reason"),
        ({"services": ["a b"]}, "services"),
        ({"environments": [""]}, "environments"),
    ],
)
def test_a_value_that_is_none_is_named(changed: dict[str, object], field: str) -> None:
    values = {
        "name": "f",
        "person": ADA,
        "now": NOW,
        "start": NOW,
        "end": NOW + HOUR,
        "reason": "r",
    } | changed
    with pytest.raises(RefusedChangeError) as caught:
        add_freeze(**values)  # type: ignore[arg-type]
    assert (caught.value.why, caught.value.field) == (Refusal.INVALID, field)
    assert str(caught.value).startswith(f"{field}: found")


def test_what_contradicts_itself_is_not_folded() -> None:
    for events in ([added(), added()], [FreezeEnded(id="x", at=NOW, by="Bea", reason="r")]):
        with pytest.raises(RefusedChangeError):
            freezes_of(events)


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=20), st.integers(0, 20))
def test_every_beginning_of_a_log_gives_the_state_of_then(choices: list[tuple[int, bool]], cut: int) -> None:
    """Folding what was there at a time is the same as asking the whole log for that time."""
    log: list[FreezeEvent] = []
    for step, (index, ends) in enumerate(choices):
        name, at = f"FRZ-{index}", NOW + step * HOUR
        state = {freeze.id: freeze for freeze in freezes_of(log)}
        if not ends and name not in state:
            event = add_freeze(name=name, person=ADA, now=at, start=at, end=at + 5 * HOUR, reason="r")
            log.append(event)
        elif ends and name in state and state[name].end > at and state[name].ended_by is None:
            log.append(end_freeze(freezes_of(log), name, person=ADA, now=at, reason="r", may_end=()))
    then = NOW + cut * HOUR
    past = freezes_of(event for event in log if event.at <= then)
    assert {freeze.id for freeze in freezes_active(past, then)} == {
        freeze.id for freeze in freezes_active(freezes_of(log), then)
    }
