"""Ten thousand random releases: the oracle, rego-cpp and the real OPA decide each of them alike.

A seed makes the same releases everywhere. The classes may run beside each other.
"""

import json
import random

import pytest

from dashboard.policy.data import GatePolicy
from dashboard.policy.engine import RegoEngine
from tests.policy.junk import junk_object
from tests.policy.oracle import decide
from tests.policy.random_releases import random_release
from tests.policy.real_opa import RealOpa
from tests.policy.verdicts import verdict

_RELEASES = 1000


def _compare(seed: int, policy: GatePolicy, rego: RegoEngine, opa: RealOpa) -> None:
    rng = random.Random(seed)  # noqa: S311 - no secret is made of it
    allowed = 0
    for _ in range(_RELEASES):
        document = random_release(rng, policy.data) if rng.random() < 0.97 else junk_object(rng)
        told = json.dumps(document)
        decision = rego.evaluate(policy, document)
        assert decision == opa.evaluate(policy, document), told
        assert verdict(decision) == decide(document, policy.data), told
        allowed += decision["allow"]
    assert _RELEASES * 0.1 < allowed < _RELEASES * 0.6, "both answers are tried"


class TestTheShippedPolicy:
    """As it comes, on one half of the seeds."""

    @pytest.mark.parametrize("seed", range(3))
    def test_is_decided_alike(self, seed: int, shipped: GatePolicy, rego: RegoEngine, opa: RealOpa) -> None:
        _compare(seed, shipped, rego, opa)


class TestTheShippedPolicyAgain:
    """As it comes, on the other half."""

    @pytest.mark.parametrize("seed", range(3, 5))
    def test_is_decided_alike(self, seed: int, shipped: GatePolicy, rego: RegoEngine, opa: RealOpa) -> None:
        _compare(seed, shipped, rego, opa)


class TestTheShippedPolicyInAnotherZone:
    """In Berlin, where the local time is another one, and in summer yet another."""

    @pytest.mark.parametrize("seed", range(5, 7))
    def test_is_decided_alike(self, seed: int, in_berlin: GatePolicy, rego: RegoEngine, opa: RealOpa) -> None:
        _compare(seed, in_berlin, rego, opa)


class TestThePolicyOfATeam:
    """With other numbers, lists, environments and services."""

    @pytest.mark.parametrize("seed", range(7, 10))
    def test_is_decided_alike(self, seed: int, of_a_team: GatePolicy, rego: RegoEngine, opa: RealOpa) -> None:
        _compare(seed, of_a_team, rego, opa)
