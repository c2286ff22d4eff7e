"""The days to come as a calendar: when the deployment window is open and when a freeze stands."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dashboard.domain.deployment_window import Span, open_spans, without
from dashboard.domain.freezes import Freeze
from dashboard.domain.gate_rules import WindowRule
from dashboard.domain.slo import ServiceTier

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """One local day: when a release may go (`open`), and when a freeze would hold it back (`frozen`).

    `start` and `end` are its midnights; where clocks change it is not 24 hours long.
    """

    day: date
    start: datetime
    end: datetime
    open: tuple[Span, ...]
    frozen: tuple[tuple[Span, Freeze], ...]


def calendar_days(  # noqa: PLR0913 - one argument per fact
    rules: Sequence[WindowRule] | None,
    tier: ServiceTier,
    zone: ZoneInfo,
    freezes: Sequence[Freeze],
    now: datetime,
    *,
    days: int,
) -> tuple[CalendarDay, ...]:
    """The `days` from today on in `zone`; `rules` None is a release that waits for no window."""
    first = now.astimezone(zone).date()
    closed = [Span(start=freeze.start, end=freeze.end) for freeze in freezes]
    found = []
    for day in (first + _DAY * number for number in range(days)):
        whole = Span(start=_midnight(day, zone), end=_midnight(day + _DAY, zone))
        spans = (whole,) if rules is None else open_spans(rules, tier, zone, whole)
        found.append(
            CalendarDay(
                day=day,
                start=whole.start,
                end=whole.end,
                open=without(spans, closed),
                frozen=tuple(_frozen(freezes, whole)),
            )
        )
    return tuple(found)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def _frozen(freezes: Iterable[Freeze], day: Span) -> Iterator[tuple[Span, Freeze]]:
    for freeze in freezes:
        start, end = max(freeze.start, day.start), min(freeze.end, day.end)
        if start < end:
            yield Span(start=start, end=end), freeze
