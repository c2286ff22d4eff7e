"""How much room a metric has left, and what a success stands on."""

from typing import Any

import pytest

from dashboard.domain.canary.analysis_runs import MetricState
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.metric_phase import Counts, Limits, metric_phase
from dashboard.domain.canary.room import Evidence, metric_evidence, room_of, run_evidence
from tests.canary_states import run
from tests.rollout_objects import measurement, metric_result


def metric(phase: Phase | None = Phase.RUNNING, **counts: Any) -> MetricState:
    return MetricState(name="errors", phase=phase, counts=Counts(**counts))


@pytest.mark.parametrize(
    ("counts", "limits", "sentence"),
    [
        (
            {"successful": 6, "failed": 1},
            Limits(failure=2, effective_count=10),
            "1 of 2 failures used, 3 measurements to go",
        ),
        (
            {"successful": 9},
            Limits(failure=1, effective_count=10),
            "0 of 1 failure used, 1 measurement to go",
        ),
        ({"successful": 2}, Limits(effective_count=5), "no failure allowed, 3 measurements to go"),
        ({"failed": 1}, Limits(effective_count=5), "1 failure, none allowed, 4 measurements to go"),
        ({"successful": 4}, Limits(failure=2), "0 of 2 failures used, 4 measured, without an end"),
        (
            {"failed": 3, "consecutive_success": 1, "successful": 1},
            Limits(failure=-1, consecutive_success=3, effective_count=9),
            "3 failures, which are not limited, 1 of 3 successes in a row, 5 measurements to go",
        ),
        (
            {"inconclusive": 1, "error": 3, "consecutive_error": 2},
            Limits(failure=2, inconclusive=2, effective_count=4),
            (
                "0 of 2 failures used, 1 of 2 inconclusive used, 2 of 4 errors in a row used,"
                " 3 measurements to go"
            ),
        ),
    ],
)
def test_the_room_in_one_line(counts: dict[str, Any], limits: Limits, sentence: str) -> None:
    assert room_of(metric(**counts), limits).sentence == sentence


@pytest.mark.parametrize("allowed", [0, 1, 2, 5])
def test_no_failures_left_means_that_the_next_one_ends_it(allowed: int) -> None:
    """The room agrees with the rule that Argo decides by."""
    limits = Limits(failure=allowed, effective_count=20)
    counts = Counts()
    while room_of(MetricState(name="m", counts=counts), limits).failures_left:
        counts = counts.after(Phase.FAILED)
        assert metric_phase(limits, counts, terminating=False).phase is Phase.RUNNING
    assert metric_phase(limits, counts.after(Phase.FAILED), terminating=False).phase is Phase.FAILED


def test_a_metric_that_has_ended_has_nothing_to_go() -> None:
    assert room_of(metric(Phase.FAILED, failed=3), Limits(failure=2, effective_count=10)).to_go == 0


@pytest.mark.parametrize(
    ("counts", "limits", "grade", "reason"),
    [
        (
            {"successful": 10},
            Limits(effective_count=10),
            Evidence.COMPLETE,
            "all 10 measurements that were wanted",
        ),
        (
            {"successful": 4},
            Limits(effective_count=10),
            Evidence.TRUNCATED,
            "stopped after 4 measurements of 10",
        ),
        ({"successful": 4}, Limits(), Evidence.TRUNCATED, "the metric has no count to reach"),
        (
            {"successful": 3, "consecutive_success": 3},
            Limits(consecutive_success=3),
            Evidence.COMPLETE,
            "3 successes in a row",
        ),
        ({}, Limits(effective_count=10), Evidence.NONE, "nothing was measured"),
        ({"error": 3}, Limits(effective_count=10), Evidence.NONE, "all 3 measurements were errors"),
        ({"successful": 1}, None, Evidence.TRUNCATED, "how many were wanted is not known"),
    ],
)
def test_the_evidence_of_a_success(
    counts: dict[str, Any], limits: Limits | None, grade: Evidence, reason: str
) -> None:
    found = metric_evidence(metric(Phase.SUCCESSFUL, **counts), limits)
    assert found is not None
    assert found.grade is grade
    assert reason in found.reason


def test_only_a_success_has_evidence_to_grade() -> None:
    assert metric_evidence(metric(Phase.FAILED, failed=1), Limits()) is None
    assert run_evidence(run(phase="Failed"), {}) is None


def graded(*results: dict[str, Any], limits: dict[str, Limits]) -> tuple[Evidence, str]:
    found = run_evidence(run("r", *results, phase="Successful"), limits)
    assert found is not None
    return found.grade, found.reason


def test_a_run_is_graded_by_its_weakest_metric() -> None:
    whole = metric_result("errors", [measurement(minute) for minute in range(10)], "Successful")
    part = metric_result("latency", [measurement(7)], "Successful")
    limits = {name: Limits(effective_count=10) for name in ("errors", "latency")}
    assert graded(whole, part, limits=limits) == (
        Evidence.TRUNCATED, "latency: stopped after 1 measurement of 10",
    )  # fmt: skip
    assert graded(whole, limits={"errors": limits["errors"]})[0] is Evidence.COMPLETE
    assert graded(whole, limits=limits) == (Evidence.NONE, "latency: nothing was measured")


def test_a_run_whose_metrics_all_run_dry_shows_nothing() -> None:
    dry = metric_result("errors", [measurement(7)], "Successful", dryRun=True)
    assert graded(dry, limits={}) == (Evidence.NONE, "every metric runs dry, so none could fail it")
    assert graded(limits={})[0] is Evidence.NONE
