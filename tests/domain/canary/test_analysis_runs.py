"""An AnalysisRun as all looks at it tell it together, and as it stood at an earlier time."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.canary.analysis_runs import (
    SeenMeasurement,
    counted,
    joined,
    run_as_of,
    unseen,
)
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.analysis import RecordedMeasurement
from dashboard.domain.canary.replay.metric_phase import Counts
from tests.canary_states import run
from tests.rollout_objects import measurement, metric_result, moment


def test_what_argo_counted_and_nobody_saw_is_told() -> None:
    kept = [measurement(minute) for minute in range(10, 20)]
    (metric,) = run("r", metric_result("errors", kept, dropped=7, error=2, consecutiveSuccess=17)).metrics
    assert unseen(metric) == Counts(successful=7, error=2, consecutive_success=7)
    assert counted(metric) == Counts(successful=17, error=2, consecutive_success=17)


def test_what_was_seen_counts_where_argo_s_counters_are_missing() -> None:
    (metric,) = run("r", metric_result("errors", [measurement(7, phase="Failed")])).metrics
    bare = replace(metric, counts=Counts())
    assert counted(bare).failed == 1


def test_a_measurement_that_has_ended_takes_the_place_of_its_beginning() -> None:
    (begun,) = run("r", metric_result("errors", [measurement(7, None, "Running")])).metrics
    (over,) = run("r", metric_result("errors", [measurement(7)])).metrics
    found = joined((*begun.measurements, *over.measurements))
    assert [item.taken.phase for item in found] == [Phase.SUCCESSFUL]


@given(st.permutations(range(12)))
def test_measurements_are_in_the_order_of_time_whatever_came_first(order: list[int]) -> None:
    made = [
        SeenMeasurement(
            taken=RecordedMeasurement(
                value=str(index), phase=Phase.SUCCESSFUL, started_at=moment(index // 2)
            ),
            ordinal=index,
        )
        for index in range(12)
    ]
    assert joined(made[index] for index in order) == tuple(made)


def test_a_run_that_has_ended_was_still_running_before() -> None:
    result = metric_result(
        "errors", [measurement(7), measurement(8), measurement(9, "[0]", "Failed")], "Failed"
    )
    whole = run("r", result, phase="Failed", message="errors failed")
    assert run_as_of(whole, moment(5)) is None
    before = run_as_of(whole, moment(8.5))
    assert before is not None
    assert (before.phase, before.message) == (Phase.RUNNING, "")
    (metric,) = before.metrics
    assert (metric.phase, metric.counts, len(metric.measurements)) == (
        Phase.RUNNING,
        Counts(successful=2, consecutive_success=2),
        2,
    )
    assert run_as_of(whole, moment(10)) == whole


def test_a_measurement_under_way_then_has_no_answer_yet() -> None:
    whole = run("r", metric_result("errors", [measurement(7, seconds=60)], "Successful"), phase="Successful")
    before = run_as_of(whole, moment(7.5))
    assert before is not None
    (item,) = before.metrics[0].measurements
    assert (item.taken.phase, item.taken.value, item.is_over) == (Phase.RUNNING, None, False)


def test_a_run_ends_when_argo_says_or_with_its_last_measurement() -> None:
    result = metric_result("errors", [measurement(7)], "Successful")
    assert run("r", result, phase="Successful").ended_at == moment(7 + 1 / 60)
    told = run("r", result, phase="Successful", completedAt="2026-11-02T09:30:00Z")
    assert told.ended_at == moment(30)
    assert run("r", result).ended_at is None
