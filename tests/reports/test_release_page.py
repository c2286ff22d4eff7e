"""One release, asked again now: with a pipeline's evidence or without, and all that stands around it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboard.domain.access import Person
from dashboard.domain.approvals import withdraw_approval
from dashboard.domain.deployments import DeploymentState
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import ChangeType
from dashboard.errors import InputError, StoreError
from dashboard.reports.history import history_at
from dashboard.reports.release_approvals import NotCounted
from dashboard.reports.release_page import ReleaseChoice, ReleasePage, release_page
from dashboard.reports.release_versions import known_versions, newest_asked
from dashboard.store.database import open_for_reading, open_for_writing, transaction
from dashboard.store.decision_log import records
from dashboard.store.release_controls import read_controls, record_controls
from tests.gates import EVIDENCE, MINUTE, approve, freeze, grant, recorded, request, setting
from tests.pages.releases import HOUR, deployed, tell
from tests.pages.stores import NOW, WELL, BadShare, Fleet, build, burst

_DAY = timedelta(days=1)
#: `api` is protected: 16 % of its budget is left, and nothing burns any more.
_PROTECTED = WELL | {"api/availability": burst(0.01, timedelta(hours=9), timedelta(hours=2))}
_SPENT = WELL | {"api/availability": burst(0.05, timedelta(hours=20), timedelta(hours=10))}
_FIXES = {"bugfix", "security", "rollback", "emergency"}


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return build(tmp_path, WELL)


def _page(fleet: Fleet, version: str | None = "v2.4.0", **choice: Any) -> ReleasePage:
    asked = ReleaseChoice(**{"service": "api", "environment": "production", "version": version} | choice)
    return release_page(setting(fleet), asked, NOW)


def test_without_evidence_what_is_known_stands_apart_from_what_is_missing(fleet: Fleet) -> None:
    page = _page(fleet)
    assert not page.decision.allow
    assert page.evidence is None
    assert page.failing == ()
    gates = {check.code.split(".")[0] for check in page.missing}
    assert gates == {"build", "quality", "security", "policy"}


def test_evidence_of_the_newest_decision_is_asked_again_and_nothing_is_written(fleet: Fleet) -> None:
    first = recorded(fleet, request(), now=NOW - 10 * MINUTE).document["decision_id"]
    page = _page(fleet)
    assert page.decision.allow
    assert page.evidence is not None
    assert page.evidence.id == first
    assert (page.requestor, page.image) == ("Dana", "ghcr.io/acme/api:v2.4.0")
    assert page.decision.as_of == NOW
    with open_for_reading(fleet.store) as connection:
        assert len(records(connection)) == 1


def test_a_newer_decision_without_evidence_does_not_hide_the_evidence_before_it(fleet: Fleet) -> None:
    first = recorded(fleet, request(), now=NOW - 10 * MINUTE).document["decision_id"]
    recorded(fleet, request(gates={}), now=NOW - 5 * MINUTE)
    page = _page(fleet)
    assert page.evidence is not None
    assert page.evidence.id == first
    assert [item.id == first for item in page.asked_before] == [False, True]


def test_evidence_is_of_the_very_version_and_environment(fleet: Fleet) -> None:
    recorded(fleet, request(), now=NOW - 10 * MINUTE)
    assert _page(fleet, "v2.4.1").evidence is None
    assert _page(fleet, environment="staging").evidence is None
    assert _page(fleet, None).evidence is None


def test_evidence_that_came_later_is_not_known_yet(fleet: Fleet) -> None:
    recorded(fleet, request(), now=NOW + MINUTE)
    assert _page(fleet).evidence is None


def test_what_is_known_now_counts_and_not_what_was_known_then(tmp_path: Path) -> None:
    fleet = build(tmp_path, WELL)
    assert recorded(fleet, request(), now=NOW - HOUR - 3 * MINUTE).document["allow"] is False  # 07:59: closed
    assert _page(fleet).decision.allow


def test_the_kind_of_change_is_that_of_the_evidence_until_another_is_chosen(fleet: Fleet) -> None:
    recorded(fleet, request(change_type="bugfix"))
    assert _page(fleet).change is ChangeType.BUGFIX
    assert _page(fleet, change=ChangeType.CONFIG).decision.change_type is ChangeType.CONFIG
    assert _page(fleet, "v9").change is ChangeType.FEATURE


def test_an_emergency_override_is_not_repeated(tmp_path: Path) -> None:
    fleet = build(tmp_path, _SPENT)
    override = {
        "emergency_override": True,
        "override_approver": "sre-lead",
        "override_reason": "logins fail",
        "incident_id": "INC-1",
    }
    assert recorded(fleet, request(**override)).document["allow"]
    page = _page(fleet)
    assert not page.decision.allow
    assert not page.decision.emergency.requested
    assert page.evidence is not None
    assert page.evidence.decision.emergency.used


def test_a_database_migration_stays_one(fleet: Fleet) -> None:
    recorded(fleet, request(has_database_migration=True))
    assert _page(fleet).decision.strategy == "blue-green"


@pytest.mark.parametrize(
    ("shares", "tier", "allowed", "approvers"),
    [
        (WELL, "normal", set(ChangeType), ()),
        (_PROTECTED, "protected", _FIXES, ("SRE",)),
        (_SPENT, "exhausted", _FIXES - {"bugfix"}, ("VP Engineering",)),
        ({}, "unknown", _FIXES, ("SRE",)),
    ],
    ids=["normal", "protected", "exhausted", "unknown"],
)
def test_the_policy_tier_tells_what_it_allows_and_who_approves(
    tmp_path: Path,
    shares: dict[str, BadShare],
    tier: str,
    allowed: set[str],
    approvers: tuple[str, ...],
) -> None:
    page = _page(build(tmp_path, shares))
    assert page.rule is not None
    found = (page.status.policy_tier, set(page.rule.allowed), page.rule.approvers)
    assert found == (tier, allowed, approvers)
    assert not page.rule.needs_approval(ChangeType.ROLLBACK)


def test_a_service_without_an_objective_has_no_rule_and_any_change_may_pass(fleet: Fleet) -> None:
    page = _page(fleet, service="docs")
    assert page.rule is None
    assert page.decision.policy_tier == "best_effort"
    assert not any(check.code.startswith("slo.") for check in page.failing)


def test_an_unknown_budget_fails_and_is_no_missing_evidence(tmp_path: Path) -> None:
    page = _page(build(tmp_path, {}))
    assert "slo.budget_remaining" in {check.code for check in page.failing}
    assert not any(check.code.startswith("slo.") for check in page.missing)


def test_an_approval_names_who_gave_it_and_one_that_does_not_count_says_why(
    tmp_path: Path, policy: Policy
) -> None:
    fleet = build(tmp_path, _PROTECTED)
    recorded(fleet, request(change_type="bugfix"), now=NOW - 5 * MINUTE)
    approve(fleet, policy, "SRE", by="Dana")
    approve(fleet, policy, "SRE", by="Old", at=NOW - _DAY)
    page = _page(fleet)
    assert [item.not_counted for item in page.approvals] == [NotCounted.EXPIRED, NotCounted.OWN_REQUEST]
    assert [(item.required.role, item.signatures) for item in page.roles] == [("SRE", ())]
    approve(fleet, policy, "SRE", by="Lena")
    page = _page(fleet)
    ((signature,),) = (item.signatures for item in page.roles)
    assert (signature.by, signature.exception) == ("Lena", None)
    assert page.roles[0].required.satisfied
    assert page.approvals[0].not_counted is None
    assert page.approvals[0].until == NOW - MINUTE + _DAY


def test_before_anybody_asks_no_approval_counts_and_that_is_missing_and_not_failing(
    tmp_path: Path, policy: Policy
) -> None:
    fleet = build(tmp_path, _PROTECTED)
    approve(fleet, policy, "SRE", by="Lena")
    page = _page(fleet, change=ChangeType.BUGFIX)
    assert [item.not_counted for item in page.approvals] == [NotCounted.NO_REQUESTOR]
    assert "approval.approvals" in {check.code for check in page.missing}


def test_a_withdrawn_approval_says_so(tmp_path: Path, policy: Policy) -> None:
    fleet = build(tmp_path, _PROTECTED)
    recorded(fleet, request(change_type="bugfix"), now=NOW - 5 * MINUTE)
    approve(fleet, policy, "SRE", by="Lena")
    with open_for_writing(fleet.store) as connection, transaction(connection):
        known = read_controls(connection).approvals
        event = withdraw_approval(
            known, known[0].id, person=Person(name="Lena", roles=()), now=NOW, reason="no"
        )
        record_controls(connection, [event])
    assert [item.not_counted for item in _page(fleet).approvals] == [NotCounted.WITHDRAWN]


def test_exceptions_are_those_that_may_be_used_or_wait_for_their_review(fleet: Fleet, policy: Policy) -> None:
    grant(fleet, ExceptionType.SECURITY, policy, ends=NOW + _DAY, version="v1")
    assert _page(fleet).exceptions == ()
    holed = request(version="v1", gates=EVIDENCE | {"security": EVIDENCE["security"] | {"high_cves": 1}})
    assert recorded(fleet, holed, now=NOW - MINUTE).document["allow"]
    (used,) = _page(fleet).exceptions
    assert (used.id, str(used.used_for)) == ("EXC-security", "api v1 to production")
    assert _page(fleet, "v1").decision.exceptions_used[0].id == "EXC-security"
    late = release_page(
        setting(fleet),
        ReleaseChoice(service="api", environment="production", version="v2.4.0"),
        NOW + 2 * _DAY,
    )
    assert late.exceptions[0].review_overdue(NOW + 2 * _DAY)


def test_freezes_that_cover_the_release_are_told_with_the_days_that_they_close(fleet: Fleet) -> None:
    freeze(fleet, NOW + _DAY, NOW + 3 * _DAY, services=["api"])
    page = _page(fleet)
    assert [item.id for item in page.freezes] == ["FRZ-1"]
    assert [bool(day.frozen) for day in page.calendar[:5]] == [False, True, True, True, False]
    assert _page(fleet, service="worker").freezes == ()


def test_a_rollback_waits_for_no_window_and_no_freeze(fleet: Fleet) -> None:
    freeze(fleet, NOW - HOUR, NOW + 3 * _DAY)
    page = _page(fleet, change=ChangeType.ROLLBACK)
    assert all(day.open and not day.frozen for day in page.calendar)


def test_it_opens_when_the_last_of_what_is_closed_does(fleet: Fleet) -> None:
    recorded(fleet, request())
    freeze(fleet, NOW - HOUR, NOW.replace(hour=20))
    bound = _page(fleet).decision.not_before
    assert bound is not None
    assert bound.then_still == ()
    assert bound.at.isoformat() == "2026-11-24T09:00:00+00:00"


def test_a_freeze_alone_opens_at_its_end(fleet: Fleet) -> None:
    recorded(fleet, request(environment="staging"))
    freeze(fleet, NOW - HOUR, NOW.replace(hour=20))
    bound = _page(fleet, environment="staging").decision.not_before
    assert bound is not None
    assert (bound.at, bound.check, bound.then_still) == (NOW.replace(hour=20), "approval.freeze", ())


def test_what_has_to_be_mended_makes_the_time_a_lower_bound(tmp_path: Path) -> None:
    fleet = build(tmp_path, _SPENT)
    bound = _page(fleet).decision.not_before
    assert bound is not None
    assert "build.lint" in bound.then_still  # nobody knows when a pipeline tells
    recorded(fleet, request())
    page = _page(fleet)
    bound, floor = page.decision.not_before, page.status.floor_change
    assert bound is not None
    assert floor is not None
    assert (bound.check, bound.then_still) == ("slo.budget_remaining", ())
    assert bound.at >= floor.at > page.status.tier_changes[0].at


def test_rollbacks_grow_old(tmp_path: Path) -> None:
    fleet = tell(
        build(tmp_path, WELL),
        *(
            deployed(f"r-{hours}", hours * HOUR, version=f"r-{hours}", change_type=ChangeType.ROLLBACK)
            for hours in (2, 5)
        ),
    )
    recorded(fleet, request())
    bound = _page(fleet).decision.not_before
    assert bound is not None
    # Old enough at 04:02 of the next day, when the window is still closed.
    assert (bound.check, bound.at) == ("slo.rollbacks", (NOW + _DAY).replace(hour=9, minute=0))


def test_nothing_is_foretold_where_no_time_is_known(tmp_path: Path) -> None:
    assert _page(build(tmp_path, {})).decision.not_before is None


def test_versions_are_those_asked_for_and_deployed_newest_first(fleet: Fleet) -> None:
    recorded(fleet, request(version="v2"), now=NOW - 2 * HOUR)
    recorded(fleet, request(version="v3", environment="staging"), now=NOW - HOUR)
    tell(
        fleet,
        deployed("a", 3 * HOUR, version="v1"),
        deployed("b", 30 * MINUTE, version="v4", state=DeploymentState.FAILED),
        deployed("c", 20 * MINUTE, version="w1", service="worker"),
    )
    context = setting(fleet)
    history = history_at(fleet.store, context.sources, context.policy.delivery, NOW)
    assert known_versions(fleet.store, history, "api") == ("v4", "v3", "v2", "v1")
    assert newest_asked(fleet.store, "api", "production", NOW) == "v2"
    assert newest_asked(fleet.store, "worker", "production", NOW) is None


def test_an_unknown_service_and_a_missing_store_are_told(fleet: Fleet) -> None:
    with pytest.raises(InputError, match="found 'nobody', expected a service of the catalogue"):
        _page(fleet, service="nobody")
    fleet.store.unlink()
    with pytest.raises(StoreError, match="found no store"):
        _page(fleet)
