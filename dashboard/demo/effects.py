"""What the demo's indicators see of an incident or a deployment, and how both are placed in time."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from dashboard.config.fields import Duration, StrictModel, choice, duration, exact
from dashboard.config.yaml_document import Fault, parts
from dashboard.domain.durations import format_duration

#: How far back the demo's history reaches ...
HISTORY = timedelta(days=90)
#: ... and how much further its counts do, all of them quiet: a budget is known where its window is measured.
RUN_UP = timedelta(days=30)

_DAY = timedelta(days=1)
_FRIDAY = 4
_SATURDAY = 5
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_Path = tuple[str | int, ...]


class EffectKind(StrEnum):
    """What an indicator sees."""

    FAILING = "failing"
    SLOW = "slow"
    UNMEASURED = "unmeasured"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoEffect:
    """From `start` to `end`, `share` (0 … 1) of the events of each of `services` are as `kind` says.

    `end` is the end of the demo's history while the effect still goes on.
    """

    services: tuple[str, ...]
    kind: EffectKind
    share: float
    start: datetime
    end: datetime


def _clock(value: Any) -> time:
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f'found {value!r}, expected a time of day in quotes such as "09:30"')
    return time(int(match[1]), int(match[2]))


def _share(value: Any) -> float:
    share = exact(value)
    if not 0 < share <= 1:
        raise ValueError(f"found {value}, expected a share above 0 and up to 1")
    return float(share)


def _before(value: Any) -> timedelta:
    before = duration(value)
    if before > HISTORY:
        raise ValueError(f"found {value!r}, expected at most {format_duration(HISTORY)}: the demo's history")
    return before


class StartField(StrictModel):
    """When something of a file begins: `before` the end of the history, moved back to what the rest asks."""

    before: Annotated[timedelta, BeforeValidator(_before)]
    at: Annotated[time | None, BeforeValidator(_clock)] = None
    workday: bool = False
    weekend: bool = False


class EffectField(StrictModel):
    """An effect of a file; its times count from the start of what has it."""

    services: Annotated[list[str], Field(min_length=1)]
    effect: Annotated[EffectKind, choice(EffectKind)]
    share: Annotated[float, BeforeValidator(_share)] = 1.0
    after: Duration = timedelta(0)
    lasts: Annotated[Duration | None, Field(alias="for")] = None


def begins_at(start: StartField, end: datetime) -> datetime:
    """The instant that `start` means in a history that ends at `end`."""
    latest = end.astimezone(UTC) - start.before
    if start.at is not None:
        moved = datetime.combine(latest.date(), start.at, tzinfo=UTC)
        latest = moved if moved <= latest else moved - _DAY
    if start.workday and latest.weekday() >= _FRIDAY:
        latest -= (latest.weekday() - _FRIDAY + 1) * _DAY
    if start.weekend and latest.weekday() < _SATURDAY:
        latest -= (latest.weekday() + 1) * _DAY
    return latest


def placed(effects: Iterable[EffectField], start: datetime, end: datetime) -> tuple[DemoEffect, ...]:
    """`effects` of something that begins at `start`, in a history that ends at `end`."""
    return tuple(
        DemoEffect(
            services=tuple(effect.services),
            kind=effect.effect,
            share=effect.share,
            start=min(start + effect.after, end),
            end=end if effect.lasts is None else min(start + effect.after + effect.lasts, end),
        )
        for effect in effects
    )


def start_faults(entry: dict[str, Any], where: _Path) -> Iterator[Fault]:
    """The faults of the start of `entry` that no single field has."""
    start = parts(entry, "start")
    if start.get("workday") is True and start.get("weekend") is True:
        message = "found both a workday and a weekend, expected one of them"
        yield Fault(where=(*where, "start", "weekend"), message=message)


def effect_faults(entry: dict[str, Any], where: _Path) -> Iterator[Fault]:
    """The faults of the effects of `entry` that no single field has: shares that are missing or too many."""
    effects = entry.get("effects")
    for position, effect in enumerate(effects if isinstance(effects, list) else ()):
        written = parts(effect)
        at = (*where, "effects", position, "share")
        measured = written.get("effect") != EffectKind.UNMEASURED
        if measured and "share" not in written:
            yield Fault(where=at, message="found nothing, expected the share of events that it hits")
        if not measured and "share" in written:
            message = "found the share of an unmeasured span, expected none: nothing of it is counted"
            yield Fault(where=at, message=message)
