"""The page's report: what is under way, what past analyses decided, and what followed."""

from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.domain.canary.canary import Outcome
from dashboard.domain.canary.consequences import Hindsight
from dashboard.domain.deployments import DeploymentEvent, DeploymentState
from dashboard.domain.periods import Period
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import PolicyTier
from dashboard.ingest.events import store_events
from dashboard.reports.canaries import CanariesReport, canaries_report
from dashboard.sources.argo_observations import Observation
from tests.canary_states import run, state
from tests.reports.canary_stores import NAMES, history, store_of
from tests.rollout_objects import measurement, metric_result, moment

_PERIOD = Period(name="all", start=moment(-5_000), end=moment(50_000))


def report(  # noqa: PLR0913 - a test names what it is about
    path: Path,
    policy: Policy,
    *observations: Observation,
    now: float = 500,
    period: Period = _PERIOD,
    services: tuple[str, ...] | None = None,
    bad: int = 0,
) -> CanariesReport:
    store, known = store_of(path, *observations, bad=bad, until=now)
    return canaries_report(store, known, policy, history(store, policy, now), NAMES, period, services)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def analysed(start: float, phase: str, **more: object) -> Observation:
    result = metric_result("errors", [measurement(start, phase=phase)], phase)
    return run(f"run-{start:g}", result, phase=phase, at=start, **more)


def test_what_is_under_way_comes_with_its_ladder(path: Path, policy: Policy) -> None:
    found = report(path, policy, state(at=495), state(at=496, step=1, paused="CanaryPauseStep", version=101))
    (row,) = found.under_way
    assert (row.named.service, row.named.environment) == ("api", "production")
    assert row.named.canary.outcome is Outcome.RUNNING
    assert row.ladder is not None
    assert row.ladder.eta == moment(500 + 1 + 10)
    assert (row.policy_tier, row.pause_factor) == (PolicyTier.NORMAL, 1)
    assert (found.past, found.ever, found.accuracy.false_aborts) == ((), True, None)


def test_a_tier_that_doubles_pauses_is_told(path: Path, policy: Policy) -> None:
    (row,) = report(path, policy, state(at=495), bad=20).under_way
    assert (row.policy_tier, row.pause_factor) == (PolicyTier.CAUTIOUS, 2)
    assert row.ladder is not None
    assert row.ladder.rungs[1].asked == timedelta(minutes=10)


def test_history_tells_which_metric_aborted_and_whether_that_was_right(path: Path, policy: Policy) -> None:
    v2, v3 = {"canary": "c2", "image": "api:v2"}, {"canary": "c3", "image": "api:v3"}
    observations = [
        state(at=0, revision=2, version=1, **v2),
        analysed(5, "Failed", revision=2, canary="c2"),
        state(at=6, revision=2, version=2, aborted=True, **v2),
        state(at=60, revision=3, version=3, **v3),
        analysed(65, "Successful", revision=3, canary="c3"),
        state(at=80, revision=3, version=4, step=6, **{**v3, "stable": "c3"}),
    ]
    found = report(path, policy, *observations)
    assert [row.named.canary.outcome for row in found.past] == [Outcome.PROMOTED, Outcome.ABORTED]
    assert [row.consequence.hindsight for row in found.past] == [Hindsight.NOT_KNOWN, Hindsight.GIVEN_UP]
    assert found.aborted_by == {"errors": 1}
    assert (found.accuracy.false_aborts, found.accuracy.aborts_given_up) == (None, 1)
    assert found.accuracy.passes_not_known == 1
    assert found.outcomes == {Outcome.PROMOTED: 1, Outcome.ABORTED: 1}


def test_a_deployment_that_failed_makes_its_pass_a_missed_regression(path: Path, policy: Policy) -> None:
    v2 = {"canary": "c2", "image": "api:v2"}
    observations = [
        state(at=0, version=1, **v2),
        analysed(5, "Successful", canary="c2"),
        state(at=20, version=2, step=6, **{**v2, "stable": "c2"}),
    ]
    store_of(path, *observations)
    events = [
        DeploymentEvent(
            source="argo-rollouts",
            service=name,
            environment="prod",
            deployment=id_,
            at=moment(minute),
            state=DeploymentState.SUCCEEDED,
            started_at=moment(minute - 20),
            finished_at=moment(minute),
            version=version,
        )
        for name, id_, minute, version in (
            ("shop", "uid-api-1", -100, "v1"),
            ("shop", "uid-api-2", 20, "v2"),
            ("shop", "uid-api-3", 60, "v1"),
        )
    ]
    store_events(path, events)
    (row,) = report(path, policy, now=5_000).past
    assert (row.consequence.hindsight, row.consequence.why) == (Hindsight.MISSED, "it was rolled back")
    assert row.consequence.release is not None
    assert row.consequence.release.deployment.id == "uid-api-2"


def test_what_followed_after_the_period_still_tells(path: Path, policy: Policy) -> None:
    aborted = [state(at=0, version=1), analysed(5, "Failed"), state(at=6, version=2, aborted=True)]
    fixed = {"canary": "fix", "image": "api:v3", "revision": 3}
    after = [
        state(at=400, version=3, **fixed),
        state(at=420, version=4, step=6, **{**fixed, "stable": "fix"}),
    ]
    period = Period(name="early", start=moment(-10), end=moment(100))
    (row,) = report(path, policy, *aborted, *after, period=period).past
    assert row.consequence.hindsight is Hindsight.GIVEN_UP


def test_only_what_began_in_the_period_is_past_but_all_that_is_under_way_shows(
    path: Path, policy: Policy
) -> None:
    observations = [
        state("api", at=0, version=1),
        state("api", at=9, canary="new", stable="new", version=2),
        state("web", at=5),
    ]
    found = report(
        path, policy, *observations, period=Period(name="late", start=moment(300), end=moment(400))
    )
    assert [row.named.service for row in found.under_way] == ["web"]
    assert found.past == ()


def test_services_can_be_chosen_and_unknown_names_are_counted(path: Path, policy: Policy) -> None:
    observations = [state("api"), state("web"), state("mystery"), state("mystery", canary="x", version=300)]
    found = report(path, policy, *observations)
    assert {row.named.service for row in found.under_way} == {"api", "web", None}
    assert found.unmapped == {"mystery": 2}
    chosen = report(path, policy, services=("web",))
    assert [row.named.service for row in chosen.under_way] == ["web"]


def test_runs_of_no_rollout_are_listed_by_themselves(path: Path, policy: Policy) -> None:
    alone = run("nightly-smoke", owner=None, args=[{"name": "service", "value": "shop"}], phase="Successful")
    found = report(path, policy, alone)
    assert [(item.run.name, item.service) for item in found.runs_alone] == [("nightly-smoke", "api")]
    assert (found.under_way, found.past) == ((), ())


def test_an_earlier_instant_shows_what_was_so_then(path: Path, policy: Policy) -> None:
    observations = [
        state(at=0, version=1),
        analysed(5, "Failed"),
        state(at=10, version=2, aborted=True),
    ]
    store, known = store_of(path, *observations)
    before = canaries_report(store, known, policy, history(store, policy, 4), NAMES, _PERIOD)
    assert [row.named.canary.outcome for row in before.under_way] == [Outcome.RUNNING]
    assert before.under_way[0].named.canary.runs == ()
    after = canaries_report(store, known, policy, history(store, policy, 20), NAMES, _PERIOD)
    assert [row.named.canary.outcome for row in after.past] == [Outcome.ABORTED]


def test_an_empty_store_says_so(path: Path, policy: Policy) -> None:
    found = report(path, policy)
    assert (found.ever, found.under_way, found.past, found.runs_alone) == (False, (), (), ())
