"""The span of time that a person asks for: from and to, each an instant or a day."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dashboard.config.locations import parse_moment
from dashboard.domain.periods import Period
from dashboard.errors import InputError

#: How long a span is that names no start.
DEFAULT_LENGTH = timedelta(days=90)
_DAY_LENGTH = len("2026-10-01")


def parse_span(start: str | None, end: str | None, zone: ZoneInfo, now: datetime) -> Period:
    """From `start` (90 days before the end) up to, not including, `end` (`now`).

    A day means its first moment in `zone`.

    Raises:
        InputError: one of them is no time, or they are not in order.
    """
    last = now if end is None else _edge("to", end, zone)
    first = last - DEFAULT_LENGTH if start is None else _edge("from", start, zone)
    if first >= last:
        raise InputError(f"from: found {first.isoformat()}, expected a time before {last.isoformat()}")
    return Period(name=f"{first.isoformat()} to {last.isoformat()}", start=first, end=last)


def _edge(name: str, text: str, zone: ZoneInfo) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        if len(text) == _DAY_LENGTH and found.tzinfo is None:
            return parse_moment(found.replace(tzinfo=zone).isoformat())
        return parse_moment(text)
    except (ValueError, OverflowError):
        expected = "expected an ISO-8601 time with an offset, or a day such as 2026-10-01"
        raise InputError(f"{name}: found {text!r}, {expected}") from None
