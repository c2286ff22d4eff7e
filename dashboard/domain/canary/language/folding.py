"""What expr's optimizer does to a checked condition, as far as it changes an answer.

`x and false` is false even where x would fail, and `1 % 0` fails even where it is never reached.
"""

from dashboard.domain.canary.language.faults import ConditionFaultError
from dashboard.domain.canary.language.go_values import arithmetic, equal, negated
from dashboard.domain.canary.language.syntax import (
    Array,
    Binary,
    Call,
    Chain,
    Literal,
    Loop,
    Member,
    Node,
    Slice,
    Ternary,
    Unary,
)

_ARITHMETIC = {"+", "-", "*", "/", "**"}
#: Predicates over one collection that are joined into one: how the whole and the parts are combined.
_JOINED = {("all", "&&"): "&&", ("any", "||"): "||", ("none", "&&"): "||"}


def fold(node: Node) -> Node:  # noqa: PLR0911 - one case for each kind of node
    """`node` with its constants computed.

    Raises:
        ConditionFaultError: a constant is divided by zero (`%`).
    """
    match node:
        case Unary(operator=operator, operand=operand):
            return _unary(operator, fold(operand))
        case Binary(operator=operator, left=left, right=right, asserted=asserted):
            return _binary(Binary(operator=operator, left=fold(left), right=fold(right), asserted=asserted))
        case Member(base=base, key=key, optional=optional):
            return Member(base=fold(base), key=fold(key), optional=optional)
        case Chain(inner=inner):
            return Chain(inner=fold(inner))
        case Slice(base=base, start=start, stop=stop):
            return Slice(base=fold(base), start=start and fold(start), stop=stop and fold(stop))
        case Call(function=function, arguments=arguments):
            return Call(function=function, arguments=tuple(map(fold, arguments)))
        case Loop(function=function, items=items, predicate=predicate):
            return Loop(function=function, items=fold(items), predicate=predicate and fold(predicate))
        case Ternary(condition=condition, then=then, otherwise=otherwise):
            return Ternary(condition=fold(condition), then=fold(then), otherwise=fold(otherwise))
        case Array(items=items):
            return Array(items=tuple(map(fold, items)))
        case _:
            return node


def _unary(operator: str, operand: Node) -> Node:
    if isinstance(operand, Literal):
        value = operand.value
        if operator == "!" and isinstance(value, bool):
            return Literal(value=not value)
        if _is_number(value):
            return Literal(value=negated(value)) if operator == "-" else operand
    return Unary(operator=operator, operand=operand)


def _binary(node: Binary) -> Node:
    left, right = node.left, node.right
    if node.operator in {"&&", "||"}:
        return _logic(node)
    if not isinstance(left, Literal) or not isinstance(right, Literal):
        return node
    a, b = left.value, right.value
    numbers = _is_number(a) and _is_number(b)
    texts = isinstance(a, str) and isinstance(b, str)
    if node.operator in _ARITHMETIC and (numbers or (node.operator == "+" and texts)):
        return Literal(value=arithmetic(node.operator, a, b))
    if node.operator == "%" and type(a) is int and type(b) is int:
        if b == 0:
            raise ConditionFaultError("a whole number is divided by zero (%)")
        return Literal(value=arithmetic("%", a, b))
    if node.operator == "==" and type(a) is type(b) and isinstance(a, bool | int | str):
        return Literal(value=equal(a, b))
    return node


def _logic(node: Binary) -> Node:
    """`true and x` is x, `x and false` is false; the same for `or` the other way round."""
    neutral = node.operator == "&&"
    sides = node.left, node.right
    for side, other in (sides, sides[::-1]):
        if isinstance(side, Literal) and side.value is neutral:
            return other
    if any(isinstance(side, Literal) and side.value is (not neutral) for side in sides):
        return Literal(value=not neutral)
    return _joined(node)


def _joined(node: Binary) -> Node:
    """`all(x, a) and all(x, b)` is `all(x, a and b)`: it matters where a or b fails for a later item."""
    left, right = node.left, node.right
    if not isinstance(left, Loop) or not isinstance(right, Loop) or left.function != right.function:
        return node
    inner = _JOINED.get((left.function, node.operator))
    if (
        inner is None
        or left.predicate is None
        or right.predicate is None
        or repr(left.items) != repr(right.items)
    ):
        return node
    both = Binary(operator=inner, left=left.predicate, right=right.predicate)
    return Loop(function=left.function, items=left.items, predicate=_joined(both))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
