"""What the body of a request says, field by field; a field that is not known is refused, not passed over."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from dashboard.domain.durations import parse_duration
from dashboard.sources.event_document import MalformedEventError, Part, part_of, shown

_Choice = TypeVar("_Choice", bound=StrEnum)


class Said:
    """The fields of a JSON object; all of them raise `MalformedEventError`, which names the field."""

    def __init__(self, value: object, *known: str) -> None:
        self._part: Part = part_of("", value)
        for name in self._part.values:
            if name not in known:
                expected = f"one of {', '.join(known)}" if known else "an empty object"
                raise MalformedEventError(name[:80], "a field that is not known here", expected)

    def name(self, field: str) -> str:
        """What something is called; it must be there."""
        return self._part.needed(field)

    def name_or_none(self, field: str) -> str | None:
        """What something is called; None where it is not there."""
        return self._part.name(field)

    def names(self, field: str) -> list[str]:
        """A list of names; empty where it is not there."""
        found = []
        for where, item in self._part.items(field):
            if not isinstance(item, str):
                raise MalformedEventError(where, shown(item), "text")
            found.append(item)
        return found

    def text(self, field: str) -> str:
        """What somebody writes, whole; it must be there."""
        value = self._part.values.get(field)
        if not isinstance(value, str):
            raise self._part.wrong(field, "text")
        return value

    def moment(self, field: str) -> datetime | None:
        """A time with an offset, in UTC."""
        return self._part.moment(field, None)

    def needed_moment(self, field: str) -> datetime:
        """As `moment`; it must be there."""
        return self._part.needed_moment(field, None)

    def length(self, field: str) -> timedelta | None:
        """How long something lasts, such as `2h`."""
        value = self.name_or_none(field)
        try:
            return None if value is None else parse_duration(value)
        except ValueError:
            raise self._part.wrong(field, "a duration such as 5m, 1h or 30d") from None

    def choice(self, field: str, of: type[_Choice]) -> _Choice:
        """One of the words of a closed set; it must be there."""
        value = self._part.values.get(field)
        if not isinstance(value, str) or value not in set(of):
            raise self._part.wrong(field, f"one of {', '.join(of)}")
        return of(value)
