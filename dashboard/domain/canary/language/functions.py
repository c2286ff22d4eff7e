"""The functions of conditions: what types they take and give, and what they compute.

From expr-lang/expr 1.17 (`builtin`) and Argo Rollouts 1.9 (`utils/evaluate`). `isNil` and `default` are
Argo's own; both look at the whole result whatever they are given, though their arguments are computed first.
"""

import math
from collections.abc import Callable, Mapping, Sequence

from dashboard.domain.canary.language import go_types
from dashboard.domain.canary.language.faults import CannotReplayError, ConditionFaultError
from dashboard.domain.canary.language.go_types import GoType, Kind
from dashboard.domain.canary.language.go_values import (
    Int64,
    Value,
    divided,
    is_number,
    negated,
    ordered,
    parsed_float,
    parsed_int,
    rounded,
    shown,
    whole,
)

#: Functions of the language that are known and not replayed.
UNREAD = frozenset(
    (  # noqa: SIM905 - fifty names read better as words
        "bitand bitnand bitnot bitor bitshl bitshr bitushr bitxor concat date duration flatten fromBase64 "
        "fromJSON fromPairs get hasPrefix hasSuffix indexOf join keys lastIndexOf lower now repeat replace "
        "reverse sort split splitAfter string take timezone toBase64 toJSON toPairs trim trimPrefix "
        "trimSuffix type uniq upper values"
    ).split()
)
#: Argo's own functions: the types of their parameters and of their answer.
ARGO: Mapping[str, tuple[tuple[GoType, ...], GoType]] = {
    "asInt": ((go_types.ANY,), go_types.INT64),
    "asFloat": ((go_types.ANY,), go_types.FLOAT),
    "isNaN": ((go_types.FLOAT,), go_types.BOOL),
    "isInf": ((go_types.FLOAT,), go_types.BOOL),
    "isNil": ((go_types.ANY,), go_types.BOOL),
    "default": ((go_types.ANY, go_types.ANY), go_types.ANY),
}


def _one_of(name: str, arguments: Sequence[GoType], fits: Callable[[GoType], bool]) -> GoType:
    if len(arguments) != 1:
        raise ConditionFaultError(f"{name} takes one argument, found {len(arguments)}")
    if not (arguments[0].is_unknown or fits(arguments[0])):
        raise ConditionFaultError(f"{name} does not take {arguments[0]}")
    return arguments[0]


def _sized(argument: GoType) -> bool:
    return argument.is_list or argument.kind in {Kind.MAP, Kind.STRING}


def _numeric(argument: GoType) -> bool:
    return argument.is_number


def _readable(argument: GoType) -> bool:
    return argument.is_number or argument.kind is Kind.STRING


def _aggregate(name: str, arguments: Sequence[GoType]) -> GoType:
    """The type of min, max, mean or median: that of the first argument, unless one may hold several."""
    if not arguments:
        raise ConditionFaultError(f"{name} takes at least one argument, found none")
    for argument in arguments:
        if argument.is_unknown or argument.is_list:
            return go_types.ANY
        if not argument.is_number:
            raise ConditionFaultError(f"{name} does not take {argument}")
    return arguments[0]


def _end(name: str, arguments: Sequence[GoType]) -> GoType:
    found = _one_of(name, arguments, lambda argument: argument.is_list)
    return go_types.ANY if found.is_unknown else found.go_element


def _fixed(fits: Callable[[GoType], bool], gives: GoType) -> Callable[[str, Sequence[GoType]], GoType]:
    def check(name: str, arguments: Sequence[GoType]) -> GoType:
        _one_of(name, arguments, fits)
        return gives

    return check


#: The type that a function of the language gives for arguments of these types.
SIGNATURES: Mapping[str, Callable[[str, Sequence[GoType]], GoType]] = {
    "len": _fixed(_sized, go_types.INT),
    "abs": lambda name, arguments: _one_of(name, arguments, _numeric),
    "ceil": _fixed(_numeric, go_types.FLOAT),
    "floor": _fixed(_numeric, go_types.FLOAT),
    "round": _fixed(_numeric, go_types.FLOAT),
    "int": _fixed(_readable, go_types.INT),
    "float": _fixed(_readable, go_types.FLOAT),
    **dict.fromkeys(("max", "min", "mean", "median"), _aggregate),
    "first": _end,
    "last": _end,
}


def call(  # noqa: PLR0911 - one case for each function
    name: str, arguments: Sequence[Value], result: Value
) -> Value:
    """The answer of the function `name`; `result` is what was measured, which Argo's own functions look at.

    Raises:
        ConditionFaultError: the values do not fit.
        CannotReplayError: what Go makes of them cannot be told.
    """
    match name:
        case "isNil":
            return result is None
        case "default":
            return arguments[1] if result is None else result
        case "isNaN":
            return math.isnan(_float_only(name, arguments[0]))
        case "isInf":
            return math.isinf(_float_only(name, arguments[0]))
        case "max" | "min":
            return _extreme(name, arguments)
        case "mean":
            numbers = _numbers(name, arguments)
            return divided(_total(numbers), len(numbers)) if numbers else 0.0
        case "median":
            return _median(_numbers(name, arguments))
        case _:
            return _OF_ONE[name](name, arguments[0])


def _float_only(name: str, value: Value) -> float:
    if not isinstance(value, float):
        raise ConditionFaultError(f"{name} takes a float64, found {shown(value)}")
    return value


def _length(name: str, value: Value) -> int:
    if isinstance(value, str) and not value.isascii():
        raise CannotReplayError("the length of text beyond ASCII is not replayed")
    if isinstance(value, str | tuple | Mapping):
        return len(value)
    raise ConditionFaultError(f"{name} does not take {shown(value)}")


def _number(name: str, value: Value) -> int | float:
    if not is_number(value):
        raise ConditionFaultError(f"{name} does not take {shown(value)}")
    return value


def _absolute(name: str, value: Value) -> int | float:
    number = _number(name, value)
    if not number < 0:
        return number
    return Int64(negated(number)) if isinstance(number, Int64) else negated(number)


def _to_whole(round_: Callable[[float], float]) -> Callable[[str, Value], float]:
    def apply(name: str, value: Value) -> float:
        number = float(_number(name, value))
        return round_(number) if math.isfinite(number) else number

    return apply


def _int(name: str, value: Value) -> int:
    if isinstance(value, str):
        return parsed_int(value)
    number = _number(name, value)
    return whole(number) if isinstance(number, float) else int(number)


def _float(name: str, value: Value) -> float:
    return parsed_float(value) if isinstance(value, str) else float(_number(name, value))


def _at(index: int) -> Callable[[str, Value], Value]:
    def take(_: str, value: Value) -> Value:
        if isinstance(value, str) and value:
            raise CannotReplayError("a single character of a text is not replayed")
        return value[index] if isinstance(value, tuple) and value else None

    return take


_OF_ONE: Mapping[str, Callable[[str, Value], Value]] = {
    "len": _length,
    "abs": _absolute,
    "ceil": _to_whole(lambda number: math.copysign(math.ceil(number), number)),
    "floor": _to_whole(lambda number: math.copysign(math.floor(number), number)),
    "round": _to_whole(rounded),
    "int": _int,
    "float": _float,
    "asInt": lambda name, value: Int64(_int(name, value)),
    "asFloat": _float,
    "first": _at(0),
    "last": _at(-1),
}


def _extreme(name: str, arguments: Sequence[Value]) -> Value:
    """The largest or smallest; with a NaN first it stays NaN, and a later NaN is passed over."""
    found: Value = None
    if len(arguments) == 1 and not isinstance(arguments[0], tuple) and not is_number(arguments[0]):
        return arguments[0]
    for argument in arguments:
        for item in argument if isinstance(argument, tuple) else (argument,):
            if isinstance(item, tuple):
                raise CannotReplayError(f"{name} of arrays in arrays is not replayed")
            if not is_number(item):
                raise ConditionFaultError(f"{name} does not take {shown(item)}")
            if found is None or ordered("<" if name == "max" else ">", found, item):
                found = item
    return found


def _numbers(name: str, arguments: Sequence[Value]) -> list[float]:
    """Every number in the arguments and in arrays among them, in their order."""
    found: list[float] = []
    left = list(reversed(arguments))
    while left:
        item = left.pop()
        if isinstance(item, tuple):
            left += reversed(item)
        else:
            found.append(float(_number(name, item)))
    return found


def _total(numbers: Sequence[float]) -> float:
    total = 0.0
    for number in numbers:  # one by one, as Go adds them: `sum` may round in another way
        total += number
    return total


def _median(numbers: list[float]) -> float:
    ranked = sorted(numbers, key=lambda number: (not math.isnan(number), number if number == number else 0.0))  # noqa: PLR0124 - NaN
    if not ranked:
        return 0.0
    half = len(ranked) // 2
    return ranked[half] if len(ranked) % 2 else (ranked[half - 1] + ranked[half]) / 2
