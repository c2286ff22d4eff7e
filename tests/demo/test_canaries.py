"""The demo's canaries: what is under way, what is past, and that both say the same as everything else."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from dashboard.config.catalog import load_catalog
from dashboard.demo.canaries import demo_canaries
from dashboard.demo.canary_file import CANARIES, canaries_file
from dashboard.demo.canary_manifests import MANIFESTS
from dashboard.demo.canary_values import METRICS
from dashboard.demo.deployment_file import deployments_file
from dashboard.demo.deployments import DemoRelease, demo_releases
from dashboard.demo.fleet import readings
from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.domain.canary.canary import Outcome
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.sequential import Verdict, judge_errors
from dashboard.domain.deployments import DeploymentState
from dashboard.domain.event_counts import floor_to_bucket
from dashboard.domain.names import NameMap
from dashboard.domain.periods import Period
from dashboard.errors import ConfigurationError
from dashboard.ingest.demo_canaries import Kept, record_demo_canaries
from dashboard.paths import DEFAULT_CATALOG
from dashboard.reports.canary_metrics import run_view
from dashboard.reports.canary_reading import (
    NamedCanary,
    canaries_between,
    open_canaries,
    ticks_of,
    with_measurements,
)
from dashboard.store.canary_ticks import ticks_between
from dashboard.store.database import open_for_reading, open_for_writing, transaction

WEDNESDAY_NOON = datetime(2026, 3, 11, 12, 3, 20, tzinfo=UTC)
SUNDAY_NIGHT = datetime(2026, 5, 17, 3, 0, tzinfo=UTC)
FRIDAY_EVENING = datetime(2027, 1, 1, 20, 59, 59, tzinfo=UTC)
_NAMES = NameMap(
    services={name: name for name in load_catalog(DEFAULT_CATALOG).services}, environments={}, severities={}
)
_BAD = {DeploymentState.FAILED, DeploymentState.ROLLED_BACK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the store tells of the canaries of a demo in which everything that was planned was deployed."""

    end: datetime
    connection: sqlite3.Connection
    canaries: list[NamedCanary]
    releases: dict[tuple[str, int], DemoRelease]
    counted: Counter[Outcome]

    def runs(self, item: NamedCanary) -> list[AnalysisRunState]:
        return with_measurements(self.connection, item.canary.runs, self.end)

    def release(self, item: NamedCanary) -> DemoRelease:
        assert item.service is not None
        assert item.canary.revision is not None
        return self.releases[item.service, item.canary.revision]

    def open_of(self, service: str) -> NamedCanary:
        (found,) = (item for item in self.canaries if item.service == service and item.canary.outcome.is_open)
        return found


def _filled(store: Path, as_of: datetime) -> Counter[Outcome]:
    end, kept = floor_to_bucket(as_of), Kept()
    for _ in kept.passing(readings(load_catalog(DEFAULT_CATALOG), end)):
        pass
    with open_for_writing(store) as connection, transaction(connection):
        return record_demo_canaries(connection, demo_releases(end), kept, "ghcr.io/acme", end)


@pytest.fixture(
    scope="module",
    params=[WEDNESDAY_NOON, SUNDAY_NIGHT, FRIDAY_EVENING],
    ids=["wednesday noon", "sunday night", "friday evening"],
)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    as_of: datetime = request.param
    end, store = floor_to_bucket(as_of), tmp_path_factory.mktemp("canaries") / "reliability.db"
    counted = _filled(store, as_of)
    with open_for_reading(store) as connection:
        period = Period(name="all", start=end - timedelta(days=100), end=end)
        yield Told(
            end=end,
            connection=connection,
            canaries=canaries_between(connection, _NAMES, period, end),
            releases={(item.service, item.number): item for item in demo_releases(end)},
            counted=counted,
        )


# What is under way


def test_two_are_running_and_one_waits_as_inconclusive(told: Told) -> None:
    under_way = {
        item.service: item.canary.outcome for item in open_canaries(told.connection, _NAMES, told.end)
    }
    assert under_way == {
        "graphql-gateway": Outcome.RUNNING,
        "websocket-server": Outcome.RUNNING,
        "api": Outcome.INCONCLUSIVE,
    }


def test_the_demo_saw_all_of_them_at_its_end(told: Told) -> None:
    seen = [item.seen for item in open_canaries(told.connection, _NAMES, told.end)]
    assert [None if item is None else item.at for item in seen] == [told.end] * 3


def test_what_is_under_way_is_what_is_being_deployed(told: Told) -> None:
    services = canaries_file().rollouts
    in_progress = {
        (item.service, item.number)
        for item in told.releases.values()
        if item.state is DeploymentState.IN_PROGRESS and item.service in services
    }
    under_way = [item for item in told.canaries if item.canary.outcome.is_open]
    assert {(item.service, item.canary.revision) for item in under_way} == in_progress


def test_the_one_in_trouble_has_used_its_failures_and_is_worse_than_stable(told: Told) -> None:
    item = told.open_of("graphql-gateway")
    assert item.canary.state is not None
    assert item.canary.state.current_weight == 25
    running = [run_view(run) for run in told.runs(item) if run.phase is Phase.RUNNING]
    burn = next(metric for run in running for metric in run.metrics if metric.state.name == "burn-fast")
    assert burn.room is not None
    assert burn.room.sentence == "1 of 1 failure used, 2 measurements to go"
    assert burn.points[0].numbers[0] > 5
    counted = ticks_between(
        told.connection, item.canary.rollout, item.canary.pod_hash, item.canary.began_at, told.end
    )
    assert judge_errors(counted).verdict is Verdict.FAIL


def test_the_healthy_one_is_not_worse_than_stable(told: Told) -> None:
    item = told.open_of("websocket-server")
    (run,) = told.runs(item)
    assert run.phase is Phase.SUCCESSFUL
    counted = ticks_between(
        told.connection, item.canary.rollout, item.canary.pod_hash, item.canary.began_at, told.end
    )
    assert judge_errors(counted).verdict is Verdict.PASS


def test_the_inconclusive_one_waits_because_of_its_budget(told: Told) -> None:
    item = told.open_of("api")
    assert item.canary.decided_by == ("budget-remaining",)
    assert item.canary.state is not None
    assert item.canary.state.is_inconclusive


#: Every three hours of four days, and the minute at which chance once aborted the one in trouble.
TIMES_OF_DAY = [
    *(datetime(2026, 11, 23, 0, 33, tzinfo=UTC) + number * timedelta(hours=7) for number in range(12)),
    datetime(2026, 11, 26, 10, 33, tzinfo=UTC),
]


@pytest.mark.parametrize("as_of", TIMES_OF_DAY, ids=str)
def test_the_one_in_trouble_is_under_way_at_every_time_of_day(as_of: datetime) -> None:
    """Only what is under way is made here, since the whole demo takes a while."""
    end, kept, whole = floor_to_bucket(as_of), Kept(), load_catalog(DEFAULT_CATALOG)
    under_way = [item for item in demo_releases(end) if item.finished is None]
    services = {item.service: whole.services[item.service] for item in under_way}
    for _ in kept.passing(readings(replace(whole, services=services), end)):
        pass
    told = demo_canaries(under_way, kept.counts(), "ghcr.io/acme", end)
    rollouts = [item for item in told.objects if item["kind"] == "Rollout"]
    newest = {item["metadata"]["name"]: item["status"] for item in rollouts}
    going_on = {"Progressing", "Paused"}
    assert newest["graphql-gateway"]["phase"] in going_on
    assert newest["websocket-server"]["phase"] in going_on
    assert newest["api"]["message"] == "InconclusiveAnalysisRun"


def test_the_demo_counts_the_canaries_that_the_pages_show(told: Told) -> None:
    assert told.counted == Counter(item.canary.outcome for item in told.canaries)


# What is past


def test_about_forty_are_past(told: Told) -> None:
    past = {item.canary.id.rsplit(":", 2)[0] + str(item.canary.revision) for item in told.canaries}
    assert len(past) == canaries_file().history + 3


def test_each_is_a_deployment_with_its_version_and_times(told: Told) -> None:
    for item in told.canaries:
        release = told.release(item)
        assert item.canary.version == str(release.version)
        assert item.canary.began_at >= release.started - timedelta(seconds=1)
        if release.finished is not None and item.canary.ended_at is not None:
            late = item.canary.ended_at - release.finished
            superseded = item.canary.outcome is Outcome.SUPERSEDED
            assert superseded or late <= timedelta(seconds=1), item.canary.id


def test_each_ends_as_its_deployment_did(told: Told) -> None:
    last = {(item.service, item.canary.revision): item for item in told.canaries}
    for item in last.values():
        release = told.release(item)
        expected = {
            DeploymentState.SUCCEEDED: Outcome.PROMOTED,
            DeploymentState.FAILED: Outcome.ABORTED,
            DeploymentState.ROLLED_BACK: Outcome.ABORTED,
            DeploymentState.SUPERSEDED: Outcome.SUPERSEDED,
        }
        if release.state in expected:
            assert item.canary.outcome is expected[release.state], item.canary.id


def test_a_deployment_that_its_canary_stopped_has_a_failed_run_that_says_why(told: Told) -> None:
    file = canaries_file()
    for item in told.canaries:
        release = told.release(item)
        if release.state in _BAD:
            ending = file.ending(release.reason)
            assert ending is not None
            seen = item.canary.verdict is Phase.FAILED
            assert seen == (ending.analysis is not None), item.canary.id
            assert seen == bool(item.canary.decided_by)
            assert set(ending.values) <= set(item.canary.decided_by)


def test_the_one_that_was_stopped_for_slow_answers_was_slower_and_failed_nothing(told: Told) -> None:
    stopped = [
        item
        for item in told.canaries
        if item.service == "graphql-gateway" and (told.release(item).reason or "").endswith("of the traffic")
    ]
    # What is older than the history that is told of has no canary.
    assert stopped or told.end.weekday() == SUNDAY_NIGHT.weekday()
    for item in stopped:
        errors, slow = (
            judge_errors(ticks_of(told.connection, item.canary, told.end, measure)) for measure in Measure
        )
        assert errors.verdict is not Verdict.FAIL
        assert slow.verdict is Verdict.FAIL


def test_slow_requests_are_counted_where_the_service_has_an_indicator_of_latency(told: Told) -> None:
    catalogue = load_catalog(DEFAULT_CATALOG)
    for item in told.canaries:
        assert item.service is not None
        errors, slow = (ticks_of(told.connection, item.canary, told.end, measure) for measure in Measure)
        objectives = {objective.indicator for objective in catalogue.services[item.service].objectives}
        same = [(tick.at, tick.canary_total, tick.stable_total) for tick in errors]
        counted = [(tick.at, tick.canary_total, tick.stable_total) for tick in slow]
        assert counted == (same if "latency" in objectives else [])


def test_some_were_aborted_and_promoted_after_all(told: Told) -> None:
    again = [item for item in told.canaries if item.canary.attempt > 1]
    # More than in the demo itself, in which the gate holds back what would have failed.
    assert 3 <= len(again) <= 20
    assert all(item.canary.outcome is Outcome.PROMOTED for item in again if _is_last(item, told))


def _is_last(item: NamedCanary, told: Told) -> bool:
    same = (other for other in told.canaries if other.canary.revision == item.canary.revision)
    return item.canary.attempt == max(other.canary.attempt for other in same if other.service == item.service)


def test_providers_failed_now_and_then(told: Told) -> None:
    errors = [
        run
        for item in told.canaries
        for run in told.runs(item)
        if any(metric.counts.error for metric in run.metrics)
    ]
    assert len(errors) >= 3
    assert {run.phase for run in errors} == {Phase.SUCCESSFUL, Phase.ERROR}


def test_each_phase_is_the_one_that_a_replay_gives(told: Told) -> None:
    runs = [run for item in told.canaries for run in told.runs(item)]
    assert len(runs) > 100
    for run in runs:
        view = run_view(run)
        assert view.spec_fault is None
        assert view.replayed is run.phase, run.name
        for metric in view.metrics:
            assert metric.replayed is not None
            assert not any(item.disagrees for item in metric.replayed.measurements), run.name
            if metric.state.phase is not None:
                assert metric.replayed.phase is metric.state.phase, (run.name, metric.state.name)


def test_nothing_was_measured_after_the_end_of_the_history(told: Told) -> None:
    for item in told.canaries:
        for run in told.runs(item):
            assert run.newest_at is not None
            assert run.newest_at <= told.end


# All of it


def test_the_same_instant_gives_the_same_canaries(tmp_path: Path) -> None:
    first, second = (_dumped(tmp_path / name) for name in ("one.db", "two.db"))
    assert first == second


def _dumped(store: Path) -> list[object]:
    _filled(store, WEDNESDAY_NOON)
    with open_for_reading(store) as connection:
        return [
            connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4").fetchall()  # noqa: S608 - our own names
            for table in ("canary_rollouts", "canary_runs", "canary_measurements", "canary_ticks")
        ]


# The file


def test_every_reason_of_a_failed_deployment_has_an_ending() -> None:
    file, deployments = canaries_file(), deployments_file()
    reasons = {*deployments.reasons}
    reasons |= {
        item.reason for item in deployments.deployments if item.service in file.rollouts and item.reason
    }
    assert reasons == {item.reason for item in file.endings}


def test_every_metric_of_the_templates_is_measured() -> None:
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in MANIFESTS.glob("*.yaml")]
    templates = [item for item in documents if item["kind"] == "AnalysisTemplate"]
    assert {metric["name"] for item in templates for metric in item["spec"]["metrics"]} == METRICS


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"service": "docs"}, "found 'docs', expected one of the rollouts of this file"),
        ({"under_way": True}, "near: found both or neither, expected either under_way or the time"),
        ({"errors": "nobody"}, "errors: found 'nobody', expected one of shared, canary, stable"),
        ({"values": {"burn-fast": [2.0, 3.0]}}, "analysis: found nothing, expected which analysis"),
        ({"analysis": 1, "values": {"burn-fast": [2.0]}}, "values.burn-fast"),
        ({"near": {"before": "91d"}}, "found '91d', expected at most 90d"),
    ],
)
def test_a_fault_of_the_file_is_named_with_its_line(
    tmp_path: Path, entry: dict[str, object], message: str
) -> None:
    document = yaml.safe_load(CANARIES.read_text(encoding="utf-8"))
    document["canaries"] = [{"service": "api", "near": {"before": "1d"}} | entry]
    path = tmp_path / "canaries.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        canaries_file(path)
    assert str(caught.value).startswith(f"{path}:")
    assert message in str(caught.value)


def test_an_ending_says_what_its_analysis_saw(tmp_path: Path) -> None:
    document = yaml.safe_load(CANARIES.read_text(encoding="utf-8"))
    document["endings"] = [{"reason": "It failed", "analysis": 1}]
    path = tmp_path / "canaries.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="found neither failing nor values"):
        canaries_file(path)
