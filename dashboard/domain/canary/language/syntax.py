"""The syntax tree of a condition (expr-lang/expr 1.17, which Argo Rollouts 1.9 pins)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """`nil`, `true`, `2`, `0.95` or text: a number with a point or an exponent is a float64, others int."""

    value: bool | int | float | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A variable; Argo knows `result` only."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary:
    """`-x`, `+x`, `!x` or `not x`; `not` is written `!` here."""

    operator: str
    operand: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """`left operator right`; `and` is written `&&` and `or` is `||` here.

    `asserted` is set by the checker on `==` and `!=` between two ints or two texts: Go asserts the types of
    both values then, and a nil or a fraction in their place fails.
    """

    operator: str
    left: "Node"
    right: "Node"
    asserted: type[int] | type[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """`base.key`, `base[key]` or, when `optional`, `base?.key`, which ends its chain where base is nil."""

    base: "Node"
    key: "Node"
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The reach of a `?.`: nil where one of its optional members finds a nil base."""

    inner: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """`base[start:stop]`; a side that is not written is None."""

    base: "Node"
    start: "Node | None"
    stop: "Node | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function of the language or of Argo, called with `arguments`."""

    function: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """`base.name(…)`: no value that Argo measures has one."""

    base: "Node"
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """`all(items, predicate)` and its like; `count` and `sum` may go without a predicate."""

    function: str
    items: "Node"
    predicate: "Node | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """`#`, the item that a predicate is asked about, or `#index`."""

    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ternary:
    """`condition ? then : otherwise`."""

    condition: "Node"
    then: "Node"
    otherwise: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Array:
    """`[a, b]`."""

    items: tuple["Node", ...]


Node = (
    Literal
    | Name
    | Unary
    | Binary
    | Member
    | Chain
    | Slice
    | Call
    | Method
    | Loop
    | Pointer
    | Ternary
    | Array
)


def children(node: Node) -> tuple[Node, ...]:  # noqa: PLR0911 - one case for each kind of node
    """The nodes right below `node`."""
    match node:
        case Unary(operand=inner) | Chain(inner=inner):
            return (inner,)
        case Binary(left=left, right=right):
            return (left, right)
        case Member(base=base, key=key):
            return (base, key)
        case Method(base=base):
            return (base,)
        case Slice(base=base, start=start, stop=stop):
            return tuple(item for item in (base, start, stop) if item is not None)
        case Call(arguments=items) | Array(items=items):
            return items
        case Loop(items=collection, predicate=predicate):
            return (collection,) if predicate is None else (collection, predicate)
        case Ternary(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
        case _:
            return ()
