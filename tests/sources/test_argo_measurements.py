"""What was measured, as Argo keeps it and as people write it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.analysis import RecordedMeasurement
from dashboard.domain.canary.replay.metric_phase import Counts
from dashboard.errors import InputError
from dashboard.sources.argo_analysis import RUN_KIND, named_objects
from dashboard.sources.argo_measurements import measurements_by_metric, recorded_run


def _run(status: dict[str, Any], **spec: Any) -> Any:
    document = {"kind": RUN_KIND, "metadata": {"name": "r"}, "spec": spec, "status": status}
    return recorded_run(named_objects("file", [document], {RUN_KIND})[0])


def test_a_run_is_read_as_kubectl_prints_it() -> None:
    measurement = {
        "value": "[0.95]",
        "phase": "Successful",
        "startedAt": "2026-11-23T09:00:00Z",
        "finishedAt": "2026-11-23T09:00:01Z",
    }
    run = _run(
        {
            "phase": "Successful",
            "metricResults": [{"name": "m", "phase": "Successful", "measurements": [measurement]}],
        },
        terminate=True,
    )
    assert (run.phase, run.terminated) == (Phase.SUCCESSFUL, True)
    assert run.metrics["m"].measurements == (
        RecordedMeasurement(
            value="[0.95]",
            phase=Phase.SUCCESSFUL,
            started_at=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
            finished_at=datetime(2026, 11, 23, 9, 0, 1, tzinfo=UTC),
        ),
    )


def test_the_shape_of_v0_is_read() -> None:
    run = _run(
        {
            "status": "Failed",
            "metricResults": [{"name": "m", "status": "Failed", "measurements": [{"status": "Failed"}]}],
        }
    )
    assert run.phase is Phase.FAILED
    assert run.metrics["m"].measurements[0].phase is Phase.FAILED


def test_counters_tell_what_is_no_longer_kept() -> None:
    result = {
        "name": "m",
        "successful": 12,
        "failed": 2,
        "error": 1,
        "count": 14,
        "measurements": [{"phase": "Successful", "value": "[1]"}] * 10,
    }
    assert _run({"metricResults": [result]}).metrics["m"].forgotten == Counts(successful=2, failed=2, error=1)


def test_a_row_that_began_before_the_kept_measurements_goes_on() -> None:
    result = {
        "name": "m",
        "successful": 14,
        "consecutiveSuccess": 13,
        "measurements": [{"phase": "Successful"}] * 10,
    }
    assert _run({"metricResults": [result]}).metrics["m"].forgotten == Counts(
        successful=4, consecutive_success=3
    )


def test_measurements_may_be_written_by_hand() -> None:
    run = measurements_by_metric(
        "file",
        {"a": [{"value": "[0.95]"}, {"phase": "Error"}, "true", 0.5, None, {"value": [0.5, 1]}], "b": []},
    )
    assert [item.value for item in run.metrics["a"].measurements] == [
        "[0.95]",
        None,
        "true",
        "0.5",
        "",
        "[0.5,1]",
    ]
    assert run.metrics["a"].measurements[1].phase is Phase.ERROR
    assert run.metrics["b"].measurements == ()


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([], "file: found a list, expected a mapping"),
        (
            {"m": {}},
            "file: m: found an object, expected a list of measurements, or an object of kind AnalysisRun",
        ),
        ({"m": [{"phase": "Good"}]}, "file.m[0].phase: found 'Good', expected one of Pending, Running, "),
        (
            {"m": [{"startedAt": "yesterday"}]},
            "file.m[0].startedAt: found 'yesterday', expected an ISO-8601 ",
        ),
    ],
)
def test_what_is_wrong_is_named(document: Any, told: str) -> None:
    with pytest.raises(InputError) as caught:
        measurements_by_metric("file", document)
    assert str(caught.value).startswith(told)


def test_a_counter_that_is_no_number_is_named() -> None:
    with pytest.raises(
        InputError, match=r"metricResults\[0\]\.failed: found '2', expected a whole number from 0"
    ):
        _run({"metricResults": [{"name": "m", "failed": "2"}]})
