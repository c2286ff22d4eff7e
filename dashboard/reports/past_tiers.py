"""The policy tier that a service was in at an instant of the past, from the counts as known today."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from dashboard.domain import error_budget
from dashboard.domain.event_counts import floor_to_bucket
from dashboard.domain.objective_status import BudgetRules
from dashboard.domain.policy_tier import PolicyTier, worst
from dashboard.domain.slo import Objective, Service
from dashboard.store.sli import objective_ids
from dashboard.store.sli_history import running_totals_of


def past_tiers(
    connection: sqlite3.Connection, service: Service, rules: BudgetRules, instants: Sequence[datetime]
) -> list[PolicyTier | None]:
    """The policy tier of `service` at each of `instants`: the worst over its objectives, None without any.

    The budget of the window that ended there decides; with less coverage than the policy asks for it is
    unknown. Data that came late is counted where it belongs, so this may differ from what was shown then.
    """
    ids = objective_ids(connection, service.objectives)
    each = [
        _tiers(connection, ids.get(objective.key), objective, rules, instants)
        for objective in service.objectives
    ]
    return [worst([tiers[index] for tiers in each]) for index in range(len(instants))]


def _tiers(
    connection: sqlite3.Connection,
    row_id: int | None,
    objective: Objective,
    rules: BudgetRules,
    instants: Sequence[datetime],
) -> list[PolicyTier]:
    window = int(objective.window.total_seconds())
    ends = [int(floor_to_bucket(instant).timestamp()) for instant in instants]
    totals = running_totals_of(connection, row_id, [*ends, *(end - window for end in ends)])
    tiers = []
    for after, before in zip(totals[: len(ends)], totals[len(ends) :], strict=True):
        counts = after - before
        if not error_budget.is_covered(counts, objective.window, rules.minimum_coverage):
            tiers.append(PolicyTier.UNKNOWN)
        else:
            tiers.append(rules.bands.tier_of(error_budget.remaining(counts, objective.allowed_error_ratio)))
    return tiers
