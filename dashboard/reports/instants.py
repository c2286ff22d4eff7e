"""The instant that reports and decisions are made for: the one asked for, where the demo stands, or now."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from dashboard.errors import StoreError
from dashboard.reports.freshness import reading_time


def wall_clock() -> datetime:
    """The time now."""
    return datetime.now(UTC)


def reading_instant(store: Path, asked: datetime | None) -> datetime:
    """The instant that `store` is read for: the one `asked` for, else the end of a demo's history, else now.

    Raises:
        StoreError: nobody asked for an instant, and the store is missing or cannot be read.
    """
    return asked or reading_time(store, wall_clock())


def reading_instant_or_now(store: Path, asked: datetime | None) -> datetime:
    """As `reading_instant`; now where there is no store yet, for there is something to tell without one."""
    return deciding_clock(store, asked)[0]


def deciding_clock(store: Path, asked: datetime | None) -> tuple[datetime, Callable[[], datetime] | None]:
    """The instant to decide for, and the clock to ask again once the decision log is locked.

    There is no such clock where the instant does not move: one was `asked` for, or the demo's stands still.
    """
    if asked is not None:
        return asked, None
    now = wall_clock()
    try:
        read_at = reading_time(store, now)
    except StoreError:
        return now, wall_clock  # there is no store yet
    return read_at, wall_clock if read_at == now else None
