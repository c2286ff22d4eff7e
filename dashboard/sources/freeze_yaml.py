"""Freezes from a YAML file: a list of id, start, end, reason, services and environments."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field

from dashboard.config.fields import StrictModel
from dashboard.config.yaml_document import Fault, load_document
from dashboard.domain.freezes import RECORDED_PREFIX, Freeze, FreezeOrigin
from dashboard.domain.refusal import RefusedChangeError, named, written

_YEARS = range(2000, 2200)


def _moment(value: Any) -> datetime:
    """A time or a day, which is its first moment; without an offset it is in the policy's zone."""
    found = value
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            found = None
    elif isinstance(value, date) and not isinstance(value, datetime):
        found = datetime.combine(value, time())
    if not isinstance(found, datetime):
        raise ValueError(f"found {value!r}, expected a time such as 2026-12-24T18:00 or a day")  # noqa: TRY004 - pydantic
    if found.year not in _YEARS:
        raise ValueError(f"found {value}, expected a time between the years 2000 and 2200")
    return found


def _id(value: Any) -> str:
    try:
        found = named("id", value if isinstance(value, str) else "")
    except RefusedChangeError as error:
        raise ValueError(str(error).removeprefix("id: ")) from None
    if found.startswith(RECORDED_PREFIX):
        raise ValueError(
            f"found {found!r}, expected another beginning: {RECORDED_PREFIX} is that of recorded ones"
        )
    return found


def _reason(value: Any) -> str:
    try:
        return written("reason", value if isinstance(value, str) else "")
    except RefusedChangeError as error:
        raise ValueError(str(error).removeprefix("reason: ")) from None


_Moment = Annotated[datetime, BeforeValidator(_moment)]


class _Freeze(StrictModel):
    id: Annotated[str, BeforeValidator(_id)]
    start: _Moment
    end: _Moment
    reason: Annotated[str, BeforeValidator(_reason)]
    services: list[str] = Field(default_factory=list)
    environments: list[str] = Field(default_factory=list)


class _Freezes(StrictModel):
    freezes: list[_Freeze]


def freezes_of_yaml(path: Path, zone: ZoneInfo) -> tuple[Freeze, ...]:
    """Every freeze of the file at `path`; days and times without an offset are in `zone`.

    Raises:
        ConfigurationError: names the file and every fault in it.
    """

    def check(document: dict[str, Any]) -> list[Fault]:
        return list(_check(document, zone))

    return tuple(
        Freeze(
            id=item.id,
            start=_in_utc(item.start, zone),
            end=_in_utc(item.end, zone),
            reason=item.reason,
            services=tuple(dict.fromkeys(item.services)),
            environments=tuple(dict.fromkeys(item.environments)),
            added_by=path.name,
            origin=FreezeOrigin.CALENDAR,
        )
        for item in load_document(path, _Freezes, check).freezes
    )


def _check(document: dict[str, Any], zone: ZoneInfo) -> Iterator[Fault]:
    """Ids that are there twice, and ends that are not after their starts."""
    listed = document.get("freezes")
    seen: dict[str, int] = {}
    for index, item in enumerate(listed if isinstance(listed, list) else ()):
        if not isinstance(item, dict):
            continue
        name = item.get("id")
        if isinstance(name, str) and seen.setdefault(name, index) != index:
            message = f"found {name!r} again, expected every id once"
            yield Fault(where=("freezes", index, "id"), message=message)
        try:
            start, end = (_in_utc(_moment(item.get(key)), zone) for key in ("start", "end"))
        except ValueError:
            continue
        if end <= start:
            message = f"found {item['end']}, expected a time after the start, {item['start']}"
            yield Fault(where=("freezes", index, "end"), message=message)


def _in_utc(moment: datetime, zone: ZoneInfo) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
