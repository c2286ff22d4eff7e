"""The Go types of a condition's terms, as expr's checker knows them before any value is looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Go's kind of a type. UNKNOWN and NIL have none; ANY is `interface{}`."""

    UNKNOWN = "unknown"
    NIL = "nil"
    ANY = "interface {}"
    BOOL = "bool"
    INT = "int"
    INT64 = "int64"
    FLOAT = "float64"
    STRING = "string"
    FLOATS = "[]float64"
    LIST = "[]interface {}"
    MAP = "map[string]interface {}"

    @property
    def go_kind(self) -> str:
        """What two types must share to count as alike in an array literal."""
        if self in {Kind.UNKNOWN, Kind.NIL}:
            return "invalid"
        return "slice" if self in {Kind.FLOATS, Kind.LIST} else self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class GoType:
    """A type. `items` is what expr knows of the entries of a LIST; Go itself knows only `interface{}`."""

    kind: Kind
    items: "GoType | None" = None

    def __str__(self) -> str:
        return self.kind.value

    @property
    def is_unknown(self) -> bool:
        """Whether anything may turn up at run time."""
        return self.kind in {Kind.UNKNOWN, Kind.ANY}

    @property
    def is_integer(self) -> bool:
        """Whether it is a whole number."""
        return self.kind in {Kind.INT, Kind.INT64}

    @property
    def is_number(self) -> bool:
        """Whether it is a number."""
        return self.is_integer or self.kind is Kind.FLOAT

    @property
    def is_list(self) -> bool:
        """Whether it has entries by index."""
        return self.kind in {Kind.FLOATS, Kind.LIST}

    @property
    def element(self) -> "GoType":
        """The type of an entry of a list or a map, as expr knows it; unknown for all others."""
        if self.kind is Kind.LIST and self.items is not None:
            return self.items
        return self.go_element

    @property
    def go_element(self) -> "GoType":
        """The type of an entry as Go knows it."""
        if self.kind is Kind.FLOATS:
            return FLOAT
        return ANY if self.kind in {Kind.LIST, Kind.MAP} else UNKNOWN

    def assignable_to(self, other: "GoType") -> bool:
        """Go's assignability, for the types that occur."""
        if self.kind is Kind.NIL:
            return other.kind in {Kind.ANY, Kind.FLOATS, Kind.LIST, Kind.MAP}
        if Kind.UNKNOWN in {self.kind, other.kind} or other.kind is Kind.NIL:
            return False
        return other.kind is Kind.ANY or self.kind is other.kind

    def comparable_to(self, other: "GoType") -> bool:
        """Whether `==` compiles between them."""
        return (
            self.is_unknown
            or other.is_unknown
            or Kind.NIL in {self.kind, other.kind}
            or (self.is_number and other.is_number)
            or (self.is_list and other.is_list)
            or self.assignable_to(other)
        )


UNKNOWN, NIL, ANY = GoType(kind=Kind.UNKNOWN), GoType(kind=Kind.NIL), GoType(kind=Kind.ANY)
BOOL, INT, INT64 = GoType(kind=Kind.BOOL), GoType(kind=Kind.INT), GoType(kind=Kind.INT64)
FLOAT, STRING = GoType(kind=Kind.FLOAT), GoType(kind=Kind.STRING)
FLOATS, LIST, MAP = GoType(kind=Kind.FLOATS), GoType(kind=Kind.LIST), GoType(kind=Kind.MAP)


def list_of(items: GoType) -> GoType:
    """A `[]interface{}` whose entries expr knows to be `items`."""
    return GoType(kind=Kind.LIST, items=items)


def promoted(left: GoType, right: GoType) -> GoType:
    """The type of a sum, difference or product of two numbers."""
    return FLOAT if FLOAT in {left, right} else INT


def type_of_literal(value: object) -> GoType:
    """The type of a literal's value."""
    return _LITERALS[type(value)]


_LITERALS: Mapping[type, GoType] = {type(None): NIL, bool: BOOL, int: INT, float: FLOAT, str: STRING}
