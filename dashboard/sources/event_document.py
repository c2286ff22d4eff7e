"""The JSON that others send, read field by field; what is wrong is named by its path in the document."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_LONGEST_NAME = 500
_LONGEST_TEXT = 2000
_LARGEST_NUMBER = 2**63
_SHOWN = 80
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d{1,30})?)?\s?(?P<offset>[Zz]|[+-]\d\d(:?\d\d)?)?", re.ASCII
)
_EXPECTED_TIME = "an ISO-8601 time with an offset such as 2026-11-23T09:00:00Z"


class IgnoredEventError(Exception):
    """An event that is well made and tells nothing of a deployment or an incident."""


class MalformedEventError(Exception):
    """An event that cannot be read: which `field`, what was `found` there and what is `expected`."""

    def __init__(self, field: str, found: str, expected: str) -> None:
        super().__init__(f"{field}: found {found}, expected {expected}")
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An object of a document. `where` is its path there, empty for the document itself.

    A field that is null, or text without a letter in it, counts as one that is not there.
    """

    where: str
    values: Mapping[str, Any]

    def path(self, name: str) -> str:
        """The path of the field `name`."""
        return f"{self.where}.{name}" if self.where else name

    def has(self, name: str) -> bool:
        """Whether there is a value."""
        return self.values.get(name) is not None

    def part(self, name: str) -> "Part":
        """The object at `name`."""
        return part_of(self.path(name), self.values.get(name))

    def part_or_empty(self, name: str) -> "Part":
        """The object at `name`; an empty one when there is none."""
        return self.part(name) if self.has(name) else Part(where=self.path(name), values={})

    def parts(self, name: str) -> tuple["Part", ...]:
        """The objects of the list at `name`, of which there is at least one."""
        found = tuple(part_of(where, value) for where, value in self.items(name))
        if not found:
            raise self.wrong(name, "at least one object")
        return found

    def items(self, name: str) -> Iterator[tuple[str, Any]]:
        """The entries of the list at `name`, with their paths; none when there is no list."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, list):
            raise self.wrong(name, "a list")
        for index, item in enumerate(value or ()):
            yield f"{self.path(name)}[{index}]", item

    def name(self, name: str) -> str | None:
        """What something is called; a whole number counts as its digits."""
        value = _plain(self.values.get(name))
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.wrong(name, "text")
        if len(value) > _LONGEST_NAME:
            raise MalformedEventError(
                self.path(name), f"{len(value):,} characters", f"at most {_LONGEST_NAME}"
            )
        return value

    def needed(self, name: str) -> str:
        """As `name`; it must be there."""
        value = self.name(name)
        if value is None:
            raise self.wrong(name, "text")
        return value

    def word(self, name: str) -> str | None:
        """As `name`, in an object that people fill as they like: what is not a name is not there."""
        value = _plain(self.values.get(name))
        return value if isinstance(value, str) and len(value) <= _LONGEST_NAME else None

    def text(self, name: str) -> str | None:
        """Prose for people, cut where it is too long to be read."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            raise self.wrong(name, "text")
        return value.strip()[:_LONGEST_TEXT].rstrip() or None if value else None

    def url(self, name: str) -> str | None:
        """An address to follow; what a browser should not follow is not there."""
        value = self.values.get(name)
        usable = (
            isinstance(value, str)
            and len(value) <= _LONGEST_TEXT
            and value.startswith(("https://", "http://"))
        )
        return value if usable else None

    def moment(self, name: str, zone: ZoneInfo | None) -> datetime | None:
        """A time, in UTC; `zone` is that of times without an offset, which are wrong without it."""
        return moment(self.path(name), self.values[name], zone) if self.has(name) else None

    def needed_moment(self, name: str, zone: ZoneInfo | None) -> datetime:
        """As `moment`; it must be there."""
        return moment(self.path(name), self.values.get(name), zone)

    def wrong(self, name: str, expected: str) -> MalformedEventError:
        """The error that the field `name` is not what is `expected`."""
        return MalformedEventError(self.path(name), shown(self.values.get(name)), expected)


def part_of(where: str, value: object) -> Part:
    """`value` as an object.

    Raises:
        MalformedEventError: it is none.
    """
    if not isinstance(value, dict):
        raise MalformedEventError(where or "the document", shown(value), "an object")
    return Part(where=where, values=value)


def moment(where: str, value: object, zone: ZoneInfo | None) -> datetime:
    """A time of a document, in UTC: ISO 8601 with any number of decimals, or seconds since 1970.

    Raises:
        MalformedEventError: it is none, has no offset where it needs one, or is not of these centuries.
    """
    found = _since_1970(value) if isinstance(value, int | float) else _written(where, value, zone)
    if found is None:
        raise MalformedEventError(where, shown(value), _EXPECTED_TIME)
    if not _EARLIEST <= found < _LATEST:
        raise MalformedEventError(where, shown(value), "a time between the years 2000 and 2200")
    return found


def shown(value: object) -> str:
    """What was found, in few words."""
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and abs(value) >= _LARGEST_NUMBER:
        return "a very large number"
    return repr(value[:_SHOWN] if isinstance(value, str) else value)


def _plain(value: object) -> object:
    """A name without the blanks around it, a whole number as its digits, None where nothing is left."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST_NUMBER:
        return str(value)
    return value.strip() or None if isinstance(value, str) else value


def _since_1970(value: float) -> datetime | None:
    if isinstance(value, bool) or abs(value) >= _LARGEST_NUMBER or not math.isfinite(value):
        return None
    try:
        return _EPOCH + timedelta(seconds=value)
    except OverflowError:
        return None


def _written(where: str, value: object, zone: ZoneInfo | None) -> datetime | None:
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    if match["offset"] is None and zone is None:
        raise MalformedEventError(where, f"{shown(value)}, a time without an offset", _EXPECTED_TIME)
    try:
        found = datetime.fromisoformat(
            match[0].upper().replace(" +", "+").replace(" -", "-").replace(" Z", "Z")
        )
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
