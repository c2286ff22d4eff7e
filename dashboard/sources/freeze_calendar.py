"""Deployment freezes that are planned in a calendar file: `freezes.ics` or `freezes.yaml`."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from dashboard.domain.freezes import Freeze
from dashboard.domain.policy import Policy
from dashboard.domain.slo import Catalogue
from dashboard.errors import ConfigurationError
from dashboard.paths import DEFAULT_FREEZES
from dashboard.sources.freeze_yaml import freezes_of_yaml

#: Years of a busy calendar take a tenth of this.
_MOST_BYTES = 1_048_576
#: What of a calendar is near an instant: the day before, and two months to come.
_BEFORE, _AHEAD = timedelta(days=1), timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRules:
    """What a calendar is read with: the zone of its days and of times without one, and the known names."""

    zone: ZoneInfo
    services: Collection[str]
    environments: Collection[str]


def calendar_file(named: Path | None) -> Path | None:
    """The calendar to read: `named`, or the one in `data/`; None when nobody named one and there is none.

    Raises:
        ConfigurationError: the named one is not there, or there are two in `data/`.
    """
    if named is not None:
        if not named.is_file():
            raise ConfigurationError(f"{named}: found no such file, expected a calendar of freezes")
        return named
    found = [path for path in DEFAULT_FREEZES if path.exists()]
    if len(found) > 1:
        raise ConfigurationError(f"found {' and '.join(map(str, found))}, expected one calendar of freezes")
    return found[0] if found else None


def read_freezes(
    named: Path | None, rules: CalendarRules, *, start: datetime, end: datetime
) -> tuple[Freeze, ...]:
    """The freezes of the calendar that hold at some time from `start` up to, not including, `end`.

    They are in the order in which they begin. Recurring ones are expanded over this span only.

    Raises:
        ConfigurationError: names the file, and the event where one is to blame, and what is wrong.
    """
    path = calendar_file(named)
    if path is None:
        return ()
    _require_small(path)
    if path.suffix.lower() == ".ics":
        # What reads iCalendar takes a tenth of a second to load, which commands without it need not wait for.
        from dashboard.sources.freeze_ics import freezes_of_ics  # noqa: PLC0415 - see above

        found = freezes_of_ics(path, rules.zone, start, end)
    elif path.suffix.lower() in (".yaml", ".yml"):
        found = freezes_of_yaml(path, rules.zone)
    else:
        raise ConfigurationError(f"{path}: found the ending {path.suffix!r}, expected .ics or .yaml")
    _require_known(path, found, rules)
    wanted = (freeze for freeze in found if freeze.start < end and freeze.end > start)
    return tuple(sorted(wanted, key=lambda freeze: (freeze.start, freeze.id)))


def freezes_between(
    named: Path | None, policy: Policy, catalogue: Catalogue, start: datetime, end: datetime
) -> tuple[Freeze, ...]:
    """The freezes of the calendar that hold at some time of `[start, end)`.

    Raises:
        ConfigurationError: as `read_freezes`.
    """
    rules = CalendarRules(
        zone=policy.timezone,
        services=tuple(catalogue.services),
        environments=tuple(policy.gate.environments),
    )
    return read_freezes(named, rules, start=start, end=end)


def planned_freezes(
    named: Path | None, policy: Policy, catalogue: Catalogue, now: datetime
) -> tuple[Freeze, ...]:
    """The freezes of the calendar near `now`: of the day before, and of two months to come.

    Raises:
        ConfigurationError: as `read_freezes`.
    """
    return freezes_between(named, policy, catalogue, now - _BEFORE, now + _AHEAD)


def _require_small(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error
    if size > _MOST_BYTES:
        raise ConfigurationError(f"{path}: found {size:,} bytes, expected at most {_MOST_BYTES:,}")


def _require_known(path: Path, freezes: Iterable[Freeze], rules: CalendarRules) -> None:
    """Refuse names of nothing: a freeze of a misspelt service would hold nobody back."""
    for kind, known in (("services", rules.services), ("environments", rules.environments)):
        for freeze in freezes:
            unknown = [name for name in getattr(freeze, kind) if name not in known]
            if unknown:
                names = ", ".join(map(repr, unknown))
                raise ConfigurationError(
                    f"{path}: {freeze.id}: {kind}: found {names}, expected {kind} of ours: {', '.join(known)}"
                )
