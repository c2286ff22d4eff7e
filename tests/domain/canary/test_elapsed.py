"""A canary against the deployment before it, at the same time since each began."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.domain.canary.elapsed import (
    Course,
    Sample,
    align,
    course_of,
    half_a_tick,
    judge_against_earlier,
)
from dashboard.domain.canary.sequential import Verdict, judge_errors
from dashboard.domain.canary.ticks import Tick

_TODAY = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
_LAST_WEEK = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)
_APART = timedelta(seconds=30)
_MINUTE = timedelta(minutes=1)


def _course(began: datetime, bad: list[float], *, every: int = 60, late: int = 0) -> Course:
    samples = [
        Sample(at=began + timedelta(seconds=late + every * (place + 1)), bad=each, total=1_000)
        for place, each in enumerate(bad)
    ]
    return Course(began=began, samples=samples)


def test_samples_meet_at_the_same_elapsed_time() -> None:
    found = align(_course(_TODAY, [1, 2, 3]), _course(_LAST_WEEK, [7, 8, 9], late=10), _APART)
    assert [(tick.canary_bad, tick.stable_bad) for tick in found.ticks] == [(1, 7), (2, 8), (3, 9)]
    assert found.ticks[0] == Tick(
        canary_bad=1, canary_total=1_000, stable_bad=7, stable_total=1_000, at=_TODAY + timedelta(minutes=1)
    )
    assert found.unmatched == 0


def test_what_has_no_counterpart_is_counted_and_compared_with_nothing() -> None:
    found = align(_course(_TODAY, [1, 2, 3, 4]), _course(_LAST_WEEK, [7, 8]), _APART)
    assert [(tick.canary_bad, tick.stable_bad) for tick in found.ticks] == [(1, 7), (2, 8)]
    assert found.unmatched == 2


def test_no_sample_of_the_earlier_one_is_used_twice() -> None:
    found = align(_course(_TODAY, [1, 2, 3, 4], every=20), _course(_LAST_WEEK, [7, 8]), _APART)
    assert [(tick.canary_bad, tick.stable_bad) for tick in found.ticks] == [(3, 7)]
    assert found.unmatched == 3


def test_what_came_before_a_deployment_is_left_out() -> None:
    canary, earlier = _course(_TODAY, [1, 2]), _course(_LAST_WEEK, [7, 8])
    before = Sample(at=_TODAY - timedelta(minutes=1), bad=500, total=1_000)
    found = align(Course(began=_TODAY, samples=[before, *canary.samples]), earlier, _APART)
    assert (len(found.ticks), found.unmatched) == (2, 0)


def test_the_order_of_the_samples_does_not_matter() -> None:
    canary, earlier = _course(_TODAY, [1, 2, 3]), _course(_LAST_WEEK, [7, 8, 9])
    shuffled = Course(began=_TODAY, samples=[canary.samples[place] for place in (2, 0, 1)])
    assert align(shuffled, earlier, _APART) == align(canary, earlier, _APART)


def test_the_judgement_is_the_sequential_one_of_the_aligned_ticks() -> None:
    canary, earlier = _course(_TODAY, [20.0] * 20), _course(_LAST_WEEK, [5.0] * 20)
    found = judge_against_earlier(canary, earlier, _APART)
    assert found.errors == judge_errors(found.alignment.ticks)
    assert found.errors.verdict is Verdict.FAIL
    assert judge_against_earlier(canary, _course(_LAST_WEEK, []), _APART).errors.verdict is Verdict.NONE


def test_a_negative_distance_is_refused() -> None:
    with pytest.raises(ValueError, match="apart: found"):
        align(_course(_TODAY, [1]), _course(_LAST_WEEK, [1]), timedelta(seconds=-1))


@pytest.mark.parametrize(
    ("bad", "total", "message"),
    [(2, 1, "bad: found 2, expected from 0 to total, which is 1"), (0, -1, "total: found -1")],
)
def test_impossible_counts_are_refused(bad: float, total: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Sample(at=_TODAY, bad=bad, total=total)


def test_the_course_of_a_canary_is_what_its_own_pods_counted() -> None:
    ticks = [
        Tick(canary_bad=at, canary_total=100, stable_bad=7, stable_total=900, at=_TODAY + at * _MINUTE)
        for at in (1, 2)
    ]
    unknown = Tick(canary_bad=0, canary_total=1, stable_bad=0, stable_total=0)
    found = course_of([*ticks, unknown], _TODAY)
    assert found.began == _TODAY
    assert [(one.at, one.bad, one.total) for one in found.samples] == [
        (_TODAY + _MINUTE, 1, 100),
        (_TODAY + 2 * _MINUTE, 2, 100),
    ]


@pytest.mark.parametrize(("minutes", "seconds"), [((0,), 30), ((0, 1, 2), 30), ((0, 5, 15), 150)])
def test_looks_of_two_grids_meet_within_half_a_tick(minutes: tuple[int, ...], seconds: int) -> None:
    ticks = [
        Tick(canary_bad=0, canary_total=1, stable_bad=0, stable_total=0, at=_TODAY + minute * _MINUTE)
        for minute in minutes
    ]
    assert half_a_tick(ticks) == timedelta(seconds=seconds)
