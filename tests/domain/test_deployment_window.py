"""The deployment window is half-open and local; clock changes repeat or skip what they repeat or skip."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.deployment_window import Span, is_open, local_clock, next_opening, open_spans, without
from dashboard.domain.gate_rules import Weekday, WindowRule
from dashboard.domain.slo import ServiceTier

_UTC, _BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
_WORKDAYS = frozenset({Weekday.MONDAY, Weekday.TUESDAY, Weekday.WEDNESDAY, Weekday.THURSDAY})
_ALL = frozenset(ServiceTier)
_SHIPPED = (
    WindowRule(days=_WORKDAYS, start=time(9), end=time(16), service_tiers=_ALL),
    WindowRule(
        days=frozenset({Weekday.FRIDAY}),
        start=time(9),
        end=time(12),
        service_tiers=frozenset({ServiceTier.SUPPORTING, ServiceTier.INTERNAL}),
    ),
)
_MICRO = timedelta(microseconds=1)
#: A Monday.
_DAY = datetime(2026, 11, 23, tzinfo=UTC)


def _daily(start: time, end: time | None) -> tuple[WindowRule, ...]:
    return (WindowRule(days=frozenset(Weekday), start=start, end=end, service_tiers=_ALL),)


@pytest.mark.parametrize(
    ("offset", "is_inside"),
    [
        (timedelta(hours=9), True),
        (timedelta(hours=9) - _MICRO, False),
        (timedelta(hours=16) - _MICRO, True),
        (timedelta(hours=16), False),
    ],
)
def test_the_start_is_inside_and_the_end_is_not(offset: timedelta, is_inside: bool) -> None:  # noqa: FBT001 - the expected answer
    assert is_open(_SHIPPED, ServiceTier.CRITICAL_PATH, _DAY + offset, _UTC) is is_inside


@pytest.mark.parametrize(("tier", "is_inside"), [(1, False), (2, True), (3, True)])
def test_friday_morning_is_for_tiers_2_and_3(tier: int, is_inside: bool) -> None:  # noqa: FBT001 - ditto
    friday = _DAY + timedelta(days=4, hours=10)
    assert is_open(_SHIPPED, ServiceTier(tier), friday, _UTC) is is_inside
    assert not is_open(_SHIPPED, ServiceTier(tier), friday + timedelta(hours=2), _UTC)


def test_the_hours_are_local_to_the_zone_in_summer_and_in_winter() -> None:
    winter, summer = datetime(2026, 3, 26, 8, 0, tzinfo=UTC), datetime(2026, 3, 30, 7, 0, tzinfo=UTC)
    for opening in (winter, summer):
        assert is_open(_SHIPPED, ServiceTier.CRITICAL_PATH, opening, _BERLIN)
        assert not is_open(_SHIPPED, ServiceTier.CRITICAL_PATH, opening - _MICRO, _BERLIN)
        assert local_clock(opening, _BERLIN)["time"] == "09:00:00.000000"


def test_an_hour_that_the_clock_skips_is_never_open() -> None:
    night = datetime(2026, 3, 29, tzinfo=_BERLIN).astimezone(UTC)
    within = Span(start=night, end=night + timedelta(hours=6))
    assert open_spans(_daily(time(2), time(3)), ServiceTier.INTERNAL, _BERLIN, within) == ()
    (span,) = open_spans(_daily(time(2, 30), time(4)), ServiceTier.INTERNAL, _BERLIN, within)
    assert span == Span(start=datetime(2026, 3, 29, 1, tzinfo=UTC), end=datetime(2026, 3, 29, 2, tzinfo=UTC))


def test_half_an_hour_that_the_clock_repeats_is_open_twice() -> None:
    night = datetime(2026, 10, 25, tzinfo=_BERLIN).astimezone(UTC)
    within = Span(start=night, end=night + timedelta(hours=6))
    spans = open_spans(_daily(time(2, 30), time(3)), ServiceTier.INTERNAL, _BERLIN, within)
    half = timedelta(minutes=30)
    starts = [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)]
    assert spans == tuple(Span(start=start, end=start + half) for start in starts)


def test_a_window_until_midnight_touches_the_one_of_the_next_day() -> None:
    rules = (*_daily(time(22), None), *_daily(time(0), time(2)))
    within = Span(start=_DAY + timedelta(hours=12), end=_DAY + timedelta(hours=36))
    assert open_spans(rules, ServiceTier.INTERNAL, _UTC, within) == (
        Span(start=_DAY + timedelta(hours=22), end=_DAY + timedelta(hours=26)),
    )


def test_the_next_opening_waits_for_the_end_of_a_freeze() -> None:
    saturday = _DAY + timedelta(days=5, hours=12)
    opening = saturday + timedelta(days=1, hours=21)
    assert next_opening(_SHIPPED, ServiceTier.CRITICAL_PATH, _UTC, (), saturday) == opening
    freeze = Span(start=opening - timedelta(hours=1), end=opening + timedelta(hours=3))
    found = next_opening(_SHIPPED, ServiceTier.CRITICAL_PATH, _UTC, (freeze,), saturday)
    assert found == freeze.end


def test_there_is_no_opening_without_a_window_for_the_tier() -> None:
    only_internal = (
        WindowRule(
            days=_WORKDAYS, start=time(9), end=time(16), service_tiers=frozenset({ServiceTier.INTERNAL})
        ),
    )
    assert next_opening(only_internal, ServiceTier.CRITICAL_PATH, _UTC, (), _DAY) is None


def test_now_is_the_next_opening_while_the_window_is_open() -> None:
    now = _DAY + timedelta(hours=10, minutes=17)
    assert next_opening(_SHIPPED, ServiceTier.CRITICAL_PATH, _UTC, (), now) == now


def test_what_is_closed_is_cut_out_of_spans() -> None:
    hour = timedelta(hours=1)
    whole = Span(start=_DAY, end=_DAY + 10 * hour)
    gaps = (
        Span(start=_DAY - hour, end=_DAY + hour),
        Span(start=_DAY + 3 * hour, end=_DAY + 4 * hour),
        Span(start=_DAY + 10 * hour, end=_DAY + 11 * hour),
    )
    assert without([whole], gaps) == (
        Span(start=_DAY + hour, end=_DAY + 3 * hour),
        Span(start=_DAY + 4 * hour, end=_DAY + 10 * hour),
    )


_CLOCKS = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
_ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
)


@settings(max_examples=200, deadline=None)
@given(
    start=_CLOCKS,
    end=st.one_of(st.none(), _CLOCKS),
    zone=_ZONES,
    day=st.integers(min_value=0, max_value=730),
    minutes=st.lists(st.integers(min_value=0, max_value=3 * 24 * 60 - 1), min_size=1, max_size=20),
)
def test_the_spans_hold_exactly_the_instants_that_are_open(
    start: time, end: time | None, zone: str, day: int, minutes: list[int]
) -> None:
    """Whatever the zone and its clock changes: half-hour shifts and zones off the hour as well."""
    rules, where = _daily(start, end), ZoneInfo(zone)
    first = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
    spans = open_spans(rules, ServiceTier.INTERNAL, where, Span(start=first, end=first + timedelta(days=3)))
    assert all(one.end < other.start for one, other in pairwise(spans))
    for offset in minutes:
        at = first + timedelta(minutes=offset)
        inside = any(span.start <= at < span.end for span in spans)
        assert inside == is_open(rules, ServiceTier.INTERNAL, at, where)
