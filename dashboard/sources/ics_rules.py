"""Whether a recurrence rule comes to its next day soon: one that never does is followed to the year 9999.

`dateutil`, which expands the rules, tests day after day until one fits, and only then looks at where to end.
So a rule for the 30th of February keeps it busy for seconds, whatever span was asked for. The same days are
tested here, as it tests them, over a bounded time.
"""

import calendar
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_PARTS = ("FREQ", "UNTIL", "COUNT", "INTERVAL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "WKST")
#: The 29th of February falls on a given weekday at least so often.
_YEARS = 40
_SEARCHED = timedelta(days=366 * _YEARS)
#: So many days more are looked at, so that the last period is a whole one too.
_LONGEST_PERIOD = 366
_DAY = timedelta(days=1)


def require_coming(rule: Mapping[str, Any], start: date, span_end: date) -> None:
    """Refuse `rule`, of an event that starts on `start`, where it has no day for very long.

    Raises:
        ValueError: it has none in the forty years from `start` or from the end of the span on, or has parts
            that are not followed here.
    """
    _require_known(rule)
    ends = [item.date() if isinstance(item, datetime) else item for item in rule.get("UNTIL", [])]
    for since in {start, max(start, min([span_end, *ends]))}:
        if next(days_of(rule, start, since), None) is None:
            raise ValueError(
                f"RRULE: found no day that it comes to in {_YEARS} years from {since}, expected one soon"
            )


def _require_known(rule: Mapping[str, Any]) -> None:
    unknown = [part for part in rule if part not in _PARTS]
    if unknown:
        raise ValueError(f"RRULE: found {', '.join(unknown)[:80]}, expected {', '.join(_PARTS)} only")
    for part in ("FREQ", "UNTIL", "COUNT", "INTERVAL", "WKST"):
        if len(rule.get(part, [0])) != 1:
            raise ValueError(f"RRULE: {part}: found several values, expected one")
    for part in ("COUNT", "INTERVAL"):
        if rule.get(part, [1])[0] < 1:
            raise ValueError(f"RRULE: {part}: found {rule[part][0]}, expected at least 1")


def days_of(rule: Mapping[str, Any], start: date, since: date) -> Iterator[date]:
    """The days of `rule`, of an event that starts on `start`, from `since` on, for so long as is searched."""
    fits, period, interval = _fitting(rule, start), _period(rule, start), rule.get("INTERVAL", [1])[0]
    weekly = rule["FREQ"][0].upper() == "WEEKLY"
    # A whole period has to be seen to count the days in it, and weeks begin in the year before.
    first, end = since.replace(month=1, day=1) - 7 * _DAY, since + _SEARCHED
    searched = (first + count * _DAY for count in range((end - first).days + _LONGEST_PERIOD))
    for number, days in groupby(searched, period):
        if number % interval == 0:
            # `dateutil` begins to count the first week at the start, and every other first period before it.
            counted = [day for day in days if fits(day) and (day >= start or not weekly)]
            chosen = _chosen(counted, rule.get("BYSETPOS", []))
            yield from (day for day in chosen if since <= day < end)


def _chosen(days: Sequence[date], positions: Sequence[int]) -> Sequence[date]:
    if not positions:
        return days
    count = len(days)
    return [day for index, day in enumerate(days) if index + 1 in positions or index - count in positions]


def _period(rule: Mapping[str, Any], start: date) -> Callable[[date], int]:
    """Which period of the rule, counted from that of `start`, a day is in."""
    week_start = _DAYS.index(rule["WKST"][0].upper()) if "WKST" in rule else 0
    match rule["FREQ"][0].upper():
        case "DAILY":
            return lambda day: (day - start).days
        case "WEEKLY":
            first = start - ((start.weekday() - week_start) % 7) * _DAY
            return lambda day: (day - first).days // 7
        case "MONTHLY":
            return lambda day: (day.year - start.year) * 12 + day.month - start.month
        case _:
            return lambda day: day.year - start.year


def _fitting(rule: Mapping[str, Any], start: date) -> Callable[[date], bool]:
    """Whether a day fits the parts of the rule that filter days; those that it lacks are those of `start`."""
    frequency = rule["FREQ"][0].upper()
    months, in_month = set(rule.get("BYMONTH", [])), set(rule.get("BYMONTHDAY", []))
    plain, counted = _weekdays(rule.get("BYDAY", []), frequency)
    if not in_month and not rule.get("BYDAY"):
        if frequency == "YEARLY":
            months = months or {start.month}
        if frequency in ("YEARLY", "MONTHLY"):
            in_month = {start.day}
        if frequency == "WEEKLY":
            plain = {start.weekday()}
    by_year = frequency == "YEARLY" and not months

    def fits(day: date) -> bool:
        if (months and day.month not in months) or (plain and day.weekday() not in plain):
            return False
        length = calendar.monthrange(day.year, day.month)[1]
        if in_month and day.day not in in_month and day.day - length - 1 not in in_month:
            return False
        return not counted or any(
            (day.weekday(), nth) in counted for nth in _nth(day, length, by_year=by_year)
        )

    return fits


def _weekdays(written: Sequence[Any], frequency: str) -> tuple[set[int], set[tuple[int, int]]]:
    """The weekdays as they are, and those that are counted (`-1FR`), which only months and years can do."""
    plain, counted = set[int](), set[tuple[int, int]]()
    for item in written:
        text = str(item).upper()
        weekday, nth = _DAYS.index(text[-2:]), int(text[:-2] or 0)
        if nth and frequency in ("MONTHLY", "YEARLY"):
            counted.add((weekday, nth))
        else:
            plain.add(weekday)
    return plain, counted


def _nth(day: date, month_length: int, *, by_year: bool) -> tuple[int, int]:
    """Which one of its weekday a day is in its month or year, from the beginning and from the end."""
    place, length = day.day, month_length
    if by_year:
        place, length = day.timetuple().tm_yday, 365 + calendar.isleap(day.year)
    return (place - 1) // 7 + 1, -((length - place) // 7 + 1)
