"""Number literals of conditions: `2`, `1_000`, `0x1f`, `0.95`, `.2`, `1e-1`."""

import math
import re

from dashboard.domain.canary.language.faults import ConditionFaultError
from dashboard.domain.canary.language.lexer import Token

_LARGEST_INT = 2**63 - 1
_FLOAT = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_INTEGERS = {
    "0x": (16, re.compile(r"[0-9a-f]+")),
    "0b": (2, re.compile(r"[01]+")),
    "0o": (8, re.compile(r"[0-7]+")),
}


def number_of(token: Token) -> int | float:
    """The value of a number's token.

    Raises:
        ConditionFaultError: it is none, or too large for 64 bits.
    """
    text = token.text.replace("_", "").lower()
    base, digits = _INTEGERS.get(text[:2], (10, None))
    if digits is not None and (text[:2] == "0x" or not {".", "e"} & set(text)):
        value: int | float = int(text[2:], base) if digits.fullmatch(text[2:]) else _LARGEST_INT + 1
    elif {".", "e"} & set(text):
        value = float(text) if _FLOAT.fullmatch(text) else math.inf
    else:
        value = int(text) if text.isdecimal() else _LARGEST_INT + 1
    too_large = value == math.inf if isinstance(value, float) else value > _LARGEST_INT
    if too_large:
        raise ConditionFaultError(f"{token} is no number that the language can hold")
    return value
