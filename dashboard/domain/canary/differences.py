"""Order statistics of all differences between two samples, without writing down more of them than need be."""

import struct
from collections.abc import Sequence

#: Up to so many differences sorting them is quicker than counting them (measured).
_SORTED_UP_TO = 50_000

_SIGN = 1 << 63
_ALL = (1 << 64) - 1


def ordered_differences(
    experiment: Sequence[float], control: Sequence[float], positions: Sequence[int]
) -> list[float]:
    """The differences experiment − control at `positions`, counted from 0, when all are in order."""
    ups, downs = sorted(map(float, experiment)), sorted(map(float, control), reverse=True)
    if len(ups) * len(downs) <= _SORTED_UP_TO:
        # Each row is in order already, which is what the sort is quick at.
        differences = sorted([up - down for up in ups for down in downs])
        return [differences[position] for position in positions]
    return [_counted(ups, downs, position) for position in positions]


def _counted(ups: list[float], downs: list[float], position: int) -> float:
    """The smallest float that at least `position` + 1 differences do not exceed, by halving all floats."""
    low, high = _ordinal(ups[0] - downs[0]), _ordinal(ups[-1] - downs[-1])
    while low < high:
        middle = (low + high) // 2
        if _up_to(ups, downs, _number(middle)) > position:
            high = middle
        else:
            low = middle + 1
    return _number(low)


def _up_to(ups: list[float], downs: list[float], value: float) -> int:
    """How many differences are `value` or less: of a larger `up`, no more than of the one before it."""
    count, reach = 0, len(downs)
    for up in ups:
        while reach and up - downs[reach - 1] > value:
            reach -= 1
        if not reach:
            break
        count += reach
    return count


def _ordinal(value: float) -> int:
    """The place of a float among all floats: larger floats have larger places, neighbours differ by 1."""
    bits: int = struct.unpack("<Q", struct.pack("<d", value))[0]
    return bits ^ _ALL if bits & _SIGN else bits | _SIGN


def _number(ordinal: int) -> float:
    """The float at a place."""
    bits = ordinal & ~_SIGN if ordinal & _SIGN else ordinal ^ _ALL
    number: float = struct.unpack("<d", struct.pack("<Q", bits))[0]
    return number
