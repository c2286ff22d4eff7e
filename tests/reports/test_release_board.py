"""What each service may ship now, if its pipeline is green and everybody approves."""

from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.config import load_policy
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.release_decision import Decision
from dashboard.paths import DEFAULT_POLICY
from dashboard.reports.fleet import fleet_report
from dashboard.reports.history import history_at
from dashboard.reports.release_board import Board, Shippable, release_board, standing_controls
from dashboard.store.database import open_for_reading
from dashboard.store.decision_log import records
from tests.gates import freeze, grant, recorded, request, setting
from tests.pages.releases import HOUR, incident, tell
from tests.pages.stores import NOW, BadShare, Fleet, build, burst, steady

_DAY = timedelta(days=1)
_WELL: dict[str, BadShare] = {
    "api/availability": steady(0.0001),
    "api/latency": steady(0.0),
    "worker/availability": steady(0.0),
}


def _board(
    fleet: Fleet, *names: str, environment: str = "production", policy: Path = DEFAULT_POLICY
) -> Board:
    context = setting(fleet, policy)
    report = fleet_report(fleet.store, context.catalogue, context.policy, NOW)
    history = history_at(fleet.store, context.sources, context.policy.delivery, NOW)
    return release_board(context, report, history, names or tuple(context.catalogue.services), environment)


def _may(board: Board) -> dict[str, Shippable]:
    return {row.status.service.name: row.may for row in board.rows}


def _codes(decision: Decision) -> set[str]:
    return {item.code for item in decision.violations}


def test_a_healthy_fleet_may_ship_features_and_nothing_is_written(tmp_path: Path) -> None:
    fleet = build(tmp_path, _WELL)
    board = _board(fleet)
    assert _may(board) == dict.fromkeys(("api", "worker", "docs"), Shippable.FEATURE)
    assert all(row.allowed and row.allowed.allow and not row.refused for row in board.rows)
    with open_for_reading(fleet.store) as connection:
        assert records(connection) == []


def test_those_that_may_ship_least_come_first(tmp_path: Path) -> None:
    fleet = tell(build(tmp_path, _WELL), incident("INC-1", HOUR, None, services=("worker",)))
    found = list(_may(_board(fleet)).items())
    assert found[0] == ("worker", Shippable.ROLLBACK)
    assert [may for _, may in found[1:]] == [Shippable.FEATURE] * 2


@pytest.mark.parametrize(
    ("bad", "may"),
    [
        # 24 % of the budget is left: over the floor of a service of tier 2, and in the tier cautious.
        (burst(0.1, timedelta(hours=7, minutes=25), timedelta(hours=2)), Shippable.FEATURE),
        # The tier protected allows fixes, but its budget is below the floor of 20 %.
        (burst(0.1, timedelta(hours=9), timedelta(hours=2)), Shippable.ROLLBACK),
    ],
    ids=["cautious", "protected"],
)
def test_the_budgets_floor_and_the_policy_tier_both_count(
    tmp_path: Path, bad: BadShare, may: Shippable
) -> None:
    fleet = build(tmp_path, _WELL | {"worker/availability": bad})
    assert _may(_board(fleet, "worker")) == {"worker": may}


@pytest.mark.parametrize(
    ("allowed", "may"),
    [
        ("bugfix, security, rollback, emergency", Shippable.BUGFIX),
        ("rollback, emergency", Shippable.EMERGENCY),
    ],
)
def test_the_approvals_that_are_asked_for_are_assumed_and_told(
    tmp_path: Path, allowed: str, may: Shippable
) -> None:
    bad = burst(0.1, timedelta(hours=9), timedelta(hours=2))
    fleet = build(tmp_path, _WELL | {"worker/availability": bad})
    text = DEFAULT_POLICY.read_text(encoding="utf-8").replace("2: 0.20, 3: 0.10", "2: 0.0, 3: 0.0")
    policy = tmp_path / "policy.yaml"
    policy.write_text(text.replace("bugfix, security, rollback, emergency", allowed), encoding="utf-8")
    (row,) = _board(fleet, "worker", policy=policy).rows
    assert row.may is may
    assert row.allowed is not None
    assert [item.role for item in row.allowed.required_approvals] == ["SRE"]
    assert not any("whoever" in change.what for change in row.allowed.changes_at)


def test_outside_the_window_only_a_rollback_goes_and_it_says_until_when(tmp_path: Path) -> None:
    fleet = build(tmp_path, _WELL)
    freeze(fleet, NOW - HOUR, NOW + HOUR, services=["worker"])
    rows = {row.status.service.name: row for row in _board(fleet).rows}
    assert rows["worker"].may is Shippable.ROLLBACK
    assert _codes(rows["worker"].refused[0]) == {"approval.freeze"}
    bound = rows["worker"].refused[0].not_before
    assert bound is not None
    assert (bound.at, bound.then_still) == (NOW + HOUR, ())
    assert rows["api"].may is Shippable.FEATURE
    assert rows["api"].refused == ()


def test_only_the_services_that_are_asked_about_are(tmp_path: Path) -> None:
    assert set(_may(_board(build(tmp_path, _WELL), "docs", environment="staging"))) == {"docs"}


def test_what_concerns_the_fleet_are_freezes_and_overdue_reviews(tmp_path: Path) -> None:
    fleet = build(tmp_path, _WELL)
    policy = load_policy(DEFAULT_POLICY)
    grant(fleet, ExceptionType.FREEZE, policy, ends=NOW + _DAY)
    freeze(fleet, NOW - HOUR, NOW + HOUR)
    recorded(fleet, request())
    context = setting(fleet)
    now = standing_controls(context, NOW)
    assert [item.id for item in now.freezes] == ["FRZ-1"]
    assert now.overdue == ()
    later = standing_controls(context, NOW + 25 * HOUR)
    assert later.freezes == ()
    assert [item.id for item in later.overdue] == ["EXC-freeze"]
