"""The service level that a release of the past was up against: budget, policy tier and burn rates then."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from dashboard.domain import error_budget
from dashboard.domain.burn_rate import burn_rate
from dashboard.domain.objective_status import BudgetRules, ObjectiveState, SliHistory, judge, known_spans
from dashboard.domain.policy_tier import PolicyTier, worst
from dashboard.domain.record import record
from dashboard.domain.slo import Objective

#: The checks that cannot be judged when nobody can tell the budget: the kinds of change that are allowed and
#: who has to approve follow from it.
_OF_THE_BUDGET = frozenset({"slo.change_type", "slo.budget_remaining", "approval.approvals"})
_FAST, _SLOW = "slo.fast_burn", "slo.slow_burn"
_Choice = Callable[[Iterable[Fraction]], Fraction]


@record
class PastObjective:
    """What is known of one objective at an instant; `begins` is when its history begins, None without one."""

    objective: Objective
    history: SliHistory
    begins: datetime | None

    def reaches_back(self, window: timedelta) -> bool:
        """Whether the history has a beginning before the `window` that ended at the instant."""
        if self.begins is None or self.history.watermark is None:
            return False
        return self.begins <= self.history.watermark - window


@record
class PastLevel:
    """The service level of one service at an instant of the past, the worst over its objectives.

    `policy_tier` is None for a service without objectives; `remaining` and the burn rates are None where that
    of an objective is unknown, and `reason` says why. `untold` are the checks of the gate that cannot be
    judged today because the history begins too late: a gate that looked then may have known more.
    """

    policy_tier: PolicyTier | None
    reason: str
    remaining: Fraction | None
    fast_burn: Fraction | None
    slow_burn: Fraction | None
    untold: frozenset[str]


@record
class _Found:
    """One objective as the rules judge it; `untold` as in `PastLevel`."""

    tier: PolicyTier
    reason: str
    remaining: Fraction | None
    burns: tuple[Fraction | None, Fraction | None]
    untold: frozenset[str]


def past_level(
    objectives: Sequence[PastObjective],
    rules: BudgetRules,
    burn_windows: tuple[timedelta, timedelta],
    at: datetime,
) -> PastLevel:
    """The service level at `at` under `rules`; `burn_windows` are the fast and the slow one of the gate."""
    found = [_found(item, rules, burn_windows, at) for item in objectives]
    tier = worst([item.tier for item in found])
    blind = [item for item in found if item.remaining is None]
    untold = frozenset[str]().union(*(item.untold for item in found))
    if tier is not PolicyTier.UNKNOWN or not all(item.untold >= _OF_THE_BUDGET for item in blind):
        untold -= _OF_THE_BUDGET  # what is known of another objective settles it
    return PastLevel(
        policy_tier=tier,
        reason=blind[0].reason if blind else "",
        remaining=_worst([item.remaining for item in found], min),
        fast_burn=_worst([item.burns[0] for item in found], max),
        slow_burn=_worst([item.burns[1] for item in found], max),
        untold=untold,
    )


def _found(
    item: PastObjective, rules: BudgetRules, burn_windows: tuple[timedelta, timedelta], at: datetime
) -> _Found:
    objective, history = item.objective, item.history
    counts = history.spans.get(objective.window)
    coverage = error_budget.coverage(counts, objective.window) if counts else Fraction(0)
    state, reason = judge(objective, history, coverage, rules, at)
    allowed = objective.allowed_error_ratio
    remaining = error_budget.remaining(counts, allowed) if counts and state.is_known else None
    spans = known_spans(objective, history, rules, at) if state.is_fresh else {}
    fast, slow = (burn_rate(spans[window], allowed) if window in spans else None for window in burn_windows)
    untold: frozenset[str] = frozenset()
    if state in _TOO_LITTLE and not item.reaches_back(objective.window):
        untold |= _OF_THE_BUDGET
    if state is not ObjectiveState.STALE:
        rates = zip((_FAST, _SLOW), (fast, slow), burn_windows, strict=True)
        untold |= {code for code, rate, window in rates if rate is None and not item.reaches_back(window)}
    return _Found(
        tier=PolicyTier.UNKNOWN if remaining is None else rules.bands.tier_of(remaining),
        reason="" if remaining is not None else f"{objective.indicator}: {reason}",
        remaining=remaining,
        burns=(fast, slow),
        untold=untold,
    )


_TOO_LITTLE = frozenset({ObjectiveState.NO_DATA, ObjectiveState.LOW_COVERAGE})


def _worst(values: Sequence[Fraction | None], choice: _Choice) -> Fraction | None:
    """The `choice` of values that are all known; None when one is not, or when there is none."""
    known = [value for value in values if value is not None]
    return choice(known) if known and len(known) == len(values) else None
