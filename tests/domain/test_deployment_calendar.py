"""The days to come: local, half-open, less the freezes, on days of 23 and 25 hours too."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboard.domain.deployment_calendar import calendar_days
from dashboard.domain.deployment_window import Span
from dashboard.domain.freezes import Freeze, FreezeOrigin
from dashboard.domain.gate_rules import Weekday, WindowRule
from dashboard.domain.slo import ServiceTier

_UTC, _BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
_NOW = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)  # a Monday
_HOUR = timedelta(hours=1)
_TIER = ServiceTier.CRITICAL_PATH
_RULES = (
    WindowRule(
        days=frozenset({Weekday.MONDAY, Weekday.TUESDAY}),
        start=time(9),
        end=time(16),
        service_tiers=frozenset(ServiceTier),
    ),
)


def _freeze(start: datetime, end: datetime) -> Freeze:
    return Freeze(
        id="FRZ-1",
        start=start,
        end=end,
        reason="sale",
        services=(),
        environments=(),
        added_by="lee",
        origin=FreezeOrigin.RECORDED,
    )


def test_the_days_begin_with_today_of_the_zone() -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    (first, second) = calendar_days(_RULES, _TIER, _BERLIN, (), late, days=2)
    assert (first.day, second.day) == (date(2026, 11, 24), date(2026, 11, 25))
    assert first.start == datetime(2026, 11, 23, 23, 0, tzinfo=UTC)


def test_a_day_is_open_inside_the_window_and_a_day_without_one_is_closed() -> None:
    monday, tuesday, wednesday = calendar_days(_RULES, _TIER, _UTC, (), _NOW, days=3)
    nine = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert monday.open == (Span(start=nine, end=nine + 7 * _HOUR),)
    assert tuesday.open == (Span(start=nine + 24 * _HOUR, end=nine + 31 * _HOUR),)
    assert wednesday.open == ()


def test_a_freeze_takes_away_from_the_window_and_is_told_on_each_of_its_days() -> None:
    freeze = _freeze(_NOW.replace(hour=12, minute=0), _NOW.replace(day=24, hour=10, minute=0))
    monday, tuesday, wednesday = calendar_days(_RULES, _TIER, _UTC, [freeze], _NOW, days=3)
    assert [(span.start.hour, span.end.hour) for span in monday.open] == [(9, 12)]
    assert [(span.start.hour, span.end.hour) for span in tuesday.open] == [(10, 16)]
    ((first, named),) = monday.frozen
    assert named is freeze
    assert (first.start, first.end) == (freeze.start, monday.end)
    assert tuesday.frozen[0][0] == Span(start=tuesday.start, end=freeze.end)
    assert wednesday.frozen == ()


def test_what_waits_for_no_window_is_open_all_day_but_for_freezes() -> None:
    freeze = _freeze(_NOW.replace(hour=12, minute=0), _NOW.replace(hour=13, minute=0))
    (day,) = calendar_days(None, _TIER, _UTC, [freeze], _NOW, days=1)
    assert [(span.start.hour, span.end.hour) for span in day.open] == [(0, 12), (13, 0)]


@pytest.mark.parametrize(("month", "of_month", "hours"), [(3, 29, 23), (10, 25, 25)])
def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is(month: int, of_month: int, hours: int) -> None:
    noon = datetime(2026, month, of_month, 12, tzinfo=UTC)
    (day,) = calendar_days(None, _TIER, _BERLIN, (), noon, days=1)
    assert day.end - day.start == hours * _HOUR
    assert day.open == (Span(start=day.start, end=day.end),)
