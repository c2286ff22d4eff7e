"""Order statistics of all differences between two samples, without writing down more of them than need be."""

import struct
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from math import inf

#: Up to so many differences sorting them is quicker than counting them (measured).
_SORTED_UP_TO = 50_000
#: The differences of so many values a side are chosen to look between.
_CHOSEN = 150

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
    return _counted(ups, downs, positions)


def _counted(
    ups: list[float],
    downs: list[float],
    positions: Sequence[int],
    *,
    most: int = _SORTED_UP_TO,
    chosen_values: int = _CHOSEN,
) -> list[float]:
    """The same by counting: the answer is the smallest float that enough differences do not exceed.

    It lies between two neighbours among the differences of evenly chosen values, which counting finds. Up
    to `most` differences are sorted.
    """
    some_ups, some_downs = (side[:: max(1, len(side) // chosen_values)] for side in (ups, downs))
    chosen = sorted({up - down for up in some_ups for down in some_downs})

    @cache
    def up_to(value: float) -> int:
        return _up_to(ups, downs, value)

    found = []
    for position in positions:
        place = bisect_right(chosen, position, key=up_to)
        low = chosen[place - 1] if place else -inf
        high = chosen[place] if place < len(chosen) else ups[-1] - downs[-1]
        found.append(_within(ups, downs, position, low, high, most))
    return found


def _within(  # noqa: PLR0913, PLR0917 - two samples, a position, two ends and a limit
    ups: list[float], downs: list[float], position: int, low: float, high: float, most: int
) -> float:
    """The difference at `position`, which is above `low` and at most `high`: sorted once few are left."""
    while (inside := _up_to(ups, downs, high) - (below := _up_to(ups, downs, low))) > most:
        # Where there are so many, most may be equal, and the lowest of them may be the one.
        lowest = _lowest_above(ups, downs, low)
        if _up_to(ups, downs, lowest) > position:
            return lowest
        middle = _number((_ordinal(lowest) + _ordinal(high)) // 2)
        if _up_to(ups, downs, middle) > position:
            low, high = lowest, middle
        else:
            low = middle
    return sorted(_between(ups, downs, low, high))[position - below] if inside else high


def _between(ups: list[float], downs: list[float], low: float, high: float) -> list[float]:
    """The differences above `low` and up to `high`."""
    found: list[float] = []
    first, last = len(downs), len(downs)
    for up in ups:
        while first and up - downs[first - 1] > low:
            first -= 1
        while last and up - downs[last - 1] > high:
            last -= 1
        found += [up - down for down in downs[first:last]]
    return found


def _lowest_above(ups: list[float], downs: list[float], low: float) -> float:
    """The smallest difference above `low`, of which there is one."""
    lowest, reach = inf, len(downs)
    for up in ups:
        while reach and up - downs[reach - 1] > low:
            reach -= 1
        if reach < len(downs):
            lowest = min(lowest, up - downs[reach])
    return lowest


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
