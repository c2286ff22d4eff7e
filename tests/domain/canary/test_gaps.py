"""Gaps: each has a time, a count and a reason."""

from datetime import timedelta
from typing import Any

from dashboard.domain.canary.analysis_runs import MetricState, joined
from dashboard.domain.canary.gaps import Gap, GapReason, gaps_of
from tests.canary_states import run
from tests.rollout_objects import measurement, metric_result, moment

_MINUTE = timedelta(minutes=1)


def metric(measurements: list[dict[str, Any]], **more: Any) -> MetricState:
    return run("r", metric_result("errors", measurements, **more)).metrics[0]


def reasons(gaps: tuple[Gap, ...]) -> list[tuple[GapReason, int]]:
    return [(gap.reason, gap.count) for gap in gaps]


def test_an_unbroken_row_of_answers_has_no_gap() -> None:
    assert gaps_of(metric([measurement(minute) for minute in range(5)]), _MINUTE) == ()


def test_provider_errors_in_a_row_are_one_gap_with_their_message() -> None:
    error: dict[str, Any] = {"phase": "Error", "value": None, "message": "connection refused"}
    taken = [measurement(0), measurement(1, **error), measurement(2, **error), measurement(3)]
    (gap,) = gaps_of(metric(taken), _MINUTE)
    assert (gap.reason, gap.count, gap.detail) == (GapReason.PROVIDER, 2, "connection refused")
    assert (gap.start, gap.end) == (moment(1), moment(2 + 1 / 60))


def test_empty_answers_are_a_gap_and_no_error() -> None:
    taken = [
        measurement(0),
        measurement(1, "[]", "Failed"),
        measurement(2, "[NaN]", "Failed"),
        measurement(3),
    ]
    assert reasons(gaps_of(metric(taken), _MINUTE)) == [(GapReason.NO_VALUE, 2)]


def test_one_that_is_under_way_is_no_gap() -> None:
    assert gaps_of(metric([measurement(0), measurement(1, None, "Running")]), _MINUTE) == ()


def test_what_argo_had_dropped_before_anybody_looked_is_counted() -> None:
    early = metric([measurement(minute) for minute in range(3)])
    late = metric([measurement(minute) for minute in range(20, 23)], dropped=8)
    both = MetricState(name="errors", measurements=joined((*early.measurements, *late.measurements)))
    (gap,) = gaps_of(both, None)
    assert (gap.reason, gap.count, gap.start, gap.end) == (GapReason.DROPPED, 5, moment(2), moment(20))
    assert reasons(gaps_of(late, None)) == [(GapReason.DROPPED, 8)]


def test_one_that_was_seen_to_begin_and_never_to_end_is_among_the_dropped() -> None:
    early = metric([measurement(0), measurement(1, None, "Running")])
    late = metric([measurement(20)], dropped=5)
    both = MetricState(name="errors", measurements=joined((*early.measurements, *late.measurements)))
    assert reasons(gaps_of(both, None)) == [(GapReason.DROPPED, 4)]


def test_counters_without_a_measurement_are_a_gap() -> None:
    assert reasons(gaps_of(metric([], dropped=4), _MINUTE)) == [(GapReason.DROPPED, 4)]


def test_a_long_silence_between_two_is_told() -> None:
    (gap,) = gaps_of(metric([measurement(0), measurement(9)]), _MINUTE)
    assert (gap.reason, gap.count) == (GapReason.LATE, 7)
    assert "controller was away" in gap.detail
    assert gaps_of(metric([measurement(0), measurement(2)]), _MINUTE) == ()
