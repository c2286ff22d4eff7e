"""What the error budget allows a service now: the verdict, every kind of change, who approves, until when."""

import streamlit as st

from dashboard.domain.burn_rate import AlertSeverity
from dashboard.domain.policy import BurnLimit, Policy
from dashboard.domain.policy_tier import ChangeType, PolicyTier, TierRule
from dashboard.domain.service_status import ServiceStatus
from dashboard.reports.deploy_policy import DeployPolicyReport
from dashboard.ui import format as show
from dashboard.ui.components import badge
from dashboard.ui.words import (
    CHANGES,
    STRATEGIES,
    alerts,
    burning,
    forecast,
    joined,
    left,
    literal,
    service_tier,
    worst_alert,
)

_LIMITS = (
    "This page answers for the **error budget** only. A release also has to pass the other gates (build,"
    " quality, security, policy, burn rates, recent rollbacks, deployment window, freezes and open"
    " incidents), which are checked elsewhere."
)


def draw(report: DeployPolicyReport, policy: Policy) -> None:
    """The whole answer, the verdict first."""
    status, rule = report.status, report.rule
    name, tier = literal(status.service.name), status.policy_tier
    st.subheader(f"{name} {badge(tier)} :small[{service_tier(status.service.tier)}]", anchor=False)
    if rule is None or tier is None:
        st.info(
            f"**{name} has no error budget policy.** It is best effort: no objective is set for it, so its"
            " error budget neither allows nor forbids anything."
        )
        st.markdown(_LIMITS)
        return
    _verdict(report, rule, tier, policy.burn_gate)
    st.markdown(_LIMITS)
    # On a phone the columns stand below one another, and a large gap would be a hole before the second.
    changes, why = st.columns((3, 2), gap="small")
    with changes:
        _changes(report, rule)
    with why:
        _why(status, policy)
        _until(report, policy)


def _verdict(
    report: DeployPolicyReport, rule: TierRule, tier: PolicyTier, gate: tuple[BurnLimit, ...]
) -> None:
    status = report.status
    parts = [_answer(report, rule), f"Why: {literal(status.reason)}."]
    if alarm := _alarm(status, gate):
        parts.insert(0, alarm)
    if tier is PolicyTier.UNKNOWN:
        parts.insert(0, "**The error budget cannot be known, so it counts as restrictive.**")
    if conditions := _conditions(status, rule):
        parts.append("**Conditions:**\n" + "".join(f"\n- {condition}" for condition in conditions))
    text = "\n\n".join(parts)
    if tier in (PolicyTier.UNKNOWN, PolicyTier.EXHAUSTED) or worst_alert(status) is AlertSeverity.PAGE:
        st.error(text)
    elif tier is PolicyTier.NORMAL and not (report.denied or rule.approvers or alarm):
        st.success(text)
    else:
        st.warning(text)


def _answer(report: DeployPolicyReport, rule: TierRule) -> str:
    who = _people(rule.approvers)
    if report.denied:
        denied = joined([CHANGES[change].lower() for change in report.denied])
        answer = f"**Restricted. Not allowed: {denied}.**"
        return f"{answer} **{who} must approve** everything else, except a rollback." if who else answer
    # While an alert fires, a plain "allowed" would be read as the whole answer.
    by_itself = " by itself" if worst_alert(report.status) else ""
    answer = f"**The error budget{by_itself} allows every kind of change.**"
    return f"{answer} **{who} must approve**, except a rollback." if who else answer


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
    fires = f"**A {severity.value} fires right now** ({'; '.join(alerts(status))})."
    # A ticket fires for hours after the burn; the gate looks at the last hour only.
    if all(burn is not None and burn < limit.below for burn, limit in zip(burns, gate, strict=True)):
        return f"{fires} The burn-rate gate asks for no hold any more: the burn rate is {wanted}."
    return (
        f"{fires} **The burn-rate gate asks to hold until it stops**, except for a rollback: the burn rate"
        f" has to be {wanted}."
    )


def _conditions(status: ServiceStatus, rule: TierRule) -> list[str]:
    told = [f"{_people(rule.notify)} must be told"] if rule.notify else []
    texts = rule.conditions_for(status.service.tier, burning=status.is_alerting)
    return told + [literal(text) for text in texts]


def _changes(report: DeployPolicyReport, rule: TierRule) -> None:
    st.markdown("**What may ship, and who approves it**")
    order = [*report.denied, *report.allowed]
    st.table(
        {
            "Change": [CHANGES[change] for change in order],
            "Error budget": [
                ":green-badge[✓ allowed]" if change in report.allowed else ":red-badge[✕ not allowed]"
                for change in order
            ],
            "Approval": [_approver(change, report, rule) for change in order],
        },
        border="horizontal",
        hide_index=True,
        alt="Kinds of change, whether the error budget allows them, and who approves",
    )
    usual = STRATEGIES[report.status.service.strategy]
    st.markdown(
        f":small[A rollback is the way back to safety: it is always allowed and never needs approval."
        f" This service is usually deployed by {usual}.]"
    )


def _approver(change: ChangeType, report: DeployPolicyReport, rule: TierRule) -> str:
    if change not in report.allowed:
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


def _until(report: DeployPolicyReport, policy: Policy) -> None:
    st.markdown("**Until when**")
    status, now = report.status, report.freshness.as_of
    if status.policy_tier is PolicyTier.UNKNOWN:
        st.markdown("Until the budget is known again; when that is cannot be foretold.")
    elif not status.tier_changes:
        pace = show.length(policy.budget.pace_window)
        st.markdown(f"No change is in sight: at the pace of the last {pace} the tier stays as it is.")
    else:
        lines = [forecast(change, now, policy.timezone) for change in status.tier_changes]
        st.markdown("  \n".join(lines))
