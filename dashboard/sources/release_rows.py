"""Deployments and incidents from a file or a request: CSV, JSON or JSON lines, one event a row."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import orjson

from dashboard.domain.deployments import FINISHED_STATES, DeploymentEvent, DeploymentState
from dashboard.domain.incidents import IncidentEvent
from dashboard.domain.policy_tier import ChangeType
from dashboard.sources import row_file

#: What `import` reads; a CSV file may leave out the columns that are not needed.
DEPLOYMENT_FIELDS = (
    "id", "service", "environment", "version", "commit_sha", "commit_times", "started_at", "finished_at",
    "status", "change_type", "actor", "url", "reason", "rollback_of", "updated_at",
)  # fmt: skip
INCIDENT_FIELDS = (
    "id", "title", "severity", "services", "started_at", "detected_at", "acknowledged_at", "mitigated_at",
    "resolved_at", "caused_by", "url", "updated_at",
)  # fmt: skip
_DEPLOYMENT_NEEDS = ("id", "service", "environment")
_INCIDENT_NEEDS = ("id",)

_STATES = {state.value: state for state in DeploymentState} | {
    "success": DeploymentState.SUCCEEDED,
    "failure": DeploymentState.FAILED,
}
_CHANGES = {change.value: change for change in ChangeType}
_LONGEST = 500
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_BETWEEN_TIMES, _BETWEEN_NAMES = re.compile(r"[;,|\s]+"), re.compile(r"\s*[;,|]\s*")

_Event = TypeVar("_Event", DeploymentEvent, IncidentEvent)
_Values = Mapping[str, Any]


def deployment_events(
    name: str,
    text: str,
    *,
    source: str = "import",
    zone: ZoneInfo | None = None,
    corrected_at: datetime | None = None,
) -> list[DeploymentEvent]:
    """The deployments in `text`; `name` is what messages call it.

    An empty value means unknown. `zone` is that of times without an offset; without it they are faults. Rows
    `corrected_at` a time win over everything that is stored and is no correction.

    Raises:
        InputError: names each row that cannot be read, what was found and what is expected.
    """

    def event(row: _Values) -> DeploymentEvent:
        return _deployment(row, source, zone, corrected_at)

    return _events(name, text, DEPLOYMENT_FIELDS, _DEPLOYMENT_NEEDS, event)


def incident_events(
    name: str,
    text: str,
    *,
    source: str = "import",
    zone: ZoneInfo | None = None,
    corrected_at: datetime | None = None,
) -> list[IncidentEvent]:
    """The incidents in `text`, as `deployment_events` reads deployments.

    Raises:
        InputError: names each row that cannot be read, what was found and what is expected.
    """

    def event(row: _Values) -> IncidentEvent:
        return _incident(row, source, zone, corrected_at)

    return _events(name, text, INCIDENT_FIELDS, _INCIDENT_NEEDS, event)


def _events(
    name: str,
    text: str,
    fields: Sequence[str],
    needed: Sequence[str],
    event: Callable[[_Values], _Event],
) -> list[_Event]:
    known = {*fields, *(f"{field}[]" for field in ("commit_times", "services") if field in fields)}

    def columns(header: Sequence[str]) -> str | None:
        if len(header) == 1 and ";" in header[0]:
            return "these are separated by semicolons, expected commas"
        faults = {
            "not known": [column for column in header if column not in known],
            "missing": [column for column in needed if column not in header],
            "twice": sorted({column for column in header if header.count(column) > 1}),
        }
        wrong = "; ".join(f"{what}: {', '.join(names)}" for what, names in faults.items() if names)
        return f"{wrong}; expected {', '.join(needed)} and any of {', '.join(fields)}" if wrong else None

    events, found = [], []
    for where, row in row_file.rows(name, text, columns, ", ".join(fields)):
        try:
            if isinstance(row, ValueError):
                raise row
            if not isinstance(row, dict):
                raise ValueError(f"found {type(row).__name__}, expected an object")  # noqa: TRY004, TRY301 - told like the others
            if not known.issuperset(row):
                strange = ", ".join(str(key) for key in row if key not in known)
                raise ValueError(f"found the fields {strange[:200]}; expected any of {', '.join(fields)}")  # noqa: TRY301 - ditto
            events.append(event(row))
        except ValueError as error:
            found.append(f"{name}: {where}: {error}")
    if found:
        raise row_file.faults(name, found)
    return events


def _deployment(
    row: _Values, source: str, zone: ZoneInfo | None, corrected_at: datetime | None
) -> DeploymentEvent:
    started = _time(row, "started_at", zone)
    finished = _time(row, "finished_at", zone)
    if started is not None and finished is not None and finished < started:
        raise ValueError(f"finished_at: found {row['finished_at']!r}, expected a time after started_at")
    state = _word(row, "status", _STATES)
    if finished is not None and state is not None and state not in FINISHED_STATES:
        expected = ", ".join(sorted(FINISHED_STATES))
        raise ValueError(f"status: found {row['status']!r} with a finished_at, expected one of {expected}")
    at = corrected_at or _time(row, "updated_at", zone) or finished or started
    if at is None:
        raise ValueError("found no time, expected at least one of started_at, finished_at, updated_at")
    return DeploymentEvent(
        source=source,
        service=_needed(row, "service"),
        environment=_needed(row, "environment"),
        deployment=_needed(row, "id"),
        at=at,
        state=state,
        started_at=started,
        finished_at=finished,
        version=_text(row, "version"),
        commit_sha=_text(row, "commit_sha"),
        commit_times=tuple(
            _moment("commit_times", value, zone) for value in _list(row, "commit_times", _BETWEEN_TIMES)
        ),
        change_type=_word(row, "change_type", _CHANGES),
        actor=_text(row, "actor"),
        url=_text(row, "url", longest=None),
        reason=_text(row, "reason", longest=None),
        rollback_of=_text(row, "rollback_of"),
        correction=corrected_at is not None,
    )


def _incident(
    row: _Values, source: str, zone: ZoneInfo | None, corrected_at: datetime | None
) -> IncidentEvent:
    started = _time(row, "started_at", zone)
    detected = _time(row, "detected_at", zone)
    acknowledged = _time(row, "acknowledged_at", zone)
    mitigated = _time(row, "mitigated_at", zone)
    resolved = _time(row, "resolved_at", zone)
    times = [time for time in (started, detected, acknowledged, mitigated, resolved) if time is not None]
    at = corrected_at or _time(row, "updated_at", zone) or max(times, default=None)
    if at is None or (not times and corrected_at is None):
        expected = "started_at, detected_at, acknowledged_at, mitigated_at, resolved_at"
        raise ValueError(f"found no time, expected at least one of {expected}")
    return IncidentEvent(
        source=source,
        incident=_needed(row, "id"),
        at=at,
        title=_text(row, "title", longest=None),
        severity=_text(row, "severity"),
        services=tuple(_list(row, "services", _BETWEEN_NAMES)),
        started_at=started,
        detected_at=detected,
        acknowledged_at=acknowledged,
        mitigated_at=mitigated,
        resolved_at=resolved,
        caused_by=_text(row, "caused_by"),
        url=_text(row, "url", longest=None),
        correction=corrected_at is not None,
    )


def _text(row: _Values, field: str, longest: int | None = _LONGEST) -> str | None:
    value = row.get(field)
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ValueError(f"{field}: found {_shown(value)}, expected text")  # noqa: TRY004 - told like the others
    if longest is not None and len(value) > longest:
        raise ValueError(f"{field}: found {len(value):,} characters, expected at most {longest}")
    if not value.isascii():
        _require_unicode(field, value)
    return value.strip() or None


def _require_unicode(field: str, value: str) -> None:
    """JSON can hold half of a pair of surrogates, which nothing else can."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{field}: found {_shown(value)}, which is not Unicode text") from None


def _needed(row: _Values, field: str) -> str:
    value = _text(row, field)
    if value is None:
        raise ValueError(f"{field}: found nothing, expected text")
    return value


_Word = TypeVar("_Word", DeploymentState, ChangeType)


def _word(row: _Values, field: str, words: Mapping[str, _Word]) -> _Word | None:
    value = row.get(field)
    if value is None or value == "":
        return None
    found = words.get(value) if isinstance(value, str) else None
    if found is None and isinstance(value, str):
        found = words.get(re.sub(r"[\s-]+", "_", value.strip().lower()))
    if found is None:
        raise ValueError(f"{field}: found {_shown(value)}, expected one of {', '.join(words)}")
    return found


def _list(row: _Values, field: str, between: re.Pattern[str]) -> list[str]:
    value = row.get(field, row.get(f"{field}[]"))
    if value is None or value == "":
        return []
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = orjson.loads(value)
        except ValueError:
            raise ValueError(f"{field}: found {_shown(value)}, expected a list") from None
    if isinstance(value, str):
        value = between.split(value.strip())
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{field}: found {_shown(value)}, expected a list of texts")
    for item in value:
        _require_unicode(field, item)
    if any(len(item) > _LONGEST for item in value):
        raise ValueError(f"{field}: found a text of more than {_LONGEST} characters, expected shorter ones")
    return [item for item in value if item]


def _time(row: _Values, field: str, zone: ZoneInfo | None) -> datetime | None:
    value = row.get(field)
    return None if value is None or value == "" else _moment(field, value, zone)


def _moment(field: str, value: Any, zone: ZoneInfo | None) -> datetime:
    expected = "expected an ISO-8601 time with an offset such as 2026-11-23T09:00:00Z"
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            if zone is None:
                raise ValueError(f"{field}: found {value!r}, a time without an offset, {expected}")  # noqa: TRY301 - told below
            moment = moment.replace(tzinfo=zone)
        if moment.tzinfo is not UTC:
            moment = moment.astimezone(UTC)
    except (TypeError, OverflowError):
        raise ValueError(f"{field}: found {_shown(value)}, {expected}") from None
    except ValueError as error:
        told = str(error)
        raise ValueError(
            told if told.startswith(field) else f"{field}: found {_shown(value)}, {expected}"
        ) from None
    if not _EARLIEST <= moment < _LATEST:
        raise ValueError(f"{field}: found {value!r}, expected a time between the years 2000 and 2200")
    return moment


def _shown(value: Any) -> str:
    return repr(value)[:80]
