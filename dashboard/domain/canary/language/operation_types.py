"""The types of operations between two terms, as expr's checker gives them."""

from dashboard.domain.canary.language import go_types
from dashboard.domain.canary.language.go_regexp import compile_regexp
from dashboard.domain.canary.language.go_types import GoType, Kind
from dashboard.domain.canary.language.syntax import Array, Binary, Literal, Node


def operation_type(operator: str, left: GoType, right: GoType, pattern: Node) -> GoType | None:  # noqa: C901, PLR0911, PLR0912 - one case for each operator
    """The type of `left operator right`; None when it does not compile."""
    match operator:
        case "==" | "!=":
            return go_types.BOOL if left.comparable_to(right) else None
        case "&&" | "||":
            return _pair(left, right, {Kind.BOOL}, go_types.BOOL)
        case "<" | ">" | "<=" | ">=":
            return _numeric(left, right, go_types.BOOL) or _pair(left, right, {Kind.STRING}, go_types.BOOL)
        case "+":
            if left.is_number and right.is_number:
                return go_types.promoted(left, right)
            joined = _pair(left, right, {Kind.STRING}, go_types.STRING)
            known = joined is not None and not left.is_unknown and not right.is_unknown
            return (
                joined if known else _numeric(left, right, go_types.UNKNOWN) or (joined and go_types.UNKNOWN)
            )
        case "-" | "*":
            if left.is_number and right.is_number:
                return go_types.promoted(left, right)
            return _numeric(left, right, go_types.UNKNOWN)
        case "/" | "**":
            return _numeric(left, right, go_types.FLOAT)
        case "%":
            return _pair(left, right, {Kind.INT, Kind.INT64}, go_types.INT)
        case "..":
            return _pair(left, right, {Kind.INT, Kind.INT64}, go_types.list_of(go_types.INT))
        case "in":
            return _in_type(left, right)
        case "??":
            return _coalesced(left, right)
        case _:
            if operator == "matches" and isinstance(pattern, Literal) and isinstance(pattern.value, str):
                compile_regexp(pattern.value)
            return _pair(left, right, {Kind.STRING}, go_types.BOOL)


def _pair(left: GoType, right: GoType, kinds: set[Kind], gives: GoType) -> GoType | None:
    """`gives` where both sides are of `kinds`, or one or both may turn out to be."""
    return gives if all(side.is_unknown or side.kind in kinds for side in (left, right)) else None


def _numeric(left: GoType, right: GoType, gives: GoType) -> GoType | None:
    return _pair(left, right, {Kind.INT, Kind.INT64, Kind.FLOAT}, gives)


def _in_type(left: GoType, right: GoType) -> GoType | None:
    if right.kind is Kind.MAP:
        fits = left.is_unknown or left.kind is Kind.STRING
    elif right.is_list:
        fits = left.comparable_to(right.element)
    else:
        fits = right.is_unknown or (left.is_unknown and right.kind is Kind.STRING)
    return go_types.BOOL if fits else None


def _coalesced(left: GoType, right: GoType) -> GoType:
    if left.kind is Kind.NIL:
        return right
    return left if right.kind is Kind.NIL or right.assignable_to(left) else go_types.UNKNOWN


def asserted_type(
    operator: str, left: GoType, right: GoType, right_node: Node
) -> type[int] | type[str] | None:
    """The type that Go asserts of two ints or texts, and of what is looked up in a literal."""
    if operator in {"==", "!="}:
        same = left.kind is right.kind
        return int if same and left.kind is Kind.INT else str if same and left.kind is Kind.STRING else None
    if operator != "in":
        return None
    if isinstance(right_node, Array) and right_node.items:
        values = [item.value if isinstance(item, Literal) else None for item in right_node.items]
        if left.kind is Kind.INT and all(type(value) is int for value in values):
            return int
        return str if all(isinstance(value, str) for value in values) else None
    ranged = isinstance(right_node, Binary) and right_node.operator == ".."
    return int if ranged and left.kind is Kind.INT else None
