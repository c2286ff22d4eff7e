"""Rollouts as `kubectl` prints them: today's shape, those of v0.x, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest

from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.rollouts import CanaryStep, CurrentRun, PauseCondition, RolloutPhase, StepKind
from dashboard.errors import InputError
from dashboard.sources.argo_fields import fields
from dashboard.sources.argo_rollout_state import rollout_state
from tests.rollout_objects import moment, rollout, stamp


def read(item: dict[str, Any]) -> Any:
    found = rollout_state(fields("file", item))
    assert found is not None
    return found


def test_a_canary_at_a_pause_is_read_whole() -> None:
    item = rollout(
        at=7,
        step=1,
        phase="Paused",
        paused="CanaryPauseStep",
        weight=10,
        labels={"service": "api-v2", "app": "shop", "environment": "live"},
        message="CanaryPauseStep",
    )
    found = read(item)
    assert (found.rollout, found.namespace, found.name) == ("uid-api", "production", "api")
    assert found.names == ("api-v2", "api", "shop")
    assert (found.environment, found.at, found.resource_version) == ("live", moment(7), 100)
    assert found.pauses == (PauseCondition(reason="CanaryPauseStep", since=moment(7)),)
    assert (found.step_index, found.weight, found.current_weight) == (1, 10, 10)
    assert (found.phase, found.message) == (RolloutPhase.PAUSED, "CanaryPauseStep")
    assert (found.pod_hash, found.stable_hash, found.revision) == ("new", "old", 2)
    assert (found.images, found.version) == (("ghcr.io/acme/api:v2",), "v2")
    assert not found.outdated
    assert not found.is_settled


def test_each_kind_of_step_is_told_apart() -> None:
    item = rollout(
        steps=[
            {"setWeight": 5},
            {"pause": {}},
            {"pause": {"duration": "1h30m"}},
            {"pause": {"duration": 90}},
            {"pause": {"duration": 0}},
            {"pause": {"duration": "90"}},
            {"analysis": {"templates": [{"templateName": "a"}, {"templateName": "b"}]}},
            {"experiment": {"duration": "1m", "analyses": [{"name": "x", "templateName": "c"}]}},
            {"setCanaryScale": {"replicas": 2}},
            {"plugin": {"name": "acme/wait"}},
            {"newStepOfTheFuture": {}},
        ]
    )
    assert read(item).steps == (
        CanaryStep(kind=StepKind.SET_WEIGHT, weight=5),
        CanaryStep(kind=StepKind.PAUSE),
        CanaryStep(kind=StepKind.PAUSE, pause=timedelta(minutes=90)),
        CanaryStep(kind=StepKind.PAUSE, pause=timedelta(seconds=90)),
        CanaryStep(kind=StepKind.PAUSE, pause=timedelta()),  # which passes at once
        CanaryStep(kind=StepKind.PAUSE, pause=timedelta(seconds=90)),
        CanaryStep(kind=StepKind.ANALYSIS, templates=("a", "b")),
        CanaryStep(kind=StepKind.EXPERIMENT, templates=("c",)),
        CanaryStep(kind=StepKind.SET_CANARY_SCALE),
        CanaryStep(kind=StepKind.PLUGIN),
        CanaryStep(kind=StepKind.OTHER),
    )


def test_the_runs_that_it_names_are_read_in_both_shapes() -> None:
    today = rollout()
    today["status"]["canary"] = {
        "currentStepAnalysisRunStatus": {"name": "api-2", "status": "Failed", "message": "failed (1)"},
        "currentBackgroundAnalysisRunStatus": {"name": "api-bg", "status": "Running"},
    }
    assert read(today).current_runs == (
        CurrentRun(site="step", name="api-2", phase=Phase.FAILED, message="failed (1)"),
        CurrentRun(site="background", name="api-bg", phase=Phase.RUNNING),
    )
    legacy = rollout()
    legacy["status"]["canary"] = {"currentStepAnalysisRun": "api-1", "stableRS": "older"}
    del legacy["status"]["stableRS"]
    assert read(legacy).current_runs == (CurrentRun(site="step", name="api-1", phase=None),)
    assert read(legacy).stable_hash == "older"


def test_the_analyses_around_the_promotion_of_a_blue_green_one_are_read() -> None:
    told = rollout()
    told["spec"]["strategy"] = {"blueGreen": {"activeService": "api"}}
    told["status"]["blueGreen"] = {
        "prePromotionAnalysisRunStatus": {"name": "api-pre", "status": "Inconclusive"},
        "postPromotionAnalysisRunStatus": {"name": "api-post", "status": "Running"},
    }
    assert read(told).current_runs == (
        CurrentRun(site="prePromotion", name="api-pre", phase=Phase.INCONCLUSIVE),
        CurrentRun(site="postPromotion", name="api-post", phase=Phase.RUNNING),
    )


def test_a_rollout_of_v0_has_its_pause_and_no_phase() -> None:
    item = rollout(phase=None, step=1, observedGeneration="5c76fd9f86")
    item["status"]["pauseStartTime"] = stamp(3)
    found = read(item)
    assert found.phase is None
    assert found.pauses == (PauseCondition(reason="CanaryPauseStep", since=moment(3)),)
    assert not found.outdated  # a hash does not tell


def test_a_status_of_an_older_spec_is_outdated() -> None:
    item = rollout()
    item["status"]["observedGeneration"] = "6"
    assert read(item).outdated


def test_a_status_of_an_older_spec_of_its_workload_is_outdated() -> None:
    item = rollout(workloadObservedGeneration="2")
    item["metadata"]["annotations"]["rollout.argoproj.io/workload-generation"] = "3"
    assert read(item).outdated
    item["status"]["workloadObservedGeneration"] = "3"
    assert not read(item).outdated


def test_a_blue_green_of_v0_has_its_stable_pods_and_its_pause() -> None:
    item = rollout(phase=None, step=None, canary="new", verifyingPreview=True)
    item["spec"]["strategy"] = {"blueGreen": {"activeService": "a", "autoPromotionSeconds": 30}}
    item["status"]["blueGreen"] = {"activeSelector": "old", "previewSelector": "new"}
    del item["status"]["stableRS"]
    found = read(item)
    assert (found.strategy, found.pod_hash, found.stable_hash) == ("blueGreen", "new", "old")
    assert found.pauses == (PauseCondition(reason="BlueGreenPause", since=None),)
    assert found.auto_promotion == timedelta(seconds=30)


def test_a_manifest_that_no_cluster_has_run_tells_nothing() -> None:
    item = rollout()
    del item["status"], item["metadata"]["creationTimestamp"]
    assert rollout_state(fields("file", item)) is None


def test_without_a_uid_it_is_known_by_its_name() -> None:
    item = rollout()
    del item["metadata"]["uid"]
    assert read(item).rollout == "production/api"


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("api:v1", "v1"),
        ("registry:5000/acme/api", "registry:5000/acme/api"),
        ("registry:5000/acme/api:v3@sha256:abc", "v3"),
        ("acme/api@sha256:abc", "sha256:abc"),
    ],
)
def test_the_version_is_the_tag_of_the_image(image: str, version: str) -> None:
    assert read(rollout(image=image)).version == version


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("status", "phase"), "Great", r"status\.phase: found 'Great', expected one of Healthy"),
        (
            ("status", "currentStepIndex"),
            "2",
            r"status\.currentStepIndex: found '2', expected a whole number",
        ),
        (("status", "pauseConditions"), {}, r"status\.pauseConditions: found an object, expected a list"),
        (("status", "abortedAt"), "yesterday", r"status\.abortedAt: found 'yesterday', expected an ISO-8601"),
        (("metadata", "name"), None, r"metadata\.name: found nothing, expected the name"),
        (("metadata", "labels"), [], r"metadata\.labels: found a list, expected a mapping"),
        (("spec", "strategy"), "canary", r"spec\.strategy: found 'canary', expected a mapping"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_path(
    path: tuple[str, str], value: object, message: str
) -> None:
    item = rollout()
    item[path[0]][path[1]] = value
    with pytest.raises(InputError, match=message):
        rollout_state(fields("file", item))


def test_a_pause_that_argo_could_not_read_is_refused() -> None:
    with pytest.raises(InputError, match=r"pause\.duration: found '1d'.*Go knows no days"):
        read(rollout(steps=[{"pause": {"duration": "1d"}}]))
