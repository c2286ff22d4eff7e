"""Months, quarters and days of a zone: half-open, without a gap, and right across clock changes."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.periods import Period, months, parse_period, quarters, whole_days

BERLIN, HAVANA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Havana")
_ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Havana", "Pacific/Apia"]
)
_MOMENTS = st.datetimes(datetime(2005, 1, 1), datetime(2060, 1, 1)).map(  # noqa: DTZ001 - made aware below
    lambda moment: moment.replace(tzinfo=UTC)
)


def _utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # year, month, day and so on


def test_a_month_and_a_quarter_begin_and_end_at_midnight_of_the_zone() -> None:
    month, quarter = parse_period("2026-10", BERLIN), parse_period("2026-Q4", BERLIN)
    assert (month.start, month.end) == (_utc(2026, 9, 30, 22), _utc(2026, 10, 31, 23))
    assert month.length == timedelta(days=31, hours=1), "the clocks went back"
    assert (quarter.name, quarter.start, quarter.end) == (
        "2026-Q4",
        _utc(2026, 9, 30, 22),
        _utc(2026, 12, 31, 23),
    )


def test_a_month_that_begins_twice_begins_the_first_time() -> None:
    """On 1 November 2026 the clocks of Havana go from 1:00 back to 0:00."""
    assert parse_period("2026-11", HAVANA).start == _utc(2026, 11, 1, 4)
    assert parse_period("2026-10", HAVANA).end == _utc(2026, 11, 1, 4)


def test_the_start_is_in_it_and_the_end_is_not() -> None:
    month = parse_period("2026-12", BERLIN)
    assert month.holds(month.start)
    assert month.holds(month.end - timedelta.resolution)
    assert not month.holds(month.end)
    assert not month.holds(month.start - timedelta.resolution)
    assert not month.holds(None)
    assert parse_period("2027-01", BERLIN).holds(month.end)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-13",
        "2026-00",
        "2026-Q5",
        "2026-Q0",
        "26-10",
        "2026-10-01",
        "1999-12",
        "2200-01",
        "２０２６-10",
        "2026-10\n",
    ],
)
def test_what_is_no_month_and_no_quarter_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a month such as 2026-10 or a quarter such as 2026-Q4"):
        parse_period(text, BERLIN)


def test_the_span_before_is_as_long_and_ends_where_it_starts() -> None:
    month = parse_period("2026-10", BERLIN)
    before = month.before()
    assert (before.end, before.length, before.name) == (month.start, month.length, "before 2026-10")


def test_a_span_touches_whole_months_and_quarters() -> None:
    span = _utc(2026, 11, 15), _utc(2027, 2, 1)
    assert [period.name for period in months(*span, ZoneInfo("UTC"))] == ["2026-11", "2026-12", "2027-01"]
    assert [period.name for period in quarters(*span, ZoneInfo("UTC"))] == ["2026-Q4", "2027-Q1"]
    # In Berlin the span reaches an hour into February.
    assert [period.name for period in months(*span, BERLIN)][-1] == "2027-02"


def test_a_day_counts_only_when_all_of_it_lies_in_the_span() -> None:
    midnight = _utc(2026, 11, 22, 23)  # of Berlin
    second, day = timedelta(seconds=1), timedelta(days=1)
    assert whole_days(midnight, midnight, BERLIN) == []
    assert whole_days(midnight, midnight - day, BERLIN) == []
    assert whole_days(midnight, midnight + day - second, BERLIN) == []
    assert whole_days(midnight + second, midnight + day, BERLIN) == []
    assert whole_days(midnight, midnight + day, BERLIN) == [date(2026, 11, 23)]
    assert whole_days(midnight - second, midnight + day + second, BERLIN) == [date(2026, 11, 23)]


@pytest.mark.parametrize(
    ("month", "count"), [("2026-10", 31), ("2026-03", 31), ("2028-02", 29), ("2026-Q1", 90)]
)
def test_a_month_with_a_clock_change_has_all_of_its_days(month: str, count: int) -> None:
    period = parse_period(month, BERLIN)
    assert len(whole_days(period.start, period.end, BERLIN)) == count


@given(name=_ZONES, start=_MOMENTS, length=st.timedeltas(timedelta(0), timedelta(days=900)))
def test_months_and_quarters_follow_each_other_and_hold_the_span(
    name: str, start: datetime, length: timedelta
) -> None:
    zone, end = ZoneInfo(name), start + length
    for periods in (list(months(start, end, zone)), list(quarters(start, end, zone))):
        assert bool(periods) == (start < end)
        for before, after in pairwise(periods):
            assert before.end == after.start
        for period in periods:
            assert parse_period(period.name, zone) == period
            assert period.start < end
            assert period.end > start
        if periods:
            assert periods[0].start <= start
            assert periods[-1].end >= end


@given(name=_ZONES, start=_MOMENTS, first=st.timedeltas(timedelta(0), timedelta(days=90)))
def test_the_days_of_a_month_are_those_of_its_parts(name: str, start: datetime, first: timedelta) -> None:
    zone = ZoneInfo(name)
    (period, *_) = months(start, start + timedelta(days=1), zone)
    cut = min(period.start + first, period.end)
    whole = whole_days(period.start, period.end, zone)
    parts = whole_days(period.start, cut, zone) + whole_days(cut, period.end, zone)
    assert set(parts) <= set(whole)
    assert len(whole) - len(parts) in {0, 1}, "a cut in the middle of a day leaves it whole on neither side"


def test_a_period_is_made_of_any_two_instants() -> None:
    period = Period(name="x", start=_utc(2026, 1, 1), end=_utc(2026, 1, 2, 12))
    assert period.length == timedelta(hours=36)
