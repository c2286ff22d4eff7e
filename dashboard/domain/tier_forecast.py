"""When the policy tier changes, and when the budget reaches a floor.

Old errors leave a rolling window at known times, new ones come at a pace. Both forecasts hold the window's
traffic at what it is now: what leaves the window is replaced by as much new traffic. So the number of bad
events that a tier or a floor allows stays fixed, and only the bad events move.
"""

import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from math import ceil

from dashboard.domain.error_budget import remaining
from dashboard.domain.event_counts import BUCKET_SECONDS, EventCounts
from dashboard.domain.policy_tier import MEASURED_TIERS, PolicyTier, TierBands


class Assumption(StrEnum):
    """What a forecast takes for granted."""

    NOTHING_MORE_BURNS = "nothing_more_burns"
    CURRENT_PACE = "current_pace"


@dataclass(frozen=True, slots=True, kw_only=True)
class TierChange:
    """The policy tier becomes `to` at `at`, if `assuming` holds."""

    to: PolicyTier
    at: datetime
    assuming: Assumption


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorChange:
    """From `at` on at least `floor` of the budget is left again (`met`), or less, if `assuming` holds."""

    floor: Fraction
    met: bool
    at: datetime
    assuming: Assumption


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingWindow:
    """One objective's window, as far as a forecast needs it.

    `end` is the end of the last measured bucket; `counts` are the window's; `bad_through` gives all bad
    events (in count units) from the beginning of the history to an instant of the bucket grid (unix
    seconds): two look-ups and a difference make any window.
    """

    end: datetime
    length: timedelta
    counts: EventCounts
    allowed_error_ratio: Fraction
    bad_through: Callable[[int], int]

    @property
    def allowed_bad(self) -> Fraction:
        """Bad events that spend exactly the whole budget, in count units."""
        return self.counts.total * self.allowed_error_ratio


def time_of_relief(window: RollingWindow, bands: TierBands, tier: PolicyTier) -> datetime:
    """The first instant at which the window is in `tier` or a looser one, if nothing more burns.

    Exact to the bucket: a bucket leaves the window one window length after it ended. The window has
    traffic; without any there is nothing to wait for.
    """
    return _time_with_at_most(_most_bad_in(tier, window.allowed_bad, bands), window)


def time_of_floor(window: RollingWindow, floor: Fraction) -> datetime:
    """The first instant at which at least `floor` of the budget is left, if nothing more burns.

    Exact to the bucket, as `time_of_relief`. The floor itself is enough, as the release gate compares it.
    """
    return _time_with_at_most(math.floor((1 - floor) * window.allowed_bad), window)


def _time_with_at_most(most_bad: int, window: RollingWindow) -> datetime:
    """When so many old errors have left that `most_bad` units are in the window, if nothing more burns."""
    end = int(window.end.timestamp())
    span = int(window.length.total_seconds())
    must_leave = window.bad_through(end) - most_bad
    grid = range(end - span, end + 1, BUCKET_SECONDS)
    left = bisect_left(grid, must_leave, key=window.bad_through)
    return datetime.fromtimestamp(grid[left] + span, tz=UTC)


def time_of_edge(window: RollingWindow, edge: Fraction, burn: Fraction) -> datetime | None:
    """When the remaining budget falls to `edge` at a constant `burn`; None when this pace never gets there.

    While new errors come at `burn` ÷ window of the budget a second, old ones leave at known times. The
    crossing is the least fixed point of "time = (room + relief by then) ÷ pace": the relief only grows
    with time, so stepping up from no relief cannot jump over it. After one whole window only the new
    pace is left in it and nothing changes any more, so the search ends there.
    """
    left = remaining(window.counts, window.allowed_error_ratio)
    if burn <= 0 or not window.counts.total or left - edge > burn:
        return None  # the last: even without relief, a whole window at this pace is not enough
    span = int(window.length.total_seconds())
    end = int(window.end.timestamp())
    pace = burn * window.allowed_bad / span
    room = (left - edge) * window.allowed_bad
    bad_at_start = window.bad_through(end - span)
    relief = 0
    while True:
        wait = max(Fraction(0), room + relief) / pace
        if wait > span:
            return None
        gone_by = end - span + math.floor(wait / BUCKET_SECONDS) * BUCKET_SECONDS
        found = window.bad_through(gone_by) - bad_at_start
        if found == relief:
            return datetime.fromtimestamp(end + ceil(wait), tz=UTC)
        relief = found


def better_times(window: RollingWindow, bands: TierBands, now_in: PolicyTier) -> dict[PolicyTier, datetime]:
    """For each measured tier looser than `now_in`, when it is reached if nothing more burns."""
    looser = MEASURED_TIERS[: MEASURED_TIERS.index(now_in)]
    return {tier: time_of_relief(window, bands, tier) for tier in looser}


def worse_times(
    window: RollingWindow, bands: TierBands, now_in: PolicyTier, burn: Fraction | None
) -> dict[PolicyTier, datetime]:
    """For each measured tier stricter than `now_in`, when it is reached at the current pace `burn`."""
    times: dict[PolicyTier, datetime] = {}
    if not burn:
        return times
    for tier in MEASURED_TIERS[MEASURED_TIERS.index(now_in) + 1 :]:
        at = time_of_edge(window, bands.entry_edge(tier), burn)
        if at is None:
            break
        times[tier] = at
    return times


def tier_changes(
    now_in: PolicyTier,
    better: "list[dict[PolicyTier, datetime]]",
    worse: "list[dict[PolicyTier, datetime]]",
) -> tuple[TierChange, ...]:
    """The changes of a service: all its objectives must be better, one of them is enough to be worse.

    `better` and `worse` hold one mapping per objective, from `better_times` and `worse_times`; an
    objective that is already in a tier as loose as asked for counts as there. Of several tiers that are
    reached at the same instant only the last one is told. Ordered by time.
    """
    changes = []
    for tier in (tier for tier in MEASURED_TIERS if tier.severity < now_in.severity):
        latest = [times[tier] for times in better if tier in times]
        if latest:
            changes.append(TierChange(to=tier, at=max(latest), assuming=Assumption.NOTHING_MORE_BURNS))
    for tier in (tier for tier in reversed(MEASURED_TIERS) if tier.severity > now_in.severity):
        earliest = [times[tier] for times in worse if tier in times]
        if earliest:
            changes.append(TierChange(to=tier, at=min(earliest), assuming=Assumption.CURRENT_PACE))
    # Each list starts with its furthest tier, so the first of an instant is the one to keep.
    told: dict[tuple[Assumption, datetime], TierChange] = {}
    for change in changes:
        told.setdefault((change.assuming, change.at), change)
    return tuple(sorted(told.values(), key=lambda change: change.at))


def floor_change(
    floor: Fraction, met_at: "list[datetime | None]", below_at: "list[datetime | None]"
) -> FloorChange | None:
    """The change of a service: all its objectives must have the floor, one without it is enough to be below.

    Both lists hold one entry per objective: when it has the floor again, None where it has it now; and when
    it falls below, None where that is not forecast. None when no change is in sight.
    """
    missing = [at for at in met_at if at is not None]
    if missing:
        return FloorChange(floor=floor, met=True, at=max(missing), assuming=Assumption.NOTHING_MORE_BURNS)
    falling = [at for at in below_at if at is not None]
    if falling:
        return FloorChange(floor=floor, met=False, at=min(falling), assuming=Assumption.CURRENT_PACE)
    return None


def _most_bad_in(tier: PolicyTier, allowed_bad: Fraction, bands: TierBands) -> int:
    """The largest number of bad units that still leaves the budget in `tier` or looser."""
    if tier is PolicyTier.NORMAL:
        return ceil((1 - bands.cautious_at) * allowed_bad) - 1
    if tier is PolicyTier.CAUTIOUS:
        return math.floor((1 - bands.protected_below) * allowed_bad)
    return ceil((1 - bands.exhausted_at) * allowed_bad) - 1
