"""What Argo would have measured over a past time."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.analysis import AnalysisSpec, MetricSpec, RecordedMeasurement, RecordedRun
from dashboard.domain.canary.replay.backtest import MOST_MEASUREMENTS, backtest
from dashboard.domain.canary.replay.metric_phase import Limits
from dashboard.domain.canary.replay.outcomes import replay

_START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def _metric(name: str = "m", *, seconds: int = 60, delay: int = 0, **limits: int | None) -> MetricSpec:
    return MetricSpec(
        name=name,
        limits=Limits(**limits),  # type: ignore[arg-type]  # the names of its fields
        success_condition="result[0] < 1",
        interval=timedelta(seconds=seconds),
        initial_delay=timedelta(seconds=delay),
    )


def _taken(run: RecordedRun, name: str = "m") -> list[int]:
    """Seconds after the start at which `name` was measured."""
    times = [item.started_at for item in run.metrics[name].measurements]
    return [int((at - _START).total_seconds()) for at in times if at]


def _run(
    *metrics: MetricSpec, bad_from: int = 10**9, minutes: int = 10, dry: frozenset[str] = frozenset()
) -> RecordedRun:
    def measure(metric: MetricSpec, at: datetime) -> RecordedMeasurement:
        if metric.name == "broken":
            return RecordedMeasurement(phase=Phase.ERROR, started_at=at)
        value = "[2]" if (at - _START).total_seconds() >= bad_from else "[0]"
        return RecordedMeasurement(value=value, started_at=at)

    return backtest(
        AnalysisSpec(metrics=metrics, dry_run=dry), measure, _START, _START + timedelta(minutes=minutes)
    )


def test_a_metric_is_measured_at_its_interval_until_its_count() -> None:
    assert _taken(_run(_metric(effective_count=3))) == [0, 60, 120]


def test_a_metric_without_a_count_is_measured_until_the_end() -> None:
    assert _taken(_run(_metric(), minutes=3)) == [0, 60, 120, 180]


def test_a_run_that_has_not_ended_is_told_to_stop_at_the_end() -> None:
    assert _run(_metric(), minutes=3).terminated
    assert not _run(_metric(effective_count=3)).terminated
    assert not _run(_metric(), bad_from=100).terminated


def test_the_first_measurement_waits_for_the_initial_delay() -> None:
    assert _taken(_run(_metric(delay=90, effective_count=2))) == [90, 150]


def test_an_error_is_tried_again_after_ten_seconds() -> None:
    assert _taken(_run(_metric("broken")), "broken") == [0, 10, 20, 30, 40]


def test_a_failed_metric_ends_the_measurements_of_all() -> None:
    metrics = _metric("m", failure=1), _metric("slow", seconds=50, failure=9)
    run = _run(*metrics, bad_from=100)
    assert _taken(run) == [0, 60, 120, 180]
    assert _taken(run, "slow") == [0, 50, 100, 150]
    assert replay(AnalysisSpec(metrics=metrics), run).phase is Phase.FAILED


def test_a_dry_metric_ends_nothing() -> None:
    run = _run(_metric("m"), _metric("dry"), bad_from=0, dry=frozenset({"m", "dry"}), minutes=2)
    assert _taken(run) == [0]
    assert _taken(run, "dry") == [0]


def test_too_many_measurements_are_refused() -> None:
    with pytest.raises(ValueError, match=f"more than {MOST_MEASUREMENTS:,} measurements"):
        _run(_metric(seconds=1), minutes=60 * 24)
