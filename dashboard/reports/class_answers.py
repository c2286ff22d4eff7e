"""What a policy answers: the engine evaluates each class of inputs once, for all inputs of that class."""

from collections.abc import Mapping
from typing import Any

from dashboard.domain.input_classes import InputClasses, class_settings
from dashboard.domain.policy_backtest import Answer
from dashboard.policy.data import GatePolicy, canonical, named_policy
from dashboard.policy.engine import Engine

_FREEZE = "approval.freeze"
#: Many times what a year of a large fleet needs under a handful of policies; an answer is some hundred bytes.
_MOST_KEPT = 50_000


class ClassAnswers:
    """The answers that were given, for any number of policies; safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._kept: dict[tuple[str, bytes], Answer] = {}

    def under(self, policy: GatePolicy) -> "PolicyAnswers":
        """What `policy` answers."""
        return PolicyAnswers(policy, self)

    def answer(self, policy: GatePolicy, document: Mapping[str, Any]) -> Answer:
        """What `policy` says of `document`, evaluated unless that was asked before.

        Raises:
            EngineError: the policy cannot be evaluated.
        """
        key = policy.version, canonical(document)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            found = self._kept[key] = answer_of(self.engine.evaluate(policy, document))
        return found


class PolicyAnswers:
    """The answers of one policy."""

    def __init__(self, policy: GatePolicy, answers: ClassAnswers) -> None:
        self._classes = InputClasses(policy.data)
        self._policy = named_policy(policy.text, class_settings(policy.data))
        self._answers = answers

    def to(self, document: Mapping[str, Any]) -> Answer:
        """What the policy says of `document`, a prepared input.

        Raises:
            EngineError: the policy cannot be evaluated.
        """
        return self._answers.answer(self._policy, self._classes.of(document))


def answer_of(decision: Mapping[str, Any]) -> Answer:
    """What a decision of the engine says of each check."""
    checks = [check for gate in decision["gates"].values() for check in gate["checks"]]
    lifted = {check["code"] for check in checks if check["waived_by"] is not None}
    lifted |= {use["lifts"] for use in decision["exceptions_used"] if use["lifts"] == _FREEZE}
    return Answer(
        violated=tuple(check["code"] for check in checks if not check["pass"]),
        asked=frozenset(check["code"] for check in checks if check["asked"]),
        lifted=frozenset(lifted),
        overridden=decision["emergency"]["used"],
    )
