"""The engine in process: one interpreter for each thread and policy, and an error where it cannot decide."""

import math
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.policy.data import GatePolicy, canonical, named_policy
from dashboard.policy.engine import EngineError, RegoEngine, floored
from tests.policy.releases import release

_HEAD = "package companyos.release\nimport rego.v1\n"


def _small(answer: str) -> GatePolicy:
    return named_policy(f"{_HEAD}decision := {answer}\n", {})


def test_threads_decide_beside_each_other(
    rego: RegoEngine, shipped: GatePolicy, in_berlin: GatePolicy
) -> None:
    documents = [release(), release({"gates.build.lint": "fail"}), release(clock=None), {}]
    work = [(policy, document) for policy in (shipped, in_berlin) for document in documents] * 5

    def decide(item: tuple[GatePolicy, dict[str, Any]]) -> dict[str, Any]:
        return rego.evaluate(*item)

    alone = [decide(item) for item in work]
    with ThreadPoolExecutor(max_workers=4) as threads:
        assert list(threads.map(decide, work)) == alone


def test_more_policies_than_are_kept_are_told_apart(rego: RegoEngine) -> None:
    policies = {number: _small(f'{{"allow": true, "number": {number}}}') for number in range(7)}
    for _ in range(2):
        for number, policy in policies.items():
            assert rego.evaluate(policy, {})["number"] == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a policy",
        f"{_HEAD}decision := {{",
        f"{_HEAD}decision := unknown_builtin(1)",
        "package companyos.other\nimport rego.v1\ndecision := true",
        f"{_HEAD}decision := true if input.never",
    ],
    ids=["empty", "no policy", "not closed", "no such builtin", "another package", "undefined"],
)
def test_a_policy_that_gives_no_decision_is_an_error(
    rego: RegoEngine, shipped: GatePolicy, text: str
) -> None:
    with pytest.raises(EngineError, match="release policy"):
        rego.evaluate(named_policy(text, {}), release())
    assert rego.evaluate(shipped, release())["allow"], "the next policy is not harmed"


@pytest.mark.parametrize(
    "answer", ["true", "null", "[]", "{}", '{"allow": "true"}', '{"allow": 1}', '"allow"']
)
def test_an_answer_that_is_no_decision_is_an_error(rego: RegoEngine, answer: str) -> None:
    with pytest.raises(EngineError, match="expected an object with `allow`"):
        rego.evaluate(_small(answer), {})


def _nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, {1}, "\ud800", _nested(100_000)],
    ids=["nan", "inf", "-inf", "set", "half a character", "too deep"],
)
def test_an_input_that_is_no_json_is_an_error(rego: RegoEngine, shipped: GatePolicy, value: object) -> None:
    with pytest.raises(EngineError, match="cannot be evaluated"):
        rego.evaluate(shipped, release() | {"version": value, "change_type": value})
    assert rego.evaluate(shipped, release())["allow"], "the next release is not harmed"


def test_a_policy_is_named_by_its_text_and_its_data(shipped: GatePolicy, in_berlin: GatePolicy) -> None:
    names = {
        policy.version
        for policy in (
            shipped,
            in_berlin,
            named_policy(shipped.text + "\n", shipped.data),
            named_policy("", {}),
        )
    }
    assert len(names) == 4
    assert named_policy(shipped.text, dict(reversed(list(shipped.data.items())))).version == shipped.version
    assert canonical({"b": 1, "a": [1, 2]}) == b'{"a":[1,2],"b":1}'


@settings(deadline=None, database=None, derandomize=True)
@given(st.fractions(-(10**6), 10**6), st.integers(-(10**9), 10**9))
def test_a_floored_number_is_on_the_same_side_of_every_limit(number: Fraction, millionths: int) -> None:
    limit = Fraction(millionths, 10**6)
    sent = floored(number)
    assert (Fraction(sent).limit_denominator(10**6) >= limit) == (number >= limit)
    assert (sent >= float(limit)) == (number >= limit)


def test_whole_numbers_stay_whole() -> None:
    assert [floored(value) for value in (Fraction(30), 29.9999999, Fraction(-1, 10**7), 0.25)] == [
        30,
        29.999999,
        -0.000001,
        0.25,
    ]
    assert isinstance(floored(Fraction(30)), int)
