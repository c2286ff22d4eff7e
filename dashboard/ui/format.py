"""Numbers, durations and times as people read them; the only place where one is turned into text.

How a duration is spelled is the domain's, so that the reasons that it gives read alike.

A number is never rounded to the better side: less budget, more burn, less time. Only a share that stands
beside its own counts is rounded to the nearest, so that it is what a reader finds who divides them. None is
always "unknown".
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, log10
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from dashboard.domain.durations import readable, readable_age
from dashboard.domain.event_counts import to_events

if TYPE_CHECKING:
    # SciPy, which this needs, takes a while to load; `reliability status` does without.
    from dashboard.domain.intervals import Interval, Proportion

UNKNOWN = "unknown"

_PERCENT = 100
_MOST_DIGITS = 6
_SIGNIFICANT = 3
_ROUND_NUMBERS_FROM = 100
_TIMES_FROM, _WHOLE_RATES_FROM = 10, 10
_WHOLE_VALUES_FROM = 10_000
_WHOLE_PACE_FROM = 10
_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_MINUTES_FROM = timedelta(minutes=10)


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


def written(value: Fraction) -> str:
    """A number as a configuration file has it, exactly."""
    return f"{_decimal(value).normalize():f}"


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
    return readable(span)


def outage(span: timedelta | None) -> str:
    """A duration that something cost, in its two largest units, rounded up: never less than it was."""
    if span is None:
        return UNKNOWN
    grain = next((grain for size, grain in ((_DAY, _HOUR), (_HOUR, _MINUTE)) if span >= size), _SECOND)
    return length(-(-span // grain) * grain)


def part(share: Fraction | None) -> str:
    """A share of a whole in whole percent; some never reads as none, and not all never reads as all."""
    if share is None:
        return UNKNOWN
    if 0 < share < Fraction(1, _PERCENT):
        return "less than 1 %"
    if 1 - Fraction(1, _PERCENT) < share < 1:
        return "more than 99 %"
    return f"{floor(share * _PERCENT + Fraction(1, 2)):,} %"


def lasted(seconds: float | None) -> str:
    """A duration in seconds, rounded up: one that is over its target never reads as equal to it."""
    if seconds is None:
        return UNKNOWN
    span = timedelta(seconds=seconds)
    return length(-(-span // _grain(span)) * _grain(span))


def lasted_between(found: "Interval") -> str:
    """The interval of a duration in seconds: `40 min … 1 h 5 min`."""
    low = timedelta(seconds=found.low)
    return f"{length(low // _grain(low) * _grain(low))} … {lasted(found.high)}"


def change(ratio: float, *, down: bool = False) -> str:
    """A ratio of durations as a change: `−38 %`, `+70 %`; rounded to the longer side, or `down`."""
    if ratio >= _TIMES_FROM:
        return f"×{floor(ratio) if down else ceil(ratio):,}"
    # Floats of whole percents miss them by a rounding, which must not become a percent of its own.
    percent = round((ratio - 1) * _PERCENT, _MOST_DIGITS)
    whole = floor(percent) if down else ceil(percent)
    return f"{'−' if whole < 0 else '+' if whole else ''}{abs(whole)} %"


def changes_between(found: "Interval") -> str:
    """The interval of a ratio of durations: `−40 % … +70 %`."""
    return f"{change(found.low, down=True)} … {change(found.high)}"


def rate(found: "Interval | None") -> str:
    """How often something happens, with its interval: `2.3 (0.9 … 4.8)`."""
    if found is None:
        return UNKNOWN
    return f"{_short(found.value)} ({_short(found.low)} … {_short(found.high)})"


def rate_per_30_days(found: "Interval | None") -> str:
    """How often something happens in 30 days, with its interval."""
    if found is None:
        return f"{UNKNOWN} per 30 days"
    return f"{_short(found.value)} per 30 days (95 % interval {_short(found.low)} … {_short(found.high)})"


def value(found: float) -> str:
    """What a metric measured, with four significant digits: `0.9512`, `12,340`."""
    return f"{found:,.0f}" if abs(found) >= _WHOLE_VALUES_FROM else f"{found:.4g}"


def pace(found: float) -> str:
    """How many in a time, whole from ten on and with its thousands apart: `3,511`, `0.25`."""
    return f"{found:,.0f}" if found >= _WHOLE_PACE_FROM else f"{found:.2g}"


def k_of_n(found: "Proportion") -> str:
    """`12 of 18`."""
    return f"{found.k:,} of {found.n:,}"


def proportion(found: "Proportion | None") -> str:
    """A share of a count, as `part`, with its interval, which is rounded outwards: `67 % (43 … 84 %)`."""
    if found is None:
        return UNKNOWN
    low, high = floor(found.low * _PERCENT), ceil(round(found.high * _PERCENT, _MOST_DIGITS))
    return f"{part(Fraction(found.k, found.n))} ({low} … {high} %)"


def age(then: datetime | None, now: datetime) -> str:
    """How long ago `then` was, in whole minutes, rounded up: never fresher than it is."""
    return UNKNOWN if then is None else readable_age(now - then)


def moment(at: datetime, zone: ZoneInfo, now: datetime | None = None) -> str:
    """A time near now, with the name of its zone: `24 Nov 05:40 UTC`.

    With `now`, a time of another year has its year: `2 Jan 2027 05:40 UTC`.
    """
    return f"{_clock(at, zone, now)} {at.astimezone(zone):%Z}"


def day_moment(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """A time to come with its weekday, as `moment` tells it: `Tue 24 Nov 05:40 UTC`."""
    return f"{at.astimezone(zone):%a} {moment(at, zone, now)}"


def stretch(start: datetime, end: datetime, zone: ZoneInfo, now: datetime | None = None) -> str:
    """From one time to another: `20 Nov 14:02 → 14:31 UTC`; the day is said again only when it is another.

    With `now`, a time of another year has its year.
    """
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.utcoffset() != last.utcoffset():
        return f"{moment(start, zone, now)} → {moment(end, zone, now)}"
    until = f"{last:%H:%M}" if first.date() == last.date() else _clock(end, zone, now)
    return f"{_clock(start, zone, now)} → {until} {last:%Z}"


def _clock(at: datetime, zone: ZoneInfo, now: datetime | None) -> str:
    local = at.astimezone(zone)
    year = "" if now is None or now.astimezone(zone).year == local.year else f" {local.year}"
    return f"{local.day} {local:%b}{year} {local:%H:%M}"


def day(found: date) -> str:
    """A day near now: `Mon 23 Nov`."""
    return f"{found:%a} {found.day} {found:%b}"


def hours(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """From one time of a day to another: `09:00–16:00`; a midnight at the end is 24:00."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    until = "24:00" if last.date() > first.date() and not (last.hour or last.minute) else f"{last:%H:%M}"
    return f"{first:%H:%M}–{until}"


def full_moment(at: datetime, zone: ZoneInfo) -> str:
    """A time with its weekday, year and zone: `Mon 23 Nov 2026, 00:00 UTC`."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M} {local:%Z}"


def amount(count: int, singular: str, plural: str | None = None) -> str:
    """A count with its noun: `1 service`, `3 services`."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def _grain(span: timedelta) -> timedelta:
    """What a duration is rounded to: seconds below ten minutes, then minutes, and hours from a day on."""
    if span >= _DAY:
        return _HOUR
    return _MINUTE if span >= _MINUTES_FROM else _SECOND


def rate_target(value: Fraction) -> str:
    """A target of how often something happens, exactly as it was set."""
    return _plain(value)


def _short(value: float) -> str:
    """A rate with two significant digits below ten, and whole from there."""
    if value >= _WHOLE_RATES_FROM or not value:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _signed(value: Fraction, digits: int) -> str:
    sign = "−" if value < 0 else ""
    return f"{sign}{abs(_decimal(value)):,.{digits}f}"


def _plain(value: Fraction) -> str:
    text = f"{_decimal(value):,.{_MOST_DIGITS}f}"
    return text.rstrip("0").rstrip(".")


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
