"""Numbers, durations and times as people read them; the only place where one is turned into text.

A number is never rounded to the better side: less budget, more burn, less time. None is always "unknown".
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, log10
from zoneinfo import ZoneInfo

from dashboard.domain.event_counts import to_events

UNKNOWN = "unknown"

_PERCENT = 100
_MOST_DIGITS = 6
_SIGNIFICANT = 3
_ROUND_NUMBERS_FROM = 100
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_UNITS = ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min"), (timedelta(seconds=1), "s"))
_SHOWN_UNITS = 2


def budget(share: Fraction | None, edges: Collection[Fraction] = ()) -> str:
    """A share of the error budget in percent, rounded down; it never reads as an edge that it is not on.

    `edges` are the shares at which the policy tier changes; nothing spent and all spent are edges as well.
    """
    if share is None:
        return UNKNOWN
    marks = {Fraction(0), Fraction(1), *edges}
    digits = 0 if abs(share) >= 1 else 1
    while digits < _MOST_DIGITS:
        shown = Fraction(floor(share * _PERCENT * 10**digits), _PERCENT * 10**digits)
        if shown == share or shown not in marks:
            break
        digits += 1
    else:
        return f"just above {_plain(shown * _PERCENT)} %"
    return (
        f"{_signed(shown * _PERCENT, 0 if shown == share and (share * 100).denominator == 1 else digits)} %"
    )


def percent(share: Fraction | float | None) -> str:
    """A share of events in percent, three significant digits, rounded up: more errors, never fewer."""
    if share is None:
        return UNKNOWN
    exact = Fraction(share) * _PERCENT
    if not exact:
        return "0 %"
    digits = max(0, _SIGNIFICANT - 1 - floor(log10(exact)))
    digits = min(digits, _MOST_DIGITS)
    return f"{_plain(Fraction(ceil(exact * 10**digits), 10**digits))} %"


def covered(share: Fraction) -> str:
    """A share of measured buckets in percent, rounded down: 100 % means every one."""
    return f"{_plain(Fraction(floor(share * _PERCENT * 10), 10))} %"


def target(share: Fraction) -> str:
    """A target in percent, exactly as it was set."""
    return f"{_plain(share * _PERCENT)} %"


def burn(rate: Fraction | None) -> str:
    """A burn rate as a multiple, rounded up: one over an alert's factor never reads as equal to it."""
    if rate is None:
        return UNKNOWN
    digits = 0 if rate >= _ROUND_NUMBERS_FROM else 2
    return f"{_plain(Fraction(ceil(rate * 10**digits), 10**digits))}×"


def factor(value: Fraction) -> str:
    """The factor of an alert, rounded down, so that a burn rate over it never reads as equal to it."""
    return f"{_plain(Fraction(floor(value * 100), 100))}×"


def events(units: int | None) -> str:
    """A number of events, from count units; Prometheus extrapolates, so it may have a fraction."""
    if units is None:
        return UNKNOWN
    count = to_events(units)
    return f"{count:,}" if isinstance(count, int) else f"{count:,.1f}"


def number(count: int) -> str:
    """A whole number with its thousands apart."""
    return f"{count:,}"


def length(span: timedelta | None) -> str:
    """A duration in its two largest units, rounded down: `2 d 4 h`, `35 min`."""
    if span is None:
        return UNKNOWN
    parts: list[str] = []
    rest = max(span, timedelta(0))
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
        if len(parts) == _SHOWN_UNITS or (parts and not count):
            break
    return " ".join(parts) or "0 s"


def age(then: datetime | None, now: datetime) -> str:
    """How long ago `then` was, in whole minutes."""
    if then is None:
        return UNKNOWN
    old = (now - then) // _MINUTE * _MINUTE
    return length(old) if old else "less than 1 min"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """A time near now, with the name of its zone: `24 Nov 05:40 UTC`."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %H:%M} {local:%Z}"


def full_moment(at: datetime, zone: ZoneInfo) -> str:
    """A time with its weekday, year and zone: `Mon 23 Nov 2026, 00:00 UTC`."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M} {local:%Z}"


def amount(count: int, singular: str, plural: str | None = None) -> str:
    """A count with its noun: `1 service`, `3 services`."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def _signed(value: Fraction, digits: int) -> str:
    sign = "−" if value < 0 else ""
    return f"{sign}{abs(_decimal(value)):,.{digits}f}"


def _plain(value: Fraction) -> str:
    text = f"{_decimal(value):,.{_MOST_DIGITS}f}"
    return text.rstrip("0").rstrip(".")


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
