"""Every check in each tier and environment: what meets it, what does not, on the limit and just beside it.

A limit is written out here as the framework has it; only the shipped policy is asked. What is no
such thing at all is tried where most is asked for and where least is: no limit has to do with it.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.policy.releases import ENVIRONMENTS, MISSING, SERVICE_OF, release
from tests.policy.verdicts import Judge, checks, violated

_STEP = 0.000001
#: Values that meet a check, those that do not, and those that are nothing of its kind.
_Values = tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]
_COVERAGE = {1: 80, 2: 70, 3: 60}
_FLOOR = {1: 30, 2: 20, 3: 10}
_HIGH_CVES = {"production": 0, "staging": 5, "development": 10}
_SLSA = {"production": 3, "staging": 2, "development": 1}
#: All that tier 3 is asked for, besides what is released where.
_OF_TIER_3 = {
    *("build.typecheck", "build.compile", "build.lint", "build.format"),
    *("quality.unit_tests", "quality.coverage", "security.critical_cves"),
    *("policy.service", "policy.environment", "policy.version"),
}
#: Where most is asked for, and where least is.
_CORNERS = ((1, "production"), (3, "development"))
_RESULT: _Values = (("pass", True), ("fail", "failed", "skipped", False), ("PASS", "", 1, [], ["pass"], {}))
_ZERO: _Values = ((0, 0.0), (1, -1, _STEP, 10**9), ("0", False, []))


@dataclass(frozen=True, slots=True)
class _Case:
    """What is seen at `path` meets the check `code`, or does not; missing, null and the `odd` never do."""

    code: str
    path: str
    meets: tuple[Any, ...]
    fails: tuple[Any, ...]
    odd: tuple[Any, ...]


def _cases(tier: int, environment: str) -> Iterator[_Case]:
    for code, name in {
        "typecheck": "typescript",
        "compile": "compile",
        "lint": "lint",
        "format": "format",
    }.items():
        yield _Case(f"build.{code}", f"gates.build.{name}", *_RESULT)
    for name in ("unit_tests", "integration_tests", *(("golden_path",) if tier in (1, 2) else ())):
        yield _Case(f"quality.{name}", f"gates.quality.{name}", *_RESULT)
    yield _Case("quality.coverage", "gates.quality.coverage", *_at_least(_COVERAGE[tier]))
    yield from _security(environment)
    yield from _slo(tier)
    service: _Values = ((SERVICE_OF[tier],), ("nobody-s", "API"), ("", 1, True, [], ["api"]))
    yield _Case("policy.service", "service", *service)
    where: _Values = ((environment,), ("Production", "moon"), ("", 1, True, {}))
    yield _Case("policy.environment", "environment", *where)
    version: _Values = (("1", " 2.0 ", "ä"), ("", " ", "\t\r\n"), (1, 2.0, True, ["1"]))
    yield _Case("policy.version", "version", *version)
    abac: _Values = (
        ("pass", True, "skipped", "not_applicable"),
        ("fail", False),
        ("", "n/a", 1, 0, []),
    )
    yield _Case("policy.abac", "gates.policy.abac_check", *abac)


def _security(environment: str) -> Iterator[_Case]:
    at = "gates.security."
    most, level = _HIGH_CVES[environment], _SLSA[environment]
    yield _Case("security.critical_cves", f"{at}critical_cves", *_ZERO)
    yield _Case("security.secrets", f"{at}secrets_found", *_ZERO)
    high: _Values = ((0, most, float(most)), (most + 1, most + _STEP, -1, 0.5), (str(most), False, []))
    yield _Case("security.high_cves", f"{at}high_cves", *high)
    slsa: _Values = (
        (level, float(level), 4),
        (level - 1, level - _STEP, level + 0.5, -1),
        (str(level), True),
    )
    yield _Case("security.slsa_level", f"{at}slsa_level", *slsa)
    if environment != "development":
        signed: _Values = ((True,), (False,), ("true", "pass", 1, "", {}))
        yield _Case("security.image_signed", f"{at}image_signed", *signed)


def _slo(tier: int) -> Iterator[_Case]:
    yield _Case("slo.budget_remaining", "slo.error_budget_remaining", *_at_least(_FLOOR[tier]))
    yield _Case("slo.fast_burn", "slo.fast_burn_rate", *_below(2))
    yield _Case("slo.slow_burn", "slo.slow_burn_rate", *_below(1))
    for severity in (1, 2) if tier in (1, 2) else (1,):
        yield _Case(f"slo.incidents_p{severity}", f"slo.active_p{severity}_incidents", *_ZERO)
    rollbacks: _Values = ((0, 1, 1.0), (2, 3, 1.5, -1), ("0", False, [], {}))
    yield _Case("slo.rollbacks", "slo.rollbacks_last_24h", *rollbacks)


def _at_least(limit: int) -> _Values:
    return (
        (limit, float(limit), limit + _STEP, 100),
        (limit - _STEP, limit - 1, 0, -5),
        (str(limit), True, [limit]),
    )


def _below(limit: int) -> _Values:
    return (0, 0.0, limit - _STEP), (limit, float(limit), limit + _STEP, -_STEP, -1), ("0", False, {})


_ALL = [
    pytest.param(tier, environment, case, id=f"{case.code}-{tier}-{environment}")
    for tier, environment in itertools.product(SERVICE_OF, ENVIRONMENTS)
    for case in _cases(tier, environment)
]


@pytest.mark.parametrize(("tier", "environment", "case"), _ALL)
def test_a_check_is_met_or_not(judge: Judge, tier: int, environment: str, case: _Case) -> None:
    good = {"service": SERVICE_OF[tier], "environment": environment}
    for seen in case.meets:
        decision = judge(release({**good, case.path: seen}))
        assert decision["allow"], seen
        assert checks(decision)[case.code]["met"], seen
    asked = tier in (1, 2) or case.code in _OF_TIER_3
    odd = case.odd if (tier, environment) in _CORNERS else ()
    for seen in (*case.fails, *odd, None, MISSING):
        decision = judge(release({**good, case.path: seen}))
        assert not checks(decision)[case.code]["met"], seen
        assert (case.code in violated(decision), decision["allow"]) == (asked, not asked), seen
        assert (case.code in {item["code"] for item in decision["warnings"]}) != asked, seen


@pytest.mark.parametrize(("tier", "environment"), list(itertools.product(SERVICE_OF, ENVIRONMENTS)))
def test_a_tier_and_an_environment_have_their_checks_and_no_other(
    judge: Judge, tier: int, environment: str
) -> None:
    told = {case.code for case in _cases(tier, environment)} | {"slo.change_type", "policy.registry"}
    told |= {"approval.freeze", "approval.approvals"}
    told |= {"approval.window"} if environment == "production" else set()
    decision = judge(release(service=SERVICE_OF[tier], environment=environment))
    assert set(checks(decision)) == told


@pytest.mark.parametrize(
    "part", ["gates", "gates.build", "gates.quality", "gates.security", "slo", "gates.policy"]
)
@pytest.mark.parametrize("value", [MISSING, None, [], "pass", True, 0, {}])
def test_a_part_that_is_missing_is_evidence_that_is_missing(judge: Judge, part: str, value: object) -> None:
    decision = judge(release({part: value}))
    assert not decision["allow"]
    under = {"gates": ("build.", "quality.", "security.", "policy.abac"), "slo": ("slo.",)}
    expected = under.get(part, (f"{part.removeprefix('gates.')}.",))
    failed = violated(decision)
    assert failed
    assert all(code.startswith(expected) for code in failed)
    missing = {item["code"] for item in decision["violations"] if "missing evidence" in item["message"]}
    assert missing == failed


def test_a_denial_names_its_gate_its_reason_what_was_seen_and_what_is_needed(judge: Judge) -> None:
    decision = judge(
        release({"slo.error_budget_remaining": 29.999999, "sources": {"slo.budget_remaining": "CI"}})
    )
    (violation,) = decision["violations"]
    assert (violation["gate"], violation["code"]) == ("slo", "slo.budget_remaining")
    check = checks(decision)["slo.budget_remaining"]
    assert (check["seen"], check["needed"], check["source"]) == (29.999999, {"at_least": 30}, "CI")
