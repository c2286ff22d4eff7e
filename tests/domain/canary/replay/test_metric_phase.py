"""Counters and limits of a metric: its phase, and the rule that decided."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.metric_phase import Counts, Limits, Rule, metric_phase
from tests.histories import vectors

_ROWS = vectors("argo_metric_phase.tsv")


def _number(row: dict[str, str], name: str) -> int:
    return int(row[name])


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: " ".join(row.values()))
def test_a_worked_metric_gives_its_phases(row: dict[str, str]) -> None:
    limits = Limits(
        failure=_number(row, "failureLimit"),
        inconclusive=_number(row, "inconclusiveLimit"),
        consecutive_error=_number(row, "consecutiveErrorLimit"),
        consecutive_success=_number(row, "consecutiveSuccessLimit"),
        effective_count=int(row["effectiveCount"]) if row["effectiveCount"] else None,
    )
    counts = Counts(
        successful=_number(row, "successful"),
        failed=_number(row, "failed"),
        inconclusive=_number(row, "inconclusive"),
        consecutive_error=_number(row, "consecutiveError"),
        consecutive_success=_number(row, "consecutiveSuccess"),
    )
    assert metric_phase(limits, counts, terminating=False).phase == row["phase_running"]
    assert metric_phase(limits, counts, terminating=True).phase == row["phase_terminating"]


def test_all_worked_metrics_are_read() -> None:
    assert len(_ROWS) == 10


def _decided(limits: Limits, counts: Counts) -> tuple[Phase, Rule, str]:
    found = metric_phase(limits, counts, terminating=False)
    return found.phase, found.rule, found.reason


def test_a_limit_is_passed_only_above_it() -> None:
    limits = Limits(failure=2)
    assert _decided(limits, Counts(failed=2))[0] is Phase.RUNNING
    assert _decided(limits, Counts(failed=3)) == (
        Phase.FAILED,
        Rule.FAILURE_LIMIT,
        "failed (3) > failureLimit (2)",
    )


def test_errors_in_a_row_come_before_inconclusive_and_inconclusive_before_failed() -> None:
    everything = Counts(failed=1, inconclusive=1, error=5, consecutive_error=5)
    assert _decided(Limits(), everything)[0] is Phase.ERROR
    assert _decided(Limits(), replace(everything, consecutive_error=4))[0] is Phase.INCONCLUSIVE
    assert _decided(Limits(inconclusive=1), replace(everything, consecutive_error=4))[0] is Phase.FAILED


def test_a_passed_limit_comes_before_the_count_and_before_successes_in_a_row() -> None:
    counts = Counts(successful=9, failed=1, consecutive_success=9)
    assert _decided(Limits(effective_count=10, consecutive_success=3), counts)[1] is Rule.FAILURE_LIMIT
    assert _decided(Limits(failure=1, effective_count=10, consecutive_success=3), counts)[1] is (
        Rule.CONSECUTIVE_SUCCESS_LIMIT
    )
    assert _decided(Limits(failure=1, effective_count=10), counts)[1] is Rule.COUNT


def test_errors_are_no_part_of_the_count() -> None:
    limits = Limits(effective_count=2)
    assert _decided(limits, Counts(successful=1, error=4, consecutive_error=4))[0] is Phase.RUNNING
    assert _decided(limits, Counts(successful=2, error=4))[0] is Phase.SUCCESSFUL


def test_only_a_success_keeps_a_row_of_successes_and_only_an_error_one_of_errors() -> None:
    counts = Counts()
    for phase in (Phase.SUCCESSFUL, Phase.SUCCESSFUL):
        counts = counts.after(phase)
    assert (counts.consecutive_success, counts.consecutive_error) == (2, 0)
    for phase in (Phase.ERROR, Phase.ERROR):
        counts = counts.after(phase)
    assert (counts.consecutive_success, counts.consecutive_error) == (0, 2)
    assert counts.after(Phase.FAILED) == Counts(successful=2, failed=1, error=2)
    assert counts.after(Phase.INCONCLUSIVE) == Counts(successful=2, inconclusive=1, error=2)
    assert counts.after(Phase.RUNNING) == counts


_SMALL = st.integers(0, 6)
_COUNTS = st.builds(
    Counts,
    successful=_SMALL,
    failed=_SMALL,
    inconclusive=_SMALL,
    error=_SMALL,
    consecutive_error=_SMALL,
    consecutive_success=_SMALL,
)
_LIMITS = st.builds(
    Limits,
    failure=st.integers(-1, 6),
    inconclusive=_SMALL,
    consecutive_error=_SMALL,
    consecutive_success=_SMALL,
    effective_count=st.none() | st.integers(1, 12),
)


@given(limits=_LIMITS, counts=_COUNTS)
def test_a_run_that_ends_decides_every_metric_and_changes_no_decision(limits: Limits, counts: Counts) -> None:
    running = metric_phase(limits, counts, terminating=False)
    ended = metric_phase(limits, counts, terminating=True)
    assert ended.phase.is_final
    assert ended == running or running.phase is Phase.RUNNING
    if running.phase is Phase.RUNNING:
        assert ended.phase is Phase.SUCCESSFUL


@given(limits=_LIMITS, counts=_COUNTS)
def test_a_wider_failure_limit_never_fails_what_passed(limits: Limits, counts: Counts) -> None:
    found = metric_phase(limits, counts, terminating=True).phase
    wider = metric_phase(replace(limits, failure=max(limits.failure, 0) + 1), counts, terminating=True).phase
    if limits.failure >= 0 and found is Phase.SUCCESSFUL:
        assert wider is Phase.SUCCESSFUL
