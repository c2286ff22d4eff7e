"""How long things last when some have not ended yet: the survival curve of open and closed together.

To leave out what is still open would make everything look short, since the long ones are the open ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scipy.stats import CensoredData, ecdf

from dashboard.domain.durations_summary import require_durations

#: Shares are products of fractions: one half may come out a rounding above one half.
_HALF = 0.5 + 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """The survival curve of `n` things, `open` of which have not ended.

    `steps` are (duration in seconds, share of all that lasts longer), in order of time, one for each duration
    at which something ended. `median` is the duration by which half has ended; None when the curve does
    not come down to one half, so that the median is longer than anything seen.
    """

    n: int
    open: int
    median: float | None
    steps: tuple[tuple[float, float], ...]


def kaplan_meier(ended: Sequence[float], still_open: Sequence[float]) -> Survival | None:
    """The product-limit estimate of the survival curve; None when there is nothing at all.

    `ended` are full durations, `still_open` the ages so far of what has not ended, all in seconds. At each
    duration the share falls by ended ÷ at risk, where what is open at that very age is still at risk
    (Kaplan and Meier 1958, Journal of the American Statistical Association 53:457). The median is
    the first duration at which the share is one half or less.

    Raises:
        ValueError: when a value is no duration (`require_durations`).
    """
    require_durations(ended)
    require_durations(still_open)
    n = len(ended) + len(still_open)
    if not n:
        return None
    steps = _steps(ended, still_open) if ended else ()
    median = next((time for time, share in steps if share <= _HALF), None)
    return Survival(n=n, open=len(still_open), median=median, steps=steps)


def _steps(ended: Sequence[float], still_open: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """The steps of the curve; the library's also has the times at which things were only seen to be open."""
    sample: CensoredData[Any] = CensoredData(
        uncensored=[float(age) for age in ended], right=[float(age) for age in still_open]
    )
    curve = ecdf(sample).sf
    times = frozenset(ended)
    return tuple(
        (float(time), float(share))
        for time, share in zip(curve.quantiles, curve.probabilities, strict=True)
        if float(time) in times
    )
