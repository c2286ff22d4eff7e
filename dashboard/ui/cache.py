"""Reports for the pages: computed once per state of the files they come from, shared by all sessions."""

import os
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from dashboard.config import Locations, load_catalog, load_policy, locations
from dashboard.config.sources import Sources, load_sources
from dashboard.domain.attribution import Key
from dashboard.domain.budget_ledger import Ledger
from dashboard.domain.periods import Period
from dashboard.domain.policy import Policy
from dashboard.domain.slo import Catalogue
from dashboard.paths import DEFAULT_ACCESS, DEFAULT_FREEZES, RELEASE_GATE
from dashboard.reports.deployments import (
    DeploymentReport,
    DeploymentsReport,
    deployment_report,
    deployments_report,
)
from dashboard.reports.fleet import FleetReport, fleet_report
from dashboard.reports.history import History, history_at
from dashboard.reports.incident_measures import Selection
from dashboard.reports.incidents import IncidentReport, RecoveryReport, incident_report, recovery_report
from dashboard.reports.instants import reading_instant
from dashboard.reports.lanes import TierSpan
from dashboard.reports.lanes import tier_spans as tier_spans_of
from dashboard.reports.ledgers import service_ledgers
from dashboard.reports.service import ServiceReport, service_report

#: How often an open page looks whether what it shows is still the newest.
_LOOK_EVERY = 15.0
_DRAWN = "_drawn"
_MINUTE_SECONDS = 60

#: What a file was when it was read: its path, last change and size; -1 when it does not exist.
Stamp = tuple[str, int, int]
#: The state of everything that a report is made from; the minute is in it because data grows old.
State = tuple[tuple[Stamp, ...], int]


def catalogue() -> Catalogue:
    """The catalogue, read again when its file changes.

    Raises:
        ConfigurationError: the file is missing or wrong.
    """
    return _catalogue(_stamp(locations_now().catalog))


def policy() -> Policy:
    """The policy, read again when its file changes.

    Raises:
        ConfigurationError: the file is missing or wrong.
    """
    return _policy(_stamp(locations_now().policy))


def fleet() -> FleetReport:
    """The fleet as it is now.

    Raises:
        ReliabilityError: the store, the catalogue or the policy cannot be read.
    """
    return _fleet(state())


def service(name: str) -> ServiceReport:
    """One service as it is now.

    Raises:
        ReliabilityError: there is no such service, or a file cannot be read.
    """
    return _service(state(), name)


def history() -> History:
    """Every deployment and incident as it stands now.

    Raises:
        ReliabilityError: the store or a file of the configuration cannot be read.
    """
    return _history(state())


def ledgers(name: str) -> dict[str, Ledger]:
    """Where the error budgets of one service went, by `service/indicator`.

    Raises:
        ReliabilityError: there is no such service, or a file cannot be read.
    """
    return _ledgers(state(), name)


def deployments(period: Period, services: tuple[str, ...] = ()) -> DeploymentsReport:
    """The deployments of `period`, of all services or of those named.

    Raises:
        ReliabilityError: the store or a file of the configuration cannot be read.
    """
    return _deployments(state(), period, services)


def tier_spans(period: Period, services: tuple[str, ...]) -> dict[str, tuple[TierSpan, ...]]:
    """The policy tiers that each of `services` was in during `period`.

    Raises:
        ReliabilityError: the store or a file of the configuration cannot be read.
    """
    return _tier_spans(state(), period, services)


def deployment(key: Key) -> DeploymentReport:
    """One deployment in depth.

    Raises:
        ReliabilityError: there is no such deployment, or a file cannot be read.
    """
    return _deployment(state(), key)


def recovery(period: Period, chosen: Selection) -> RecoveryReport:
    """How incidents of `period` were dealt with, and how software was delivered.

    Raises:
        ReliabilityError: the store or a file of the configuration cannot be read.
    """
    return _recovery(state(), period, chosen)


def incident(name: str) -> IncidentReport:
    """One incident in depth.

    Raises:
        ReliabilityError: there is no such incident, or a file cannot be read.
    """
    return _incident(state(), name)


def as_of() -> datetime:
    """The instant that everything is shown for: now, or where the demo's clock stands.

    Raises:
        StoreError: the store cannot be read.
    """
    return history().as_of


def keep_current() -> None:
    """Draw the page again soon after a sync, and every minute, for as long as it is open."""
    st.session_state[_DRAWN] = state()
    _look_again()


@st.fragment(run_every=_LOOK_EVERY)
def _look_again() -> None:
    if st.session_state.get(_DRAWN) != state():
        st.rerun(scope="app")


def locations_now() -> Locations:
    """The files that everything is read from.

    Raises:
        ConfigurationError: the environment names an instant that is none.
    """
    return locations(os.environ)


def state() -> State:
    """The key of every report: the files that it is made from as they are now, and the minute.

    Raises:
        ConfigurationError: the environment names an instant that is none.
    """
    where = locations_now()
    # A writer appends to the write-ahead log beside the store long before the store's own file changes.
    log = where.store.with_name(where.store.name + "-wal")
    files = [where.store, log, where.catalog, where.policy, where.sources, RELEASE_GATE]
    files += [where.access or DEFAULT_ACCESS, *([where.freezes] if where.freezes else DEFAULT_FREEZES)]
    shown = where.now.timestamp() if where.now else datetime.now(UTC).timestamp() // _MINUTE_SECONDS
    return tuple(_stamp(file) for file in files), int(shown)


def _stamp(file: Path) -> Stamp:
    try:
        found = file.stat()
    except OSError:
        return str(file), -1, -1
    return str(file), found.st_mtime_ns, found.st_size


@st.cache_data(max_entries=4, show_spinner=False)
def _catalogue(stamp: Stamp) -> Catalogue:
    return load_catalog(Path(stamp[0]))


@st.cache_data(max_entries=4, show_spinner=False)
def _policy(stamp: Stamp) -> Policy:
    return load_policy(Path(stamp[0]))


# `state` is the key of these caches: the reports depend on nothing else. The exact reading time is not in it:
# a sync that ends within the minute has to be seen, so each report is for the moment it is made in.
@st.cache_data(ttl=120, max_entries=4, show_spinner=False)
def _fleet(state: State) -> FleetReport:
    del state
    where = locations_now()
    return fleet_report(where.store, catalogue(), policy(), _reading_time(where))


@st.cache_data(ttl=120, max_entries=64, show_spinner=False)
def _service(state: State, name: str) -> ServiceReport:
    del state
    where = locations_now()
    return service_report(where.store, catalogue(), policy(), name, _reading_time(where))


# Shared, not copied: a history is frozen, and copying a hundred thousand deployments takes seconds.
@st.cache_resource(ttl=120, max_entries=2, show_spinner=False)
def _history(state: State) -> History:
    del state
    where = locations_now()
    return history_at(where.store, _sources(where), policy().delivery, _reading_time(where))


@st.cache_data(ttl=120, max_entries=64, show_spinner=False)
def _ledgers(state: State, name: str) -> dict[str, Ledger]:
    return service_ledgers(locations_now().store, catalogue(), policy(), _history(state), name)


@st.cache_resource(ttl=120, max_entries=16, show_spinner=False)
def _deployments(state: State, period: Period, services: tuple[str, ...]) -> DeploymentsReport:
    return deployments_report(locations_now().store, catalogue(), policy(), _history(state), period, services)


@st.cache_resource(ttl=120, max_entries=16, show_spinner=False)
def _tier_spans(state: State, period: Period, services: tuple[str, ...]) -> dict[str, tuple[TierSpan, ...]]:
    now = _history(state).as_of
    return tier_spans_of(locations_now().store, catalogue(), policy(), services, period, now)


@st.cache_resource(ttl=120, max_entries=64, show_spinner=False)
def _deployment(state: State, key: Key) -> DeploymentReport:
    return deployment_report(locations_now().store, catalogue(), policy(), _history(state), key)


@st.cache_resource(ttl=120, max_entries=16, show_spinner=False)
def _recovery(state: State, period: Period, chosen: Selection) -> RecoveryReport:
    return recovery_report(locations_now().store, catalogue(), policy(), _history(state), period, chosen)


@st.cache_resource(ttl=120, max_entries=64, show_spinner=False)
def _incident(state: State, name: str) -> IncidentReport:
    return incident_report(locations_now().store, catalogue(), policy(), _history(state), name)


def _sources(where: Locations) -> Sources:
    return load_sources(where.sources, catalogue())


def _reading_time(where: Locations) -> datetime:
    return reading_instant(where.store, where.now)
