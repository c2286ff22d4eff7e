"""Freezes from an iCalendar file: time zones, days, recurrence, and hostile files."""

import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.domain.freezes import Freeze, FreezeOrigin
from dashboard.errors import ConfigurationError
from tests.sources.calendars import HOUR, at, calendar, event, read, refused, times

pytestmark = pytest.mark.filterwarnings("ignore:Using both 'count' and 'until'")


def zone(name: str, *rule: str) -> str:
    """A time zone five hours before UTC."""
    inner = "DTSTART:19700101T000000\nTZOFFSETFROM:+0500\nTZOFFSETTO:+0500"
    part = "\n".join(["BEGIN:STANDARD", inner, *rule, "END:STANDARD"])
    return f"BEGIN:VTIMEZONE\nTZID:{name}\n{part}\nEND:VTIMEZONE"


def many(*lines: str) -> str:
    """A file with forty events alike: few enough to be looked at one by one."""
    return calendar(*(event(*lines, uid=str(number)) for number in range(40)))


def test_an_event_is_a_freeze(tmp_path: Path) -> None:
    text = calendar(
        event(*HOUR, "CATEGORIES:service:api,Environment: production,Holiday", "CATEGORIES:service:copilot")
    )
    (freeze,) = read(tmp_path, text)
    assert freeze == Freeze(
        id="u",
        start=at(2026, 3, 1, 9),
        end=at(2026, 3, 1, 10),
        reason="Sale",
        services=("api", "copilot"),
        environments=("production",),
        added_by="freezes.ics",
        origin=FreezeOrigin.CALENDAR,
    )
    assert freeze.start.tzinfo is UTC


def test_without_categories_it_covers_everything(tmp_path: Path) -> None:
    (freeze,) = read(tmp_path, calendar(event(*HOUR, "CATEGORIES:Holiday,services")))
    assert (freeze.services, freeze.environments) == ((), ())


def test_times_are_in_their_own_zone_and_else_in_the_policys(tmp_path: Path) -> None:
    text = calendar(
        event("DTSTART;TZID=America/New_York:20260301T090000", "DURATION:PT30M", uid="a"),
        event("DTSTART:20260301T090000", "DTEND:20260301T093000", uid="b"),
    )
    new_york, floating = sorted(read(tmp_path, text), key=lambda freeze: freeze.id)
    assert (new_york.start, new_york.end) == (at(2026, 3, 1, 14), at(2026, 3, 1, 14, 30))
    assert (floating.start, floating.end) == (at(2026, 3, 1, 8), at(2026, 3, 1, 8, 30))


def test_a_zone_that_the_file_defines_counts(tmp_path: Path) -> None:
    text = calendar(event("DTSTART;TZID=Ours:20260301T090000", "DURATION:PT1H"), before=zone("Ours"))
    assert times(read(tmp_path, text)) == [(at(2026, 3, 1, 4), at(2026, 3, 1, 5))]


def test_days_are_those_of_the_policys_zone_also_when_they_have_23_hours(tmp_path: Path) -> None:
    text = calendar(event("DTSTART;VALUE=DATE:20260329", "DTEND;VALUE=DATE:20260330"))
    assert times(read(tmp_path, text)) == [(at(2026, 3, 28, 23), at(2026, 3, 29, 22))]


def test_a_day_without_an_end_is_that_day(tmp_path: Path) -> None:
    text = calendar(event("DTSTART;VALUE=DATE:20261224"))
    assert times(read(tmp_path, text)) == [(at(2026, 12, 23, 23), at(2026, 12, 24, 23))]


def test_only_what_holds_within_the_span_is_read_half_open(tmp_path: Path) -> None:
    text = calendar(event(*HOUR))
    start, end, tick = at(2026, 3, 1, 9), at(2026, 3, 1, 10), timedelta(microseconds=1)
    for span, count in (
        ((start - tick, start), 0),
        ((start - tick, start + tick), 1),
        ((end - tick, end), 1),
        ((end, end + tick), 0),
    ):
        assert len(read(tmp_path, text, span=span)) == count, span


def test_a_long_freeze_that_began_before_the_span_is_found(tmp_path: Path) -> None:
    text = calendar(event("DTSTART:20250101T000000Z", "DTEND:20280101T000000Z"))
    assert len(read(tmp_path, text)) == 1


def test_to_dos_are_no_freezes_and_a_byte_order_mark_is_nothing(tmp_path: Path) -> None:
    text = calendar(before="BEGIN:VTODO\nUID:t\nDTSTART:20260301T090000Z\nEND:VTODO")
    assert read(tmp_path, b"\xef\xbb\xbf" + text.encode()) == ()


def test_a_folded_line_is_one(tmp_path: Path) -> None:
    (freeze,) = read(tmp_path, calendar(event(*HOUR, "CATEGORIES:serv\n ice:a\n\tpi", summary="A\n  sale")))
    assert (freeze.reason, freeze.services) == ("A sale", ("api",))


def test_a_cancelled_event_is_none(tmp_path: Path) -> None:
    assert read(tmp_path, calendar(event(*HOUR, "STATUS:CANCELLED"))) == ()
    assert len(read(tmp_path, calendar(event(*HOUR, "STATUS:TENTATIVE")))) == 1


def test_a_weekly_freeze_keeps_its_hours_on_the_wall_when_the_clocks_change(tmp_path: Path) -> None:
    text = calendar(
        event(
            "DTSTART;TZID=Europe/Berlin:20260320T180000",
            "DTEND;TZID=Europe/Berlin:20260323T080000",
            "RRULE:FREQ=WEEKLY;COUNT=3",
        )
    )
    found = read(tmp_path, text)
    assert times(found) == [
        (at(2026, 3, 20, 17), at(2026, 3, 23, 7)),
        (at(2026, 3, 27, 17), at(2026, 3, 30, 6)),  # the clocks went forward on the 29th
        (at(2026, 4, 3, 16), at(2026, 4, 6, 6)),
    ]
    assert [freeze.id for freeze in found] == [
        "u/20260320T170000Z",
        "u/20260327T170000Z",
        "u/20260403T160000Z",
    ]


def test_an_hour_that_the_clocks_skip_is_kept_after_it(tmp_path: Path) -> None:
    text = calendar(
        event(
            "DTSTART;TZID=Europe/Berlin:20260328T020000",
            "DTEND;TZID=Europe/Berlin:20260328T030000",
            "RRULE:FREQ=DAILY;COUNT=2",
        )
    )
    assert times(read(tmp_path, text)) == [
        (at(2026, 3, 28, 1), at(2026, 3, 28, 2)),
        (at(2026, 3, 29, 1), at(2026, 3, 29, 2)),
    ]


def test_an_hour_that_there_is_twice_is_frozen_as_the_wall_shows_it(tmp_path: Path) -> None:
    text = calendar(
        event(
            "DTSTART;TZID=Europe/Berlin:20261024T013000",
            "DTEND;TZID=Europe/Berlin:20261024T033000",
            "RRULE:FREQ=DAILY;COUNT=2",
        )
    )
    assert times(read(tmp_path, text))[1] == (at(2026, 10, 24, 23, 30), at(2026, 10, 25, 2, 30))


def test_excluded_cancelled_and_moved_occurrences(tmp_path: Path) -> None:
    text = calendar(
        event(*HOUR, "RRULE:FREQ=WEEKLY;COUNT=5", "EXDATE:20260308T090000Z"),
        event(
            "RECURRENCE-ID:20260315T090000Z",
            "DTSTART:20260316T120000Z",
            "DTEND:20260316T130000Z",
            summary="Moved",
        ),
        event(
            "RECURRENCE-ID:20260322T090000Z",
            "DTSTART:20260322T090000Z",
            "DTEND:20260322T100000Z",
            "STATUS:CANCELLED",
        ),
    )
    found = read(tmp_path, text)
    assert [(freeze.id, freeze.start, freeze.reason) for freeze in found] == [
        ("u/20260301T090000Z", at(2026, 3, 1, 9), "Sale"),
        ("u/20260315T090000Z", at(2026, 3, 16, 12), "Moved"),
        ("u/20260329T090000Z", at(2026, 3, 29, 9), "Sale"),
    ]


def test_days_recur_as_days(tmp_path: Path) -> None:
    text = calendar(event("DTSTART;VALUE=DATE:20201224", "DTEND;VALUE=DATE:20201227", "RRULE:FREQ=YEARLY"))
    (freeze,) = read(tmp_path, text)
    assert freeze.id == "u/20261224"
    assert times((freeze,)) == [(at(2026, 12, 23, 23), at(2026, 12, 26, 23))]


def test_added_dates_and_the_end_of_a_rule_count(tmp_path: Path) -> None:
    text = calendar(event(*HOUR, "RRULE:FREQ=DAILY;UNTIL=20260302T090000Z", "RDATE:20260501T090000Z"))
    assert [freeze.start.date() for freeze in read(tmp_path, text)] == [
        date(2026, 3, 1),
        date(2026, 3, 2),
        date(2026, 5, 1),
    ]


def test_the_span_decides_what_is_expanded(tmp_path: Path) -> None:
    text = calendar(event(*HOUR, "RRULE:FREQ=DAILY"))
    day = (at(2030, 6, 1), at(2030, 6, 2))
    assert times(read(tmp_path, text, span=day)) == [(at(2030, 6, 1, 9), at(2030, 6, 1, 10))]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
    begin=st.datetimes(datetime(2024, 1, 1), datetime(2026, 1, 1)),  # noqa: DTZ001 - by the clock on the wall
    length=st.integers(1, 3 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes)),
    rule=st.tuples(st.integers(1, 9), st.integers(0, 400)),
)
def test_a_daily_rule_gives_what_counting_on_the_wall_gives(
    tmp_path: Path, *, name: str, begin: datetime, length: timedelta, rule: tuple[int, int]
) -> None:
    begin, (interval, since) = begin.replace(microsecond=0), rule
    text = calendar(
        event(
            f"DTSTART;TZID={name}:{begin:%Y%m%dT%H%M%S}",
            f"DTEND;TZID={name}:{begin + length:%Y%m%dT%H%M%S}",
            f"RRULE:FREQ=DAILY;INTERVAL={interval}",
        )
    )
    span = (at(2026, 1, 1) + timedelta(days=since), at(2026, 1, 1) + timedelta(days=since + 20))
    expected = []
    for count in range(0, 1300, interval):
        wall = begin + timedelta(days=count)
        start = wall.replace(tzinfo=ZoneInfo(name)).astimezone(UTC)
        end = (wall + length).replace(tzinfo=ZoneInfo(name)).astimezone(UTC)
        end = end if end > start else start + length
        if start < span[1] and end > span[0]:
            expected.append((start, end))
    assert times(read(tmp_path, text, span=span)) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ": found no calendar, expected an iCalendar file: BEGIN:VCALENDAR"),
        ("freezes:\n- id: a\n", ": line 1: found 'freezes:', expected an iCalendar file"),
        ("BEGIN:VEVENT\nEND:VEVENT", ": line 1: found BEGIN:VEVENT, expected an iCalendar file"),
        (b"\xff\xfe\x00", "can't decode byte"),
        (calendar(event(*HOUR))[:-30], ": found the end of the file inside VEVENT, expected END:VEVENT"),
        (
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n",
            ": line 3: found END:VCALENDAR, expected END:VEVENT",
        ),
        ("BEGIN:VCALENDAR\n" + "BEGIN:X\n" * 9999, "found more than 5 levels"),
        (calendar(event(*HOUR), before="nothing"), ": found text that is no iCalendar"),
        (calendar(event("DTSTART:20260301T090000Z")), ": event 1 (u): DTEND: found nothing"),
        (calendar(event("DTEND:20260301T090000Z")), ": event 1 (u): DTSTART: found nothing"),
        (calendar("SUMMARY:x\n" + "\n".join(HOUR)), ": event 1 (x): UID: found nothing"),
        (calendar(event(*HOUR, summary=" ")), ": event u: SUMMARY: found"),
        (calendar(event("DTSTART:noon", HOUR[1])), ": event 1 (u): DTSTART: "),
        (calendar(event(HOUR[0], "DTEND:20260301T090000Z")), ": event 1 (u): DTEND: found 2026-03-01"),
        (calendar(event(HOUR[0], "DURATION:-PT1H")), ": event 1 (u): DURATION: found none above zero"),
        (calendar(event(HOUR[0], "DURATION:P99999999999D")), ": event 1 (u): DURATION: "),
        (calendar(event(HOUR[0], "DTEND;VALUE=DATE:20260302")), "found a day and a time of day"),
        (calendar(event("DTSTART:00010101T000000Z", HOUR[1])), "expected a time between the years"),
        (
            calendar(event("DTSTART;TZID=Mars/Base:20260301T090000", "DURATION:PT1H")),
            ": event 1 (u): DTSTART: found the time zone 'Mars/Base', expected one that is known",
        ),
        (calendar(event(*HOUR, HOUR[0])), "DTSTART: found it more than once"),
        (calendar(event(*HOUR), event(*HOUR)), ": event u: found this UID for more than one event"),
        (calendar(event(*HOUR, "RRULE:FREQ=SECONDLY")), "RRULE: found SECONDLY, expected one of DAILY"),
        (calendar(event(*HOUR, "RRULE:FREQ=HOURLY")), "RRULE: found HOURLY, expected one of DAILY"),
        (calendar(event(*HOUR, "RRULE:FREQ=DAILY;BYSECOND=1,2")), "RRULE: found a time of day"),
        (calendar(event(*HOUR, "RRULE:FREQ=DAILY;INTERVAL=0")), "RRULE: found an INTERVAL of 0"),
        (calendar(event(*HOUR, "RRULE:FREQ=DAILY;BYMONTH=x")), "RRULE"),
        (calendar(event(*HOUR, f"RRULE:FREQ=DAILY;BYYEARDAY={'1,' * 400}1")), "expected at most 300"),
        (calendar(event(*HOUR, "EXRULE:FREQ=DAILY")), "found EXRULE, expected EXDATE"),
        (
            calendar(event(*HOUR, "RECURRENCE-ID;RANGE=THISANDFUTURE:20260305T090000Z")),
            "RECURRENCE-ID: found RANGE",
        ),
        (calendar(event(*HOUR, "CATEGORIES:service:nobody")), "u: services: found 'nobody'"),
        (calendar(event(*HOUR, "CATEGORIES:environment:moon")), "u: environments: found 'moon'"),
        (calendar(event(*HOUR, "CATEGORIES:service:")), "CATEGORIES: found ''"),
        (calendar(event(*HOUR, uid="FRZ-2026-0001")), "UID: found FRZ- before it"),
        (calendar(event(*HOUR, uid="a b")), "event a b: UID: found 'a b', expected a name"),
    ],
)  # fmt: skip
def test_the_file_and_what_is_wrong_are_told(tmp_path: Path, text: str | bytes, told: str) -> None:
    assert told in refused(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        # A day that never comes, a rule since long ago, a zone that changes every second, very much of it.
        many(*HOUR, "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"),
        many(*HOUR, "RRULE:FREQ=YEARLY;COUNT=9999999;BYMONTH=2;BYMONTHDAY=31"),
        many("DTSTART:19700101T000000Z", "DURATION:P9D", "RRULE:FREQ=DAILY"),
        many("DTSTART:19700101T000000Z", "DURATION:P9D", "RRULE:FREQ=DAILY;BYDAY=MO;BYMONTH=2;BYMONTHDAY=29"),
        calendar(event("DTSTART:19700101T000000Z", "DURATION:P36500D", "RRULE:FREQ=DAILY")),
        calendar(event(*HOUR), before=zone("X", "RRULE:FREQ=SECONDLY")),
        calendar(event(*HOUR), before=zone("X", *["RRULE:FREQ=YEARLY"] * 300)),
        calendar(*(event(*HOUR, uid=str(number)) for number in range(2001))),
        "BEGIN:VCALENDAR\r\n" + "X" * 2_000_000,
        "BEGIN:VCALENDAR\r\n" + " \r\n" * 300_000,
    ],
)
def test_a_hostile_file_is_done_with_in_seconds(tmp_path: Path, text: str) -> None:
    began = time.process_time()
    try:
        found = read(tmp_path, text)
    except ConfigurationError as error:
        assert str(error).startswith(str(tmp_path))  # noqa: PT017 - some of them are harmless
    else:
        assert len(found) < 20_000
    assert time.process_time() - began < 10


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_in_one_line(tmp_path: Path, data: st.DataObject) -> None:
    whole = calendar(
        event(*HOUR, "RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE:20260308T090000Z", "CATEGORIES:service:api"),
        event("DTSTART;TZID=Europe/Berlin:20260401T090000", "DURATION:P1D", uid="v"),
    )
    place = data.draw(st.integers(0, len(whole)))
    gone = data.draw(st.integers(0, 30))
    text = whole[:place] + data.draw(st.text(max_size=12)) + whole[place + gone :]
    try:
        read(tmp_path, text.encode("utf-8", "replace"))
    except ConfigurationError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017 - most of them are refused
