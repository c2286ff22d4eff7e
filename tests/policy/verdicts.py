"""What a decision of an engine says, in the words of the oracle."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.policy.data import GatePolicy
from dashboard.policy.engine import Engine
from tests.policy.oracle import Verdict, decide

Decision = Mapping[str, Any]


def checks(decision: Decision) -> dict[str, dict[str, Any]]:
    """Every check of `decision` by its code."""
    return {check["code"]: check for gate in decision["gates"].values() for check in gate["checks"]}


def violated(decision: Decision) -> set[str]:
    """The codes of the checks that do not pass."""
    return {code for code, check in checks(decision).items() if not check["pass"]}


def verdict(decision: Decision) -> Verdict:
    """The verdict of `decision`."""
    found, emergency = checks(decision), decision["emergency"]
    return Verdict(
        allow=decision["allow"],
        passes={name: gate["pass"] for name, gate in decision["gates"].items()},
        violated={
            name: frozenset(check["code"] for check in gate["checks"] if not check["pass"])
            for name, gate in decision["gates"].items()
        },
        unmet=frozenset(code for code, check in found.items() if not check["met"]),
        not_asked=frozenset(code for code, check in found.items() if not check["met"] and not check["asked"]),
        exceptions=frozenset((item["id"], item["lifts"]) for item in decision["exceptions_used"]),
        approvals=tuple((item["role"], item["satisfied"]) for item in decision["required_approvals"]),
        requested=emergency["requested"],
        valid=emergency["valid"],
        used=emergency["used"],
        overridden=frozenset(emergency["overridden"]),
        strategy=decision["strategy"],
        steps=tuple(
            (step["weight"], int(step["pause"].removesuffix("s")), tuple(step["analysis"]))
            for step in decision["canary_config"]
        ),
        change_type=decision["change_type"],
        policy_tier=decision["policy_tier"],
    )


@dataclass(frozen=True, slots=True)
class Judge:
    """The engine of the product under one policy; whatever it decides, the oracle has to say the same."""

    engine: Engine
    policy: GatePolicy

    def __call__(self, document: Mapping[str, Any]) -> Decision:
        decision = self.engine.evaluate(self.policy, document)
        assert verdict(decision) == decide(document, self.policy.data)
        return decision

    def under(self, policy: GatePolicy) -> "Judge":
        """The same engine under another policy."""
        return Judge(self.engine, policy)
