"""Months, quarters and days in the policy's time zone; every span holds its start and not its end."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"([0-9]{4})-Q([1-4])")
_MONTHS_OF_A_QUARTER, _MONTHS_OF_A_YEAR = 3, 12
_DAY = timedelta(days=1)
_EARLIEST, _LATEST = 2000, 2199


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `start` up to, not including, `end`; `name` is what people call it: 2026-10, 2026-Q4."""

    name: str
    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How long it is; a day of a clock change has 23 or 25 hours."""
        return self.end - self.start

    def holds(self, moment: datetime | None) -> bool:
        """Whether `moment` is in it; the end is not."""
        return moment is not None and self.start <= moment < self.end

    def before(self) -> "Period":
        """The span of the same length that ends where this one starts."""
        return Period(name=f"before {self.name}", start=self.start - self.length, end=self.start)


def parse_period(text: str, zone: ZoneInfo) -> Period:
    """The month (2026-10) or quarter (2026-Q4) that `text` names, in `zone`.

    Raises:
        ValueError: with what was found and what is expected.
    """
    month, quarter = _MONTH.fullmatch(text), _QUARTER.fullmatch(text)
    found = month or quarter
    if found is None or not _EARLIEST <= int(found[1]) <= _LATEST:
        raise ValueError(f"found {text!r}, expected a month such as 2026-10 or a quarter such as 2026-Q4")
    if month:
        return _months(int(month[1]), int(month[2]), 1, text, zone)
    assert quarter is not None  # noqa: S101 - one of the two matched
    first = (int(quarter[2]) - 1) * _MONTHS_OF_A_QUARTER + 1
    return _months(int(quarter[1]), first, _MONTHS_OF_A_QUARTER, text, zone)


def months(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[Period]:
    """The calendar months that `[start, end)` touches, oldest first, each whole."""
    local = start.astimezone(zone)
    year, month = local.year, local.month
    while True:
        period = _months(year, month, 1, f"{year:04}-{month:02}", zone)
        if end <= start or period.start >= end:
            return
        yield period
        year, month = _plus(year, month, 1)


def quarters(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[Period]:
    """The calendar quarters that `[start, end)` touches, oldest first, each whole."""
    local = start.astimezone(zone)
    year, quarter = local.year, (local.month - 1) // _MONTHS_OF_A_QUARTER
    while True:
        first = quarter * _MONTHS_OF_A_QUARTER + 1
        period = _months(year, first, _MONTHS_OF_A_QUARTER, f"{year:04}-Q{quarter + 1}", zone)
        if end <= start or period.start >= end:
            return
        yield period
        year, next_first = _plus(year, first, _MONTHS_OF_A_QUARTER)
        quarter = (next_first - 1) // _MONTHS_OF_A_QUARTER


def whole_days(start: datetime, end: datetime, zone: ZoneInfo) -> list[date]:
    """The calendar days of `zone` that lie in `[start, end)` from their first to their last moment."""
    day = start.astimezone(zone).date()
    if _midnight(day, zone) < start:
        day += _DAY
    found = []
    while _midnight(day + _DAY, zone) <= end:
        found.append(day)
        day += _DAY
    return found


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def _months(year: int, month: int, count: int, name: str, zone: ZoneInfo) -> Period:
    last_year, last_month = _plus(year, month, count)
    return Period(
        name=name,
        start=datetime(year, month, 1, tzinfo=zone).astimezone(UTC),
        end=datetime(last_year, last_month, 1, tzinfo=zone).astimezone(UTC),
    )


def _plus(year: int, month: int, count: int) -> tuple[int, int]:
    index = year * _MONTHS_OF_A_YEAR + month - 1 + count
    return index // _MONTHS_OF_A_YEAR, index % _MONTHS_OF_A_YEAR + 1


def period_of(days: int, now: datetime) -> Period:
    """The last `days` days up to `now`."""
    return Period(name=f"the last {days} days", start=now - timedelta(days=days), end=now)
