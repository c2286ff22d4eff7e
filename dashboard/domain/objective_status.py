"""What the counts of one objective mean now: budget, burn rates, alerts, policy tier, forecast."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from dashboard.domain import burn_rate as burning
from dashboard.domain import error_budget, tier_forecast
from dashboard.domain.burn_rate import AlertRule, BurnAlert
from dashboard.domain.durations import readable, readable_age
from dashboard.domain.event_counts import BUCKET, UNITS_PER_EVENT, EventCounts
from dashboard.domain.policy_tier import PolicyTier, TierBands
from dashboard.domain.slo import Objective
from dashboard.domain.tier_forecast import RollingWindow


class ObjectiveState(StrEnum):
    """What is known of an objective. Only `measured`, `low_traffic` and `no_traffic` have a budget."""

    MEASURED = "measured"
    LOW_TRAFFIC = "low_traffic"
    NO_TRAFFIC = "no_traffic"
    NO_DATA = "no_data"
    STALE = "stale"
    LOW_COVERAGE = "low_coverage"
    PARTIAL_ANSWER = "partial_answer"

    @property
    def is_known(self) -> bool:
        """Whether the budget can be told."""
        return self in _KNOWN

    @property
    def is_fresh(self) -> bool:
        """Whether there are counts that are new enough to tell a burn rate."""
        return self not in _OLD


_KNOWN = frozenset({ObjectiveState.MEASURED, ObjectiveState.LOW_TRAFFIC, ObjectiveState.NO_TRAFFIC})
_OLD = frozenset({ObjectiveState.NO_DATA, ObjectiveState.STALE})


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRules:
    """How counts become a status; all of it is configuration (`policy.yaml`).

    `pace_window` is the burn window whose rate stands for "the current pace" in forecasts.
    """

    bands: TierBands
    minimum_coverage: Fraction
    minimum_events: int
    stale_after: timedelta
    burn_windows: tuple[timedelta, ...]
    minimum_burn_coverage: Fraction
    pace_window: timedelta
    alert_rules: tuple[AlertRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlidingCounts:
    """The counts of the last five minutes before `at`, read as one sliding window at a sync."""

    at: datetime
    counts: EventCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class SliHistory:
    """What the store knows of one objective at an instant.

    `watermark` is the end of the last measured bucket, None when there is none; every window ends there.
    `spans` holds the counts of each burn window and of the objective's window. `partial` is the source's
    warning when its newest answer was only partial. `bad_through` reads the running total of bad events.
    """

    watermark: datetime | None
    spans: Mapping[timedelta, EventCounts]
    sliding: SlidingCounts | None
    partial: str | None
    flagged: int
    bad_through: Callable[[int], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveStatus:
    """The state of one objective. `remaining` and all that follows from it is None while unknown.

    `spans` holds the counts of each window of which enough was measured to tell a burn rate.
    `reason` is empty only when there is nothing to explain. `floor_at` is when the release gate's floor of
    the budget is met again, if nothing more burns; None where it is met, or not asked about. `below_floor_at`
    is when the budget falls below it at the current pace; None where it does not.
    """

    objective: Objective
    state: ObjectiveState
    reason: str
    policy_tier: PolicyTier
    counts: EventCounts | None
    coverage: Fraction
    flagged: int
    watermark: datetime | None
    remaining: Fraction | None
    cost_of_one_failure: Fraction | None
    spans: Mapping[timedelta, EventCounts]
    alerts: tuple[BurnAlert, ...]
    time_to_exhaustion: timedelta | None
    better: Mapping[PolicyTier, datetime]
    worse: Mapping[PolicyTier, datetime]
    floor_at: datetime | None = None
    below_floor_at: datetime | None = None

    @property
    def burns(self) -> dict[timedelta, Fraction]:
        """The known burn rates by window; a window of the rules that is missing there is unknown."""
        allowed = self.objective.allowed_error_ratio
        return {window: burning.burn_rate(counts, allowed) for window, counts in self.spans.items()}

    @property
    def consumed(self) -> Fraction | None:
        """The share of the budget that is spent: 1 − remaining."""
        return None if self.remaining is None else 1 - self.remaining


def objective_status(
    objective: Objective,
    history: SliHistory,
    rules: BudgetRules,
    now: datetime,
    floor: Fraction | None = None,
) -> ObjectiveStatus:
    """The status of `objective` at `now`, from what the store knows.

    `floor` is the share of the budget that the release gate asks for; None where nobody asks when it is met.
    """
    counts = history.spans.get(objective.window)
    coverage = error_budget.coverage(counts, objective.window) if counts else Fraction(0)
    state, reason = judge(objective, history, coverage, rules, now)
    spans = known_spans(objective, history, rules, now) if state.is_fresh else {}
    allowed = objective.allowed_error_ratio
    alerts = burning.firing_alerts(
        rules=rules.alert_rules,
        spans=spans,
        period=objective.window,
        allowed_error_ratio=allowed,
    )
    status = ObjectiveStatus(
        objective=objective,
        state=state,
        reason=reason,
        policy_tier=PolicyTier.UNKNOWN,
        counts=counts,
        coverage=coverage,
        flagged=history.flagged,
        watermark=history.watermark,
        remaining=None,
        cost_of_one_failure=None,
        spans=spans,
        alerts=alerts,
        time_to_exhaustion=None,
        better={},
        worse={},
    )
    if counts is None or history.watermark is None or not state.is_known:
        return status
    window = RollingWindow(
        end=history.watermark,
        length=objective.window,
        counts=counts,
        allowed_error_ratio=allowed,
        bad_through=history.bad_through,
    )
    return _with_budget(status, window, rules, now, floor)


def _with_budget(
    status: ObjectiveStatus, window: RollingWindow, rules: BudgetRules, now: datetime, floor: Fraction | None
) -> ObjectiveStatus:
    """`status` with what is left of the budget of `window`, the policy tier, and when they change."""
    counts, allowed = window.counts, window.allowed_error_ratio
    remaining = error_budget.remaining(counts, allowed)
    tier = rules.bands.tier_of(remaining)
    # The windows end at the watermark, some minutes ago; what would have happened since then, happens now.
    better = tier_forecast.better_times(window, rules.bands, tier)
    recent = status.spans.get(rules.pace_window)
    pace = burning.burn_rate(recent, allowed) if recent else None
    worse = tier_forecast.worse_times(window, rules.bands, tier, pace)
    better, worse = (
        {to: max(at, now) for to, at in times.items()} if times else times for times in (better, worse)
    )
    exhausted_at = worse.get(PolicyTier.EXHAUSTED)
    floor_at, below_floor_at = _floor_times(window, floor, remaining, pace)
    return replace(
        status,
        policy_tier=tier,
        remaining=remaining,
        cost_of_one_failure=error_budget.cost_of_one_failure(counts, allowed),
        time_to_exhaustion=exhausted_at - now if exhausted_at else None,
        better=better,
        worse=worse,
        floor_at=None if floor_at is None else max(floor_at, now),
        below_floor_at=None if below_floor_at is None else max(below_floor_at, now),
    )


def _floor_times(
    window: RollingWindow, floor: Fraction | None, remaining: Fraction, pace: Fraction | None
) -> tuple[datetime | None, datetime | None]:
    """When the `floor` is met again, and when it is no longer; at most one of them is told."""
    if floor is None:
        return None, None
    if remaining < floor:
        return tier_forecast.time_of_floor(window, floor), None
    return None, tier_forecast.time_of_edge(window, floor, pace) if pace else None


def fastest_burn(status: ObjectiveStatus) -> tuple[timedelta, Fraction] | None:
    """The window with the highest burn rate, and that rate; None when no burn rate is known."""
    return max(status.burns.items(), key=lambda item: item[1], default=None)


def judge(  # noqa: PLR0911 - one return per state
    objective: Objective, history: SliHistory, coverage: Fraction, rules: BudgetRules, now: datetime
) -> tuple[ObjectiveState, str]:
    """What is known of `objective` at `now`, with `coverage` of its window measured, and why not more."""
    counts = history.spans.get(objective.window)
    if history.watermark is None or counts is None:
        why = "no counts were ever stored for this objective"
        if history.flagged:
            why = f"none of the {history.flagged} buckets that the source answered for can be counted"
        return ObjectiveState.NO_DATA, f"no data: {why}"
    age = now - history.watermark
    if age > rules.stale_after:
        old, limit = readable_age(age), readable(rules.stale_after)
        return ObjectiveState.STALE, f"stale: the newest data is {old} old, at most {limit} is trusted"
    if history.partial:
        return ObjectiveState.PARTIAL_ANSWER, f"partial answer: the source warns: {history.partial}"
    if coverage < rules.minimum_coverage:
        measured = f"{counts.buckets:,} of {objective.window // BUCKET:,} five-minute buckets of the window"
        return ObjectiveState.LOW_COVERAGE, f"coverage: only {measured} were measured"
    if not counts.total:
        return ObjectiveState.NO_TRAFFIC, "no traffic: nothing was asked of this service in the whole window"
    if counts.total < rules.minimum_events * UNITS_PER_EVENT:
        seen, least = counts.total // UNITS_PER_EVENT, rules.minimum_events
        events = f"only {seen:,} events in the window, fewer than {least:,}"
        return ObjectiveState.LOW_TRAFFIC, f"low traffic: {events}, so single failures move the tier"
    return ObjectiveState.MEASURED, ""


def known_spans(
    objective: Objective, history: SliHistory, rules: BudgetRules, now: datetime
) -> dict[timedelta, EventCounts]:
    """The counts of each burn window, and the objective's own, of which enough was measured."""
    known = {}
    windows = rules.burn_windows
    if objective.window not in windows:
        windows = (*windows, objective.window)
    for window in windows:
        counts = history.spans.get(window)
        if window == BUCKET and history.sliding and _is_newer(history, now):
            counts = history.sliding.counts
        if counts and error_budget.is_covered(counts, window, rules.minimum_burn_coverage):
            known[window] = counts
    return known


def _is_newer(history: SliHistory, now: datetime) -> bool:
    sliding, watermark = history.sliding, history.watermark
    return sliding is not None and watermark is not None and watermark <= sliding.at <= now
