"""How to deploy: the recommended strategy with its steps, what it risks, and how fast the way back is."""

from datetime import timedelta
from fractions import Fraction

import streamlit as st

from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.slo import Strategy
from dashboard.reports.release_page import ReleasePage
from dashboard.ui import format as show
from dashboard.ui.words import STRATEGIES, literal

_DOUBLED = 2.0


def draw(page: ReleasePage) -> None:
    """The strategy that the decision recommends."""
    rule, chosen = page.strategy, Strategy(page.decision.strategy)
    st.markdown(f"**{STRATEGIES[chosen].capitalize()}**, for {literal(rule.use_case)}. {_why(page, chosen)}")
    back = show.length(rule.rollback_within) if rule.rollback_within else "an instant"
    st.markdown(
        f"Risk **{literal(rule.risk)}** · rollback within **{back}** · users affected at most"
        f" **{_radius(rule.blast_radius)}**"
    )
    _steps(page)


def _why(page: ReleasePage, chosen: Strategy) -> str:
    own = page.status.service.strategy
    if chosen is own:
        return "It is this service's own."
    if chosen is Strategy.BLUE_GREEN:
        return f"A database migration is always blue-green; this service's own is {STRATEGIES[own]}."
    tier = page.decision.policy_tier.replace("_", " ")
    return f"The policy tier {tier} asks for it; this service's own is {STRATEGIES[own]}."


def _radius(share: Fraction | None) -> str:
    return "chosen users" if share is None else show.target(share)


def _steps(page: ReleasePage) -> None:
    steps = page.decision.canary_config
    if not steps:
        st.markdown("It has no steps: all of the traffic moves at once.")
        return
    usual = [step.pause for step in page.strategy.steps]
    factors = {step.pause / pause for step, pause in zip(steps, usual, strict=False) if pause}
    longer = any(factor > 1 for factor in factors)
    if longer:
        tier = page.decision.policy_tier.replace("_", " ")
        much = "doubled" if factors == {_DOUBLED} else f"{show.factor(Fraction(max(factors)))} as long"
        st.markdown(f":orange-badge[△ pauses {much}] The policy tier {tier} asks for that.")
    elif page.change is ChangeType.ROLLBACK:
        st.markdown("A rollback keeps the usual pauses: it is the way back to safety.")
    table = {
        "Traffic": [show.target(Fraction(step.weight, 100)) for step in steps],
        "Pause": [_pause(step.pause) for step in steps],
        "Watched by": [literal(", ".join(step.analysis)) or "–" for step in steps],
    }
    if longer:
        table["Usual pause"] = [_pause(pause) for pause in usual]
    st.table(table, border="horizontal", hide_index=True, alt="The steps of the rollout, with their pauses")


def _pause(span: timedelta) -> str:
    return show.length(span) if span else "–"
