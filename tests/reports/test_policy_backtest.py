"""Past deployments under another policy and under today's, worked out by hand (see tests/backtests.py)."""

from fractions import Fraction

import pytest

from dashboard.domain.policy_backtest import Ending, Share
from dashboard.policy.engine import RegoEngine
from dashboard.reports.class_answers import ClassAnswers
from dashboard.reports.policy_backtest import BacktestReport
from tests.backtests import backtest, named, past
from tests.pages.stores import Fleet


@pytest.fixture(scope="module")
def answers() -> ClassAnswers:
    return ClassAnswers(RegoEngine())


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return past(tmp_path_factory.mktemp("past"))


@pytest.fixture(scope="module")
def report(fleet: Fleet, answers: ClassAnswers) -> BacktestReport:
    return backtest(fleet, answers)


BUDGET, CHANGE = "slo.budget_remaining", "slo.change_type"


def test_each_deployment_is_blocked_by_what_it_was_up_against(report: BacktestReport) -> None:
    rows = named(report)
    today = {name: set(row.baseline.verdict.blocked_by) for name, row in rows.items()}
    stricter = {name: set(row.other.verdict.blocked_by) for name, row in rows.items()}
    free = {name: set[str]() for name in ("early", "broke", "back", "docs-1", "w-1", "fresh")}
    assert today == free | {
        "late": {"approval.window"}, "hasty": {"slo.slow_burn", "slo.incidents_p2"}, "good": set()
    }  # fmt: skip
    assert stricter == free | {
        "late": set(), "hasty": {"slo.slow_burn", "slo.incidents_p2", BUDGET}, "good": {BUDGET}
    }  # fmt: skip


def test_the_counts_add_up_by_how_the_deployments_went_on(report: BacktestReport) -> None:
    assert (report.baseline.all, report.other.all) == (Share(blocked=2, of=9), Share(blocked=2, of=9))
    assert (report.baseline.bad, report.other.bad) == (Share(blocked=0, of=2), Share(blocked=0, of=2))
    assert (report.baseline.good, report.other.good) == (Share(blocked=2, of=6), Share(blocked=2, of=6))
    assert report.baseline.unjudged == Share(blocked=0, of=1)
    assert report.baseline.wanting_approval_only == 0


def test_what_changes_is_told_with_what_it_went_on_to_cost(report: BacktestReport) -> None:
    (blocked,), (through,) = report.newly_blocked.rows, report.let_through.rows
    assert (blocked.row.release.deployment.id, through.row.release.deployment.id) == ("good", "late")
    assert (report.newly_blocked.bad, report.newly_blocked.good) == (0, 1)
    assert (report.newly_blocked.spent, report.newly_blocked.unpriced) == (Fraction(0), 0)
    assert report.newly_blocked.incidents == ()


def test_a_deployment_costs_what_it_and_its_incidents_spent_of_the_dearest_budget(
    report: BacktestReport,
) -> None:
    rows = named(report)
    assert rows["broke"].spent == Fraction(200, 288)
    assert rows["good"].spent == 0
    assert rows["docs-1"].spent is None
    assert {name: row.ending for name, row in rows.items() if row.ending is not Ending.GOOD} == {
        "broke": Ending.BAD, "w-1": Ending.BAD, "fresh": Ending.UNJUDGED
    }  # fmt: skip


def test_a_budget_from_before_the_history_neither_blocks_nor_passes(report: BacktestReport) -> None:
    rows = named(report)
    assert {BUDGET, CHANGE, "approval.approvals"} <= set(rows["early"].other.verdict.not_known)
    assert report.unknown_levels == 1
    assert not {BUDGET, CHANGE} & set(rows["good"].other.verdict.not_known)


def test_what_only_a_pipeline_knows_is_told_as_not_known(report: BacktestReport) -> None:
    rows = named(report)
    assert report.without_evidence == 9
    missing = rows["good"].other.verdict.not_known
    assert "approval.freeze" in missing, "the decision log had not begun"
    assert len(missing) == 8 + 5 + 2 + 2, "build and quality, security, policy, approvals and freezes"
    relaxed = rows["docs-1"].other.verdict.not_known
    assert "policy.version" in relaxed
    assert "policy.abac" not in relaxed, "not asked of tier 3"


def test_an_untold_kind_of_change_is_counted(report: BacktestReport) -> None:
    assert report.unknown_changes == 1
    assert [row.row.release.deployment.id for row in report.rows if row.change is None] == ["docs-1"]


def test_progress_is_told_to_the_end(fleet: Fleet, answers: ClassAnswers) -> None:
    told: list[tuple[int, int]] = []
    backtest(fleet, answers, progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (9, 9)
