"""One objective in depth: its course, how fast it burns over every window, and the numbers behind it."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard.domain.budget_ledger import Ledger
from dashboard.domain.burn_rate import AlertRule, alert_factor
from dashboard.domain.durations import format_duration
from dashboard.domain.error_budget import coverage
from dashboard.domain.event_counts import BUCKET
from dashboard.domain.objective_status import ObjectiveStatus
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.sli_bucket import BucketFault
from dashboard.domain.slo import Objective
from dashboard.reports.history import History
from dashboard.reports.service import FOLLOWED_BACK, Course, ObjectiveDetail
from dashboard.ui import budget_ledger
from dashboard.ui import format as show
from dashboard.ui.charts import CHART_CONFIG, course_alt, course_figure
from dashboard.ui.components import badge
from dashboard.ui.course_marks import Meanwhile, mark, meanwhile
from dashboard.ui.folding import unbroken
from dashboard.ui.words import GLOSSARY, burning, left, literal

_OBJECTIVE = "objective"
_PLACEHOLDER = "{{bucket}}"


def choose(details: tuple[ObjectiveDetail, ...], first: Objective) -> ObjectiveDetail:
    """The objective to look at; `first` (the one that decides the policy tier) unless another is picked."""
    by_name = {detail.status.objective.indicator: detail for detail in details}
    if len(by_name) == 1:
        return details[0]
    picked = st.segmented_control(
        "Objective",
        list(by_name),
        default=first.indicator,
        required=True,
        key=_OBJECTIVE,
        bind="query-params",
    )
    return by_name.get(picked or "", by_name[first.indicator])


def draw(detail: ObjectiveDetail, policy: Policy, history: History, ledgers: Mapping[str, Ledger]) -> None:
    """Everything that is known of one objective; `ledgers` are those of its service."""
    status = detail.status
    objective = status.objective
    st.subheader(
        f"{literal(objective.indicator)}: {show.target(objective.target)} over"
        f" {show.length(objective.window)}",
        anchor=False,
        help=GLOSSARY["Objective"],
    )
    burn = burning(status, policy.budget.pace_window)
    budget = left(status, policy.budget.bands)
    st.markdown(unbroken(f"{badge(status.policy_tier)} {budget}" + (f" · {burn}" if burn else "")))
    if detail.course is not None and detail.span is not None:
        _course(detail.course, status, policy, meanwhile(history, objective.service, detail.span))
    if objective.key in ledgers:
        budget_ledger.draw(ledgers[objective.key], history, policy)
    _burn_rates(detail, policy)
    _numbers(detail, policy)
    _queries(detail)


def _course(course: Course, status: ObjectiveStatus, policy: Policy, happened: Meanwhile) -> None:
    dark = st.context.theme.type == "dark"
    figure = course_figure(course, status, policy, dark=dark)
    mark(figure, happened, policy, dark=dark)
    alt = f"{course_alt(status, policy.budget.bands.edges)}; {happened.told}"
    st.plotly_chart(figure, config=dict(CHART_CONFIG), alt=alt)
    if happened.legend:
        st.markdown(happened.legend)


def _burn_rates(detail: ObjectiveDetail, policy: Policy) -> None:
    status, rules = detail.status, policy.budget
    objective = status.objective
    st.markdown("**Burn rate by window**", help=GLOSSARY["Burn rate"])
    windows = sorted({*rules.burn_windows, objective.window})
    st.table(
        {
            "Window": [unbroken(show.length(window)) for window in windows],
            "Burn rate": [show.burn(status.burns.get(window)) for window in windows],
            "Alerts that look at it": [
                unbroken(
                    "  \n".join(
                        _alert(rule, detail, policy.timezone)
                        for rule in rules.alert_rules
                        if window == rule.long and rule.long <= objective.window
                    )
                )
                or "–"
                for window in windows
            ],
        },
        border="horizontal",
        hide_index=True,
        alt=f"Burn rates of {objective.key} by window, with the alerts on them",
    )
    if any(window not in status.burns for window in windows):
        why = status.reason or (
            f"fewer than {show.covered(rules.minimum_burn_coverage)} of the window's buckets were measured"
        )
        st.markdown(f":small[A burn rate is unknown because: {literal(why)}]")


def _alert(rule: AlertRule, detail: ObjectiveDetail, zone: ZoneInfo) -> str:
    status = detail.status
    objective = status.objective
    factor = alert_factor(rule, objective.window, objective.allowed_error_ratio)
    text = f"{rule.severity.value} when this and {show.length(rule.short)} are over {show.factor(factor)}:"
    for found, since in zip(status.alerts, detail.firing_since, strict=True):
        if found.rule == rule:
            return f"{text} :red-badge[● firing] {_began(since, status.watermark, zone)}"
    known = rule.long in status.burns and rule.short in status.burns
    return f"{text} {'not firing' if known else ':violet-badge[? unknown]'}"


def _began(since: datetime | None, newest: datetime | None, zone: ZoneInfo) -> str:
    if since is None or newest is None:
        return "it has just begun"
    if newest - since >= FOLLOWED_BACK - BUCKET:
        return f"for {show.length(FOLLOWED_BACK)} or longer"
    return f"since {show.moment(since, zone)}"


def _numbers(detail: ObjectiveDetail, policy: Policy) -> None:
    status = detail.status
    objective, counts = status.objective, status.counts
    expected = objective.window // BUCKET
    measured = counts.buckets if counts else 0
    rows = {
        "Good events": show.events(counts.good if counts else None),
        "Bad events": show.events(counts.bad if counts else None),
        "Total events": show.events(counts.total if counts else None),
        "Window": " to ".join(show.full_moment(end, policy.timezone) for end in detail.span)
        if detail.span
        else show.UNKNOWN,
        "Measured": f"{show.number(measured)} of {show.number(expected)} five-minute buckets"
        + (f" ({show.covered(coverage(counts, objective.window))})" if counts else ""),
        "Not counted": _flagged(detail),
        "One failed event costs": f"{show.percent(status.cost_of_one_failure)} of the budget"
        if status.cost_of_one_failure is not None
        else show.UNKNOWN,
        "Budget is spent": _exhaustion(status, policy),
    }
    with st.expander("The numbers behind", expanded=True):
        shown = {name: unbroken(value) for name, value in rows.items()}
        st.table(shown, border="horizontal", alt=f"The numbers behind {objective.key}")


def _flagged(detail: ObjectiveDetail) -> str:
    if not detail.flagged:
        return "nothing: every bucket that was answered could be used"
    return "  \n".join(
        f"{show.amount(count, 'bucket')}: {BucketFault(fault).sentence}"
        for fault, count in detail.flagged.items()
    )


def _exhaustion(status: ObjectiveStatus, policy: Policy) -> str:
    pace = show.length(policy.budget.pace_window)
    if status.remaining is None:
        return show.UNKNOWN
    if status.remaining <= policy.budget.bands.exhausted_at:
        return "already"
    spent_at = status.worse.get(PolicyTier.EXHAUSTED)
    if spent_at is None:
        return f"not at the pace of the last {pace}"
    return f"{show.moment(spent_at, policy.timezone)}, at the pace of the last {pace}"


def _queries(detail: ObjectiveDetail) -> None:
    bucket = format_duration(BUCKET)
    with st.expander("The Prometheus queries (for every service at once)"):
        if detail.indicator.description:
            st.markdown(literal(detail.indicator.description))
        st.markdown("Good events")
        st.code(detail.indicator.good.replace(_PLACEHOLDER, bucket), language=None, wrap_lines=True)
        st.markdown("Total events")
        st.code(detail.indicator.total.replace(_PLACEHOLDER, bucket), language=None, wrap_lines=True)
