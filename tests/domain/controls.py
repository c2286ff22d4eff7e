"""People, rules and a day for tests of freezes, exceptions and approvals."""

from datetime import UTC, datetime, timedelta
from functools import cache

from dashboard.config import load_policy
from dashboard.domain.access import Person
from dashboard.domain.gate_rules import GateRules
from dashboard.domain.policy import Policy
from dashboard.domain.release_target import ReleaseTarget
from dashboard.paths import DEFAULT_POLICY

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)

ADA = Person(name="Ada", roles=("Release Captain", "SRE"))
BEA = Person(name="Bea", roles=("vp engineering", "Security Team"))
CY = Person(name="Cy", roles=("CTO", "Engineering Director"))
DEE = Person(name="Dee", roles=("VP Engineering", "CTO"))
EVE = Person(name="Eve", roles=())
TARGET = ReleaseTarget(service="api", environment="production", version="1.4.2")


@cache
def policy() -> Policy:
    """The shipped policy."""
    return load_policy(DEFAULT_POLICY)


def rules() -> GateRules:
    """Its rules of the gate."""
    return policy().gate
