"""Which files the dashboard, the API and the commands work on, and at which instant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dashboard.errors import ConfigurationError
from dashboard.paths import DEFAULT_CATALOG, DEFAULT_POLICY, DEFAULT_SOURCES, DEFAULT_STORE

_STORE, _CATALOG, _POLICY = "RELIABILITY_STORE", "RELIABILITY_CATALOG", "RELIABILITY_POLICY"
_SOURCES, _NOW = "RELIABILITY_SOURCES", "RELIABILITY_NOW"
_ACCESS, _FREEZES = "RELIABILITY_ACCESS", "RELIABILITY_FREEZES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Locations:
    """Which files the dashboard and the API read. `now` is set only to look at another instant.

    `access` and `freezes` are None when nobody named them: then those in `data/` count, if they exist.
    """

    store: Path
    catalog: Path
    policy: Path
    sources: Path = DEFAULT_SOURCES
    access: Path | None = None
    freezes: Path | None = None
    now: datetime | None = None

    def environment(self) -> dict[str, str]:
        """The variables from which `locations` reads these again, in another process or on a page."""
        found = {
            _STORE: str(self.store),
            _CATALOG: str(self.catalog),
            _POLICY: str(self.policy),
            _SOURCES: str(self.sources),
        }
        named = {_ACCESS: self.access, _FREEZES: self.freezes}
        found |= {variable: str(path) for variable, path in named.items() if path is not None}
        return found if self.now is None else found | {_NOW: self.now.isoformat()}


def locations(environment: Mapping[str, str]) -> Locations:
    """The locations of `environment`, or the defaults.

    They are `RELIABILITY_STORE`, `RELIABILITY_CATALOG`, `_POLICY`, `_SOURCES`, `_ACCESS`, `_FREEZES` and
    `_NOW`.

    Raises:
        ConfigurationError: `RELIABILITY_NOW` is not a time.
    """
    now = environment.get(_NOW)
    try:
        moment = parse_moment(now) if now else None
    except ValueError as error:
        raise ConfigurationError(f"{_NOW}: {error}") from None
    return Locations(
        store=Path(environment.get(_STORE) or DEFAULT_STORE),
        catalog=Path(environment.get(_CATALOG) or DEFAULT_CATALOG),
        policy=Path(environment.get(_POLICY) or DEFAULT_POLICY),
        sources=Path(environment.get(_SOURCES) or DEFAULT_SOURCES),
        access=_named(environment, _ACCESS),
        freezes=_named(environment, _FREEZES),
        now=moment,
    )


def _named(environment: Mapping[str, str], variable: str) -> Path | None:
    named = environment.get(variable)
    return Path(named) if named else None


def parse_moment(text: str) -> datetime:
    """An ISO-8601 time with an offset, in UTC.

    Raises:
        ValueError: with what was found and what is expected.
    """
    expected = "expected an ISO-8601 time with an offset such as 2026-11-23T09:00:00Z"
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"found {text!r}, {expected}") from None
    raise ValueError(f"found {text!r}, a time without an offset, {expected}")
