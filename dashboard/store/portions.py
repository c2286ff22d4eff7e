"""Long lists of values in questions to SQLite."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

_MOST = 500
_Value = TypeVar("_Value")


def portions(values: Sequence[_Value]) -> Iterator[Sequence[_Value]]:
    """`values`, as many at a time as one question may hold."""
    for first in range(0, len(values), _MOST):
        yield values[first : first + _MOST]
