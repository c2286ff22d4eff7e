"""What the page of the canary analysis shows: computed once per state of the files, as in `cache`."""

import streamlit as st

from dashboard.config.sources import load_sources
from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.domain.names import NameMap
from dashboard.domain.periods import Period
from dashboard.errors import InputError
from dashboard.reports.canaries import CanariesReport, canaries_report
from dashboard.reports.canary_alarms import CanaryAlarm, canary_alarms
from dashboard.reports.canary_detail import CanaryReport, canary_report
from dashboard.reports.canary_lint import LintReport
from dashboard.reports.canary_reading import NamedCanary
from dashboard.reports.canary_state import canary_state
from dashboard.reports.canary_template_lint import template_lint, traffic_of
from dashboard.ui import cache
from dashboard.ui.cache import State


def canaries(period: Period, services: tuple[str, ...] = ()) -> CanariesReport:
    """The canaries under way, and those that began in `period`, of all services or of those named.

    Raises:
        ReliabilityError: the store or a file of the configuration cannot be read.
    """
    return _canaries(cache.state(), period, services)


def canary(name: str) -> CanaryReport:
    """One canary in depth.

    Raises:
        ReliabilityError: there is no such canary, or a file cannot be read.
    """
    return _canary(cache.state(), name)


def alarms() -> tuple[CanaryAlarm, ...]:
    """The canaries under way that somebody has to look at.

    Raises:
        ReliabilityError: the store or a file of the configuration cannot be read.
    """
    return _alarms(cache.state())


def knows(name: str) -> bool:
    """Whether the store knows a canary with the id `name`.

    Raises:
        ReliabilityError: the store or a file of the configuration cannot be read.
    """
    try:
        canary(name)
    except InputError:
        return False
    return True


def lint_of(named: NamedCanary, run: AnalysisRunState) -> LintReport | None:
    """What is wrong with what `run` of the canary `named` measures; None where its spec is not known.

    Raises:
        ReliabilityError: the store or a file of the configuration cannot be read.
    """
    return _lint(cache.state(), named.canary.id, run.run, named, run)


def _names() -> NameMap:
    return load_sources(cache.locations_now().sources, cache.catalogue()).names


# Shared, not copied, as in `cache`: reports are frozen.
@st.cache_resource(ttl=120, max_entries=16, show_spinner=False)
def _canaries(state: State, period: Period, services: tuple[str, ...]) -> CanariesReport:
    del state
    store, chosen = cache.locations_now().store, services or None
    return canaries_report(
        store, cache.catalogue(), cache.policy(), cache.history(), _names(), period, chosen
    )


@st.cache_resource(ttl=120, max_entries=512, show_spinner=False)
def _canary(state: State, name: str) -> CanaryReport:
    del state
    store = cache.locations_now().store
    return canary_report(store, cache.catalogue(), cache.policy(), cache.history(), _names(), name)


@st.cache_resource(ttl=120, max_entries=4, show_spinner=False)
def _alarms(state: State) -> tuple[CanaryAlarm, ...]:
    del state
    return canary_alarms(canary_state(cache.locations_now().store, _names(), cache.fleet().fleet.as_of))


@st.cache_resource(ttl=600, max_entries=128, show_spinner=False)
def _lint(
    state: State, name: str, run: str, _named: NamedCanary, _run: AnalysisRunState
) -> LintReport | None:
    del state, name, run
    traffic = traffic_of(cache.locations_now().store, cache.catalogue(), _named)
    return template_lint(_run, traffic)
