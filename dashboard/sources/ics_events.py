"""The events of an iCalendar file, each whole: what the parser mends or passes over in silence is refused."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar

from dashboard.sources.ics_screening import screen

_YEARS = range(1970, 2200)
_TIMES = ("DTSTART", "DTEND", "RECURRENCE-ID")
_LISTS = ("RDATE", "EXDATE")
_ONCE = ("UID", "SUMMARY", "DURATION", "STATUS", *_TIMES)


def events_of(text: str, zone: ZoneInfo) -> dict[str, list[Any]]:
    """The events of `text` by their UID: each with those of its occurrences that were changed.

    Raises:
        ValueError: names the line or the event that cannot be taken as it is, and why.
    """
    count = screen(text)
    try:
        calendars = Calendar.from_ical(text, multiple=True)
        events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    except Exception as error:  # the parser fails in many ways on what is none
        raise ValueError(f"found text that is no iCalendar: {first_line(error)}") from error
    if len(events) != count:
        raise ValueError(f"found {count} events of which {len(events)} can be read, expected all of them")
    for number, event in enumerate(events, start=1):
        try:
            _require_whole(event, zone)
        except ValueError as error:
            raise ValueError(f"event {number} ({_called(event)}): {error}") from None
    return _by_uid(events)


def each(value: Any) -> list[Any]:
    """The values of a property that may be there any number of times."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def in_zone(found: date, zone: Any) -> datetime:
    """A time as it is; a day as its first moment, and a time without a zone, in `zone`."""
    if not isinstance(found, datetime):
        return datetime(found.year, found.month, found.day, tzinfo=zone)
    return found if found.tzinfo else found.replace(tzinfo=zone)


def first_line(error: object) -> str:
    """What a library says is wrong, in one line."""
    return (str(error) or type(error).__name__).splitlines()[0][:200]


def _require_whole(event: Any, zone: ZoneInfo) -> None:
    for name, problem in event.errors:
        raise ValueError(f"{name}: {first_line(problem)}")
    for name in _ONCE:
        if isinstance(event.get(name), list):
            raise ValueError(f"{name}: found it more than once, expected it once")  # noqa: TRY004 - one kind of fault
    for name in ("UID", "DTSTART"):
        if not event.get(name):
            raise ValueError(f"{name}: found nothing, expected every event to have one")
    _require_times(event)
    if "RANGE" in getattr(event.get("RECURRENCE-ID"), "params", {}):
        raise ValueError("RECURRENCE-ID: found RANGE, expected one occurrence: begin a new series instead")
    _require_end(event, zone)


def _require_times(event: Any) -> None:
    for name in _TIMES:
        value = event.get(name)
        if value is None:
            continue
        _require_zone(name, value.dt, value.params)
        if not isinstance(value.dt, date) or value.dt.year not in _YEARS:
            raise ValueError(f"{name}: found {value.dt}, expected a time between the years 1970 and 2200")
    for name in _LISTS:
        for value in each(event.get(name)):
            for item in value.dts:
                _require_zone(name, item.dt, value.params)


def _require_zone(name: str, found: Any, params: Any) -> None:
    """Refuse a time zone that nobody knows, which the parser takes for the reader's own."""
    if isinstance(found, datetime) and found.tzinfo is None and "TZID" in params:
        raise ValueError(
            f"{name}: found the time zone {str(params['TZID'])[:80]!r}, expected one that is known"
        )


def _require_end(event: Any, zone: ZoneInfo) -> None:
    """Refuse an event that does not end after it starts; without an end only a day has one."""
    start, end, length = event["DTSTART"].dt, event.get("DTEND"), event.get("DURATION")
    if end is None and length is None:
        if isinstance(start, datetime):
            raise ValueError("DTEND: found nothing, expected the end: a freeze has one")
        return
    if end is None:
        if not isinstance(length.dt, timedelta) or length.dt <= timedelta(0):
            raise ValueError("DURATION: found none above zero, expected one such as P1D")
        return
    if isinstance(end.dt, datetime) != isinstance(start, datetime):
        raise ValueError("DTEND: found a day and a time of day, expected DTSTART and it to be of one kind")
    if in_zone(end.dt, zone) <= in_zone(start, zone):
        raise ValueError(f"DTEND: found {end.dt}, expected a time after DTSTART, {start}")


def _by_uid(events: Iterable[Any]) -> dict[str, list[Any]]:
    grouped: dict[str, list[Any]] = {}
    for event in events:
        grouped.setdefault(str(event["UID"]), []).append(event)
    for uid, group in grouped.items():
        if sum("RECURRENCE-ID" not in event for event in group) > 1:
            raise ValueError(f"event {uid[:80]}: found this UID for more than one event, expected it once")
    return grouped


def _called(event: Any) -> str:
    return str(event.get("UID") or event.get("SUMMARY") or "without a UID")[:80]
