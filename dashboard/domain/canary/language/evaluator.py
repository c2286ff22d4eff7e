"""Running a checked condition on a value, as expr's virtual machine runs it."""

from collections.abc import Callable, Mapping

from dashboard.domain.canary.language import functions
from dashboard.domain.canary.language.faults import CannotReplayError, ConditionFaultError
from dashboard.domain.canary.language.go_values import (
    Value,
    arithmetic,
    equal,
    negated,
    ordered,
    shown,
)
from dashboard.domain.canary.language.operations import (
    TEXT_OPERATORS,
    asserted_bool,
    is_in,
    on_texts,
    to_index,
    to_key,
)
from dashboard.domain.canary.language.syntax import (
    Array,
    Binary,
    Call,
    Chain,
    Literal,
    Loop,
    Member,
    Name,
    Node,
    Pointer,
    Slice,
    Ternary,
    Unary,
)

#: Terms that one evaluation may look at; it ends within about a second.
MOST_STEPS = 300_000
#: expr's memory budget: entries of arrays that one evaluation may make.
_MEMORY = 1_000_000
_ITEMS_A_STEP = 16


def run(tree: Node, result: Value) -> Value:
    """What the condition `tree` gives where the measured value is `result`.

    Raises:
        ConditionFaultError: it fails on this value.
        CannotReplayError: what Go makes of it cannot be told, or it takes too long.
    """
    return _Run(result).value(tree)


class _EndOfChainError(Exception):
    """An optional member found nil."""


class _Run:
    def __init__(self, result: Value) -> None:
        self._result = result
        self._scopes: list[tuple[Value, int]] = []
        self._steps = 0
        self._memory = 0

    def value(self, node: Node) -> Value:  # noqa: C901, PLR0911, PLR0912 - one case for each kind of node
        self._spend(1)
        match node:
            case Literal(value=value):
                return value
            case Name():
                return self._result
            case Member(base=base, key=key, optional=optional):
                return self._member(base, key, optional=optional)
            case Binary():
                return self._binary(node)
            case Unary(operator=operator, operand=operand):
                return self._unary(operator, self.value(operand))
            case Call(function="first" | "last" as end, arguments=(Loop(function="filter") as loop,)):
                return self._found(loop, backwards=end == "last", throws=False)
            case Call(function=function, arguments=arguments):
                return functions.call(function, [self.value(item) for item in arguments], self._result)
            case Loop():
                return self._loop(node)
            case Pointer(name=name):
                item, index = self._scopes[-1]
                return index if name else item
            case Ternary(condition=condition, then=then, otherwise=otherwise):
                return self.value(then if self._holds(condition) else otherwise)
            case Array(items=items):
                self._grow(len(items))
                return tuple(self.value(item) for item in items)
            case Chain(inner=inner):
                try:
                    return self.value(inner)
                except _EndOfChainError:
                    return None
            case Slice(base=base, start=start, stop=stop):
                return self._slice(base, start, stop)
        raise CannotReplayError("a method is not replayed")

    def _spend(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MOST_STEPS:
            raise CannotReplayError(f"the condition takes more than {MOST_STEPS:,} steps")

    def _grow(self, size: int) -> None:
        self._memory += size
        self._spend(size // _ITEMS_A_STEP)
        if self._memory >= _MEMORY:
            raise ConditionFaultError(f"it makes arrays of more than {_MEMORY:,} entries")

    def _holds(self, node: Node) -> bool:
        return asserted_bool(self.value(node))

    def _unary(self, operator: str, value: Value) -> Value:
        if operator == "!":
            return not asserted_bool(value)
        return negated(value) if operator == "-" else value

    def _binary(self, node: Binary) -> Value:
        operator = node.operator
        if operator == "&&":
            return self.value(node.right) if self._holds(node.left) else False
        if operator == "||":
            return True if self._holds(node.left) else self.value(node.right)
        if operator == "??":
            left = self.value(node.left)
            return self.value(node.right) if left is None else left
        if operator in {">", ">="} and isinstance(node.left, Loop) and node.left.function == "count":
            return ordered(operator, self._count(node.left, node.right, operator), self.value(node.right))
        return self._operation(node, self.value(node.left))

    def _operation(self, node: Binary, left: Value) -> Value:
        operator, asserted = node.operator, node.asserted
        if operator == "in":
            return self._in(left, node)
        right = self.value(node.right)
        if operator in {"==", "!="}:
            if asserted and not (type(left) is asserted and type(right) is asserted):
                raise ConditionFaultError(f"{shown(left)} {operator} {shown(right)} has no answer")
            return equal(left, right) is (operator == "==")
        if operator in {"<", ">", "<=", ">="}:
            return ordered(operator, left, right)
        if operator == "..":
            return self._range(left, right)
        if operator in TEXT_OPERATORS:
            return on_texts(operator, left, right)
        return arithmetic(operator, left, right)

    def _range(self, left: Value, right: Value) -> Value:
        first, last = to_index(left), to_index(right)
        self._grow(max(last - first + 1, 0))
        return tuple(range(first, last + 1))

    def _in(self, left: Value, node: Binary) -> bool:
        right = node.right
        if (
            node.asserted
            and isinstance(right, Binary)
            and isinstance(right.left, Literal)
            and isinstance(right.right, Literal)
        ):
            return ordered(">=", left, right.left.value) and ordered("<=", left, right.right.value)
        items = self.value(right)
        if node.asserted and isinstance(right, Array):
            # a look-up in a set of that type, where nil stands for the type's zero
            wanted = node.asserted() if left is None else left
            if type(wanted) is not node.asserted:
                raise ConditionFaultError(f"{shown(left)} is looked for among values of another type")
            return isinstance(items, tuple) and wanted in items
        self._spend(len(items) // _ITEMS_A_STEP if isinstance(items, tuple) else 1)
        return is_in(left, items)

    def _member(self, base: Node, key: Node, *, optional: bool) -> Value:
        if not optional and isinstance(base, Loop) and base.function == "filter" and key in _ENDS:
            return self._found(base, backwards=key == _ENDS[1], throws=True)
        found = self.value(base)
        if optional and found is None:
            raise _EndOfChainError
        wanted = self.value(key)
        if isinstance(found, Mapping):
            return found.get(to_key(wanted))
        if isinstance(found, str):
            raise CannotReplayError("a single character of a text is not replayed")
        if not isinstance(found, tuple):
            raise ConditionFaultError(f"{shown(found)} has no [{shown(wanted)}]")
        index = to_index(wanted)
        if not -len(found) <= index < len(found):
            raise ConditionFaultError(f"index {index} is out of range: the array has {len(found)} entries")
        return found[index]

    def _slice(self, base: Node, start: Node | None, stop: Node | None) -> Value:
        found = self.value(base)
        last = None if stop is None else to_index(self.value(stop))
        first = 0 if start is None else to_index(self.value(start))
        if isinstance(found, str) and not found.isascii():
            raise CannotReplayError("a slice of text beyond ASCII is not replayed")
        if not isinstance(found, str | tuple):
            raise ConditionFaultError(f"{shown(found)} has no slices")
        return found[first:last]

    def _items(self, node: Loop) -> tuple[Value, ...]:
        items = self.value(node.items)
        if not isinstance(items, tuple):
            if isinstance(items, str | Mapping):
                if items:
                    raise CannotReplayError(f"{node.function} over {shown(items)} is not replayed")
                return ()
            raise ConditionFaultError(f"{node.function} takes an array, found {shown(items)}")
        return items

    def _each(self, node: Loop, item: Value, index: int) -> Value:
        if node.predicate is None:
            return item
        self._scopes.append((item, index))
        try:
            return self.value(node.predicate)
        finally:
            self._scopes.pop()

    def _loop(self, node: Loop) -> Value:  # noqa: PLR0911 - one case for each function
        items = self._items(node)

        def holds(index: int) -> bool:
            return asserted_bool(self._each(node, items[index], index))

        every = range(len(items))
        match node.function:
            case "all":
                return all(map(holds, every))
            case "any":
                return any(map(holds, every))
            case "none":
                return not any(map(holds, every))
            case "one":
                return sum(map(holds, every)) == 1
            case "count":
                return sum(map(holds, every))
            case "filter":
                kept = tuple(items[index] for index in every if holds(index))
                self._grow(len(kept))
                return kept
            case "map":
                self._grow(len(items))
                return tuple(self._each(node, items[index], index) for index in every)
            case "sum":
                return self._sum(node, items)
            case _:
                return self._find(node, items, holds)

    def _sum(self, node: Loop, items: tuple[Value, ...]) -> Value:
        total: Value = 0
        for index, item in enumerate(items):
            total = arithmetic("+", self._each(node, item, index), total)
        return total

    def _find(self, node: Loop, items: tuple[Value, ...], holds: Callable[[int], bool]) -> Value:
        every = range(len(items))
        ordered_ = reversed(every) if "Last" in node.function else every
        at = next((index for index in ordered_ if holds(index)), None)
        return at if at is None or "Index" in node.function else items[at]

    def _found(self, node: Loop, *, backwards: bool, throws: bool) -> Value:
        items = self._items(node)
        every = range(len(items))
        for index in reversed(every) if backwards else every:
            if asserted_bool(self._each(node, items[index], index)):
                return items[index]
        if throws:
            raise ConditionFaultError("no entry is left of the array, so it has no such index")
        return None

    def _count(self, node: Loop, limit: Node, operator: str) -> Value:
        """`count(x, p) > n`: newer versions of expr stop counting once that is certain."""
        enough = limit.value if isinstance(limit, Literal) and type(limit.value) is int else None
        if enough is None or node.predicate is None:
            return self.value(node)
        enough += operator == ">"
        items, counted = self._items(node), 0
        for index, item in enumerate(items):
            try:
                counted += asserted_bool(self._each(node, item, index))
            except ConditionFaultError:
                if counted >= enough:
                    raise CannotReplayError(
                        "whether count looks at every entry depends on the version"
                    ) from None
                raise
        return counted


#: The indexes for which the optimizer looks no further than the first, or the last, that a filter keeps.
_ENDS = (Literal(value=0), Literal(value=-1))
