"""The numbers that a condition compares its answer with, and the numbers of an answer: what a chart draws."""

from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.domain.canary.language.faults import CannotReplayError, ConditionFaultError
from dashboard.domain.canary.language.parser import parse
from dashboard.domain.canary.language.syntax import Binary, Call, Literal, Name, Node, Unary, children
from dashboard.domain.canary.replay.condition import ValueKind
from dashboard.domain.canary.replay.stored_value import NotJsonError, measured_value

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A comparison of the answer with `number`; `passes` says whether it stands in the successCondition."""

    operator: str
    number: float
    passes: bool


def thresholds(success: str, failure: str) -> tuple[Threshold, ...]:
    """The comparisons of `result` with a number in both conditions, each once.

    A condition that cannot be read has none; what its length is compared with is no threshold.
    """
    found = [*_of(success, passes=True), *_of(failure, passes=False)]
    return tuple(dict.fromkeys(found))


def numbers(provider: str, value: str | None) -> tuple[float, ...]:
    """The numbers of a stored answer; none where it holds none, or is no number by itself."""
    try:
        found = measured_value(provider, value or "")
    except (CannotReplayError, NotJsonError):
        return ()
    if found.kind is ValueKind.VECTOR and isinstance(found.value, tuple):
        return tuple(item for item in found.value if isinstance(item, float))
    is_number = isinstance(found.value, int | float) and not isinstance(found.value, bool)
    return (float(found.value),) if is_number else ()  # type: ignore[arg-type]  # it was just looked at


def _of(condition: str, *, passes: bool) -> Iterator[Threshold]:
    if not condition:
        return
    try:
        waiting = [parse(condition)]
    except (ConditionFaultError, CannotReplayError):
        return
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, Binary) and node.operator in _MIRRORED:
            left, right = _number(node.left), _number(node.right)
            if right is not None and _is_answer(node.left):
                yield Threshold(operator=node.operator, number=right, passes=passes)
            elif left is not None and _is_answer(node.right):
                yield Threshold(operator=_MIRRORED[node.operator], number=left, passes=passes)
        waiting += children(node)


def _number(node: Node) -> float | None:
    if isinstance(node, Unary) and node.operator in {"-", "+"}:
        inner = _number(node.operand)
        return None if inner is None else (-inner if node.operator == "-" else inner)
    value = node.value if isinstance(node, Literal) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _is_answer(node: Node) -> bool:
    """Whether `node` is made of the answer, but not of how long it is."""
    if isinstance(node, Name):
        return node.name == "result"
    if isinstance(node, Call) and node.function == "len":
        return False
    return any(_is_answer(inner) for inner in children(node))
