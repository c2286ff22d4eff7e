"""What a decision says besides yes or no: warnings, conditions of the tier, notices, who has to be told."""

from typing import Any

import pytest

from tests.policy.releases import MISSING, release
from tests.policy.verdicts import Judge

_CLOSED = {"weekday": "Sunday", "time": "03:00:00.000000"}


def _told(judge: Judge, changes: dict[str, Any] | None = None, **more: Any) -> list[tuple[str, str]]:
    decision = judge(release(changes, **more))
    return [(item["code"], item["message"]) for item in decision["warnings"]]


def _codes(judge: Judge, changes: dict[str, Any] | None = None, **more: Any) -> list[str]:
    return [code for code, _ in _told(judge, changes, **more)]


def test_a_good_release_warns_of_nothing(judge: Judge) -> None:
    assert _told(judge) == []


@pytest.mark.parametrize(
    ("rate", "warned"),
    [(0.499999, False), (0.5, True), (0.999999, True), (1, False), (-1, False), ("0.7", False)],
)
def test_a_slow_burn_rate_warns_from_half_the_gate_on(judge: Judge, rate: object, *, warned: bool) -> None:
    assert ("warn.slow_burn" in _codes(judge, {"slo.slow_burn_rate": rate})) == warned


def test_a_service_without_an_objective_has_no_burn_rate_to_warn_of(judge: Judge) -> None:
    assert "warn.slow_burn" not in _codes(judge, {"slo.slow_burn_rate": 0.7}, service="docs")


@pytest.mark.parametrize(("rollbacks", "warned"), [(0, False), (1, True), (2, False), (None, False)])
def test_one_rollback_warns(judge: Judge, rollbacks: object, *, warned: bool) -> None:
    assert ("warn.rollbacks" in _codes(judge, {"slo.rollbacks_last_24h": rollbacks})) == warned


def test_what_is_not_asked_and_not_met_is_told(judge: Judge) -> None:
    assert _told(judge, change_type="rollback", clock=_CLOSED) == [
        ("approval.window", "The deployment window has to be open: not asked of this release")
    ]
    assert _told(judge, service="devtools", image=None) == [
        ("policy.registry", "The image has to come from a trusted registry: not asked of this release")
    ]


def test_the_cautious_tier_tells_sre_and_its_conditions(judge: Judge) -> None:
    pauses = ("warn.policy_tier", "Each observation pause of a canary is doubled")
    careful = ("warn.policy_tier", "This service must use a canary or blue-green")
    notified = ("warn.notify", "SRE must be told of this release")
    assert _told(judge, policy_tier="cautious") == [notified, careful, pauses]
    assert _told(judge, policy_tier="cautious", service="conductor") == [notified, pauses]


def test_the_other_tiers_tell_their_conditions(judge: Judge) -> None:
    postmortem = ("warn.policy_tier", "A blameless postmortem is mandatory")
    reason = ("warn.policy_tier", "The approver must know why the budget is unknown")
    assert _told(judge, policy_tier="exhausted") == [postmortem]
    assert _told(judge, policy_tier="unknown") == [reason]
    assert _told(judge, policy_tier=MISSING) == []
    assert _told(judge, policy_tier="exhausted", service="docs") == []


def test_notices_are_told_first_and_as_they_are(judge: Judge) -> None:
    notices = [{"code": "notice.a", "message": "x"}, {"code": "notice.b", "message": ""}]
    assert _told(judge, change_type=None, notices=notices) == [
        ("notice.a", "x"),
        ("notice.b", ""),
        ("warn.change_type", "No change type was given: judged as the strictest that fits"),
    ]


@pytest.mark.parametrize(
    "notices",
    [
        *(MISSING, None, "x", {"a": {"code": "notice.a", "message": "x"}}, ["x"], [None], [{}]),
        [{"code": 1, "message": "x"}],
        [{"code": "notice.a"}],
        [{"code": "notice.a", "message": ["x"]}],
    ],
)
def test_a_notice_that_cannot_be_read_is_none(judge: Judge, notices: object) -> None:
    assert _told(judge, notices=notices) == []


@pytest.mark.parametrize("sources", [MISSING, None, "CI", ["CI"], {"slo.fast_burn": "CI"}])
def test_what_has_no_source_came_with_the_input(judge: Judge, sources: object) -> None:
    decision = judge(release(sources=sources))
    assert {check["source"] for check in decision["gates"]["build"]["checks"]} == {"input"}


def test_a_denial_says_if_nothing_was_known_or_too_little_was_met(judge: Judge) -> None:
    decision = judge(release({"gates.build.lint": None, "gates.build.format": "fail"}))
    assert decision["violations"] == [
        {
            "gate": "build",
            "code": "build.lint",
            "message": "The linter has to pass: nothing is known of it, and missing evidence denies",
        },
        {"gate": "build", "code": "build.format", "message": "The code has to be formatted"},
    ]


def test_an_override_that_is_not_valid_says_what_is_missing(judge: Judge) -> None:
    decision = judge(release(emergency_override=True, clock=_CLOSED))
    assert [(item["code"], item["message"]) for item in decision["violations"]] == [
        ("approval.window", "The deployment window has to be open"),
        ("override.approver", "the approver is not on the list of those who may override"),
        ("override.incident", "an incident id is needed"),
        ("override.reason", "a reason is needed"),
    ]
