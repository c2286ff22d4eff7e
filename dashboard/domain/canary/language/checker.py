"""What expr's checker says of a condition before it runs: an Error at every measurement, or a typed tree."""

from dashboard.domain.canary.language import functions, go_types
from dashboard.domain.canary.language.faults import CannotReplayError, ConditionFaultError
from dashboard.domain.canary.language.go_types import GoType, Kind
from dashboard.domain.canary.language.operation_types import asserted_type, operation_type
from dashboard.domain.canary.language.syntax import (
    Array,
    Binary,
    Call,
    Chain,
    Literal,
    Loop,
    Member,
    Method,
    Name,
    Node,
    Pointer,
    Slice,
    Ternary,
    Unary,
)

_Typed = tuple[Node, GoType]


def check(tree: Node, result: GoType) -> Node:
    """`tree` with what the types decide written into it, for a `result` of that type.

    Raises:
        ConditionFaultError: the types do not fit, wherever in the condition that is.
        CannotReplayError: it uses a part of the language that is not read here.
    """
    return _Checker(result).visit(tree)[0]


class _Checker:
    def __init__(self, result: GoType) -> None:
        self._result = result
        #: Of each predicate around the term, the innermost last: the type of its collection, and `#index`.
        self._scopes: list[tuple[GoType, bool]] = []

    def visit(self, node: Node) -> _Typed:  # noqa: C901, PLR0911, PLR0912 - one case for each kind of node
        match node:
            case Literal(value=value):
                return node, go_types.type_of_literal(value)
            case Name(name=name):
                return node, self._name(name)
            case Unary():
                return self._unary(node)
            case Binary():
                return self._binary(node)
            case Member():
                return self._member(node)
            case Chain(inner=inner):
                checked, kind = self.visit(inner)
                return Chain(inner=checked), kind
            case Slice():
                return self._slice(node)
            case Call():
                return self._call(node)
            case Method(base=base, name=name):
                return self._method(base, name)
            case Loop():
                return self._loop(node)
            case Pointer(name=name):
                return node, self._pointer(name)
            case Ternary():
                return self._ternary(node)
            case Array(items=items):
                return self._array(items)

    def _name(self, name: str) -> GoType:
        if name == "result":
            return self._result
        if (
            name == "$env"
            or name in functions.ARGO
            or name in functions.SIGNATURES
            or name in functions.UNREAD
        ):
            raise CannotReplayError(f"{name} as a value is not replayed")
        raise ConditionFaultError(f"the name {name!r} is not known; Argo gives `result`")

    def _unary(self, node: Unary) -> _Typed:
        operand, kind = self.visit(node.operand)
        fits = kind.kind is Kind.BOOL if node.operator == "!" else kind.is_number
        if not fits and not kind.is_unknown:
            raise ConditionFaultError(f"{node.operator} does not take {kind}")
        gives = go_types.BOOL if node.operator == "!" else go_types.UNKNOWN if kind.is_unknown else kind
        return Unary(operator=node.operator, operand=operand), gives

    def _binary(self, node: Binary) -> _Typed:
        left, left_type = self.visit(node.left)
        right, right_type = self.visit(node.right)
        gives = operation_type(node.operator, left_type, right_type, right)
        if gives is None:
            raise ConditionFaultError(f"{left_type} {node.operator} {right_type} does not fit together")
        asserted = asserted_type(node.operator, left_type, right_type, right)
        return Binary(operator=node.operator, left=left, right=right, asserted=asserted), gives

    def _member(self, node: Member) -> _Typed:
        base, base_type = self.visit(node.base)
        key, key_type = self.visit(node.key)
        checked = Member(base=base, key=key, optional=node.optional)
        if base_type.is_unknown:
            return checked, go_types.UNKNOWN
        fits = {
            Kind.MAP: key_type.kind is Kind.STRING or key_type.is_unknown,
            Kind.FLOATS: key_type.is_integer or key_type.is_unknown,
            Kind.LIST: key_type.is_integer or key_type.is_unknown,
        }.get(base_type.kind, False)
        if not fits:
            entry = (
                f".{key.value}"
                if isinstance(key, Literal) and isinstance(key.value, str)
                else f"[{key_type}]"
            )
            raise ConditionFaultError(f"{base_type} has no {entry}")
        return checked, base_type.element

    def _slice(self, node: Slice) -> _Typed:
        base, base_type = self.visit(node.base)
        if base_type.is_unknown:
            if not all(side is None or isinstance(side, Literal) for side in (node.start, node.stop)):
                raise CannotReplayError("a slice of a value of unknown type is not replayed")
            return Slice(base=base, start=node.start, stop=node.stop), go_types.UNKNOWN
        if not base_type.is_list and base_type.kind is not Kind.STRING:
            raise ConditionFaultError(f"{base_type} has no slices")
        sides: list[Node | None] = []
        for side in (node.start, node.stop):
            checked, kind = (None, go_types.INT) if side is None else self.visit(side)
            if not kind.is_integer and not kind.is_unknown:
                raise ConditionFaultError(f"a slice takes whole numbers, found {kind}")
            sides.append(checked)
        return Slice(base=base, start=sides[0], stop=sides[1]), base_type

    def _method(self, base: Node, name: str) -> _Typed:
        _, kind = self.visit(base)
        if kind.is_unknown or kind.kind is Kind.MAP:
            raise CannotReplayError(f"the method {name} is not replayed")
        raise ConditionFaultError(f"{kind} has no method {name}")

    def _call(self, node: Call) -> _Typed:
        name = node.function
        if name in functions.UNREAD:
            raise CannotReplayError(f"the function {name} is not replayed")
        if name not in functions.ARGO and name not in functions.SIGNATURES:
            raise ConditionFaultError(f"there is no function {name!r}")
        checked = [self.visit(argument) for argument in node.arguments]
        kinds = [kind for _, kind in checked]
        if name in functions.SIGNATURES:
            gives = functions.SIGNATURES[name](name, kinds)
            return Call(function=name, arguments=tuple(argument for argument, _ in checked)), gives
        parameters, gives = functions.ARGO[name]
        if len(parameters) != len(kinds):
            raise ConditionFaultError(f"{name} takes {len(parameters)} arguments, found {len(kinds)}")
        arguments = tuple(_argument(name, *pair) for pair in zip(checked, parameters, strict=True))
        return Call(function=name, arguments=arguments), gives

    def _loop(self, node: Loop) -> _Typed:
        items, collection = self.visit(node.items)
        if not collection.is_list and not collection.is_unknown:
            raise ConditionFaultError(f"{node.function} takes an array, found {collection}")
        if node.predicate is None:
            gives = go_types.INT if node.function == "count" else collection.element
            return Loop(function=node.function, items=items, predicate=None), gives
        self._scopes.append((collection, node.function == "map"))
        predicate, answer = self.visit(node.predicate)
        self._scopes.pop()
        if answer.kind is Kind.NIL:
            raise ConditionFaultError(f"the predicate of {node.function} is nil")
        takes_any = node.function in {"map", "sum"}
        if not takes_any and answer.kind is not Kind.BOOL and not answer.is_unknown:
            raise ConditionFaultError(f"the predicate of {node.function} gives {answer}, not true or false")
        if (
            node.function == "map"
            and isinstance(items, Loop)
            and items.function == "filter"
            and _numbers(predicate)
        ):
            raise CannotReplayError("#index in a map over a filter is not replayed")
        return (
            Loop(function=node.function, items=items, predicate=predicate),
            _loop_type(node.function, collection, answer),
        )

    def _pointer(self, name: str) -> GoType:
        collection, has_index = self._scopes[-1]
        if name == "index" and has_index:
            return go_types.INT
        if name:
            raise ConditionFaultError(f"#{name} is not known")
        return go_types.UNKNOWN if collection.is_unknown else collection.element

    def _ternary(self, node: Ternary) -> _Typed:
        condition, kind = self.visit(node.condition)
        if kind.kind is not Kind.BOOL and not kind.is_unknown:
            raise ConditionFaultError(f"{kind} stands as a condition before ?")
        (then, one), (otherwise, other) = self.visit(node.then), self.visit(node.otherwise)
        return Ternary(condition=condition, then=then, otherwise=otherwise), _either(one, other)

    def _array(self, items: tuple[Node, ...]) -> _Typed:
        checked = [self.visit(item) for item in items]
        kinds = [kind for _, kind in checked]
        alike = len({kind.kind.go_kind for kind in kinds}) <= 1
        last = kinds[-1] if kinds else go_types.UNKNOWN
        return Array(items=tuple(item for item, _ in checked)), go_types.list_of(
            last
        ) if alike else go_types.LIST


def _either(one: GoType, other: GoType) -> GoType:
    """The type of a ternary."""
    if one.kind is Kind.NIL:
        return other
    if other.kind is Kind.NIL:
        return one
    if not one.assignable_to(other):
        return go_types.UNKNOWN
    if one.is_list and other.is_list:
        first, second = one.element, other.element
        if not first.assignable_to(second) or not second.assignable_to(first):
            return go_types.LIST
    return one


def _loop_type(function: str, collection: GoType, answer: GoType) -> GoType:
    match function:
        case "filter":
            return go_types.LIST if collection.is_unknown else go_types.list_of(collection.element)
        case "map":
            return go_types.list_of(answer)
        case "count" | "findIndex" | "findLastIndex":
            return go_types.INT
        case "sum":
            return go_types.LIST if answer.kind is Kind.LIST else answer
        case "find" | "findLast":
            return go_types.UNKNOWN if collection.is_unknown else collection.element
        case _:
            return go_types.BOOL


def _argument(name: str, checked: _Typed, parameter: GoType) -> Node:
    node, kind = checked
    if parameter.kind is Kind.FLOAT and kind.is_integer:
        return _as_floats(node)
    if not kind.is_unknown and not kind.assignable_to(parameter) and parameter.kind is not Kind.ANY:
        raise ConditionFaultError(f"{name} takes {parameter}, found {kind}")
    return node


def _as_floats(node: Node) -> Node:
    """Whole literals become floats where a float is wanted; a computed whole number stays one, and fails."""
    match node:
        case Literal(value=int() as value) if not isinstance(value, bool):
            return Literal(value=float(value))
        case Unary(operator=operator, operand=operand):
            return Unary(operator=operator, operand=_as_floats(operand))
        case Binary(operator="+" | "-" | "*" as operator, left=left, right=right):
            return Binary(operator=operator, left=_as_floats(left), right=_as_floats(right))
        case _:
            return node


def _numbers(node: Node) -> bool:
    """Whether `#index` occurs in a predicate."""
    return "name='index'" in repr(node)
