"""Counts of good and total events, kept so that sums are exact."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

#: The grid on which counts are kept (DESIGN, Decisions 2).
BUCKET = timedelta(minutes=5)
BUCKET_SECONDS = 300

#: Counts are whole ten-thousandths of an event. Prometheus extrapolates, so a count is rarely whole;
#: fixed point keeps every sum exact and every split and merge of a window equal to the whole.
UNITS_PER_EVENT = 10_000

#: The largest count that one bucket may claim: 33 million events a second. Most of a year of such buckets
#: still fits a 64-bit running total, and no real service comes near it.
MAXIMUM_COUNT = 1e10


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCounts:
    """Good and total events of a span of time.

    `good` and `total` are in units of 1 ÷ `UNITS_PER_EVENT` event; `buckets` is how many
    5-minute buckets of the span were measured.
    """

    good: int
    total: int
    buckets: int

    @property
    def bad(self) -> int:
        """Events that were not good, in the same units."""
        return self.total - self.good

    def __add__(self, other: "EventCounts") -> "EventCounts":
        return EventCounts(
            good=self.good + other.good,
            total=self.total + other.total,
            buckets=self.buckets + other.buckets,
        )

    def __sub__(self, other: "EventCounts") -> "EventCounts":
        return EventCounts(
            good=self.good - other.good,
            total=self.total - other.total,
            buckets=self.buckets - other.buckets,
        )


NO_EVENTS = EventCounts(good=0, total=0, buckets=0)


def to_units(events: float) -> int:
    """`events` in whole units, the nearest one."""
    return round(events * UNITS_PER_EVENT)


def to_events(units: int) -> int | float:
    """`units` as events: an int when whole, else the nearest float."""
    events, rest = divmod(units, UNITS_PER_EVENT)
    return units / UNITS_PER_EVENT if rest else events


def floor_to_bucket(moment: datetime) -> datetime:
    """The start of the bucket that holds `moment`, which is also the end of the last complete one."""
    seconds = int(moment.timestamp())
    return datetime.fromtimestamp(seconds - seconds % BUCKET_SECONDS, tz=UTC)
