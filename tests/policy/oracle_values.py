"""What the oracle makes of single JSON values: what is of another type than it should be meets nothing."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import Any

Json = Any
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z", re.ASCII)
_TIME = re.compile(r"(\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?", re.ASCII)
#: More than this nobody counted.
_MOST = 1_000_000_000


def entry(known: Mapping[str, Any], name: Json) -> Any:
    """What is known under `name`."""
    return known.get(name) if isinstance(name, str) else None


def passed(result: Json) -> bool:
    """Whether a check of a pipeline passed."""
    return result is True or result == "pass"


def number(value: Json, meets: Callable[[float], bool]) -> bool:
    """Whether `value` is a number that meets its limit."""
    return isinstance(value, int | float) and not isinstance(value, bool) and meets(value)


def rate(value: Json, meets: Callable[[float], bool]) -> bool:
    """Whether `value` is a number from zero on that meets its limit."""
    return number(value, lambda told: told >= 0 and meets(told))


def count(value: Json, meets: Callable[[float], bool]) -> bool:
    """Whether `value` is a whole number from zero on that meets its limit."""
    return rate(value, lambda told: told % 1 == 0 and told <= _MOST and meets(told))


def below(limit: float) -> Callable[[float], bool]:
    """The question whether a number is below `limit`."""
    return lambda told: told < limit


def filled(value: Json) -> bool:
    """Whether `value` is a text with something in it."""
    return isinstance(value, str) and bool(value.strip(" \t\r\n"))


def objects(value: Json) -> list[dict[str, Json]]:
    """The objects of a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def role_key(name: str) -> str:
    """What two ways to write a role have in common."""
    return name.lower().replace(" ", "-") if name.isascii() and name.isprintable() else name


def moment(value: Json) -> datetime | None:
    """An ISO 8601 time in UTC."""
    told = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if told is None:
        return None
    try:
        return datetime.fromisoformat(f"{told[1]}.{(told[2] or ''):0<6}+00:00")
    except ValueError:
        return None


def time_of_day(value: Json) -> time | None:
    """A local time with seconds."""
    told = _TIME.fullmatch(value) if isinstance(value, str) else None
    if told is None:
        return None
    try:
        return time.fromisoformat(f"{told[1]}.{(told[2] or ''):0<6}")
    except ValueError:
        return None
