"""Recurrence rules that come to no day are refused; all others have the days that `dateutil` finds."""

from datetime import date, datetime, timedelta
from itertools import islice

import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import vRecur

from dashboard.sources.ics_rules import days_of, require_coming

_WEEKDAYS = st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])
_COUNTED = st.builds("{}{}".format, st.sampled_from([1, 2, 4, 5, -1, -2, -5]), _WEEKDAYS)


def _some(values: st.SearchStrategy[object]) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=3, unique=True).map(lambda found: ",".join(map(str, found)))


_PARTS = st.fixed_dictionaries(
    {"FREQ": st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])},
    optional={
        "INTERVAL": st.integers(1, 14).map(str),
        "BYMONTH": _some(st.integers(1, 12)),
        "BYMONTHDAY": _some(st.sampled_from([1, 2, 13, 28, 29, 30, 31, -1, -2, -31])),
        "BYDAY": st.one_of(_some(_WEEKDAYS), _some(_COUNTED)),
        "BYSETPOS": _some(st.sampled_from([1, 2, 5, -1, -3])),
        "WKST": _WEEKDAYS,
    },
)


@settings(max_examples=150, deadline=None)
@given(parts=_PARTS, start=st.dates(date(2018, 1, 1), date(2026, 12, 31)))
# The search ends in the first weeks of the last year that it comes to.
@example(
    parts={"FREQ": "YEARLY", "BYMONTHDAY": "1", "BYSETPOS": "-1", "INTERVAL": "8"}, start=date(2018, 1, 1)
)
def test_the_days_of_a_rule_are_those_that_dateutil_finds(parts: dict[str, str], start: date) -> None:
    text = ";".join(f"{key}={value}" for key, value in parts.items())
    rule = vRecur.from_ical(text)
    mine = list(islice(days_of(rule, start, start), 8))
    if not mine:
        # dateutil would look for it until the year 9999.
        with pytest.raises(ValueError, match=r"RRULE: found no day that it comes to in 40 years"):
            require_coming(rule, start, start)
        return
    began = datetime(start.year, start.month, start.day)  # noqa: DTZ001 - days have no zone
    theirs = rrulestr(f"{text};COUNT={len(mine)}", dtstart=began)
    assert mine == [moment.date() for moment in theirs]


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=DAILY;INTERVAL=7;BYDAY=FR",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=2",
        "FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=2",
        "FREQ=YEARLY;BYDAY=MO,1TU",
        "FREQ=DAILY;COUNT=3;BYMONTH=4;BYMONTHDAY=31",
    ],
)
def test_a_rule_without_a_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="found no day that it comes to in 40 years from 2027-01-07"):
        require_coming(vRecur.from_ical(text), date(2027, 1, 7), date(2027, 1, 7))


def test_a_rule_that_stops_coming_is_refused_unless_it_ended() -> None:
    start, later = date(2026, 1, 1), date(2026, 1, 1) + timedelta(days=700)
    text = "FREQ=YEARLY;INTERVAL=60"
    with pytest.raises(ValueError, match="RRULE: found no day that it comes to"):
        require_coming(vRecur.from_ical(text), start, later)
    require_coming(vRecur.from_ical(f"{text};UNTIL=20260101"), start, later)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("FREQ=YEARLY;BYYEARDAY=200", "found BYYEARDAY, expected FREQ, UNTIL"),
        ("FREQ=YEARLY;BYWEEKNO=20", "found BYWEEKNO, expected FREQ, UNTIL"),
        ("FREQ=DAILY;COUNT=0", "COUNT: found 0, expected at least 1"),
        ("FREQ=DAILY;INTERVAL=1,2", "INTERVAL: found several values, expected one"),
    ],
)
def test_parts_that_are_not_followed_are_named(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        require_coming(vRecur.from_ical(text), date(2026, 1, 1), date(2026, 1, 1))
