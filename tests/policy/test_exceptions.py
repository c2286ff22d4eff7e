"""Exceptions: each type lifts its own checks, in the tiers in which it may, and says that it was used."""

from typing import Any

import pytest

from dashboard.domain.gate_rules import CHECKS, ExceptionType
from tests.policy.releases import MISSING, Document, release
from tests.policy.verdicts import Judge, checks, violated

_SLO = {
    *("slo.change_type", "slo.budget_remaining", "slo.fast_burn", "slo.slow_burn"),
    *("slo.incidents_p1", "slo.incidents_p2", "slo.rollbacks"),
}
_LIFTS = {
    "window": {"approval.window"},
    "security": {"security.critical_cves", "security.high_cves"},
    "slo": _SLO,
    "budget": {"slo.change_type", "slo.budget_remaining"},
    "freeze": {"approval.freeze"},
}
_FREEZE = {
    "id": "F-1",
    "start": "2026-11-01T00:00:00.000000Z",
    "end": "2026-12-01T00:00:00.000000Z",
    "services": [],
    "environments": [],
    "reason": "Sale",
}
#: A release that meets no check but those without which nobody knows what it is.
_WORST = {
    "image": "evil.example/api",
    "version": "",
    "clock": {"weekday": "Sunday", "time": "03:00:00.000000"},
    "freezes": [_FREEZE],
    "gates": {},
    "slo": {},
}
_ASKED = set(CHECKS) - {"slo.incidents_p3", "policy.service", "policy.environment"}


def _exceptions(*kinds: str) -> list[Document]:
    return [{"id": f"EXC-{kind}", "type": kind} for kind in kinds]


def _worst(policy_tier: object, *kinds: str, **changes: Any) -> Document:
    return release({**_WORST, "policy_tier": policy_tier, **changes}, exceptions=_exceptions(*kinds))


def test_the_worst_release_meets_nothing(judge: Judge) -> None:
    assert violated(judge(_worst("protected"))) == _ASKED


@pytest.mark.parametrize("policy_tier", ["protected", "unknown", "exhausted", None, MISSING, "gold"])
@pytest.mark.parametrize("kind", _LIFTS)
def test_an_exception_lifts_its_checks_and_no_other(judge: Judge, kind: str, policy_tier: object) -> None:
    lifts = _LIFTS[kind]
    if kind == "slo" and policy_tier not in ("protected", "unknown"):
        lifts = set()  # an exhausted budget, or one that nobody told, takes an exception of its own
    decision = judge(_worst(policy_tier, kind))
    assert violated(decision) == _ASKED - lifts
    assert {(item["id"], item["lifts"]) for item in decision["exceptions_used"]} == {
        (f"EXC-{kind}", code) for code in lifts
    }


def test_every_type_of_exception_is_held_here() -> None:
    assert set(_LIFTS) == {kind.value for kind in ExceptionType}


def test_all_exceptions_together_leave_the_rest(judge: Judge) -> None:
    decision = judge(_worst("exhausted", *_LIFTS))
    left = _ASKED - {"approval.window", "approval.freeze", "security.critical_cves", "security.high_cves"}
    assert violated(decision) == left - {"slo.change_type", "slo.budget_remaining"}
    assert not decision["allow"]


def test_a_lifted_check_passes_its_gate_and_keeps_what_was_measured(judge: Judge) -> None:
    document = release({"gates.security.high_cves": 2}, exceptions=_exceptions("window", "security"))
    decision = judge(document)
    check = checks(decision)["security.high_cves"]
    assert (check["met"], check["pass"], check["waived_by"]) == (False, True, "EXC-security")
    assert (decision["allow"], decision["gates"]["security"]["pass"]) == (True, True)
    assert decision["exceptions_used"] == [{"id": "EXC-security", "lifts": "security.high_cves"}]


def test_an_exception_that_is_not_needed_is_not_used(judge: Judge) -> None:
    decision = judge(release(exceptions=_exceptions(*_LIFTS)))
    assert (decision["allow"], decision["exceptions_used"]) == (True, [])
    assert all(check["waived_by"] is None for check in checks(decision).values())


def test_of_two_exceptions_the_first_is_used(judge: Judge) -> None:
    decision = judge(release({"slo.error_budget_remaining": 5}, exceptions=_exceptions("budget", "slo")))
    assert decision["exceptions_used"] == [{"id": "EXC-budget", "lifts": "slo.budget_remaining"}]


def test_an_exception_of_the_budget_does_not_stand_in_for_an_approval(judge: Judge) -> None:
    decision = judge(release(policy_tier="exhausted", exceptions=_exceptions("budget")))
    assert violated(decision) == {"approval.approvals"}


@pytest.mark.parametrize(
    ("named", "stand"),
    [
        (["F-1"], ["F-2"]),
        (["F-2"], ["F-1"]),
        (["F-1", "F-2"], []),
        ([None], []),
        ([MISSING], []),
        (["F-3"], ["F-1", "F-2"]),
        ([""], ["F-1", "F-2"]),
        ([["F-1"]], ["F-1", "F-2"]),
        ([True], ["F-1", "F-2"]),
    ],
)
def test_a_freeze_is_lifted_by_an_exception_that_names_it_or_by_one_for_all(
    judge: Judge, named: list[object], stand: list[str]
) -> None:
    exceptions = [
        {"id": f"EXC-{number}", "type": "freeze"} | ({} if name is MISSING else {"freeze": name})
        for number, name in enumerate(named)
    ]
    decision = judge(release(freezes=[_FREEZE, _FREEZE | {"id": "F-2"}], exceptions=exceptions))
    assert checks(decision)["approval.freeze"]["seen"] == stand
    assert decision["allow"] == (stand == [])
    used = [] if len(stand) == 2 else exceptions
    assert decision["exceptions_used"] == [{"id": one["id"], "lifts": "approval.freeze"} for one in used]


@pytest.mark.parametrize(
    "exceptions",
    [
        *(MISSING, None, {}, "window", ["window"], [None], [["window"]], [{}]),
        [{"type": "window"}],
        [{"id": 1, "type": "window"}],
        [{"id": None, "type": "window"}],
        [{"id": "EXC-1"}],
        [{"id": "EXC-1", "type": "Window"}],
        [{"id": "EXC-1", "type": ["window"]}],
        [{"id": "EXC-1", "type": "everything"}],
        {"id": "EXC-1", "type": "window"},
        {"first": {"id": "EXC-1", "type": "window"}},
    ],
)
def test_an_exception_that_cannot_be_read_lifts_nothing(judge: Judge, exceptions: object) -> None:
    closed = {"weekday": "Sunday", "time": "03:00:00.000000"}
    decision = judge(release(clock=closed, exceptions=exceptions))
    assert (violated(decision), decision["exceptions_used"]) == ({"approval.window"}, [])


def test_what_is_not_asked_needs_no_exception(judge: Judge) -> None:
    for changes in ({"change_type": "rollback"}, {"service": "devtools"}):
        decision = judge(release({**changes, "slo": None}, exceptions=_exceptions(*_LIFTS)))
        assert (decision["allow"], decision["exceptions_used"]) == (True, [])


def test_a_bug_fix_of_tier_1_at_fifteen_percent_takes_an_exception_besides_the_approval(judge: Judge) -> None:
    document = release({"slo.error_budget_remaining": 15}, change_type="bugfix", policy_tier="protected")
    document["approvals"] = [{"role": "SRE", "by": "kim"}]
    assert violated(judge(document)) == {"slo.budget_remaining"}
    document["exceptions"] = _exceptions("budget")
    assert judge(document)["allow"]
