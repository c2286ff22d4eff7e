"""What the policy lab shows: computed once per state of the files and per thresholds, as in `cache`."""

import streamlit as st

from dashboard.domain.periods import Period
from dashboard.domain.policy import Policy
from dashboard.domain.policy_thresholds import Thresholds, with_thresholds
from dashboard.policy.data import gate_policy
from dashboard.policy.engine import RegoEngine
from dashboard.reports.class_answers import ClassAnswers
from dashboard.reports.past_releases import PastRelease, past_releases
from dashboard.reports.policy_backtest import BacktestReport, Rules, policy_backtest
from dashboard.sources.freeze_calendar import freezes_between
from dashboard.ui import cache
from dashboard.ui.cache import State


def backtest(period: Period, services: tuple[str, ...], tried: Thresholds) -> BacktestReport:
    """The deployments of `period` under today's policy and under it with the thresholds `tried`.

    Raises:
        ReliabilityError: the store or a file of the configuration cannot be read.
    """
    return _backtest(cache.state(), period, services, tried)


# A team's own OPA server would judge by its own thresholds, so the engine in process is asked in any case.
@st.cache_resource(show_spinner=False)
def _answers() -> ClassAnswers:
    return ClassAnswers(RegoEngine())


@st.cache_resource(ttl=120, max_entries=8, show_spinner=False)
def _past(state: State, period: Period, services: tuple[str, ...]) -> tuple[PastRelease, ...]:
    del state
    where, policy, catalogue = cache.locations_now(), cache.policy(), cache.catalogue()
    return past_releases(
        where.store,
        catalogue,
        (policy,),
        cache.history(),
        cache.deployments(period, services),
        freezes_between(where.freezes, policy, catalogue, period.start, period.end),
    )


@st.cache_resource(ttl=120, max_entries=32, show_spinner="Replaying the deployments …")
def _backtest(state: State, period: Period, services: tuple[str, ...], tried: Thresholds) -> BacktestReport:
    today = cache.policy()
    return policy_backtest(
        _past(state, period, services),
        _rules(today),
        _rules(with_thresholds(today, tried)),
        _answers(),
        period=period,
    )


def _rules(policy: Policy) -> Rules:
    return Rules(policy=policy, gate=gate_policy(policy, cache.catalogue()))
