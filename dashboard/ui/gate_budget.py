"""What the error budget lets a service ship: every kind of change, who approves it, why, and until when."""

import streamlit as st

from dashboard.domain.policy import BurnLimit, Policy
from dashboard.domain.policy_tier import ChangeType, PolicyTier, TierRule
from dashboard.domain.service_status import ServiceStatus
from dashboard.reports.release_page import ReleasePage
from dashboard.ui import format as show
from dashboard.ui.words import (
    CHANGES,
    STRATEGIES,
    alerts,
    burning,
    forecast,
    joined,
    left,
    literal,
    worst_alert,
)


def draw(page: ReleasePage, policy: Policy) -> None:
    """The policy tier's part of the answer."""
    status, rule = page.status, page.rule
    if rule is None:
        st.markdown(
            f"**{literal(status.service.name)} has no error budget policy.** It is best effort: no objective"
            " is set for it, so its error budget neither allows nor forbids anything."
        )
        return
    if alarm := _alarm(status, policy.burn_gate):
        st.markdown(alarm)
    st.markdown(_answer(page, rule))
    # On a phone the columns stand below one another, and a large gap would be a hole before the second.
    changes, why = st.columns((3, 2), gap="small")
    with changes:
        _changes(status, rule)
    with why:
        _why(status, policy)
        _until(page, policy)


def _answer(page: ReleasePage, rule: TierRule) -> str:
    status = page.status
    denied = [change for change in ChangeType if change not in rule.allowed]
    who = _people(rule.approvers)
    parts = []
    if status.policy_tier is PolicyTier.UNKNOWN:
        parts.append("**The error budget cannot be known, so it counts as restrictive.**")
    if denied:
        kinds = joined([CHANGES[change].lower() for change in denied])
        parts.append(f"**Restricted. Not allowed: {kinds}.**")
        if who:
            parts.append(f"**{who} must approve** everything else, except a rollback.")
    else:
        # While an alert fires, a plain "allowed" would be read as the whole answer.
        by_itself = " by itself" if worst_alert(status) else ""
        parts.append(f"**The error budget{by_itself} allows every kind of change.**")
        if who:
            parts.append(f"**{who} must approve**, except a rollback.")
    text = f"{' '.join(parts)}  \nWhy: {literal(status.reason)}."
    conditions = _conditions(page, rule)
    return text + ("\n\nConditions:\n" + "".join(f"\n- {item}" for item in conditions) if conditions else "")


def _alarm(status: ServiceStatus, gate: tuple[BurnLimit, ...]) -> str:
    """Which alerts fire and what the burn-rate gate makes of the burn now; empty when none fires."""
    severity = worst_alert(status)
    if severity is None:
        return ""
    burns = [status.highest_burn(limit.window) for limit in gate]
    wanted = joined(
        [
            f"below {show.factor(limit.below)} over {show.length(limit.window)} (now {show.burn(burn)})"
            for limit, burn in zip(gate, burns, strict=True)
        ]
    )
    fires = f":red-badge[● **A {severity.value} fires right now**] ({'; '.join(alerts(status))})."
    # A ticket fires for hours after the burn; the gate looks at the last hour only.
    if all(burn is not None and burn < limit.below for burn, limit in zip(burns, gate, strict=True)):
        return f"{fires} The burn-rate gate asks for no hold any more: the burn rate is {wanted}."
    return (
        f"{fires} **The burn-rate gate asks to hold until it stops**, except for a rollback: the burn rate"
        f" has to be {wanted}."
    )


def _conditions(page: ReleasePage, rule: TierRule) -> list[str]:
    """The conditions of the tier that the decision has not told yet, beside its answer."""
    told = {notice.message for notice in page.decision.warnings}
    texts = rule.conditions_for(page.status.service.tier, burning=page.status.is_alerting)
    return [literal(text) for text in texts if text not in told]


def _changes(status: ServiceStatus, rule: TierRule) -> None:
    order = sorted(ChangeType, key=lambda change: change in rule.allowed)
    st.table(
        {
            "Change": [CHANGES[change] for change in order],
            "Error budget": [
                ":green-badge[✓ allowed]" if change in rule.allowed else ":red-badge[✕ not allowed]"
                for change in order
            ],
            "Approval": [_approver(change, rule) for change in order],
        },
        border="horizontal",
        hide_index=True,
        alt="Kinds of change, whether the error budget allows them, and who approves",
    )
    usual = STRATEGIES[status.service.strategy]
    st.markdown(
        ":small[A rollback is the way back to safety: it is always allowed and never needs approval."
        f" This service is usually deployed by {usual}.]"
    )


def _approver(change: ChangeType, rule: TierRule) -> str:
    if change not in rule.allowed:
        return "–"
    return _people(rule.approvers) if rule.needs_approval(change) else "none needed"


def _people(names: tuple[str, ...]) -> str:
    return joined([literal(name) for name in names])


def _why(status: ServiceStatus, policy: Policy) -> None:
    st.markdown("**Why**")
    lines = []
    for objective in status.objectives:
        decides = " (decides)" if objective.objective == status.decided_by else ""
        budget = left(objective, policy.budget.bands)
        burn = burning(objective, policy.budget.pace_window)
        line = f"- {literal(objective.objective.indicator)}{decides}: {budget}"
        lines.append(f"{line} · {burn}" if burn else line)
    st.markdown("\n".join(lines))


def _until(page: ReleasePage, policy: Policy) -> None:
    st.markdown("**Until when**")
    status, now = page.status, page.freshness.as_of
    if status.policy_tier is PolicyTier.UNKNOWN:
        st.markdown("Until the budget is known again; when that is cannot be foretold.")
    elif not status.tier_changes:
        pace = show.length(policy.budget.pace_window)
        st.markdown(f"No change is in sight: at the pace of the last {pace} the tier stays as it is.")
    else:
        lines = [forecast(change, now, policy.timezone) for change in status.tier_changes]
        st.markdown("  \n".join(lines))
