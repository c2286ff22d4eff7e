"""What holds for every release: less evidence or budget never allows more, and a decision is always given."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.gate_rules import CHECKS
from dashboard.policy.data import GatePolicy
from dashboard.policy.engine import RegoEngine
from tests.policy.junk import paths
from tests.policy.policies import shipped_policy
from tests.policy.random_releases import random_release
from tests.policy.real_opa import RealOpa
from tests.policy.releases import CHANGE_TYPES, OVERRIDE, Document, put, release
from tests.policy.verdicts import Decision, checks, violated

_SHIPPED = shipped_policy()
_REGO = RegoEngine()
_OPA = RealOpa()
#: Random, but the same everywhere; how long one takes is no fact about the policy.
_FIXED = settings(derandomize=True, deadline=None, database=None, max_examples=150)
#: What restricts a release or an exception, so that it may be allowed without it; and what says nothing.
_RESTRICTS = ("freezes", "notices", "emergency_override", "exceptions")
_KEYS = st.sampled_from([*release(), "build", "security", "id", "type", "freeze", "role", "start", "weekday"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.sampled_from([0.5, -0.5]) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS | st.text(), inner, max_size=3),
    max_leaves=12,
)
_OBJECTS = st.dictionaries(_KEYS | st.text(), _VALUES, max_size=12)


def _releases(seed: int, number: int) -> list[Document]:
    rng = random.Random(seed)  # noqa: S311 - no secret is made of it
    return [random_release(rng, _SHIPPED.data) for _ in range(number)]


def _without(document: Document, path: tuple[Any, ...]) -> Document:
    shorter: Document = json.loads(json.dumps(document))
    at: Any = shorter
    for key in path[:-1]:
        at = at[key]
    del at[path[-1]]
    return shorter


def _consistent(decision: Decision) -> None:
    passes = {name: gate["pass"] for name, gate in decision["gates"].items()}
    assert list(passes) == sorted(["build", "quality", "security", "slo", "policy", "approval"])
    assert set(checks(decision)) <= set(CHECKS)
    for name, gate in decision["gates"].items():
        assert gate["pass"] is all(check["pass"] for check in gate["checks"])
        assert all(check["code"].startswith(f"{name}.") for check in gate["checks"])
    for check in checks(decision).values():
        assert check["pass"] == (check["met"] or not check["asked"] or check["waived_by"] is not None)
    assert decision["allow"] is (all(passes.values()) or decision["emergency"]["used"])
    assert not (decision["emergency"]["used"] and all(passes.values()))
    told = {item["code"] for item in decision["violations"]}
    assert {code for code in told if not code.startswith("override.")} == violated(decision)


@pytest.mark.parametrize("seed", range(2))
def test_removing_evidence_never_allows_what_was_denied(seed: int) -> None:
    removed = 0
    for document in _releases(seed, 60):
        if document.get("change_type") not in CHANGE_TYPES:
            continue  # a kind that is not ours never passes, one that nobody told may
        if _OPA.evaluate(_SHIPPED, document)["allow"]:
            continue
        for path in paths(document):
            if path[0] not in _RESTRICTS:
                shorter = _without(document, path)
                assert not _OPA.evaluate(_SHIPPED, shorter)["allow"], (path, json.dumps(document))
                removed += 1
    assert removed > 1000


def test_removing_one_part_of_the_evidence_of_a_good_release_denies_it() -> None:
    context = {
        "clock",
        "sources",
        "notices",
        "approvals",
        "exceptions",
        "has_database_migration",
        "change_type",
        "freezes",
    }
    context |= {*OVERRIDE}
    document = release()
    for path in paths(document):
        allowed = path[0] in context and path not in (("clock", "weekday"), ("clock", "time"))
        assert _REGO.evaluate(_SHIPPED, _without(document, path))["allow"] == allowed, path


@pytest.mark.parametrize("approved", [[], ["SRE"], ["VP Engineering"], ["SRE", "VP Engineering"]])
def test_less_budget_never_allows_more(approved: list[str]) -> None:
    # By the bands of the policy; an unknown budget is as a protected one.
    bands = [("normal", 50.000001), ("cautious", 50), ("cautious", 20), ("protected", 19.999999)]
    bands += [("protected", 0.000001), ("exhausted", 0), ("exhausted", -5)]
    for document in _releases(11, 120):
        slo = document.get("slo")
        if not isinstance(slo, dict):
            continue
        document["approvals"] = [{"role": role, "by": "kim"} for role in approved]
        allowed = []
        for tier, remaining in bands:
            document["policy_tier"] = tier
            slo["error_budget_remaining"] = remaining
            allowed.append(_OPA.evaluate(_SHIPPED, document)["allow"])
        assert allowed == sorted(allowed, reverse=True), json.dumps(document)


def test_a_decision_agrees_with_itself() -> None:
    for document in _releases(12, 500):
        decision = _OPA.evaluate(_SHIPPED, document)
        _consistent(decision)
        if decision["allow"] and not decision["emergency"]["used"]:
            assert all(gate["pass"] for gate in decision["gates"].values())
            assert decision["violations"] == []


@_FIXED
@given(_OBJECTS)
def test_whatever_object_comes_in_both_engines_decide_alike(document: Document) -> None:
    decision = _REGO.evaluate(_SHIPPED, document)
    _consistent(decision)
    assert decision == _OPA.evaluate(_SHIPPED, document)


@_FIXED
@given(path=st.sampled_from([path for path in paths(release()) if path[0] != "clock"]), value=_VALUES)
def test_whatever_value_stands_at_a_place_both_engines_decide_alike(
    path: tuple[Any, ...], value: Any
) -> None:
    document = release()
    put(document, list(path), value)
    decision = _REGO.evaluate(_SHIPPED, document)
    _consistent(decision)
    assert decision == _OPA.evaluate(_SHIPPED, document)


@_FIXED
@given(st.text())
def test_any_text_is_told_back_as_it_came(text: str) -> None:
    places = ("version", "service", "environment", "image", "incident_id", "override_reason")
    document = release(dict.fromkeys(places, text), emergency_override=True)
    document["notices"] = [{"code": text, "message": text}]
    document["exceptions"] = [{"id": text, "type": "freeze"}, {"id": text, "type": text}]
    document["approvals"] = [{"role": text, "by": text}]
    decision = _REGO.evaluate(_SHIPPED, document)
    assert (decision["version"], decision["emergency"]["reason"]) == (text, text)
    assert {"code": text, "message": text} in decision["warnings"]
    assert decision == _OPA.evaluate(_SHIPPED, document)


@pytest.mark.parametrize("gate", ["build", "quality", "security", "slo", "policy", "approval"])
def test_each_gate_of_an_empty_input_says_false(shipped: GatePolicy, rego: RegoEngine, gate: str) -> None:
    decision = rego.evaluate(shipped, {})
    assert decision["allow"] is False
    assert decision["gates"][gate]["pass"] is False
