"""The engines and policies of these tests; what compiles slowly is made once."""

import pytest

from dashboard.policy.data import GatePolicy
from dashboard.policy.engine import RegoEngine
from tests.policy.policies import OWN_CATALOG, OWN_POLICY, shipped_policy, written_policy
from tests.policy.real_opa import RealOpa
from tests.policy.verdicts import Judge


@pytest.fixture(scope="session")
def rego() -> RegoEngine:
    return RegoEngine()


@pytest.fixture(scope="session")
def opa() -> RealOpa:
    return RealOpa()


@pytest.fixture(scope="session")
def shipped() -> GatePolicy:
    return shipped_policy()


@pytest.fixture(scope="session")
def in_berlin(tmp_path_factory: pytest.TempPathFactory) -> GatePolicy:
    return written_policy(tmp_path_factory.mktemp("berlin"), "timezone: Europe/Berlin\n")


@pytest.fixture(scope="session")
def of_a_team(tmp_path_factory: pytest.TempPathFactory) -> GatePolicy:
    return written_policy(tmp_path_factory.mktemp("team"), OWN_POLICY, OWN_CATALOG)


@pytest.fixture(scope="session")
def judge(rego: RegoEngine, shipped: GatePolicy) -> Judge:
    return Judge(rego, shipped)
