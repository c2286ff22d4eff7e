"""The deployments of a period under another policy and under today's: what each blocks, and what that saves.

The gate is asked for the instant at which a deployment began, with what was known then and the counts as they
are known today. What nobody can tell any more neither blocks nor passes: it is said.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dashboard.domain.periods import Period
from dashboard.domain.policy import Policy
from dashboard.domain.policy_backtest import Ending, Tally, ending, tally
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.record import record
from dashboard.domain.slo import Service
from dashboard.policy.data import GatePolicy
from dashboard.reports.class_answers import ClassAnswers
from dashboard.reports.deployments import ReleaseRow
from dashboard.reports.fleet import without_collecting
from dashboard.reports.ledgers import dearest
from dashboard.reports.past_judgement import Judgement, change_of, judgement
from dashboard.reports.past_releases import PastRelease

#: Is told how many of how many deployments are judged.
Progress = Callable[[int, int], None]
_TOLD_EVERY = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One policy, as its file says it and as an engine evaluates it."""

    policy: Policy
    gate: GatePolicy


@record
class Backtested:
    """A deployment under both policies, with how it went on and what it cost.

    `spent` is the share of an error budget that it and its incidents cost, of the objective that they cost
    most; None where that is not known. `decision` is the id of the decision whose evidence was used, None
    where nothing is known of what its pipeline found.
    """

    row: ReleaseRow
    service: Service
    ending: Ending
    change: str | None
    decision: str | None
    baseline: Judgement
    other: Judgement
    spent: Fraction | None

    @property
    def changes(self) -> bool:
        """Whether the other policy blocks what the baseline does not, or the other way round."""
        return self.baseline.verdict.blocks != self.other.verdict.blocks


@record
class Changed:
    """The deployments that one policy blocks and the other does not, and what became of them.

    `spent` adds up the shares of error budgets that they cost, each of its own service's; of `unpriced` ones
    that is not known. `incidents` are those that are attributed to them.
    """

    rows: tuple[Backtested, ...]
    bad: int
    good: int
    spent: Fraction
    unpriced: int
    incidents: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestReport:
    """The deployments of `period`, newest first, under both policies.

    `newly_blocked` are let through by the baseline only, `let_through` by the other policy only.
    """

    period: Period
    environment: str
    rows: tuple[Backtested, ...]
    baseline: Tally
    other: Tally
    newly_blocked: Changed
    let_through: Changed

    @property
    def without_evidence(self) -> int:
        """Of how many deployments it is not known what their pipelines found."""
        return sum(row.decision is None for row in self.rows)

    @property
    def unknown_changes(self) -> int:
        """Of how many deployments nobody told the kind of change: the policy judges them as the strictest."""
        return sum(row.change is None for row in self.rows)

    @property
    def inferred_rollbacks(self) -> int:
        """How many deployments are judged as rollbacks only because they act as one."""
        return sum(
            row.change == ChangeType.ROLLBACK and row.row.release.deployment.change_type is None
            for row in self.rows
        )

    @property
    def unknown_levels(self) -> int:
        """Of how many deployments the error budget is not known because the counts begin too late."""
        return sum("slo.budget_remaining" in row.other.level.untold for row in self.rows)


def policy_backtest(  # noqa: PLR0913 - one argument per fact
    past: Sequence[PastRelease],
    baseline: Rules,
    other: Rules,
    answers: ClassAnswers,
    *,
    period: Period,
    progress: Progress = lambda _done, _of: None,
) -> BacktestReport:
    """The deployments of `past`, which are those of `period`, under both policies.

    Raises:
        EngineError: a policy cannot be evaluated.
    """
    rows: list[Backtested] = []
    before, after = answers.under(baseline.gate), answers.under(other.gate)
    are_the_same = baseline == other
    with without_collecting():
        for item in past:
            today = judgement(item, baseline.policy, before)
            rows.append(
                Backtested(
                    row=item.row,
                    service=item.service,
                    ending=ending(item.row.release),
                    change=change_of(item),
                    decision=None if item.decision is None else item.decision.id,
                    baseline=today,
                    other=today if are_the_same else judgement(item, other.policy, after),
                    spent=spent(item.row),
                )
            )
            if len(rows) % _TOLD_EVERY == 0:
                progress(len(rows), len(past))
    progress(len(rows), len(past))
    return BacktestReport(
        period=period,
        environment=baseline.policy.delivery.environment,
        rows=tuple(rows),
        baseline=tally((row.baseline.verdict, row.ending) for row in rows),
        other=tally((row.other.verdict, row.ending) for row in rows),
        newly_blocked=_changed([row for row in rows if row.changes and row.other.verdict.blocks]),
        let_through=_changed([row for row in rows if row.changes and row.baseline.verdict.blocks]),
    )


def spent(row: ReleaseRow) -> Fraction | None:
    """The share of its dearest error budget that a deployment and its incidents cost; None if not known."""
    if not row.has_objectives or not row.measured:
        return None
    shares: dict[str, Fraction] = {}
    for cost in (*row.costs, *(cost for costs in row.incident_costs.values() for cost in costs)):
        if cost.share_of_budget is None:
            return None
        shares[cost.objective.key] = shares.get(cost.objective.key, Fraction(0)) + dearest(cost)
    return max(shares.values(), default=Fraction(0))


def _changed(rows: Sequence[Backtested]) -> Changed:
    incidents = {name: None for row in rows for name in row.row.release.incidents}
    return Changed(
        rows=tuple(rows),
        bad=sum(row.ending is Ending.BAD for row in rows),
        good=sum(row.ending is Ending.GOOD for row in rows),
        spent=sum((row.spent for row in rows if row.spent is not None), start=Fraction(0)),
        unpriced=sum(row.spent is None for row in rows),
        incidents=tuple(incidents),
    )
