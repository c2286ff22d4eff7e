"""What the page of the release gate shows: computed once per state of the files, as in `cache`."""

import os
from datetime import datetime

import streamlit as st

from dashboard.reports.decisions import (
    DecisionFilter,
    LoggedDecision,
    Replay,
    decision_record,
    decisions_report,
)
from dashboard.reports.decisions import replay as replay_of
from dashboard.reports.gate_context import GateContext
from dashboard.reports.gate_setting import gate_context
from dashboard.reports.release_board import Board, StandingControls, release_board
from dashboard.reports.release_board import standing_controls as standing_controls_of
from dashboard.reports.release_page import ReleaseChoice, ReleasePage, release_page
from dashboard.reports.release_versions import known_versions, newest_asked
from dashboard.ui import cache
from dashboard.ui.cache import Stamp, State


def release(choice: ReleaseChoice) -> ReleasePage:
    """One release, asked again now.

    Raises:
        ReliabilityError: there is no such service, or a file cannot be read.
    """
    return _release(cache.state(), choice)


def versions(service: str) -> tuple[str, ...]:
    """The versions of a service that were asked for or deployed, the newest first.

    Raises:
        ReliabilityError: the store or a file of the configuration cannot be read.
    """
    return _versions(cache.state(), service)


def newest_version(service: str, environment: str) -> str | None:
    """The version that was asked for last.

    Raises:
        ReliabilityError: the store or a file of the configuration cannot be read.
    """
    return newest_asked(cache.locations_now().store, service, environment, cache.as_of())


def board(names: tuple[str, ...], environment: str) -> Board:
    """What each of these services may ship now.

    Raises:
        ReliabilityError: the store or a file of the configuration cannot be read.
    """
    return _board(cache.state(), names, environment)


def standing_controls() -> StandingControls:
    """The freezes that stand and the reviews that are overdue.

    Raises:
        ReliabilityError: the store or a file of the configuration cannot be read.
    """
    return _standing_controls(cache.state())


def decisions(chosen: DecisionFilter) -> tuple[LoggedDecision, ...]:
    """The recorded decisions, newest first.

    Raises:
        ReliabilityError: the store cannot be read.
    """
    return _decisions(cache.state(), chosen)


def decision(name: str) -> LoggedDecision:
    """One recorded decision.

    Raises:
        ReliabilityError: there is none, or the store cannot be read.
    """
    return decision_record(cache.locations_now().store, name)


def replay(name: str) -> Replay:
    """The input of a recorded decision under the policy of today.

    Raises:
        ReliabilityError: there is none, or it cannot be evaluated.
    """
    return _replay(cache.state(), name)


def _context(state: State) -> GateContext:
    (store, _log, *files), _minute = state
    return _context_of(store[0], tuple(files))  # what is in the store is read anew for each report


# Shared: an engine keeps what it has compiled.
@st.cache_resource(max_entries=4, show_spinner=False)
def _context_of(store: str, files: tuple[Stamp, ...]) -> GateContext:
    del store, files
    return gate_context(cache.locations_now(), os.environ)


def _now() -> datetime:
    return cache.as_of()


@st.cache_resource(ttl=120, max_entries=128, show_spinner=False)
def _release(state: State, choice: ReleaseChoice) -> ReleasePage:
    return release_page(_context(state), choice, _now())


@st.cache_data(ttl=120, max_entries=64, show_spinner=False)
def _versions(state: State, service: str) -> tuple[str, ...]:
    del state
    return known_versions(cache.locations_now().store, cache.history(), service)


@st.cache_resource(ttl=120, max_entries=64, show_spinner=False)
def _board(state: State, names: tuple[str, ...], environment: str) -> Board:
    return release_board(_context(state), cache.fleet(), cache.history(), names, environment)


@st.cache_resource(ttl=120, max_entries=4, show_spinner=False)
def _standing_controls(state: State) -> StandingControls:
    return standing_controls_of(_context(state), _now())


@st.cache_resource(ttl=120, max_entries=32, show_spinner=False)
def _decisions(state: State, chosen: DecisionFilter) -> tuple[LoggedDecision, ...]:
    del state
    return decisions_report(cache.locations_now().store, chosen, _now())


@st.cache_resource(ttl=120, max_entries=64, show_spinner=False)
def _replay(state: State, name: str) -> Replay:
    context = _context(state)
    return replay_of(context.store, name, context.engine, context.gate_policy)
