"""A canary against the deployment before it, when no stable sibling runs beside it.

Both began at some time; what the earlier one counted so long after its beginning stands in for the sibling.
It is the weaker comparison: the two did not see the same minute, so a difference may be the hour's and not
the canary's.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from dashboard.domain.canary.sequential import ErrorJudgement, ErrorRule, judge_errors
from dashboard.domain.canary.ticks import Tick, require_counts

#: Two looks of one minute that are on different grids lie no farther apart.
_LEAST_APART = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """`bad` of `total` requests to a deployment in the tick that ended at `at` were errors.

    Raises:
        ValueError: when a count is none (`ticks.require_counts`).
    """

    at: datetime
    bad: float
    total: float

    def __post_init__(self) -> None:
        require_counts(self.bad, self.total, "bad", "total")


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What a deployment that `began` counted since then, a sample a tick."""

    began: datetime
    samples: Sequence[Sample]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """The ticks of the canary for which the earlier deployment has one at the same elapsed time.

    `unmatched` is how many samples of the canary have none, and are in no comparison.
    """

    ticks: tuple[Tick, ...]
    unmatched: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ElapsedJudgement:
    """The verdict on a canary against the deployment before it, at the same elapsed time."""

    errors: ErrorJudgement
    alignment: Alignment


def course_of(ticks: Iterable[Tick], began: datetime) -> Course:
    """What the canary of `ticks` counted since it `began`; a tick without a time is left out."""
    samples = [
        Sample(at=tick.at, bad=tick.canary_bad, total=tick.canary_total)
        for tick in ticks
        if tick.at is not None
    ]
    return Course(began=began, samples=samples)


def half_a_tick(ticks: Iterable[Tick]) -> timedelta:
    """Half of the shortest time between two of `ticks`: so far apart may be those of two grids that meet."""
    times = sorted(tick.at for tick in ticks if tick.at is not None)
    shortest = min((later - earlier for earlier, later in pairwise(times)), default=timedelta(0))
    return max(_LEAST_APART, shortest / 2)


def align(canary: Course, earlier: Course, apart: timedelta) -> Alignment:
    """Each sample of the canary with the one of the earlier deployment that is nearest in elapsed time.

    They meet when each is the other's nearest and at most `apart` lies between them, so none is used twice.
    What was counted before its deployment began is left out on both sides.

    Raises:
        ValueError: when `apart` is negative.
    """
    if apart < timedelta(0):
        raise ValueError(f"apart: found {apart}, expected a duration")
    ours, theirs = _since_the_beginning(canary), _since_the_beginning(earlier)
    our_times, their_times = ([since for since, _ in side] for side in (ours, theirs))
    ticks = []
    for place, (since, sample) in enumerate(ours):
        nearest = _nearest(their_times, since)
        if nearest is None or abs(their_times[nearest] - since) > apart:
            continue
        before = theirs[nearest][1]
        if _nearest(our_times, their_times[nearest]) == place:
            ticks.append(
                Tick(
                    canary_bad=sample.bad,
                    canary_total=sample.total,
                    stable_bad=before.bad,
                    stable_total=before.total,
                    at=sample.at,
                )
            )
    return Alignment(ticks=tuple(ticks), unmatched=len(ours) - len(ticks))


def judge_against_earlier(
    canary: Course, earlier: Course, apart: timedelta, rule: ErrorRule | None = None
) -> ElapsedJudgement:
    """The verdict of `sequential.judge_errors`, the earlier deployment taken for the stable sibling.

    Raises:
        ValueError: when `apart` is negative.
    """
    alignment = align(canary, earlier, apart)
    return ElapsedJudgement(errors=judge_errors(alignment.ticks, rule), alignment=alignment)


def _since_the_beginning(course: Course) -> list[tuple[timedelta, Sample]]:
    since = [(sample.at - course.began, sample) for sample in course.samples if sample.at >= course.began]
    return sorted(since, key=lambda item: item[0])


def _nearest(elapsed: Sequence[timedelta], since: timedelta) -> int | None:
    """The place of the time nearest to `since`, the earlier of two as near; None when there are no times."""
    place = bisect_left(elapsed, since)
    around = [index for index in (place - 1, place) if 0 <= index < len(elapsed)]
    return min(around, key=lambda index: abs(elapsed[index] - since), default=None)
