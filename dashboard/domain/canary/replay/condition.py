"""A condition of a metric, and what Argo makes of one measured value under both conditions."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from dashboard.domain.canary.language import go_types
from dashboard.domain.canary.language.checker import check
from dashboard.domain.canary.language.evaluator import run
from dashboard.domain.canary.language.faults import CannotReplayError, ConditionFaultError
from dashboard.domain.canary.language.folding import fold
from dashboard.domain.canary.language.go_types import GoType, Kind
from dashboard.domain.canary.language.go_values import Value, shown
from dashboard.domain.canary.language.parser import parse
from dashboard.domain.canary.language.syntax import Node
from dashboard.domain.canary.phases import Phase


class ValueKind(StrEnum):
    """The Go value that a provider hands to a condition.

    VECTOR is `[]float64`, SCALAR `float64`, NIL nothing, and JSON what Go decodes from JSON.
    """

    VECTOR = "vector"
    SCALAR = "scalar"
    NIL = "nil"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredValue:
    """What was measured, and as which Go value Argo had it in its hands."""

    kind: ValueKind
    value: Value = None

    @property
    def type(self) -> GoType:
        """Its Go type, which the conditions are checked against."""
        match self.kind:
            case ValueKind.VECTOR:
                return go_types.FLOATS
            case ValueKind.SCALAR:
                return go_types.FLOAT
            case ValueKind.NIL:
                return go_types.NIL
            case ValueKind.JSON:
                if isinstance(self.value, tuple):
                    return go_types.LIST
                return go_types.MAP if isinstance(self.value, dict) else go_types.type_of_literal(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What Argo makes of one measured value, and why in one sentence."""

    phase: Phase
    message: str


def holds(condition: str, measured: MeasuredValue) -> bool:
    """Whether `condition` is true of what was measured.

    Raises:
        ConditionFaultError: Argo cannot evaluate it, on this value or on any.
        CannotReplayError: we cannot tell what Argo makes of it.
    """
    kind = measured.type
    answer = run(_compiled(condition, kind.kind), measured.value)
    if not isinstance(answer, bool):
        raise ConditionFaultError(f"the condition gives {shown(answer)}, not true or false")
    return answer


def judge(success: str, failure: str, measured: MeasuredValue) -> Judgement:
    """The phase of a measurement under both conditions; an empty one is absent.

    Without any, a value is a success. With one, the other outcome is its opposite. With both, a failure
    counts before a success, and neither is inconclusive. What Argo cannot evaluate is an Error.
    """
    answers = [_answer(condition, measured) for condition in (success, failure)]
    for fault in (ConditionFaultError, CannotReplayError):  # an Error is one whatever the other would say
        found = next((answer for answer in answers if isinstance(answer, fault)), None)
        if found is not None:
            return Judgement(phase=_FAULTS[fault], message=str(found))
    return _JUDGEMENTS[answers[0], answers[1]].of(success, failure)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One row of the table of both conditions."""

    phase: Phase
    message: str

    def of(self, success: str, failure: str) -> Judgement:
        message = self.message.format(success=_short(success), failure=_short(failure))
        return Judgement(phase=self.phase, message=message)


_FAULTS = {ConditionFaultError: Phase.ERROR, CannotReplayError: Phase.CANNOT_REPLAY}
_PASSED = _Row(phase=Phase.SUCCESSFUL, message="successCondition is true: {success}")
_NOT_PASSED = _Row(phase=Phase.FAILED, message="successCondition is false: {success}")
_FAILED = _Row(phase=Phase.FAILED, message="failureCondition is true: {failure}")
_NOT_FAILED = _Row(phase=Phase.SUCCESSFUL, message="failureCondition is false: {failure}")
_NEITHER = _Row(phase=Phase.INCONCLUSIVE, message="neither successCondition nor failureCondition is true")
_NO_CONDITION = _Row(phase=Phase.SUCCESSFUL, message="there is no condition: any value is a success")
#: By the answers of the success and the failure condition; None is a condition that is not there.
_JUDGEMENTS: Mapping[tuple[object, object], _Row] = {
    (None, None): _NO_CONDITION,
    (True, None): _PASSED,
    (False, None): _NOT_PASSED,
    (None, True): _FAILED,
    (None, False): _NOT_FAILED,
    (True, True): _FAILED,
    (False, True): _FAILED,
    (True, False): _PASSED,
    (False, False): _NEITHER,
}


def _answer(condition: str, measured: MeasuredValue) -> bool | ConditionFaultError | CannotReplayError | None:
    if not condition:
        return None
    try:
        return holds(condition, measured)
    except (ConditionFaultError, CannotReplayError) as error:
        return error


def fault_of(condition: str, kind: GoType) -> str | None:
    """Why `condition` fails at every measurement of a value of type `kind`; None when it compiles.

    Raises:
        CannotReplayError: we cannot tell.
    """
    try:
        _compiled(condition, kind.kind)
    except ConditionFaultError as error:
        return str(error)
    return None


def _short(condition: str) -> str:
    text = " ".join(condition.split())
    return text if len(text) <= 200 else f"{text[:199]}…"  # noqa: PLR2004 - a line of a terminal or two


@lru_cache(maxsize=512)
def _parsed(condition: str) -> Node:
    return parse(condition)


@lru_cache(maxsize=512)
def _compiled(condition: str, kind: Kind) -> Node:
    return fold(check(_parsed(condition), GoType(kind=kind)))
