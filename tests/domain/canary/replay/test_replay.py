"""Replaying what was recorded: measurement → metric → run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.analysis import (
    AnalysisSpec,
    MetricSpec,
    RecordedMeasurement,
    RecordedMetric,
    RecordedRun,
)
from dashboard.domain.canary.replay.judged_measurement import Source
from dashboard.domain.canary.replay.metric_phase import Counts, Limits, Rule
from dashboard.domain.canary.replay.other_limits import OtherLimit, other_limits
from dashboard.domain.canary.replay.outcomes import RunOutcome, replay, replay_metric

_START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def _metric(name: str = "success-rate", *, provider: str = "prometheus", **limits: int | None) -> MetricSpec:
    return MetricSpec(
        name=name,
        provider=provider,
        limits=Limits(**limits),  # type: ignore[arg-type]  # the names of its fields
        success_condition="result[0] >= 0.95",
    )


def _measured(*values: str | Phase, every: int | None = None) -> RecordedMetric:
    """Values of a vector, or the phase of a provider's fault; `every` so many seconds, or without times."""
    items = []
    for index, value in enumerate(values):
        at = None if every is None else _START + timedelta(seconds=every * index)
        if isinstance(value, Phase):
            items.append(RecordedMeasurement(phase=value, message="connection refused", started_at=at))
        else:
            items.append(RecordedMeasurement(value=f"[{value}]", started_at=at))
    return RecordedMetric(measurements=tuple(items))


def _replayed(
    *metrics: MetricSpec,
    dry_run: frozenset[str] = frozenset(),
    terminated: bool = False,
    **measured: RecordedMetric,
) -> RunOutcome:
    run = RecordedRun(
        metrics={name.replace("_", "-"): item for name, item in measured.items()}, terminated=terminated
    )
    return replay(AnalysisSpec(metrics=metrics, dry_run=dry_run), run)


def test_a_metric_that_has_ended_stays_as_it_is() -> None:
    outcome = replay_metric(_metric(failure=0), _measured("0.99", "0.5", "0.99", "0.5"))
    assert outcome.phase is Phase.FAILED
    assert outcome.counts == Counts(successful=1, failed=1)
    assert [item.counted for item in outcome.measurements] == [True, True, False, False]
    assert [item.phase for item in outcome.measurements] == [
        Phase.SUCCESSFUL,
        Phase.FAILED,
        Phase.SUCCESSFUL,
        Phase.FAILED,
    ]


def test_the_count_ends_a_metric_and_errors_do_not_count() -> None:
    outcome = replay_metric(_metric(effective_count=2), _measured("1", Phase.ERROR, "1", "0.1"))
    assert (outcome.phase, outcome.assessment.rule) == (Phase.SUCCESSFUL, Rule.COUNT)
    assert outcome.counts.error == 1


def test_five_errors_in_a_row_are_an_error_and_four_are_not() -> None:
    four, five = (Phase.ERROR,) * 4, (Phase.ERROR,) * 5
    assert replay_metric(_metric(), _measured(*four)).phase is Phase.RUNNING
    assert replay_metric(_metric(), _measured(*five)).phase is Phase.ERROR
    assert replay_metric(_metric(), _measured(*four, "1", *four)).phase is Phase.RUNNING


def test_an_empty_answer_that_a_condition_indexes_is_an_error() -> None:
    outcome = replay_metric(_metric(), _measured("", "", "", "", ""))
    assert outcome.assessment.reason == "consecutiveErrors (5) > consecutiveErrorLimit (4)"


def test_a_measurement_in_flight_leaves_the_metric_running() -> None:
    running = RecordedMeasurement(phase=Phase.RUNNING)
    outcome = replay_metric(_metric(effective_count=1), RecordedMetric(measurements=(running,)))
    assert (outcome.phase, outcome.assessment.rule) == (Phase.RUNNING, Rule.IN_FLIGHT)


def test_a_provider_that_judges_by_itself_keeps_what_was_recorded() -> None:
    job = _metric(provider="job", effective_count=1)
    measured = RecordedMetric(measurements=(RecordedMeasurement(phase=Phase.FAILED),))
    outcome = replay_metric(job, measured)
    assert outcome.phase is Phase.FAILED
    assert outcome.measurements[0].source is Source.RECORDED


def test_what_cannot_be_replayed_is_said_and_ends_the_replay_of_its_metric() -> None:
    unknown = RecordedMetric(
        measurements=(RecordedMeasurement(value="0.5"), RecordedMeasurement(value="0.5"))
    )
    outcome = _replayed(_metric(provider="skywalking"), success_rate=unknown)
    assert outcome.phase is Phase.CANNOT_REPLAY
    assert "skywalking" in outcome.metrics[0].assessment.reason


def test_a_recorded_phase_stands_where_the_value_does_not_tell() -> None:
    known = RecordedMetric(measurements=(RecordedMeasurement(value="0.5", phase=Phase.FAILED),))
    outcome = _replayed(_metric(provider="skywalking"), success_rate=known)
    assert outcome.phase is Phase.FAILED
    assert not outcome.metrics[0].measurements[0].disagrees


def test_a_replay_that_disagrees_with_the_record_says_so() -> None:
    recorded = RecordedMetric(measurements=(RecordedMeasurement(value="[0.5]", phase=Phase.SUCCESSFUL),))
    (item,) = replay_metric(_metric(), recorded).measurements
    assert item.disagrees
    assert item.phase is Phase.FAILED


def test_without_a_condition_any_value_is_a_success() -> None:
    free = MetricSpec(name="free", provider="wavefront", limits=Limits(effective_count=1))
    assert replay_metric(free, _measured("NaN")).phase is Phase.SUCCESSFUL


def test_a_web_answer_that_is_no_json_is_a_success() -> None:
    web = MetricSpec(
        name="web", provider="web", limits=Limits(effective_count=1), success_condition="result == 'no'"
    )
    outcome = replay_metric(web, RecordedMetric(measurements=(RecordedMeasurement(value="OK"),)))
    assert outcome.phase is Phase.SUCCESSFUL


def test_an_empty_answer_of_a_web_service_is_a_success_as_it_is_no_json() -> None:
    web = MetricSpec(name="web", provider="web", limits=Limits(effective_count=1), success_condition="result")
    outcome = replay_metric(web, RecordedMetric(measurements=(RecordedMeasurement(value=""),)))
    assert outcome.phase is Phase.SUCCESSFUL


@pytest.mark.parametrize(
    ("provider", "condition", "value", "phase"),
    [
        ("graphite", "result[0] >= 0.95", "[0.990000,0.100000]", Phase.SUCCESSFUL),
        ("graphite", "result[0] >= 0.95", "[0.940000]", Phase.FAILED),
        ("graphite", "result[0] >= 0.95", "[0.950000]", Phase.CANNOT_REPLAY),
        ("graphite", "result >= 0.95", "[0.990000]", Phase.ERROR),
        ("wavefront", "result >= 0.95", "0.96", Phase.SUCCESSFUL),
        ("wavefront", "result >= 0.95", "0.95", Phase.CANNOT_REPLAY),
        ("wavefront", "all(result, # >= 0.95)", "[0.97,0.99]", Phase.SUCCESSFUL),
        ("wavefront", "result >= 0.95", "NaN", Phase.FAILED),
    ],
)
def test_a_rounded_value_is_judged_unless_the_rounding_could_decide(
    provider: str, condition: str, value: str, phase: Phase
) -> None:
    metric = MetricSpec(name="m", provider=provider, limits=Limits(), success_condition=condition)
    outcome = replay_metric(metric, RecordedMetric(measurements=(RecordedMeasurement(value=value),)))
    assert outcome.measurements[0].phase is phase


def test_where_the_rounding_could_decide_the_recorded_phase_stands() -> None:
    metric = MetricSpec(name="m", provider="wavefront", limits=Limits(), success_condition="result >= 0.95")
    kept = RecordedMeasurement(value="0.95", phase=Phase.FAILED)
    (item,) = replay_metric(metric, RecordedMetric(measurements=(kept,))).measurements
    assert (item.phase, item.source) == (Phase.FAILED, Source.RECORDED)


def test_a_spec_that_argo_refuses_is_an_error_whatever_was_measured() -> None:
    spec = AnalysisSpec(metrics=(_metric(effective_count=1),), faults=("m: found a fault",))
    run = RecordedRun(metrics={"success-rate": _measured("0.99")})
    outcome = replay(spec, run)
    assert (outcome.phase, outcome.reason) == (Phase.ERROR, "Analysis spec invalid: m: found a fault")
    assert outcome.metrics == ()
    assert outcome.if_accepted is not None
    assert outcome.if_accepted.phase is Phase.SUCCESSFUL


def test_a_run_that_argo_accepted_is_replayed_whatever_is_found_in_its_spec() -> None:
    spec = AnalysisSpec(metrics=(_metric(effective_count=1),), faults=("m: found a fault",))
    run = RecordedRun(metrics={"success-rate": _measured("0.99")}, accepted=True)
    assert replay(spec, run).phase is Phase.SUCCESSFUL


def test_what_was_counted_before_the_kept_measurements_counts() -> None:
    kept = _measured(*["0.99"] * 10)
    before = RecordedMetric(measurements=kept.measurements, forgotten=Counts(successful=7, failed=2))
    outcome = replay_metric(_metric(failure=2, effective_count=19), before)
    assert (outcome.phase, outcome.counts.count, outcome.forgotten) == (Phase.SUCCESSFUL, 19, 9)


def test_a_run_takes_the_worst_phase_of_its_metrics() -> None:
    one, other = _metric("one", effective_count=1), _metric("other", effective_count=1)
    outcome = _replayed(one, other, one=_measured("1"), other=_measured("0"))
    assert outcome.phase is Phase.FAILED
    assert outcome.reason == 'Metric "other" assessed Failed due to failed (1) > failureLimit (0)'


@pytest.mark.parametrize(
    ("phases", "worst"),
    [
        ((Phase.FAILED, Phase.ERROR), Phase.FAILED),
        ((Phase.ERROR, Phase.INCONCLUSIVE), Phase.ERROR),
        ((Phase.INCONCLUSIVE, Phase.SUCCESSFUL), Phase.INCONCLUSIVE),
        ((Phase.SUCCESSFUL, Phase.SUCCESSFUL), Phase.SUCCESSFUL),
    ],
)
def test_failed_is_worse_than_error_and_error_than_inconclusive(
    phases: tuple[Phase, Phase], worst: Phase
) -> None:
    metrics = [
        MetricSpec(name=name, provider="job", limits=Limits(effective_count=1, consecutive_error=0))
        for name in ("one", "other")
    ]
    measured = [RecordedMetric(measurements=(RecordedMeasurement(phase=phase),)) for phase in phases]
    for pair in (measured, measured[::-1]):
        assert _replayed(*metrics, one=pair[0], other=pair[1]).phase is worst


def test_a_run_goes_on_until_every_metric_has_ended() -> None:
    one, other = _metric("one", effective_count=1), _metric("other")
    outcome = _replayed(one, other, one=_measured("1"), other=_measured("1"))
    assert (outcome.phase, outcome.reason) == (Phase.RUNNING, "not ended yet: other")
    assert _replayed(one, other, one=_measured("1")).phase is Phase.RUNNING


def test_a_metric_that_failed_ends_the_others_within_their_limits() -> None:
    one, other = _metric("one"), _metric("other")
    outcome = _replayed(one, other, one=_measured("0"), other=_measured("1"))
    assert [item.phase for item in outcome.metrics] == [Phase.FAILED, Phase.SUCCESSFUL]
    assert outcome.metrics[1].assessment.rule is Rule.TERMINATED


def test_with_times_nothing_counts_that_began_after_the_run_had_ended() -> None:
    one, other = _metric("one"), _metric("other")
    outcome = _replayed(
        one, other, one=_measured("1", "0", every=60), other=_measured("1", "1", "0", every=60)
    )
    assert [item.phase for item in outcome.metrics] == [Phase.FAILED, Phase.SUCCESSFUL]
    assert [item.counted for item in outcome.metrics[1].measurements] == [True, True, False]


def test_without_times_every_measurement_counts() -> None:
    one, other = _metric("one"), _metric("other")
    outcome = _replayed(one, other, one=_measured("1", "0"), other=_measured("1", "1", "0"))
    assert [item.phase for item in outcome.metrics] == [Phase.FAILED, Phase.FAILED]


def test_a_dry_metric_cannot_fail_the_run_and_has_its_own_summary() -> None:
    one, dry = _metric("one", effective_count=1), _metric("dry", effective_count=1)
    outcome = _replayed(one, dry, dry_run=frozenset({"dry"}), one=_measured("1"), dry=_measured("0"))
    assert outcome.phase is Phase.SUCCESSFUL
    assert outcome.metrics[1].phase is Phase.FAILED
    assert (outcome.summary.successful, outcome.dry_run_summary.failed) == (1, 1)
    assert (outcome.summary.count, outcome.dry_run_summary.count) == (1, 1)


def test_a_run_of_dry_metrics_only_succeeds_once_they_have_ended() -> None:
    dry = _metric("dry", effective_count=2)
    only = frozenset({"dry"})
    assert _replayed(dry, dry_run=only, dry=_measured("1")).phase is Phase.RUNNING
    assert _replayed(dry, dry_run=only, dry=_measured("0")).phase is Phase.SUCCESSFUL


def test_a_run_that_was_told_to_stop_succeeds_within_its_limits() -> None:
    background = _metric("one", failure=1)
    assert _replayed(background, terminated=True, one=_measured("1", "0")).phase is Phase.SUCCESSFUL
    assert _replayed(background, terminated=True, one=_measured("0", "0")).phase is Phase.FAILED
    assert _replayed(background, terminated=True).phase is Phase.SUCCESSFUL


def _smallest(*values: str | Phase, **limits: int) -> dict[Rule, OtherLimit]:
    measured = _measured(*values)
    metric = replace(_metric(), limits=Limits(**limits))
    found = other_limits(replay_metric(metric, measured), measured)
    return {item.rule: item for item in found}


def test_the_smallest_failure_limit_that_passes_is_found() -> None:
    found = _smallest("0", "1", "0", "1", "0", failure=1, effective_count=5)[Rule.FAILURE_LIMIT]
    assert (found.given, found.smallest, found.phase) == (1, 3, Phase.SUCCESSFUL)


def test_where_a_wider_limit_would_have_gone_on_the_end_is_not_known() -> None:
    found = _smallest("0", failure=0, effective_count=5)[Rule.FAILURE_LIMIT]
    assert (found.smallest, found.phase) == (1, Phase.RUNNING)


def test_no_failure_limit_helps_against_errors() -> None:
    found = _smallest(*[Phase.ERROR] * 5)
    assert (found[Rule.FAILURE_LIMIT].smallest, found[Rule.FAILURE_LIMIT].phase) == (None, Phase.ERROR)
    assert found[Rule.CONSECUTIVE_ERROR_LIMIT].smallest == 5


def test_a_limit_that_passed_says_how_much_of_it_was_needed() -> None:
    assert _smallest("0", "1", "1", failure=2, effective_count=3)[Rule.FAILURE_LIMIT].smallest == 1


def test_a_phase_without_a_value_stands_as_recorded() -> None:
    kept = RecordedMetric(measurements=(RecordedMeasurement(phase=Phase.FAILED),))
    assert replay_metric(_metric(), kept).phase is Phase.FAILED
    nil = RecordedMetric(measurements=(RecordedMeasurement(value="", phase=Phase.FAILED),))
    assert replay_metric(_metric(), nil).measurements[0].phase is Phase.ERROR


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ("result.token == '*****'", '{"token":"*****"}'),
        ("result.token == 'valid'", '{"token":"*****"}'),
        ("result.rate >= *****", '{"rate":0.5}'),
    ],
)
@pytest.mark.parametrize("recorded", [Phase.FAILED, Phase.SUCCESSFUL, None])
def test_what_is_masked_is_not_replayed(condition: str, value: str, recorded: Phase | None) -> None:
    metric = replace(_metric(provider="web"), success_condition=condition)
    taken = RecordedMetric(measurements=(RecordedMeasurement(value=value, phase=recorded),))
    outcome = _replayed(metric, success_rate=taken)
    assert outcome.phase is outcome.metrics[0].phase is Phase.CANNOT_REPLAY
    assert "a secret was masked" in outcome.reason


def test_a_masked_value_that_no_condition_is_asked_of_changes_nothing() -> None:
    masked = RecordedMeasurement(value="*****", phase=Phase.FAILED)
    of_a_job = replace(_metric(provider="job"), success_condition="")
    without_condition = replace(_metric(provider="web"), success_condition="")
    taken = RecordedMetric(measurements=(masked,))
    assert _replayed(of_a_job, success_rate=taken).phase is Phase.FAILED
    (metric,) = _replayed(without_condition, success_rate=taken).metrics
    assert metric.measurements[0].phase is Phase.SUCCESSFUL


def test_what_a_masked_metric_may_have_ended_is_not_replayed_either() -> None:
    masked = RecordedMetric(measurements=(RecordedMeasurement(value="[*****]"),))
    outcome = _replayed(
        *(_metric(name, effective_count=2) for name in ("login", "going", "over")),
        login=masked,
        going=_measured("0.99"),
        over=_measured("0.99", "0.99"),
    )
    found = {item.spec.name: item.phase for item in outcome.metrics}
    cannot = Phase.CANNOT_REPLAY
    assert found == {"login": cannot, "going": cannot, "over": Phase.SUCCESSFUL}


def test_a_masked_limit_is_not_replayed() -> None:
    metric = replace(_metric(), masked=True)
    assert _replayed(metric, success_rate=_measured("0.5")).phase is Phase.CANNOT_REPLAY
    assert _replayed(metric).phase is Phase.CANNOT_REPLAY
    dry = _replayed(metric, dry_run=frozenset({"success-rate"}), terminated=True)
    assert dry.phase is Phase.CANNOT_REPLAY
