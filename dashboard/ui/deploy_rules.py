"""What the error budget allows a service now: the verdict, every kind of change, who approves, until when."""

import streamlit as st

from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import ChangeType, PolicyTier, TierRule
from dashboard.domain.service_status import ServiceStatus
from dashboard.reports.deploy_policy import DeployPolicyReport
from dashboard.ui import format as show
from dashboard.ui.components import badge, firing
from dashboard.ui.words import CHANGES, STRATEGIES, burning, forecast, joined, left, literal, service_tier

_LIMITS = (
    "This page answers for the **error budget** only. A release also has to pass the other gates (build,"
    " quality, security, policy, deployment window, freezes and open incidents), which are checked elsewhere."
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
    _verdict(report, rule, tier)
    if alerts := firing(status):
        st.markdown("Burn-rate alerts fire now: " + " ".join(alerts))
    st.markdown(_LIMITS)
    changes, why = st.columns((3, 2), gap="large")
    with changes:
        _changes(report, rule)
    with why:
        _why(status, policy)
        _until(report, policy)


def _verdict(report: DeployPolicyReport, rule: TierRule, tier: PolicyTier) -> None:
    who = _people(rule.approvers)
    if report.denied:
        denied = joined([CHANGES[change].lower() for change in report.denied])
        answer = f"**Restricted. Not allowed: {denied}.**"
        answer += f" **{who} must approve** everything else, except a rollback." if who else ""
    else:
        answer = "**The error budget allows every kind of change.**"
        answer += f" **{who} must approve**, except a rollback." if who else ""
    conditions = [f"{_people(rule.notify)} must be told"] if rule.notify else []
    conditions += [literal(condition) for condition in rule.conditions]
    answer += f"\n\nWhy: {literal(report.status.reason)}."
    if conditions:
        answer += "\n\n**Conditions:**\n" + "".join(f"\n- {condition}" for condition in conditions)
    if tier is PolicyTier.UNKNOWN:
        st.error(f"**The error budget cannot be known, so it counts as restrictive.**\n\n{answer}")
    elif tier is PolicyTier.EXHAUSTED:
        st.error(answer)
    elif tier is PolicyTier.NORMAL and not report.denied and not rule.approvers:
        st.success(answer)
    else:
        st.warning(answer)


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
        lines = [f"- {forecast(change, now, policy.timezone)}" for change in status.tier_changes]
        st.markdown("\n".join(lines))
