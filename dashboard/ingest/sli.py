"""Answers of a source → batches of the store: each bucket is measured, flagged, or a gap."""

from collections.abc import Iterable, Mapping

import numpy as np

from dashboard.domain.event_counts import BUCKET_SECONDS, MAXIMUM_COUNT, UNITS_PER_EVENT, to_units
from dashboard.domain.sli_bucket import BucketFault, measure
from dashboard.store.sli import Bucket, FlaggedBucket, SliBatch


def to_batch(  # noqa: PLR0913 - one argument per fact
    *,
    objective_id: int,
    good: Mapping[int, float],
    total: Mapping[int, float],
    ends: Iterable[int],
    good_seen_before: bool,
    partial: bool,
) -> SliBatch:
    """What one answer says of one objective.

    `good` and `total` map the end of a bucket (unix seconds) to its count; `ends`, ascending, are those
    that were asked for.
    Of a `partial` answer nothing is counted: all its buckets are flagged.
    """
    ends = list(ends)
    clean = None if partial else _all_clean(good, total, ends)
    if clean is not None:
        return SliBatch(objective_id=objective_id, measured=clean)
    measured: list[Bucket] = []
    flagged: list[FlaggedBucket] = []
    for end in ends:
        bucket_good, bucket_total = good.get(end), total.get(end)
        outcome = measure(bucket_good, bucket_total, good_seen_before=good_seen_before)
        if outcome is None:
            continue
        start = end - BUCKET_SECONDS
        if isinstance(outcome, BucketFault) or partial:
            fault = outcome if isinstance(outcome, BucketFault) else BucketFault.PARTIAL_ANSWER
            found = f"good={_shown(bucket_good)} total={_shown(bucket_total)}"
            # Without a good series the total is sound, or it would be the fault.
            sound = fault is BucketFault.NO_GOOD_SERIES and bucket_total is not None and not partial
            kept = to_units(bucket_total) if sound and bucket_total is not None else None
            flagged.append(FlaggedBucket(bucket=start, fault=fault, found=found, total=kept))
            continue
        good_seen_before = good_seen_before or outcome[0] > 0
        measured.append((start, *outcome))
    return SliBatch(objective_id=objective_id, measured=measured, flagged=flagged)


def _all_clean(good: Mapping[int, float], total: Mapping[int, float], ends: list[int]) -> list[Bucket] | None:
    """The buckets when all of them have a good and a total that can be counted, else None.

    The same rule as `measure`, on whole arrays: nearly every answer is clean, and a large fleet's first sync
    brings tens of millions of buckets.
    """
    if list(good) != ends or list(total) != ends:
        return None  # a value is missing
    goods = np.fromiter(good.values(), dtype=np.float64, count=len(ends))
    totals = np.fromiter(total.values(), dtype=np.float64, count=len(ends))
    if not (np.isfinite(goods) & np.isfinite(totals) & (goods >= 0) & (totals >= 0)).all():
        return None
    if totals.max(initial=0) > MAXIMUM_COUNT or goods.max(initial=0) > MAXIMUM_COUNT:
        return None
    good_units = np.rint(goods * UNITS_PER_EVENT).astype(np.int64)
    total_units = np.rint(totals * UNITS_PER_EVENT).astype(np.int64)
    if (good_units > total_units).any():
        return None
    starts = (np.array(ends) - BUCKET_SECONDS).tolist()
    return list(zip(starts, good_units.tolist(), total_units.tolist(), strict=True))


def _shown(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"
