"""Hindsight: which aborts were false and which passes let trouble by."""

import pytest

from dashboard.domain.canary.canaries import canaries_of
from dashboard.domain.canary.canary import Canary, Outcome
from dashboard.domain.canary.consequences import (
    Accuracy,
    Hindsight,
    Releases,
    accuracy,
    consequences,
)
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.rollouts import in_order
from dashboard.domain.deployments import DeploymentState
from dashboard.domain.releases import Failure, Release
from tests.canary_states import run, state
from tests.happenings import deployment
from tests.rollout_objects import measurement, metric_result


def tried(  # noqa: PLR0913 - a test names what it is about
    start: float,
    *,
    aborted: bool,
    version: str = "v2",
    canary: str = "new",
    revision: int = 2,
    analysed: bool = True,
) -> Canary:
    """A canary of ten minutes that was aborted by its analysis, or promoted after it."""
    image = f"api:{version}"
    common = {"canary": canary, "revision": revision, "image": image}
    end = (
        state(at=start + 10, aborted=True, version=2, **common)
        if aborted
        else state(at=start + 10, version=2, **{**common, "stable": canary})
    )
    phase = "Failed" if aborted else "Successful"
    found = metric_result("errors", [measurement(start + 5, phase=phase)], phase)
    runs = [run(f"r{start}", found, phase=phase, at=start + 4, canary=canary, revision=revision)]
    (made,) = canaries_of(in_order([state(at=start, version=1, **common), end]), runs if analysed else [])
    return made


def released(  # noqa: PLR0913 - ditto
    name: str,
    start: float,
    *,
    version: str = "v2",
    failures: frozenset[Failure] = frozenset(),
    judged: bool = True,
    incidents: tuple[str, ...] = (),
    state_: DeploymentState = DeploymentState.SUCCEEDED,
) -> Release:
    return Release(
        deployment=deployment(name, start + 10, version, started=start, state=state_),
        rollback=None,
        taken_away_by=None,
        incidents=incidents,
        failures=failures,
        judged=judged,
        recovered_at=None,
        next_good_at=None,
    )


def hindsight(canaries: list[Canary], *releases: Release) -> list[Hindsight]:
    found = consequences(canaries, Releases(releases))
    return [found[item.id].hindsight for item in canaries]


def test_an_abort_is_false_when_the_same_version_then_stood() -> None:
    aborted, again = tried(0, aborted=True), tried(60, aborted=False, revision=3)
    assert hindsight([aborted, again], released("d2", 60)) == [Hindsight.FALSE_ABORT, Hindsight.RIGHT_PASS]


def test_an_abort_is_right_when_the_same_version_then_failed() -> None:
    aborted, again = tried(0, aborted=True), tried(60, aborted=False, revision=3)
    failed = released("d2", 60, failures=frozenset({Failure.ROLLED_BACK}))
    assert hindsight([aborted, again], failed) == [Hindsight.RIGHT_ABORT, Hindsight.MISSED]


def test_an_abort_is_right_when_an_incident_is_put_to_its_account() -> None:
    failed = released("d1", 0, incidents=("INC-1",), state_=DeploymentState.FAILED)
    assert hindsight([tried(0, aborted=True)], failed) == [Hindsight.RIGHT_ABORT]


def test_an_abort_after_which_another_version_came_was_given_up_neither_right_nor_false() -> None:
    fixed = tried(60, aborted=False, version="v3", canary="fix", revision=3)
    assert (
        hindsight([tried(0, aborted=True), fixed], released("d3", 60, version="v3"))[0] is Hindsight.GIVEN_UP
    )


def test_an_abort_is_right_when_its_error_counts_show_it_unless_the_same_version_then_stood() -> None:
    aborted = tried(0, aborted=True)
    fixed = tried(60, aborted=False, version="v3", canary="fix", revision=3)
    given_up = consequences([aborted, fixed], Releases([]), {aborted.id: Measure.ERRORS})
    assert given_up[aborted.id].hindsight is Hindsight.RIGHT_ABORT
    assert given_up[aborted.id].why == "its error counts were shown to be worse than stable's"
    slower = consequences([aborted, fixed], Releases([]), {aborted.id: Measure.SLOW})
    assert slower[aborted.id].why == "its share of slow requests was shown to be worse than stable's"
    again = tried(60, aborted=False, revision=3)
    stood = consequences([aborted, again], Releases([released("d2", 60)]), {aborted.id: Measure.ERRORS})
    assert stood[aborted.id].hindsight is Hindsight.FALSE_ABORT


@pytest.mark.parametrize(
    ("releases", "expected"),
    [
        ([released("d9", 200)], Hindsight.FALSE_ABORT),
        (
            [released("d9", 200, failures=frozenset({Failure.INCIDENT}), incidents=("I",))],
            Hindsight.RIGHT_ABORT,
        ),
        ([released("d9", 200, judged=False)], Hindsight.NOT_KNOWN),
        ([], Hindsight.NOT_KNOWN),
    ],
)
def test_a_later_deployment_of_the_same_version_tells_as_well(
    releases: list[Release], expected: Hindsight
) -> None:
    assert hindsight([tried(0, aborted=True)], *releases) == [expected]


def test_a_second_try_that_is_aborted_too_tells_nothing_yet() -> None:
    both = [tried(0, aborted=True), tried(60, aborted=True, revision=4)]
    assert hindsight(both) == [Hindsight.NOT_KNOWN, Hindsight.NOT_KNOWN]


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        (released("d1", 0), Hindsight.RIGHT_PASS),
        (released("d1", 0, judged=False), Hindsight.NOT_KNOWN),
        (released("d1", 0, failures=frozenset({Failure.ROLLED_BACK})), Hindsight.MISSED),
        (released("d1", 0, failures=frozenset({Failure.INCIDENT}), incidents=("I",)), Hindsight.MISSED),
        (released("d1", 0, version="v7"), Hindsight.NOT_KNOWN),
    ],
)
def test_a_pass_is_judged_by_what_became_of_its_deployment(release: Release, expected: Hindsight) -> None:
    assert hindsight([tried(0, aborted=False)], release) == [expected]


def test_the_id_that_argo_s_notifications_give_finds_the_deployment_at_any_time() -> None:
    far = released("uid-api-2", 900, version="other", failures=frozenset({Failure.ROLLED_BACK}))
    assert hindsight([tried(0, aborted=False)], far) == [Hindsight.MISSED]


def test_without_an_analysis_nothing_is_judged() -> None:
    assert hindsight([tried(0, aborted=False, analysed=False)]) == [Hindsight.NOT_ANALYSED]


def test_one_that_is_under_way_is_open() -> None:
    (made,) = canaries_of([state()], ())
    assert hindsight([made]) == [Hindsight.OPEN]


def test_rates_count_what_is_known_and_tell_what_is_not() -> None:
    canaries = [
        tried(0, aborted=True),
        tried(60, aborted=False, revision=3),
        tried(120, aborted=True, version="v4", canary="c4", revision=4),
        tried(180, aborted=False, version="v5", canary="c5", revision=5),
        tried(240, aborted=True, version="v6", canary="c6", revision=6),
        tried(300, aborted=True, version="v6", canary="c6", revision=7),
    ]
    rolled_back = frozenset({Failure.ROLLED_BACK})
    releases = Releases([released("d2", 60), released("d5", 180, version="v5", failures=rolled_back)])
    known = consequences(canaries, releases)
    found = accuracy((canary, known[canary.id]) for canary in canaries)
    assert isinstance(found, Accuracy)
    assert (found.false_aborts and (found.false_aborts.k, found.false_aborts.n)) == (1, 1)
    assert (found.missed and (found.missed.k, found.missed.n)) == (1, 2)
    assert (found.aborts_not_known, found.passes_not_known, found.aborts_given_up) == (2, 0, 1)
    assert accuracy([]) == Accuracy(false_aborts=None, missed=None, aborts_not_known=0, passes_not_known=0)


def test_outcomes_are_what_the_tests_above_say() -> None:
    assert tried(0, aborted=True).outcome is Outcome.ABORTED
    assert tried(0, aborted=False).outcome is Outcome.PROMOTED
