"""What became of each deployment: failed by what, judged when, well again when."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from dashboard.domain.attribution import attribute
from dashboard.domain.deployments import Deployment, DeploymentState
from dashboard.domain.incidents import Incident
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.releases import Failure, Release, releases
from dashboard.domain.rollbacks import find_rollbacks
from tests.happenings import DAY_MINUTES, at, deployment, incident

W = timedelta(hours=24)
FAILED, ROLLED_BACK = DeploymentState.FAILED, DeploymentState.ROLLED_BACK


def _releases(
    deployments: Sequence[Deployment], incidents: Sequence[Incident] = (), *, now: float = 30 * DAY_MINUTES
) -> dict[str, Release]:
    rollbacks = find_rollbacks(deployments)
    attributions = attribute(incidents, deployments, rollbacks, (), W)
    found = releases(deployments, rollbacks, incidents, attributions, W, at(now))
    return {release.deployment.id: release for release in found}


def test_a_success_that_nothing_followed_did_not_fail() -> None:
    found = _releases([deployment("d", 0)])["d"]
    assert (found.failed, found.failures, found.judged, found.reached_users) == (
        False,
        frozenset(),
        True,
        True,
    )
    assert (found.recovered_at, found.next_good_at, found.is_rework, found.incidents) == (
        None,
        None,
        False,
        (),
    )


@pytest.mark.parametrize(("now", "judged"), [(DAY_MINUTES - 0.0001, False), (DAY_MINUTES, True)])
def test_it_is_judged_once_w_has_passed_since_it_finished(now: float, *, judged: bool) -> None:
    assert _releases([deployment("d", 0)], now=now)["d"].judged is judged
    assert _releases([deployment("d", 0, state=FAILED)], now=now)["d"].judged is judged


def test_what_has_not_ended_is_never_judged_and_has_not_failed() -> None:
    canary = deployment("d", None, started=-5, state=DeploymentState.IN_PROGRESS)
    found = _releases([canary], [incident("i", 0, caused_by="d")])["d"]
    assert (found.judged, found.failed, found.incidents, found.reached_users) == (False, False, ("i",), False)


def test_every_way_to_fail_is_told() -> None:
    lane = [
        deployment("d0", -30, "A"),
        deployment("d1", 0, "B"),
        deployment("d2", 60, "A"),
        deployment("d3", 5 * DAY_MINUTES, "C", state=FAILED),
        deployment("d4", 9 * DAY_MINUTES, "D", state=ROLLED_BACK),
    ]
    found = _releases(lane, [incident("i", 10, 70)])
    assert {name: release.failures for name, release in found.items()} == {
        "d0": set(),
        "d1": {Failure.ROLLED_BACK, Failure.INCIDENT},
        "d2": set(),
        "d3": {Failure.DEPLOYMENT},
        "d4": {Failure.ROLLED_BACK},
    }
    assert found["d1"].taken_away_by == lane[2]
    assert found["d1"].incidents == ("i",)
    states = [found[name].state for name in ("d0", "d1", "d2", "d3", "d4")]
    succeeded = DeploymentState.SUCCEEDED
    assert states == [succeeded, ROLLED_BACK, succeeded, FAILED, ROLLED_BACK]
    assert [found[name].reached_users for name in found] == [True, True, True, False, True]


def test_a_rollback_and_an_emergency_fix_are_rework() -> None:
    lane = [
        deployment("d0", -30, "A"),
        deployment("d1", 0, "B"),
        deployment("d2", 60, "A"),
        deployment("d3", 90, "C", change=ChangeType.EMERGENCY),
        deployment("d4", 99, "D", change=ChangeType.BUGFIX),
    ]
    assert [name for name, release in _releases(lane).items() if release.is_rework] == ["d2", "d3"]


def test_it_is_well_again_when_its_last_incident_is_over_else_when_it_was_taken_away() -> None:
    lane = [deployment("d0", -30, "A"), deployment("d1", 0, "B"), deployment("d2", 60, "A")]
    long, short = incident("i", 10, 70), incident("j", 20, 65)
    assert _releases(lane)["d1"].recovered_at == at(60)
    assert _releases(lane, [long, short])["d1"].recovered_at == at(70)
    assert _releases(lane, [incident("i", 10), short])["d1"].recovered_at is None
    assert _releases(lane[:2])["d1"].recovered_at is None


def test_the_next_good_deployment_is_of_the_same_service_and_did_not_fail() -> None:
    lane = [
        deployment("d0", 0, "A", state=FAILED),
        deployment("d1", 60, "B", state=FAILED),
        deployment("w", 90, "C", service="web"),
        deployment("s", 95, "C", environment="staging"),
        deployment("d2", 120, "C"),
        deployment("d3", 180, "D"),
        deployment("d4", 240, "E", state=FAILED),
    ]
    found = _releases(lane)
    assert {name: found[name].next_good_at for name in found} == {
        **dict.fromkeys(found),
        "d0": at(120),
        "d1": at(120),
    }


def test_they_are_in_the_order_in_which_they_finished_and_unfinished_ones_come_last() -> None:
    lane = [
        deployment("d9", None, started=-99, state=DeploymentState.IN_PROGRESS),
        deployment("d2", 10),
        deployment("d1", 10),
        deployment("d0", 5),
    ]
    assert list(_releases(lane)) == ["d0", "d1", "d2", "d9"]


def test_a_rollback_that_has_not_ended_or_failed_took_nothing_away() -> None:
    lane = [deployment("d0", -30, "A"), deployment("d1", 0, "B"), deployment("d2", 60, "A", state=FAILED)]
    found = _releases(lane)
    assert (found["d1"].failed, found["d1"].taken_away_by) == (False, None)
    assert found["d2"].rollback is not None
    assert found["d2"].failures == {Failure.DEPLOYMENT}
