"""How the Mann-Whitney statistic is distributed when two samples come from the same source, exactly.

A distribution is a polynomial whose coefficients count arrangements, and a polynomial is kept as one large
integer: coefficient k in the k-th field of so many bits that none overflows (Kronecker substitution). Then
whole distributions are added, shifted and multiplied by the processor's own long arithmetic.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import comb


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Equally likely arrangements: `cumulated` has at k how many of them have the value k or less."""

    cumulated: tuple[int, ...]
    arrangements: int

    def at_most(self, value: int) -> float:
        """The chance of `value`, one of those that there are, or less; 0 below them."""
        return self.cumulated[value] / self.arrangements if value >= 0 else 0.0

    def at_least(self, value: int) -> float:
        """The chance of `value` or more."""
        below = self.cumulated[value - 1] if value > 0 else 0
        return (self.arrangements - below) / self.arrangements


@lru_cache(maxsize=64)
def without_ties(n: int, m: int) -> Distribution:
    """The distribution of U, the number of pairs in which the one of `n` is above the one of `m`; all differ.

    U counts arrangements as the Gaussian binomial coefficient does: Π (1 − q^(m + i)) ÷ (1 − qⁱ) over i
    from 1 to n (Mann and Whitney 1947, Annals of Mathematical Statistics 18:50, whose recursion it solves).
    """
    arrangements = comb(n + m, n)
    bits = _field(arrangements)
    width = bits * (n * m + 1)
    mask = (1 << width) - 1
    packed = 1
    for i in range(1, n + 1):
        packed = (packed - (packed << bits * (m + i))) & mask
        step = bits * i
        while step < width:  # 1 ÷ (1 − x) = (1 + x)(1 + x²)(1 + x⁴) …
            packed = (packed + (packed << step)) & mask
            step *= 2
    return Distribution(cumulated=_cumulated(packed, bits, n * m), arrangements=arrangements)


def with_ties(doubled_ranks: Mapping[int, int], n: int) -> Distribution:
    """The distribution of twice the rank sum of `n` that are drawn from all, ties ranked by their middle.

    `doubled_ranks` has for each rank, times two so that it is whole, how many share it. This is the
    permutation distribution given the ties: every choice of `n` is equally likely (Lehmann 1975,
    Nonparametrics, section 1.4).
    """
    arrangements = comb(sum(doubled_ranks.values()), n)
    bits = _field(arrangements)
    chosen = [1] + [0] * n  # for each number of chosen ones, the distribution of their sum
    for rank, count in doubled_ranks.items():
        after = list(chosen)
        for already, sums in enumerate(chosen):
            for more in range(1, min(count, n - already) + 1):
                after[already + more] += (sums * comb(count, more)) << (bits * rank * more)
        chosen = after
    largest = sum(rank * count for rank, count in doubled_ranks.items())
    return Distribution(cumulated=_cumulated(chosen[n], bits, largest), arrangements=arrangements)


def _field(largest: int) -> int:
    """The width of a field for numbers up to `largest`, in whole bytes."""
    return -(-(largest.bit_length() + 1) // 8) * 8


def _cumulated(packed: int, bits: int, largest: int) -> tuple[int, ...]:
    """The sums of the fields 0 to k, for each k up to `largest`."""
    size = bits // 8
    data = packed.to_bytes(size * (largest + 1), "little")
    fields = (int.from_bytes(data[start : start + size], "little") for start in range(0, len(data), size))
    return tuple(accumulate(fields))
