"""Deployment freezes: added, ended early, active from their start up to, not including, their end."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from dashboard.domain.access import Person, same_person
from dashboard.domain.refusal import conflict, forbidden, invalid, named, require_after, unknown, written

#: The ids of recorded freezes begin so; a calendar's must not.
RECORDED_PREFIX = "FRZ-"


class FreezeOrigin(StrEnum):
    """Where a freeze was written down: by a person in the store, or in the calendar file."""

    RECORDED = "recorded"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """A time in which `services` are not released to `environments`; empty means all of them.

    `ended_by` ended it before the end that it was added with; `end` is then that moment (its start, when it
    had not begun). Nobody knows when a calendar's was added.
    """

    id: str
    start: datetime
    end: datetime
    reason: str
    services: tuple[str, ...]
    environments: tuple[str, ...]
    added_by: str
    origin: FreezeOrigin
    added_at: datetime | None = None
    ended_by: str | None = None

    def covers(self, service: str, environment: str) -> bool:
        """Whether a release of `service` to `environment` has to wait for its end."""
        return (not self.services or service in self.services) and (
            not self.environments or environment in self.environments
        )

    def is_active(self, now: datetime) -> bool:
        """Whether it holds at `now`: half-open, so at its end it is over."""
        return self.start <= now < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeAdded:
    """Somebody added a freeze."""

    id: str
    at: datetime
    by: str
    start: datetime
    end: datetime
    reason: str
    services: tuple[str, ...]
    environments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeEnded:
    """Somebody ended a freeze at `at`, before its end."""

    id: str
    at: datetime
    by: str
    reason: str


FreezeEvent = FreezeAdded | FreezeEnded


def freezes_of(events: Iterable[FreezeEvent]) -> tuple[Freeze, ...]:
    """The freezes that `events`, in the order in which they were recorded, tell of.

    Raises:
        RefusedChangeError: they contradict each other, which what was decided here never does.
    """
    found: dict[str, Freeze] = {}
    for event in events:
        if isinstance(event, FreezeAdded):
            if event.id in found:
                raise conflict(f"found the freeze {event.id} added twice, expected each id once")
            found[event.id] = Freeze(
                id=event.id,
                start=event.start,
                end=event.end,
                reason=event.reason,
                services=event.services,
                environments=event.environments,
                added_by=event.by,
                added_at=event.at,
                origin=FreezeOrigin.RECORDED,
            )
        else:
            freeze = _unended(found, event.id, event.at)
            found[event.id] = replace(freeze, end=max(freeze.start, event.at), ended_by=event.by)
    return tuple(found.values())


def freezes_active(freezes: Iterable[Freeze], now: datetime) -> tuple[Freeze, ...]:
    """Those of `freezes` that hold at `now`, the first to end first."""
    return tuple(
        sorted((freeze for freeze in freezes if freeze.is_active(now)), key=lambda freeze: freeze.end)
    )


def add_freeze(  # noqa: PLR0913 - one argument per thing that a freeze says
    *,
    name: str,
    person: Person,
    now: datetime,
    start: datetime,
    end: datetime,
    reason: str,
    services: Iterable[str] = (),
    environments: Iterable[str] = (),
) -> FreezeAdded:
    """The event that `person` added the freeze `name`. Anybody who is known may: it only ever holds back.

    Raises:
        RefusedChangeError: its end is not after its start, or has passed; it has no reason; a name is none.
    """
    if end <= start:
        raise invalid("end", f"found {end.isoformat()}, expected a time after the start {start.isoformat()}")
    if end <= now:
        raise invalid("end", f"found {end.isoformat()}, expected a time to come: it is {now.isoformat()}")
    return FreezeAdded(
        id=name,
        at=now,
        by=person.name,
        start=start,
        end=end,
        reason=written("reason", reason),
        services=tuple(dict.fromkeys(named("services", service) for service in services)),
        environments=tuple(dict.fromkeys(named("environments", item) for item in environments)),
    )


def end_freeze(  # noqa: PLR0913 - one argument per thing that it depends on
    freezes: Iterable[Freeze],
    name: str,
    *,
    person: Person,
    now: datetime,
    reason: str,
    may_end: Iterable[str],
) -> FreezeEnded:
    """The event that `person` ended the freeze `name` at `now`.

    Who added it may, and who holds one of the roles `may_end`: those that approve an exception from a freeze.
    Anybody else could lift for all what they may not lift for one release.

    Raises:
        RefusedChangeError: it is unknown or over, or `person` may not end it.
    """
    freeze = _unended({freeze.id: freeze for freeze in freezes}, name, now)
    roles = tuple(may_end)
    if freeze.origin is FreezeOrigin.CALENDAR:
        raise conflict(f"found the freeze {name} in the calendar, expected it to be ended there")
    if not same_person(person.name, freeze.added_by) and not person.held_of(roles):
        raise forbidden(
            f"found {person.name}, expected {freeze.added_by}, who added the freeze {name},"
            f" or one of {', '.join(roles)}"
        )
    require_after(now, freeze.added_at, "freeze", name)
    return FreezeEnded(id=name, at=now, by=person.name, reason=written("reason", reason))


def _unended(freezes: Mapping[str, Freeze], name: str, now: datetime) -> Freeze:
    freeze = freezes.get(name)
    if freeze is None:
        raise unknown("freeze", name)
    if freeze.ended_by is not None or freeze.end <= now:
        raise conflict(f"found the freeze {name} over since {freeze.end.isoformat()}, expected one to come")
    return freeze
