"""What the operators of text, indexes and keys make of values, where Go asserts their types."""

from collections.abc import Mapping

from dashboard.domain.canary.language.faults import ConditionFaultError
from dashboard.domain.canary.language.go_regexp import compile_regexp
from dashboard.domain.canary.language.go_values import Value, equal, is_number, shown, whole

#: Operators between two texts; nil on either side makes them false.
TEXT_OPERATORS = frozenset({"contains", "startsWith", "endsWith", "matches"})


def on_texts(operator: str, left: Value, right: Value) -> bool:
    """`left operator right` for `contains`, `startsWith`, `endsWith` and `matches`.

    Raises:
        ConditionFaultError: they are no texts, or the pattern is none of Go's.
    """
    if left is None or right is None:
        return False
    if not isinstance(left, str) or not isinstance(right, str):
        raise ConditionFaultError(f"{shown(left)} {operator} {shown(right)} has no answer")
    match operator:
        case "contains":
            return right in left
        case "startsWith":
            return left.startswith(right)
        case "endsWith":
            return left.endswith(right)
        case _:
            return compile_regexp(right).found_in(left)


def asserted_bool(value: Value) -> bool:
    """`value` where Go asserts a bool.

    Raises:
        ConditionFaultError: it is none.
    """
    if not isinstance(value, bool):
        raise ConditionFaultError(f"{shown(value)} stands where true or false is needed")
    return value


def to_index(value: Value) -> int:
    """Go's conversion of `value` to an index: a fraction is cut off.

    Raises:
        ConditionFaultError: it is no number.
    """
    if not is_number(value):
        raise ConditionFaultError(f"{shown(value)} is no index")
    return whole(value) if isinstance(value, float) else int(value)


def to_key(value: Value) -> str:
    """The key that `value` is in a map of texts; nil is the empty one.

    Raises:
        ConditionFaultError: it is no text.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ConditionFaultError(f"{shown(value)} is no key")
    return value


def is_in(item: Value, items: Value) -> bool:
    """`item in items`.

    Raises:
        ConditionFaultError: nothing can be in `items`.
    """
    if items is None:
        return False
    if isinstance(items, Mapping):
        return to_key(item) in items
    if not isinstance(items, tuple):
        raise ConditionFaultError(f"`in` does not look into {shown(items)}")
    return any(equal(entry, item) for entry in items)
