"""Somebody at a desk: a person who changes freezes, exceptions and approvals of a store, at a set time."""

from datetime import datetime
from functools import cache
from pathlib import Path

from dashboard.config import load_catalog
from dashboard.domain.access import Person
from dashboard.domain.freezes import Freeze
from dashboard.domain.slo import Catalogue
from dashboard.ingest.control_desk import Desk
from dashboard.paths import DEFAULT_CATALOG
from tests.domain.controls import NOW, policy


@cache
def catalogue() -> Catalogue:
    """The shipped catalogue."""
    return load_catalog(DEFAULT_CATALOG)


def desk(store: Path, person: Person, at: datetime = NOW, calendar: tuple[Freeze, ...] = ()) -> Desk:
    """The desk of `person`, whose clock stands at `at`."""
    return Desk(
        store=store,
        person=person,
        policy=policy(),
        catalogue=catalogue(),
        calendar=calendar,
        clock=lambda: at,
    )
