"""What answers are made of, as it is now: a file is read again only when it has changed."""

import os
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from dashboard.config import Locations, load_catalog, load_policy
from dashboard.config.sources import Sources, load_sources
from dashboard.domain.policy import Policy
from dashboard.domain.slo import Catalogue
from dashboard.reports.canary_state import CanaryState, canary_state
from dashboard.reports.fleet import FleetReport, fleet_report
from dashboard.reports.gate_context import GateContext
from dashboard.reports.gate_setting import gate_context
from dashboard.reports.history import History, history_at
from dashboard.reports.instants import reading_instant


@dataclass(frozen=True, slots=True)
class Current:
    """The files at `at`, and what is read of them and of the store.

    All of it raises a ReliabilityError when a file is missing or wrong, or the store cannot be read.
    """

    at: Locations

    def catalogue(self) -> Catalogue:
        """What is measured."""
        return _catalogue(*_stamp(self.at.catalog))

    def policy(self) -> Policy:
        """What is allowed."""
        return _policy(*_stamp(self.at.policy))

    def sources(self) -> Sources:
        """Where events come from, and how their names map to services."""
        return _sources(*_stamp(self.at.sources), *_stamp(self.at.catalog))

    def gate_context(self) -> GateContext:
        """The setting of decisions."""
        stamps = map(_stamp, (self.at.policy, self.at.catalog, self.at.sources))
        return _gate_context(self.at, tuple(stamps))

    def fleet(self, only: str | None = None) -> FleetReport:
        """The fleet, or of it the service `only` where there is one that is called so."""
        catalogue = self.catalogue()
        if only in catalogue.services:
            catalogue = Catalogue(indicators=catalogue.indicators, services={only: catalogue.services[only]})
        return fleet_report(self.at.store, catalogue, self.policy(), self._instant())

    def canaries(self, now: datetime) -> CanaryState:
        """The canaries as they were known at `now`."""
        return canary_state(self.at.store, self.sources().names, now)

    def history(self, now: datetime | None = None) -> History:
        """Every deployment and incident as it stood at `now`, or stands."""
        rules = self.policy().delivery
        return history_at(self.at.store, self.sources(), rules, now or self._instant())

    def _instant(self) -> datetime:
        return reading_instant(self.at.store, self.at.now)


def _stamp(path: Path) -> tuple[Path, int]:
    try:
        return path, path.stat().st_mtime_ns
    except OSError:
        return path, -1  # reading it says what is wrong


@lru_cache(maxsize=2)
def _catalogue(path: Path, _changed: int) -> Catalogue:
    return load_catalog(path)


@lru_cache(maxsize=2)
def _policy(path: Path, _changed: int) -> Policy:
    return load_policy(path)


@lru_cache(maxsize=2)
def _sources(path: Path, _changed: int, catalog: Path, _catalog_changed: int) -> Sources:
    return load_sources(path, load_catalog(catalog))


@lru_cache(maxsize=4)
def _gate_context(at: Locations, _stamps: tuple[tuple[Path, int], ...]) -> GateContext:
    return gate_context(at, os.environ)
