"""Freezes from an iCalendar file (RFC 5545), as Google Calendar, Outlook and the like export it.

An event is a freeze: SUMMARY is its reason, CATEGORIES such as `service:api` and `environment:production`
are what it covers; without any it covers everything. Other categories mean nothing here. All-day events are
days of the policy's zone. A cancelled event, or a cancelled occurrence of one, is no freeze.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar

from dashboard.domain.freezes import RECORDED_PREFIX, Freeze, FreezeOrigin
from dashboard.domain.refusal import RefusedChangeError, named, written
from dashboard.errors import ConfigurationError
from dashboard.sources.ics_events import each, events_of, first_line, in_zone
from dashboard.sources.ics_rules import require_coming

_DAY = timedelta(days=1)
#: Days that the rules of a file may be followed over, together, each from its beginning to the end asked for.
_MOST_DAYS = 500_000
#: Occurrences that the span asked for may hold, at one a day.
_MOST_FREEZES = 10_000
#: What a category begins with, and the field that the rest is a name of.
_COVERS = {"service": "services", "environment": "environments"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """The span asked for, in the policy's zone."""

    start: datetime
    end: datetime
    zone: ZoneInfo


def freezes_of_ics(path: Path, zone: ZoneInfo, start: datetime, end: datetime) -> tuple[Freeze, ...]:
    """The freezes of the file at `path` that hold at some time between `start` and `end`, and a day around.

    Raises:
        ConfigurationError: names the file and the line or the event, and what is wrong.
    """
    span = _Span(start=start.astimezone(zone), end=end.astimezone(zone), zone=zone)
    try:
        grouped = events_of(path.read_bytes().decode("utf-8-sig"), zone)
        _require_bounded(grouped, span)
        return tuple(
            freeze for uid, group in grouped.items() for freeze in _freezes(uid, group, span, path.name)
        )
    except ValueError as error:
        raise ConfigurationError(f"{path}: {' '.join(str(error).split())}") from error
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error


def _require_bounded(grouped: Mapping[str, Sequence[Any]], span: _Span) -> None:
    """Refuse what would be expanded for long, before any of it is."""
    days = freezes = 0
    for uid, group in grouped.items():
        for event in group:
            rules, start = len(each(event.get("RRULE"))), in_zone(event["DTSTART"].dt, span.zone)
            days += rules * max(0, (span.end - start).days)
            freezes += rules * ((span.end - span.start).days + _length(event).days + 1)
            if days > _MOST_DAYS or freezes > _MOST_FREEZES:
                raise ValueError(f"event {uid[:80]}: found rules that recur too often, expected fewer")


def _length(event: Any) -> timedelta:
    if event.get("DURATION") is not None:
        found: timedelta = event["DURATION"].dt
        return found
    if event.get("DTEND") is None:
        return _DAY
    return in_zone(event["DTEND"].dt, UTC) - in_zone(event["DTSTART"].dt, UTC)


def _freezes(uid: str, group: Sequence[Any], span: _Span, file: str) -> Iterator[Freeze]:
    """The freezes of one event and its occurrences."""
    recurs = any(name in event for event in group for name in ("RRULE", "RDATE", "RECURRENCE-ID"))
    seen: set[str] = set()
    try:
        for occurrence in _occurrences(group, span):
            if str(occurrence.get("STATUS", "")).upper() == "CANCELLED":
                continue
            name = _id(uid, occurrence["RECURRENCE-ID"].dt if recurs else None, span.zone, seen)
            seen.add(name)
            yield _freeze(name, occurrence, span.zone, file)
    except (ValueError, RefusedChangeError) as error:
        raise ValueError(f"event {uid[:80]}: {error}") from error


def _occurrences(group: Sequence[Any], span: _Span) -> list[Any]:
    calendar = Calendar()
    for event in group:
        _follow_rules(event, span)
        calendar.add_component(event)
    try:
        # A day more on both sides, as days and times without a zone are compared by the clock on the wall.
        return list(recurring_ical_events.of(calendar).between(span.start - _DAY, span.end + _DAY))
    except Exception as error:  # it fails in many ways on rules that contradict themselves
        raise ValueError(f"found occurrences that cannot be told: {first_line(error)}") from error


def _follow_rules(event: Any, span: _Span) -> None:
    """Let no rule go on for long after the span."""
    start = event["DTSTART"].dt
    last = span.end + 2 * _DAY
    until: date = last.astimezone(UTC)
    if not isinstance(start, datetime):
        until = last.date()
    elif start.tzinfo is None:
        until = last.replace(tzinfo=None)
    for rule in each(event.get("RRULE")):
        given = rule.get("UNTIL", [])
        if not given or all(in_zone(item, UTC) > in_zone(until, UTC) for item in given):
            rule["UNTIL"] = [until]
        require_coming(rule, _on_the_wall(start).date(), last.date())


def _id(uid: str, recurrence: date | None, zone: ZoneInfo, seen: set[str]) -> str:
    """The UID, and of what recurs the start that the occurrence was meant to have, in UTC, or its day."""
    name = uid
    if isinstance(recurrence, datetime):
        name = f"{uid}/{in_zone(recurrence, zone).astimezone(UTC):%Y%m%dT%H%M%SZ}"
    elif recurrence is not None:
        name = f"{uid}/{recurrence:%Y%m%d}"
    if name in seen:
        raise ValueError(f"found two occurrences {name}, expected one")
    if name.startswith(RECORDED_PREFIX):
        raise ValueError(f"UID: found {RECORDED_PREFIX} before it, expected that of recorded freezes only")
    return named("UID", name)


def _freeze(name: str, occurrence: Any, zone: ZoneInfo, file: str) -> Freeze:
    written_start, written_end = occurrence["DTSTART"].dt, occurrence["DTEND"].dt
    start = in_zone(written_start, zone).astimezone(UTC)
    end = in_zone(written_end, zone).astimezone(UTC)
    if end <= start:
        # Of an hour that the clocks skip nothing is left: it lasts as long as it was meant to.
        end = start + (_on_the_wall(written_end) - _on_the_wall(written_start))
    if end <= start:
        raise ValueError("DTEND: found a time that is not after DTSTART, expected a later one")
    covered = _covered(occurrence)
    return Freeze(
        id=name,
        start=start,
        end=end,
        reason=written("SUMMARY", str(occurrence.get("SUMMARY", ""))),
        services=tuple(named("CATEGORIES", item) for item in covered["services"]),
        environments=tuple(named("CATEGORIES", item) for item in covered["environments"]),
        added_by=file,
        origin=FreezeOrigin.CALENDAR,
    )


def _on_the_wall(found: date) -> datetime:
    return in_zone(found, UTC).replace(tzinfo=None)


def _covered(event: Any) -> dict[str, list[str]]:
    covered: dict[str, list[str]] = {field: [] for field in _COVERS.values()}
    for group in each(event.get("CATEGORIES")):
        for category in group.cats:
            kind, colon, name = str(category).partition(":")
            field = _COVERS.get(kind.strip().lower())
            if colon and field and name.strip() not in covered[field]:
                covered[field].append(name.strip())
    return covered
