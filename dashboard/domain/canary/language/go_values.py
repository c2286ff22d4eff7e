"""Go's values and arithmetic in Python: wrapping ints, IEEE floats, and how two of them compare.

nil is None, bool is bool, int is int (int64 is `Int64`), float64 is float, string is str, a slice is a tuple
and a map is a dict.
"""

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias, TypeGuard, TypeVar, Union

from dashboard.domain.canary.language.faults import CannotReplayError, ConditionFaultError

Value: TypeAlias = Union[  # noqa: UP007 - it names itself, which only text can do here
    bool, int, float, str, tuple["Value", ...], Mapping[str, "Value"], None
]

_BITS = 64
_SPAN: int = 1 << _BITS
_LARGEST: int = (1 << (_BITS - 1)) - 1
_HALF = 0.5
_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NO_DECIMAL = re.compile(r"[+-]?(?:inf|infinity)|nan", re.IGNORECASE | re.ASCII)


class Int64(int):
    """An int64, which Go tells from an int where a type is asserted; arithmetic makes an int of it."""

    __slots__ = ()


def wrapped(number: int) -> int:
    """`number` as 64 bits hold it."""
    return (number + _LARGEST + 1) % _SPAN - _LARGEST - 1


def is_number(value: Value) -> TypeGuard[int | float]:
    """Whether it is an int, an int64 or a float64."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def equal(left: Value, right: Value) -> bool:
    """`left == right` at run time: numbers of any type compare, slices entry by entry, the rest by type."""
    if is_number(left) and is_number(right):
        return _same_number(left, right)
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left is right or _deeply_equal(left, right)
    return type(left) is type(right) and left == right


def _same_number(left: float, right: float) -> bool:
    if isinstance(left, float) or isinstance(right, float):
        return float(left) == float(right)
    return int(left) == int(right)


def _deeply_equal(left: Value, right: Value) -> bool:
    """Go's reflect.DeepEqual, to which an int and a float are never equal."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_deeply_equal(left[key], right[key]) for key in left)
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(_deeply_equal, left, right))
    return type(left) is type(right) and left == right


def ordered(operator: str, left: Value, right: Value) -> bool:
    """`left operator right` for `<`, `>`, `<=` and `>=`.

    Raises:
        ConditionFaultError: they are not two numbers or two texts.
    """
    if is_number(left) and is_number(right):
        if isinstance(left, float) or isinstance(right, float):
            return _compared(operator, float(left), float(right))
        return _compared(operator, left, right)
    if isinstance(left, str) and isinstance(right, str):
        # Go compares the bytes, and the code points of UTF-8 are in the order of its bytes.
        return _compared(operator, left, right)
    raise ConditionFaultError(f"{shown(left)} {operator} {shown(right)} has no answer")


_Comparable = TypeVar("_Comparable", int, float, str)


def _compared(operator: str, left: _Comparable, right: _Comparable) -> bool:
    match operator:
        case "<":
            return left < right
        case ">":
            return left > right
        case "<=":
            return left <= right
        case _:
            return left >= right


def arithmetic(operator: str, left: Value, right: Value) -> int | float | str:
    """`left operator right` for `+ - * / % **`; `/` and `**` always make a float, `+` joins texts.

    Raises:
        ConditionFaultError: the values do not fit the operator, or a whole number is divided by zero (`%`).
    """
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        return left + right
    if not is_number(left) or not is_number(right):
        raise ConditionFaultError(f"{shown(left)} {operator} {shown(right)} has no answer")
    if operator == "/":
        return divided(float(left), float(right))
    if operator == "**":
        return power(float(left), float(right))
    if isinstance(left, int) and isinstance(right, int):
        return _on_ints(operator, left, right)
    if operator == "%":
        raise ConditionFaultError("% takes whole numbers")
    return _on_floats(operator, float(left), float(right))


def _on_ints(operator: str, left: int, right: int) -> int:
    match operator:
        case "+":
            return wrapped(left + right)
        case "-":
            return wrapped(left - right)
        case "*":
            return wrapped(left * right)
        case _:
            if right == 0:
                raise ConditionFaultError("a whole number is divided by zero (%)")
            rest = abs(left) % abs(right)
            return -rest if left < 0 else rest


def _on_floats(operator: str, left: float, right: float) -> float:
    if operator == "+":
        return left + right
    return left - right if operator == "-" else left * right


def divided(left: float, right: float) -> float:
    """IEEE division: by zero it is infinite, and 0 ÷ 0 is NaN."""
    if right:
        return left / right
    if not left or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1, right)


def power(base: float, exponent: float) -> float:
    """Go's math.Pow."""
    try:
        return math.pow(base, exponent)
    except OverflowError:
        odd = exponent == math.floor(exponent) and exponent % 2 == 1
        return -math.inf if base < 0 and odd else math.inf
    except ValueError:
        if base:
            return math.nan  # a root of a negative number
        odd = exponent == math.floor(exponent) and exponent % 2 == 1
        return math.copysign(math.inf, base) if odd else math.inf


def negated(value: Value) -> int | float:
    """`-value`.

    Raises:
        ConditionFaultError: it is no number.
    """
    if not is_number(value):
        raise ConditionFaultError(f"-({shown(value)}) has no answer")
    return wrapped(-value) if isinstance(value, int) else -value


def whole(value: float) -> int:
    """Go's conversion of a float64 to an int: towards zero.

    Raises:
        CannotReplayError: NaN, infinite or out of range, which each processor converts in its own way.
    """
    if not math.isfinite(value) or not -(_LARGEST + 1) <= math.trunc(value) <= _LARGEST:
        raise CannotReplayError(f"{value} has no whole number: what Go makes of it depends on the processor")
    return math.trunc(value)


def rounded(value: float) -> float:
    """The nearest whole number, halves away from zero."""
    down = float(math.trunc(value))
    nearest = down + math.copysign(1.0, value) if abs(value - down) >= _HALF else down
    return math.copysign(nearest, value)


def parsed_int(text: str) -> int:
    """Go's strconv.Atoi.

    Raises:
        ConditionFaultError: the text is no decimal whole number of 64 bits.
    """
    value = int(text) if _INTEGER.fullmatch(text) and len(text) <= _BITS else _LARGEST + 1
    if wrapped(value) != value:
        raise ConditionFaultError(f"{text[:80]!r} is no whole number")
    return value


def parsed_float(text: str) -> float:
    """Go's strconv.ParseFloat.

    Raises:
        ConditionFaultError: the text is no number, or too large.
        CannotReplayError: it is a hexadecimal number, which is not read here.
    """
    if _NO_DECIMAL.fullmatch(text):
        return float(text)
    if text.lstrip("+-")[:2].lower() == "0x":
        raise CannotReplayError(f"{text[:80]!r} may be a hexadecimal number, which is not read here")
    value = float(text) if _DECIMAL.fullmatch(text) else math.inf
    if math.isinf(value):
        raise ConditionFaultError(f"{text[:80]!r} is no number")
    return value


def shown(value: Value) -> str:
    """A value in few words, for messages."""
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a map"
    if isinstance(value, tuple):
        return f"an array of {len(value)}"
    return repr(value)[:60] if isinstance(value, str) else format_float(value)


def format_float(value: float) -> str:
    """A number as Go prints it, and Argo stores it: `0.95`, `NaN`, `+Inf`, never an exponent."""
    if isinstance(value, int):
        return str(int(value))
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return format(Decimal(repr(value)), "f").removesuffix(".0")
