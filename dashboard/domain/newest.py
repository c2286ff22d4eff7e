"""Of what the events of one thing say, the newest word."""

from collections.abc import Iterable
from typing import TypeVar

_Value = TypeVar("_Value")


def latest(values: Iterable[_Value | None]) -> _Value | None:
    """The last of `values`, oldest first, that says anything; None when none does."""
    found = None
    for value in values:
        if value is not None:
            found = value
    return found
