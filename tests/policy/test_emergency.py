"""The emergency override: what makes it valid, what it never lifts, and when it is used."""

import itertools
from typing import Any

import pytest

from tests.policy.releases import MISSING, OVERRIDE, POLICY_TIERS, release
from tests.policy.verdicts import Judge, violated

_CLOSED = {"weekday": "Sunday", "time": "03:00:00.000000"}
_BROKEN: dict[str, tuple[Any, ...]] = {
    "emergency_override": (False, None, "true", 1, {}, MISSING),
    "override_approver": ("sre lead", "SRE-LEAD", "release-captain", "", " ", None, ["cto"], True, MISSING),
    "override_reason": ("", " ", "\t\r\n ", None, 1, True, ["x"], MISSING),
    "incident_id": ("", "  ", "\n", None, 4711, {}, MISSING),
}
_ESSENTIAL = {
    "build.typecheck": "gates.build.typescript",
    "build.compile": "gates.build.compile",
    "build.lint": "gates.build.lint",
    "build.format": "gates.build.format",
    "security.critical_cves": "gates.security.critical_cves",
    "security.secrets": "gates.security.secrets_found",
}


def _faults(decision: Any) -> set[str]:
    codes = {item["code"] for item in decision["violations"]}
    return {code for code in codes if code.startswith("override.")}


@pytest.mark.parametrize("parts", list(itertools.product([True, False], repeat=4)))
def test_an_override_takes_the_request_an_approver_a_reason_and_an_incident(
    judge: Judge, parts: tuple[bool, ...]
) -> None:
    given = {
        name: value if kept else MISSING for kept, (name, value) in zip(parts, OVERRIDE.items(), strict=True)
    }
    decision = judge(release(given, clock=_CLOSED))
    emergency = decision["emergency"]
    assert (emergency["requested"], emergency["valid"]) == (parts[0], all(parts))
    assert emergency["used"] == decision["allow"] == all(parts)
    assert violated(decision) == {"approval.window"}
    expected = dict(
        zip(("override.approver", "override.reason", "override.incident"), parts[1:], strict=True)
    )
    assert _faults(decision) == {code for code, kept in expected.items() if parts[0] and not kept}


@pytest.mark.parametrize(
    ("part", "value"),
    [
        pytest.param(part, value, id=f"{part}-{value!r}")
        for part, values in _BROKEN.items()
        for value in values
    ],
)
def test_a_part_that_is_blank_or_of_another_type_is_none(judge: Judge, part: str, value: object) -> None:
    decision = judge(release({**OVERRIDE, part: value}, clock=_CLOSED))
    assert not decision["allow"]
    assert not decision["emergency"]["valid"]


@pytest.mark.parametrize("approver", ["sre-lead", "vp-engineering", "cto"])
def test_each_approver_of_the_list_may_override(judge: Judge, approver: str) -> None:
    assert judge(release(OVERRIDE, override_approver=approver, clock=_CLOSED))["allow"]


@pytest.mark.parametrize("value", [MISSING, None, "fail", 1, -1, "0", False])
@pytest.mark.parametrize("code", _ESSENTIAL)
def test_an_override_never_lifts_the_build_a_critical_cve_or_a_secret(
    judge: Judge, code: str, value: object
) -> None:
    lifts = [{"id": f"EXC-{kind}", "type": kind} for kind in ("security", "slo", "window", "budget")]
    document = release({**OVERRIDE, _ESSENTIAL[code]: value}, image="evil.example/x", exceptions=lifts)
    decision = judge(document)
    assert (decision["allow"], decision["emergency"]["valid"]) == (False, False)
    assert _faults(decision) == {"override.essential"}


def test_an_exception_lifts_a_critical_cve_but_does_not_make_an_override_valid(judge: Judge) -> None:
    document = release({"gates.security.critical_cves": 1}, exceptions=[{"id": "EXC-1", "type": "security"}])
    assert judge(document)["allow"]
    decision = judge(document | OVERRIDE | {"clock": _CLOSED})
    assert (decision["allow"], violated(decision)) == (False, {"approval.window"})


def test_a_secret_of_tier_3_is_a_warning_but_no_override_lifts_it(judge: Judge) -> None:
    changes = {"service": "devtools", "gates.security.secrets_found": 1}
    assert judge(release(changes))["allow"]
    decision = judge(release({**changes, **OVERRIDE, "gates.quality.coverage": 10}))
    assert (decision["allow"], violated(decision)) == (False, {"quality.coverage"})


@pytest.mark.parametrize("policy_tier", [*POLICY_TIERS, None, "gold"])
def test_an_override_lifts_everything_else(judge: Judge, policy_tier: object) -> None:
    security = {"critical_cves": 0, "secrets_found": 0}
    build = release()["gates"]["build"]
    nothing = {
        **OVERRIDE,
        "policy_tier": policy_tier,
        "gates": {"build": build, "security": security},
        **dict.fromkeys(
            ("service", "version", "environment", "image", "slo", "now", "clock", "freezes"), None
        ),
    }
    decision = judge(release(nothing))
    assert decision["allow"]
    assert {gate: result["pass"] for gate, result in decision["gates"].items()} == {
        "build": True,
        "quality": False,
        "security": False,
        "slo": False,
        "policy": False,
        "approval": False,
    }
    assert set(decision["emergency"]["overridden"]) == violated(decision)


def test_an_override_that_is_not_needed_is_not_used(judge: Judge) -> None:
    decision = judge(release(OVERRIDE))
    assert decision["allow"]
    assert (decision["emergency"]["valid"], decision["emergency"]["used"]) == (True, False)
    assert [item["code"] for item in decision["warnings"]] == ["warn.override_not_needed"]


def test_an_override_that_is_not_valid_takes_nothing_from_a_release_that_passes(judge: Judge) -> None:
    decision = judge(release(OVERRIDE, override_approver="me"))
    assert (decision["allow"], decision["violations"]) == (True, [])
