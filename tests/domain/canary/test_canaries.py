"""From states and runs to canaries: where one ends and the next begins, and what became of each."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.domain.canary.canaries import canaries_of
from dashboard.domain.canary.canary import Canary, Outcome
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.rollouts import RolloutState, in_order
from tests.canary_states import run, state
from tests.rollout_objects import measurement, metric_result, moment


def canaries(states: list[RolloutState], *runs: object, **more: object) -> list[Canary]:
    return canaries_of(in_order(states), runs, **more)  # type: ignore[arg-type]  # given as they are


def test_a_canary_runs_from_its_hash_to_its_promotion() -> None:
    settled = state(at=-60, canary="old", stable="old", step=6, phase="Healthy", revision=1, version=1)
    course = [
        settled,
        state(at=0, step=0, version=2),
        state(at=1, step=1, paused="CanaryPauseStep", phase="Paused", version=3),
        state(at=20, canary="new", stable="new", step=6, phase="Healthy", version=4),
    ]
    (found,) = canaries(course[:3])
    assert (found.outcome, found.began_at, found.ended_at) == (Outcome.RUNNING, moment(0), None)
    assert (found.id, found.revision, found.version) == ("uid-api:2", 2, "v2")
    (found,) = canaries(course)
    assert (found.outcome, found.ended_at) == (Outcome.PROMOTED, moment(20))


def test_what_runs_everywhere_and_what_ran_first_are_no_canaries() -> None:
    assert canaries([state(canary="old", stable="old", phase="Healthy")]) == []
    assert canaries([state(canary="new", stable="", phase="Progressing")]) == []


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        (
            {"step": 1, "paused": "CanaryPauseStep", "steps": [{"setWeight": 10}, {"pause": {}}]},
            Outcome.WAITING,
        ),
        ({"step": 1, "paused": "CanaryPauseStep"}, Outcome.RUNNING),
        ({"step": 2, "paused": "InconclusiveAnalysisRun"}, Outcome.INCONCLUSIVE),
        ({"step": 0, "aborted": True, "phase": "Degraded"}, Outcome.ABORTED),
        ({"step": 2}, Outcome.RUNNING),
    ],
)
def test_how_an_open_canary_stands(more: dict[str, object], outcome: Outcome) -> None:
    (found,) = canaries([state(at=5, **more)])
    assert found.outcome is outcome


def blue_green(**more: object) -> RolloutState:
    paused = state(step=None, steps=(), paused="BlueGreenPause", phase="Paused")
    return replace(paused, strategy="blueGreen", **more)  # type: ignore[arg-type]  # given as they are


def test_a_blue_green_at_its_pause_waits_unless_it_is_promoted_by_itself() -> None:
    (waiting,), (running,) = (
        canaries([blue_green()]),
        canaries([blue_green(auto_promotion=timedelta(seconds=30))]),
    )
    assert (waiting.outcome, running.outcome) == (Outcome.WAITING, Outcome.RUNNING)


def test_of_a_status_of_the_spec_before_nobody_knows_how_its_canary_goes_on() -> None:
    outdated = replace(state(at=5), outdated=True)
    (found,) = canaries([outdated])
    assert (found.outcome, found.pod_hash, found.version) == (Outcome.UNKNOWN, "new", None)
    assert canaries([replace(state(at=5, canary="old"), outdated=True)]) == []
    (found,) = canaries([state(at=4, version=99), outdated])
    assert (found.outcome, found.version) == (Outcome.RUNNING, "v2")
    newer = state(at=9, canary="newer", version=101, revision=3)
    assert [one.outcome for one in canaries([outdated, newer])] == [Outcome.SUPERSEDED, Outcome.RUNNING]


def test_an_aborted_canary_that_is_tried_again_is_another_one() -> None:
    course = [
        state(at=0, step=0, version=1),
        state(at=8, step=2, version=2),
        state(at=10, step=0, aborted=True, phase="Degraded", version=3),
        state(at=30, step=0, version=4),
        state(at=60, canary="new", stable="new", step=6, phase="Healthy", version=5),
    ]
    early = run(
        "api-new-2-2",
        metric_result("errors", [measurement(9, phase="Failed")], "Failed"),
        at=8,
        phase="Failed",
    )
    late = run(
        "api-new-2-2.1", metric_result("errors", [measurement(39)], "Successful"), at=38, phase="Successful"
    )
    first, second = canaries(course, late, early)
    assert (first.outcome, first.ended_at, first.reached) == (Outcome.ABORTED, moment(10), 2)
    assert (first.verdict, first.decided_by) == (Phase.FAILED, ("errors",))
    assert (second.outcome, second.attempt, second.id) == (Outcome.PROMOTED, 2, "uid-api:2:2")
    assert (second.verdict, second.decided_by) == (Phase.SUCCESSFUL, ())


def test_a_newer_version_takes_its_place() -> None:
    course = [
        state(at=0, step=1, version=1),
        state(at=5, canary="newer", step=0, revision=3, image="api:v3", version=2),
    ]
    first, second = canaries(course)
    assert (first.outcome, first.ended_at) == (Outcome.SUPERSEDED, moment(5))
    assert (second.outcome, second.version) == (Outcome.RUNNING, "v3")


def test_a_canary_whose_successor_has_it_as_stable_was_promoted() -> None:
    course = [
        state(at=0, step=1, version=1),
        state(at=99, canary="newer", stable="new", revision=3, version=2),
    ]
    first, second = canaries(course)
    assert first.outcome is Outcome.PROMOTED
    assert second.stable_version == "v2"


def test_going_back_to_an_older_hash_is_a_canary_of_its_own() -> None:
    course = [
        state(at=0, canary="a", stable="z", revision=3, version=1),
        state(at=10, canary="b", stable="a", revision=4, version=2),
        state(at=20, canary="a", stable="b", revision=5, version=3),
    ]
    assert [(item.pod_hash, item.revision) for item in canaries(course)] == [("a", 3), ("b", 4), ("a", 5)]
    # Without having seen what came between, the revision tells.
    assert [item.revision for item in canaries([course[0], course[2]])] == [3, 5]


def test_a_rollout_that_is_gone_has_no_canary_under_way() -> None:
    (found,) = canaries([state(at=5)], gone_at=moment(50))
    assert (found.outcome, found.ended_at) == (Outcome.GONE, moment(50))


def test_the_order_in_which_states_came_makes_no_difference() -> None:
    course = [state(at=minute // 2, step=minute % 6, version=minute + 1) for minute in range(12)]
    course.append(state(at=8, canary="new", stable="new", phase="Healthy", version=40))
    expected = canaries(course)
    for seed in range(20):
        random.Random(seed).shuffle(course)  # noqa: S311 - not a secret
        assert canaries(course + course[:3]) == expected


def test_without_versions_of_the_cluster_their_times_order_states() -> None:
    course = [state(at=minute, step=minute) for minute in range(4)]
    for one in course:
        one.resource_version = None  # type: ignore[misc]  # as an export without it
    (found,) = canaries(course[::-1])
    assert (found.state or course[0]).step_index == 3


@pytest.mark.parametrize(
    ("phases", "outcome", "verdict"),
    [
        (["Successful", "Failed"], Outcome.ABORTED, Phase.FAILED),
        (["Error"], Outcome.ABORTED, Phase.ERROR),
        (["Successful", "Running"], Outcome.RUNNING, Phase.SUCCESSFUL),
        (["Inconclusive"], Outcome.INCONCLUSIVE, Phase.INCONCLUSIVE),
        (["Successful"], Outcome.UNKNOWN, Phase.SUCCESSFUL),
    ],
)
def test_runs_alone_tell_as_much_as_they_can(phases: list[str], outcome: Outcome, verdict: Phase) -> None:
    runs = [
        run(f"r{number}", metric_result("errors", [measurement(7)], phase), phase=phase, at=6 + number)
        for number, phase in enumerate(phases)
    ]
    (found,) = canaries_of([], runs)
    assert (found.outcome, found.verdict, found.name) == (outcome, verdict, "api")


def test_of_runs_alone_an_older_revision_is_not_under_way() -> None:
    old = run("a", metric_result("errors", [measurement(7)]), revision=2)
    new = run("b", metric_result("errors", [measurement(70)]), revision=3, canary="newer", at=69)
    assert [item.outcome for item in canaries_of([], [new, old])] == [Outcome.UNKNOWN, Outcome.RUNNING]


def test_a_dry_run_decides_nothing() -> None:
    dry = metric_result("errors", [measurement(7, phase="Failed")], "Failed", dryRun=True)
    bad = metric_result("latency", [measurement(7, phase="Failed")], "Failed")
    (found,) = canaries_of([], [run("r", dry, bad, phase="Failed")])
    assert found.decided_by == ("latency",)
