"""Where a change to freezes, exceptions or approvals is decided and written down, under one lock.

The lock is taken before the state is read and the clock is looked at, so of two people who approve at once
the second one meets what the first one did. A change happens when it is made: nobody can date one back.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from dashboard.domain.access import Person
from dashboard.domain.approvals import Approval
from dashboard.domain.freezes import Freeze
from dashboard.domain.policy import Policy
from dashboard.domain.refusal import invalid
from dashboard.domain.release_exceptions import ReleaseException
from dashboard.domain.release_target import ReleaseTarget, release_target
from dashboard.domain.slo import Catalogue
from dashboard.ingest.events import refuse_demo
from dashboard.reports.instants import wall_clock
from dashboard.store.database import open_for_writing, transaction
from dashboard.store.release_controls import ControlEvent, Controls, read_controls, record_controls

_Item = TypeVar("_Item", Freeze, ReleaseException, Approval)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where somebody makes a change, and by which rules: `person` is who proved to be there.

    `calendar` are the freezes that are not in the store, which exceptions may name as well.
    """

    store: Path
    person: Person
    policy: Policy
    catalogue: Catalogue
    calendar: tuple[Freeze, ...] = ()
    clock: Callable[[], datetime] = wall_clock


def change(
    desk: Desk,
    decide: Callable[[Controls, datetime], ControlEvent | None],
    listed: Callable[[Controls], tuple[_Item, ...]],
    name: str = "",
) -> _Item:
    """What became of the thing that `decide` changed, or of the one called `name` when it changed nothing.

    Raises:
        RefusedChangeError: `decide` says why not.
        InputError: the store holds the demo.
        StoreError: the store cannot be used.
    """
    with open_for_writing(desk.store) as connection:
        # Whoever is told that it is approved acts on it, so a power cut must not lose it.
        connection.execute("PRAGMA synchronous = FULL")
        with transaction(connection):
            refuse_demo(connection, desk.store)
            event = decide(read_controls(connection), desk.clock())
            if event is not None:
                record_controls(connection, [event])
            found: dict[str, Any] = {item.id: item for item in listed(read_controls(connection))}
    changed: _Item = found[name if event is None else event.id]
    return changed


def next_id(prefix: str, known: Iterable[str], now: datetime) -> str:
    """The next id of the year, such as `EXC-2026-0001`; people say them to each other."""
    year = f"{prefix}{now.year}-"
    counts = (name.removeprefix(year) for name in known if name.startswith(year))
    return f"{year}{max((int(count) for count in counts if count.isdecimal()), default=0) + 1:04d}"


def known_target(desk: Desk, service: str, environment: str, version: str) -> ReleaseTarget:
    """One release of a service of the catalogue to an environment of the policy.

    Raises:
        RefusedChangeError: one of them is none.
    """
    require_service(desk, service, "service")
    require_environment(desk, environment, "environment")
    return release_target(service, environment, version)


def require_service(desk: Desk, name: str, field: str) -> None:
    """Refuse a service that the catalogue does not have."""
    _require_one_of(name, tuple(desk.catalogue.services), field)


def require_environment(desk: Desk, name: str, field: str) -> None:
    """Refuse an environment that the policy does not have."""
    _require_one_of(name, tuple(desk.policy.gate.environments), field)


def _require_one_of(name: str, known: tuple[str, ...], field: str) -> None:
    if name not in known:
        raise invalid(field, f"found {name[:80]!r}, expected one of {', '.join(known)}")


def require_freeze(freezes: Iterable[Freeze], name: str | None, now: datetime) -> None:
    """Refuse an exception from a freeze that nobody knows or that is over: it would lift nothing."""
    if name is None:
        return
    freeze = next((item for item in freezes if item.id == name), None)
    if freeze is None:
        raise invalid(
            "freeze", f"found {name[:80]!r}, expected the id of a freeze (`reliability freeze list`)"
        )
    if freeze.end <= now:
        raise invalid("freeze", f"found {name}, over since {freeze.end.isoformat()}, expected one to come")
