"""What the policy lab replays and under which thresholds, all of it in the address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import streamlit as st

from dashboard.domain.policy import Policy
from dashboard.domain.policy_thresholds import Thresholds, thresholds_of
from dashboard.domain.slo import ServiceTier
from dashboard.ui import format as show
from dashboard.ui.release_words import some
from dashboard.ui.words import SERVICE_TIERS

#: The names in the address; no other page has them, since Streamlit drops one that two pages share.
_DAYS, _SERVICES = "replayed", "replay"
_FLOOR, _EDGES, _FAST, _SLOW, _ROLLBACKS, _WINDOW = "floor", "edges", "fast", "slow", "rollbacks", "window"
_SPANS: Mapping[str, int] = {"30 days": 30, "90 days": 90}
_USUAL = "30 days"
_AS_IT_IS, _ALWAYS = "As in the policy", "Always open"
_PERCENT = 100
_MOST_BURN, _MOST_ROLLBACKS = 1000.0, 100
#: The gate tells numbers apart to the sixth decimal.
_DECIMALS = 6
_STEPS = (1.0, 0.1, 0.01, 0.001)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The last `days`, of these services (none means all), under the thresholds `tried`."""

    days: int
    services: tuple[str, ...]
    tried: Thresholds


def choose(services: Sequence[str], policy: Policy) -> Chosen:
    """Draws the choice of deployments and the thresholds, which begin as `policy` has them."""
    if unknown := [name for name in st.query_params.get_all(_SERVICES) if name not in services]:
        st.error(f"**There is no service {some([repr(name) for name in unknown])}.** It is left out.")
    left, right = st.columns((1, 2))
    span = left.segmented_control(
        "Time", list(_SPANS), default=_USUAL, required=True, key=_DAYS, bind="query-params"
    )
    chosen = right.multiselect(
        "Services", list(services), key=_SERVICES, bind="query-params", placeholder="All services"
    )
    with st.container(border=True):
        st.markdown("**Thresholds to try**")
        today = thresholds_of(policy)
        tried = _thresholds(today, policy)
        # A link would not do: fields keep what was typed for as long as their page is open.
        st.button("Back to today's thresholds", on_click=_reset, args=(today,), disabled=tried == today)
    return Chosen(days=_SPANS[span or _USUAL], services=tuple(chosen), tried=tried)


def _thresholds(today: Thresholds, policy: Policy) -> Thresholds:
    budget, tiers, rest = st.columns(3, gap="large")
    with budget:
        first, second, third = (
            _share(f"Budget left, tier {int(tier)} ({SERVICE_TIERS[tier]}): at least %", tier, share)
            for tier, share in zip(ServiceTier, today.budget_floor, strict=True)
        )
    with tiers:
        protected, cautious = _edges(today, policy)
        fast = _burn("Fast burn rate: below", _FAST, today.fast_below)
        slow = _burn("Slow burn rate: below", _SLOW, today.slow_below)
    with rest:
        rollbacks = st.number_input(
            f"Rollbacks that deny: from (today {today.rollbacks_deny_from})",
            min_value=1,
            max_value=max(_MOST_ROLLBACKS, today.rollbacks_deny_from),
            value=today.rollbacks_deny_from,
            step=1,
            key=_ROLLBACKS,
            bind="query-params",
            help=f"Counted over {show.length(policy.gate.rollbacks_within)}.",
        )
        window = st.segmented_control(
            "Deployment window",
            [_AS_IT_IS, _ALWAYS],
            default=_AS_IT_IS,
            required=True,
            key=_WINDOW,
            bind="query-params",
        )
    return Thresholds(
        budget_floor=(first, second, third),
        cautious_at=cautious,
        protected_below=protected,
        fast_below=fast,
        slow_below=slow,
        rollbacks_deny_from=rollbacks,
        is_always_open=today.is_always_open or window == _ALWAYS,
    )


def _share(label: str, tier: ServiceTier, today: Fraction) -> Fraction:
    """A share of the budget that is asked for in percent."""
    usual = _percent(today)
    value = st.number_input(
        f"{label} (today {usual:g})",
        min_value=0.0,
        max_value=100.0,
        value=usual,
        step=5.0,
        format="%g",
        key=f"{_FLOOR}{int(tier)}",
        bind="query-params",
    )
    return today if value == usual else _exact(value) / _PERCENT


def _edges(today: Thresholds, policy: Policy) -> tuple[Fraction, Fraction]:
    """Where the policy tiers protected and cautious end, upwards."""
    shares = (today.protected_below, today.cautious_at)
    low, high = map(_percent, shares)
    step = next((step for step in _STEPS if all(_is_multiple(value, step) for value in (low, high))), 0.0001)
    lowest = _percent(policy.budget.bands.exhausted_at) + step
    found = st.slider(
        f"Policy tiers: protected below, cautious up to (% of the budget left; today {low:g} and {high:g})",
        min_value=min(max(lowest, step), low),
        max_value=max(99.0, high),
        value=(low, high),
        step=step,
        format="%g",
        key=_EDGES,
        bind="query-params",
    )
    protected, cautious = (
        share if value == usual else _exact(value) / _PERCENT
        for share, value, usual in zip(shares, found, (low, high), strict=True)
    )
    return protected, cautious


def _burn(label: str, name: str, today: Fraction) -> Fraction:
    usual = float(today)
    value = st.number_input(
        f"{label} (today {usual:g})",
        min_value=0.0,
        max_value=max(_MOST_BURN, usual),
        value=usual,
        step=0.5,
        format="%g",
        key=name,
        bind="query-params",
    )
    return today if value == usual else _exact(value)


def _exact(value: float) -> Fraction:
    """A number as it was written, to the decimals that the gate tells apart."""
    return Fraction(str(round(value, _DECIMALS)))


def _is_multiple(value: float, step: float) -> bool:
    return round(value / step, _DECIMALS).is_integer()


def _usual(today: Thresholds) -> dict[str, object]:
    """What each field of the thresholds begins with."""
    return {
        **{
            f"{_FLOOR}{int(tier)}": _percent(share)
            for tier, share in zip(ServiceTier, today.budget_floor, strict=True)
        },
        _EDGES: (_percent(today.protected_below), _percent(today.cautious_at)),
        _FAST: float(today.fast_below),
        _SLOW: float(today.slow_below),
        _ROLLBACKS: today.rollbacks_deny_from,
        _WINDOW: _AS_IT_IS,
    }


def _reset(today: Thresholds) -> None:
    for name, value in _usual(today).items():
        st.session_state[name] = value


def _percent(share: Fraction) -> float:
    return float(share * _PERCENT)
