"""Calendar files, made of a few lines, and what is read from them."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dashboard.domain.freezes import Freeze
from dashboard.errors import ConfigurationError
from dashboard.sources.freeze_calendar import CalendarRules, read_freezes

BERLIN = ZoneInfo("Europe/Berlin")
RULES = CalendarRules(zone=BERLIN, services=("api", "copilot"), environments=("production", "staging"))
YEAR = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # a few whole numbers


def calendar(*events: str, before: str = "") -> str:
    """An iCalendar file with `events`, each the lines between BEGIN and END."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *before.split("\n")]
    for event in events:
        lines += ["BEGIN:VEVENT", *event.split("\n"), "END:VEVENT"]
    return "\r\n".join([line for line in lines if line] + ["END:VCALENDAR", ""])


def event(*lines: str, uid: str = "u", summary: str = "Sale") -> str:
    return "\n".join([f"UID:{uid}", f"SUMMARY:{summary}", *lines])


#: One hour on the 1st of March.
HOUR = ("DTSTART:20260301T090000Z", "DTEND:20260301T100000Z")


def read(
    tmp_path: Path,
    text: str | bytes,
    *,
    name: str = "freezes.ics",
    rules: CalendarRules = RULES,
    span: tuple[datetime, datetime] = YEAR,
) -> tuple[Freeze, ...]:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_freezes(path, rules, start=span[0], end=span[1])


def refused(tmp_path: Path, text: str | bytes, *, name: str = "freezes.ics") -> str:
    """What is told of a file that cannot be taken, which is one line that names the file."""
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, text, name=name)
    told = str(caught.value)
    assert told.startswith(str(tmp_path / name))
    assert len(told.splitlines()) == 1
    return told.removeprefix(str(tmp_path / name))


def times(freezes: tuple[Freeze, ...]) -> list[tuple[datetime, datetime]]:
    return [(freeze.start, freeze.end) for freeze in freezes]
