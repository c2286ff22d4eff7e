"""How long what is to come takes, as far as anything tells."""

from datetime import timedelta

import pytest

from dashboard.domain.canary.canaries import canaries_of
from dashboard.domain.canary.ladder import ladder_of
from dashboard.domain.canary.replay.analysis import AnalysisSpec, MetricSpec
from dashboard.domain.canary.replay.metric_phase import Limits
from dashboard.domain.canary.sequential import judge_errors
from dashboard.domain.canary.time_ahead import analyses_ahead, usual_length, verdict_ahead
from tests.canary_states import state
from tests.reports.canary_stores import ticks
from tests.rollout_objects import moment

MINUTE = timedelta(minutes=1)


def spec(*counts: int | None, delay: timedelta = timedelta()) -> AnalysisSpec:
    metrics = (
        MetricSpec(
            name=f"m{place}", limits=Limits(effective_count=count), interval=MINUTE, initial_delay=delay
        )
        for place, count in enumerate(counts)
    )
    return AnalysisSpec(metrics=tuple(metrics))


def test_an_analysis_takes_as_long_as_its_longest_metric() -> None:
    assert usual_length(spec(5, 1)) == 4 * MINUTE
    assert usual_length(spec(5, delay=2 * MINUTE)) == 6 * MINUTE
    assert usual_length(spec(5, None)) is None
    assert usual_length(spec()) is None


@pytest.mark.parametrize(
    ("step", "lengths", "expected"),
    [
        (1, {("slo-burn-check",): 9 * MINUTE}, (9 * MINUTE, 0)),
        (2, {("slo-burn-check",): 9 * MINUTE}, (5 * MINUTE, 0)),
        (2, {("slo-burn-check",): MINUTE}, (timedelta(), 0)),
        (1, {}, (timedelta(), 1)),
        (3, {}, (timedelta(), 0)),
    ],
)
def test_what_is_ahead_is_known_by_the_templates(
    step: int, lengths: dict[tuple[str, ...], timedelta], expected: tuple[timedelta, int]
) -> None:
    (canary,) = canaries_of([state(at=0, step=0), state(at=6, step=step, version=101)], ())
    ladder = ladder_of(canary, moment(10))
    assert ladder is not None
    found = analyses_ahead(ladder, lengths, moment(10))
    assert (found.known, found.unknown) == expected


def test_the_verdict_comes_at_the_pace_of_the_traffic() -> None:
    counted = ticks(4, canary_bad=0, stable_bad=2)
    judgement = judge_errors(counted)
    found = verdict_ahead(counted, judgement)
    assert found is not None
    assert (found.per_minute, found.ratio, found.to_pass) == (2000, 2.0, False)
    assert judgement.needed.requests is not None
    assert found.left == timedelta(minutes=(judgement.needed.requests - 8000) / 2000)


def test_without_an_error_a_pace_or_with_a_verdict_nothing_is_promised() -> None:
    quiet = ticks(4, canary_bad=0, stable_bad=0)
    found = verdict_ahead(quiet, judge_errors(quiet))
    assert found is not None
    assert found.left is None
    assert verdict_ahead(quiet[:1], judge_errors(quiet[:1])) is None
    bad = ticks(20, canary_bad=9, stable_bad=9)
    assert verdict_ahead(bad, judge_errors(bad)) is None
