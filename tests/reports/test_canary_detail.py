"""One canary in depth: what each metric measured, the room that is left, its cost and its verdicts."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.domain.canary.agreement import Agreement
from dashboard.domain.canary.arm_counts import ArmCounters, LatencyCounters
from dashboard.domain.canary.gaps import GapReason
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.room import Evidence
from dashboard.domain.canary.sequential import Verdict
from dashboard.domain.canary.traffic_split import Split
from dashboard.domain.incidents import IncidentEvent
from dashboard.domain.policy import Policy
from dashboard.errors import InputError
from dashboard.ingest.events import store_events
from dashboard.reports.canary_detail import CanaryReport, canary_report
from dashboard.reports.canary_standing import Standing, standing
from dashboard.store import canary_ticks
from dashboard.store.database import open_for_writing
from tests.canary_states import run, state
from tests.reports.canary_stores import NAMES, history, store_of, ticks
from tests.rollout_objects import measurement, metric_result, metric_spec, moment


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def detail(
    path: Path, policy: Policy, *observations: object, now: float = 30, **more: object
) -> CanaryReport:
    store, known = store_of(path, *observations, until=now, **more)  # type: ignore[arg-type]  # given as they are
    return canary_report(store, known, policy, history(store, policy, now), NAMES, "uid-api:2")


COURSE = [state(at=0, version=1), state(at=6, step=2, version=2)]


def test_a_metric_comes_with_its_answers_threshold_and_room(path: Path, policy: Policy) -> None:
    error = measurement(9, None, "Error", message="connection refused")
    taken = [measurement(7), measurement(8, "[0.9]", "Failed"), error, measurement(10)]
    found = detail(path, policy, *COURSE, run("r", metric_result("errors", taken)))
    (view,) = found.runs
    (metric,) = view.metrics
    assert [point.numbers for point in metric.points] == [(0.99,), (0.9,), (), (0.99,)]
    assert [(one.operator, one.number, one.passes) for one in metric.thresholds] == [(">=", 0.95, True)]
    assert metric.room is not None
    assert metric.room.sentence == "1 of 2 failures used, 7 measurements to go"
    assert (metric.failures, metric.errors) == (1, 1)
    assert [(gap.reason, gap.detail) for gap in metric.gaps] == [(GapReason.PROVIDER, "connection refused")]
    assert metric.evidence is None
    assert found.row.ladder is not None
    assert (found.row.ladder.position, found.row.ladder.weight) == (2, 10)


def test_a_success_is_graded_and_a_recorded_phase_stands_beside_the_replay(
    path: Path, policy: Policy
) -> None:
    taken = [measurement(minute, "[0.1]", "Failed") for minute in range(7, 11)]
    odd = metric_result("errors", taken, "Successful")
    (view,) = detail(path, policy, *COURSE, run("r", odd, phase="Successful")).runs
    assert (view.run.phase, view.replayed) == (Phase.SUCCESSFUL, Phase.FAILED)
    assert view.evidence is not None
    assert view.evidence.grade is Evidence.TRUNCATED
    assert view.evidence.reason == "errors: stopped after 4 measurements of 10"


def test_a_metric_that_was_never_measured_is_shown_without_a_point(path: Path, policy: Policy) -> None:
    specs = [metric_spec("errors"), metric_spec("latency")]
    (view,) = detail(
        path, policy, *COURSE, run("r", metric_result("errors", [measurement(7)]), specs=specs)
    ).runs
    assert [(metric.state.name, len(metric.points)) for metric in view.metrics] == [
        ("errors", 1),
        ("latency", 0),
    ]


def test_a_spec_that_cannot_be_read_is_told_and_the_measurements_shown(path: Path, policy: Policy) -> None:
    spec = metric_spec("errors", successCondition="result[0] < {{args.limit}}")
    result = metric_result("errors", [measurement(7)])
    (view,) = detail(path, policy, *COURSE, run("r", result, specs=[spec], args=[{"name": "limit"}])).runs
    assert view.spec_fault is not None
    assert "{{args.limit}}" in view.spec_fault
    assert (view.metrics[0].room, view.replayed, len(view.metrics[0].points)) == (None, None, 1)


def test_the_error_counts_of_both_arms_are_judged_beside_argo(path: Path, policy: Policy) -> None:
    passed = run("r", metric_result("errors", [measurement(7)], "Successful"), phase="Successful")
    found = detail(path, policy, *COURSE, passed, ticks=ticks(20, canary_bad=8, stable_bad=9))
    assert found.errors is not None
    assert found.errors.judgement.verdict is Verdict.FAIL
    assert found.errors.agreement is Agreement.ARGO_PASSED_WORSE
    assert [part.split for part in found.errors.traffic] == [Split.AS_WEIGHTED]
    assert len(found.errors.ticks) == 20


def test_without_counts_of_both_arms_there_is_no_verdict_of_ours(path: Path, policy: Policy) -> None:
    found = detail(path, policy, *COURSE)
    assert (found.errors, found.slow, found.beside_argo, found.shown_worse) == (None, None, None, ())


def test_slow_requests_alone_show_a_canary_to_be_worse(path: Path, policy: Policy) -> None:
    passed = run("r", metric_result("errors", [measurement(7)], "Successful"), phase="Successful")
    clean, slow = ticks(20, canary_bad=0, stable_bad=9), ticks(20, canary_bad=8, stable_bad=9)
    found = detail(path, policy, *COURSE, passed, ticks=clean, slow=slow)
    assert found.errors is not None
    assert found.errors.judgement.verdict is Verdict.PASS
    assert found.shown_worse == (Measure.SLOW,)
    assert found.beside_argo == (Measure.SLOW, Agreement.ARGO_PASSED_WORSE)
    assert standing(found) is Standing.TROUBLE


def test_where_both_show_it_errors_stand_beside_argo(path: Path, policy: Policy) -> None:
    worse = ticks(20, canary_bad=8, stable_bad=9)
    found = detail(path, policy, *COURSE, ticks=worse, slow=worse)
    assert found.shown_worse == (Measure.ERRORS, Measure.SLOW)
    assert found.beside_argo == (Measure.ERRORS, Agreement.ARGO_NOT_YET)


def test_argo_that_stopped_a_slower_canary_did_not_stop_a_good_one(path: Path, policy: Policy) -> None:
    failed = [measurement(7 + minute, "[0.1]", "Failed") for minute in range(3)]
    stopped = run("r", metric_result("latency", failed, "Failed"), phase="Failed")
    clean, slow = ticks(20, canary_bad=0, stable_bad=9), ticks(20, canary_bad=8, stable_bad=9)
    assert detail(path, policy, *COURSE, stopped, ticks=clean, slow=slow).beside_argo == (
        Measure.SLOW,
        Agreement.AGREE,
    )


def test_the_threshold_is_told_of_counts_that_were_made_by_it(path: Path, policy: Policy) -> None:
    counters = ArmCounters(
        good="good", total="all", namespace_label="namespace", pod_hash_label="pods", target_label="pod",
        tick=timedelta(minutes=1), latency=LatencyCounters(fast="fast", total="timed", threshold=0.3),
    )  # fmt: skip
    store, known = store_of(path, *COURSE, slow=ticks(20, canary_bad=8, stable_bad=9), until=30)
    known = replace(known, canary_counts=counters)

    def told() -> float | None:
        found = canary_report(store, known, policy, history(store, policy, 30), NAMES, "uid-api:2")
        return found.slow_above

    assert told() is None
    for counted_by, expected in ((counters.digest, 0.3), ("another", None)):
        with open_for_writing(path) as connection:
            canary_ticks.mark_counted(connection, "uid-api", "new", counted_by, moment(30))
        assert told() == expected


def test_no_more_slow_requests_than_stable_make_no_canary_safe_by_themselves(
    path: Path, policy: Policy
) -> None:
    found = detail(path, policy, *COURSE, slow=ticks(20, canary_bad=0, stable_bad=90))
    assert found.slow is not None
    assert found.slow.judgement.verdict is Verdict.PASS
    assert standing(found) is Standing.NOT_YET


def test_what_the_service_spent_meanwhile_is_the_canary_s(path: Path, policy: Policy) -> None:
    found = detail(path, policy, *COURSE, now=30, bad=50)
    assert found.cost.measured
    assert [(cost.objective.key, cost.bad) for cost in found.cost.own] == [
        ("api/availability", 6 * 50 * 10_000)
    ]
    assert found.cost.incidents == {}


def test_an_incident_meanwhile_has_its_own_part(path: Path, policy: Policy) -> None:
    store_of(path, *COURSE, bad=50, until=30)
    told = IncidentEvent(
        source="import", incident="INC-1", at=moment(10), title="down", severity="P1", services=("api",),
        started_at=moment(10), resolved_at=moment(20),
    )  # fmt: skip
    store_events(path, [told])
    found = detail(path, policy, now=30, bad=50)
    assert [cost.bad for cost in found.cost.own] == [4 * 50 * 10_000]
    assert [cost.bad for cost in found.cost.incidents["INC-1"]] == [2 * 50 * 10_000]


def test_a_service_without_objectives_has_no_cost_to_tell(path: Path, policy: Policy) -> None:
    store, known = store_of(path, state("web", at=0), until=30)
    found = canary_report(store, known, policy, history(store, policy, 30), NAMES, "uid-web:2")
    assert (found.cost.measured, found.cost.own, found.row.policy_tier) == (False, (), None)


def test_the_commands_are_those_that_fit_and_are_safe_to_paste(path: Path, policy: Policy) -> None:
    found = detail(path, policy, *COURSE)
    assert found.commands == {
        "status": "kubectl argo rollouts status api -n production --watch=false",
        "get": "kubectl argo rollouts get rollout api -n production",
        "promote": "kubectl argo rollouts promote api -n production",
        "abort": "kubectl argo rollouts abort api -n production",
        "undo": "kubectl argo rollouts undo api -n production",
    }
    ended = detail(path, policy, state(at=20, aborted=True, version=9))
    assert list(ended.commands) == ["status", "get", "undo", "retry"]
    store, known = store_of(path, state("x; rm -rf /", at=0), until=30)
    odd = canary_report(store, known, policy, history(store, policy, 30), NAMES, "uid-x; rm -rf /:2")
    assert odd.commands["abort"] == "kubectl argo rollouts abort 'x; rm -rf /' -n production"


def test_a_canary_that_the_store_does_not_know_is_refused(path: Path, policy: Policy) -> None:
    store, known = store_of(path, *COURSE)
    with pytest.raises(InputError, match="canary: found 'uid-api:9', expected one that the store knows"):
        canary_report(store, known, policy, history(store, policy, 30), NAMES, "uid-api:9")


def test_a_canary_tried_again_has_an_id_of_its_own(path: Path, policy: Policy) -> None:
    again = [*COURSE, state(at=10, aborted=True, version=3), state(at=20, version=4)]
    store, known = store_of(path, *again)
    found = canary_report(store, known, policy, history(store, policy, 30), NAMES, "uid-api:2:2")
    assert (found.row.named.canary.attempt, found.row.named.canary.outcome.is_open) == (2, True)


def test_each_try_of_one_hash_has_the_counts_of_its_own_time(path: Path, policy: Policy) -> None:
    first = ticks(10, canary_bad=20, stable_bad=5, start=1)
    second = ticks(10, canary_bad=0, stable_bad=5, start=41)
    again = [*COURSE, state(at=12, aborted=True, version=3), state(at=40, version=4)]
    store, known = store_of(path, *again, ticks=[*first, *second], until=60)
    past = history(store, policy, 60)
    bad = {}
    for name in ("uid-api:2", "uid-api:2:2"):
        found = canary_report(store, known, policy, past, NAMES, name)
        assert found.errors is not None
        bad[name] = sum(tick.canary_bad for tick in found.errors.ticks)
    assert bad == {"uid-api:2": 200, "uid-api:2:2": 0}
