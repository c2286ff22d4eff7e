"""Where a metric has no answer to show, and why: a gap in a chart is never left to be guessed at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from dashboard.domain.canary.analysis_runs import MetricState, SeenMeasurement
from dashboard.domain.canary.phases import Phase

#: Argo waits ten seconds after an Error, and a controller under load is late by some.
_LATE = timedelta(seconds=30)


class GapReason(StrEnum):
    """Why there is no answer."""

    PROVIDER = "provider error"
    NO_VALUE = "no value"
    DROPPED = "not seen"
    LATE = "not measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time without an answer, how many measurements are missing in it (0: unknown), and why.

    `start` and `end` are None where no time is known.
    """

    reason: GapReason
    start: datetime | None
    end: datetime | None
    count: int
    detail: str


def gaps_of(metric: MetricState, interval: timedelta | None) -> tuple[Gap, ...]:
    """The gaps of `metric`, in order of time; `interval` is how often it was to be measured."""
    found = [*_unanswered(metric.measurements), *_unseen(metric), *_late(metric.measurements, interval)]
    return tuple(sorted(found, key=lambda gap: -1.0 if gap.start is None else gap.start.timestamp()))


def _unanswered(measurements: Sequence[SeenMeasurement]) -> Iterator[Gap]:
    """Measurements in a row that the provider failed, or that came back empty."""
    row: list[SeenMeasurement] = []
    for item in (*measurements, None):
        reason = None if item is None else _reason(item)
        if row and (item is None or reason is not _reason(row[-1])):
            first, last = row[0].taken, row[-1].taken
            yield Gap(
                reason=_reason(row[0]) or GapReason.NO_VALUE,
                start=first.begun,
                end=last.finished_at or last.begun,
                count=len(row),
                detail=last.message,
            )
            row = []
        if item is not None and reason is not None:
            row.append(item)


def _reason(item: SeenMeasurement) -> GapReason | None:
    if item.taken.phase is Phase.ERROR:
        return GapReason.PROVIDER
    empty = item.taken.value in {None, "", "[]", "[NaN]", "NaN"}
    return GapReason.NO_VALUE if empty and item.is_over else None


def _unseen(metric: MetricState) -> Iterator[Gap]:
    """Measurements that Argo had dropped, as it keeps ten, before anybody saw them end."""
    before: SeenMeasurement | None = None
    in_order = sorted(metric.measurements, key=lambda one: one.ordinal)
    for item in in_order:
        if not item.is_over and item is not in_order[-1]:
            continue
        missing = item.ordinal - (0 if before is None else before.ordinal + 1)
        if missing > 0:
            yield Gap(
                reason=GapReason.DROPPED,
                start=None if before is None else before.taken.begun,
                end=item.taken.begun,
                count=missing,
                detail="Argo keeps the last ten; these were gone before anybody looked",
            )
        before = item
    counted = metric.counts.count + metric.counts.error
    if before is None and counted:
        detail = "Argo counted them, and kept none of them"
        yield Gap(reason=GapReason.DROPPED, start=None, end=None, count=counted, detail=detail)


def _late(measurements: Sequence[SeenMeasurement], interval: timedelta | None) -> Iterator[Gap]:
    """Twice the interval and more between one measurement and the next."""
    if interval is None:
        return
    for before, after in pairwise(measurements):
        end, begun = before.taken.finished_at or before.taken.begun, after.taken.begun
        if end is None or begun is None or after.ordinal - before.ordinal > 1:
            continue
        if begun - end > 2 * interval + _LATE:
            yield Gap(
                reason=GapReason.LATE,
                start=end,
                end=begun,
                count=(begun - end) // interval - 1 if interval else 0,
                detail="nothing was measured, though it was due: the controller was away, or the run paused",
            )
