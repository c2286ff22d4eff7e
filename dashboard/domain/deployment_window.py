"""The deployment window: when production may be deployed to, in the policy's zone, whatever its clocks do.

An instant is inside when its local weekday and time of day are inside a rule; the end is not (FRAMEWORK,
Release gates). So an hour that a clock change repeats is inside twice, and one that it skips never.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from dashboard.domain.gate_rules import Weekday, WindowRule
from dashboard.domain.slo import ServiceTier

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_WEEKDAYS = tuple(Weekday)
#: A window opens within a week, but a freeze may last for months.
_SEARCHED = timedelta(days=400)
_SEARCHED_AT_ONCE = timedelta(days=16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From `start` up to, not including, `end`."""

    start: datetime
    end: datetime


def local_clock(at: datetime, zone: ZoneInfo) -> dict[str, str]:
    """The weekday and the time of day of `at` in `zone`, as the policy of the gate compares them."""
    local = at.astimezone(zone)
    return {
        "weekday": _WEEKDAYS[local.weekday()].value,
        "time": local.time().isoformat(timespec="microseconds"),
    }


def is_open(rules: Iterable[WindowRule], tier: ServiceTier, at: datetime, zone: ZoneInfo) -> bool:
    """Whether services of `tier` may be deployed at `at`."""
    local = at.astimezone(zone)
    day, clock = _WEEKDAYS[local.weekday()], local.time()
    return any(
        tier in rule.service_tiers
        and day in rule.days
        and rule.start <= clock
        and (rule.end is None or clock < rule.end)
        for rule in rules
    )


def open_spans(
    rules: Sequence[WindowRule], tier: ServiceTier, zone: ZoneInfo, within: Span
) -> tuple[Span, ...]:
    """When services of `tier` may be deployed in `within`, in order, none touching the next."""
    edges = sorted({within.start, within.end, *_edges(rules, zone, within)})
    spans: list[Span] = []
    for start, end in pairwise(edges):
        if not is_open(rules, tier, start, zone):
            continue
        if spans and spans[-1].end == start:
            start = spans.pop().start  # noqa: PLW2901 - one span with the one before
        spans.append(Span(start=start, end=end))
    return tuple(spans)


def without(spans: Iterable[Span], closed: Iterable[Span]) -> tuple[Span, ...]:
    """What is left of `spans` where nothing of `closed` lies."""
    left = list(spans)
    for gap in closed:
        left = [piece for span in left for piece in _cut(span, gap)]
    return tuple(left)


def next_opening(
    rules: Sequence[WindowRule],
    tier: ServiceTier,
    zone: ZoneInfo,
    closed: Sequence[Span],
    now: datetime,
) -> datetime | None:
    """The first instant from `now` on that is inside the window and outside all of `closed`.

    None when there is none within the next 400 days.
    """
    start = now
    while start < now + _SEARCHED:
        found = without(
            open_spans(rules, tier, zone, Span(start=start, end=start + _SEARCHED_AT_ONCE)), closed
        )
        if found:
            return found[0].start
        start += _SEARCHED_AT_ONCE
    return None


def _cut(span: Span, gap: Span) -> Iterator[Span]:
    if gap.end <= span.start or gap.start >= span.end:
        yield span
        return
    if span.start < gap.start:
        yield Span(start=span.start, end=gap.start)
    if gap.end < span.end:
        yield Span(start=gap.end, end=span.end)


def _edges(rules: Sequence[WindowRule], zone: ZoneInfo, within: Span) -> Iterator[datetime]:
    """Every instant at which the answer may change: the rules' times, midnights and clock changes."""
    clocks = {time(), *(rule.start for rule in rules), *(rule.end for rule in rules if rule.end)}
    day, last = within.start.astimezone(zone).date() - _DAY, within.end.astimezone(zone).date() + _DAY
    while day <= last:
        for clock in clocks:
            for fold in (0, 1):
                edge = datetime.combine(day, clock, tzinfo=zone).replace(fold=fold).astimezone(UTC)
                if within.start < edge < within.end:
                    yield edge
        change = _clock_change(day, zone)
        if change is not None and within.start < change < within.end:
            yield change
        day += _DAY


def _clock_change(day: date, zone: ZoneInfo) -> datetime | None:
    """The instant of `day` from which the clocks of `zone` show another offset, to the second."""
    low = datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
    high = datetime.combine(day + _DAY, time(), tzinfo=zone).astimezone(UTC)
    before = low.astimezone(zone).utcoffset()
    if high.astimezone(zone).utcoffset() == before:
        return None
    while high - low > _SECOND:
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
