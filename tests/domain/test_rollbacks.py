"""Which deployments bring back an earlier artefact, and what each of them takes away."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.deployments import Deployment, DeploymentState
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.rollbacks import find_rollbacks, rolled_back
from tests.happenings import deployment

FAILED = DeploymentState.FAILED


def _lane(*artefacts: str) -> list[Deployment]:
    """One an hour; `B!` failed, `B?` is in progress, `-` has no artefact."""
    states = {"!": FAILED, "?": DeploymentState.IN_PROGRESS, "q": DeploymentState.QUEUED}
    return [
        deployment(
            f"d{index}",
            None if text[1:] in {"?", "q"} else index * 60,
            None if text[0] == "-" else text[0],
            started=index * 60 - 10,
            state=states.get(text[1:], DeploymentState.SUCCEEDED),
        )
        for index, text in enumerate(artefacts)
    ]


def _found(lane: Iterable[Deployment]) -> dict[str, str | None]:
    """What each rollback took away, by id."""
    return {by[2]: rollback.of[2] if rollback.of else None for by, rollback in find_rollbacks(lane).items()}


@pytest.mark.parametrize(
    ("lane", "expected"),
    [
        ("A B A", {"d2": "d1"}),
        ("A B! A", {"d2": "d1"}),
        ("A A", {}),
        ("A B B", {}),
        ("A B C", {}),
        ("A! B A", {}),  # it never succeeded before
        ("A B A B", {"d2": "d1"}),  # deploying again what was rolled back is a new try
        ("A B A A", {"d2": "d1"}),  # redeploying what runs now
        ("A B A B A", {"d2": "d1", "d4": "d3"}),
        ("A B A C A", {"d2": "d1", "d4": "d3"}),
        ("A B C B", {"d3": "d2"}),
        ("A B C A", {"d3": "d2"}),
        ("A B C A B", {"d3": "d2"}),  # B was gone with C: a new try
        ("A B C B A", {"d3": "d2", "d4": "d3"}),
        ("A B A! A", {"d2": "d1", "d3": "d1"}),  # a rollback that failed took nothing away: the next one did
        ("A B B! A", {"d3": "d1"}),  # what ran was the success
        ("A B C! A", {"d3": "d1"}),  # ditto: C had failed by itself
        ("A B C! B", {"d3": "d2"}),
        ("A - A", {}),  # what was in between may have been A
        ("- B -", {}),
        ("A B A?", {"d2": "d1"}),
        ("A B Aq", {"d2": "d1"}),
    ],
)
def test_an_earlier_success_that_comes_back_is_a_rollback(lane: str, expected: dict[str, str]) -> None:
    deployments = _lane(*lane.split())
    assert _found(deployments) == expected
    assert _found(reversed(deployments)) == expected
    assert all(rollback.inferred for rollback in find_rollbacks(deployments).values())


def test_only_a_rollback_that_succeeded_takes_something_away() -> None:
    for last, taken in (("A", {"d1": "d2"}), ("A!", {}), ("A?", {})):
        lane = _lane("A", "B", last)
        found = rolled_back(lane, find_rollbacks(lane))
        assert {key[2]: by.id for key, by in found.items()} == taken


def test_one_that_is_called_a_rollback_is_one_without_an_earlier_success() -> None:
    lane = [deployment("d0", 0, "B"), deployment("d1", 60, "A", change=ChangeType.ROLLBACK)]
    (rollback,) = find_rollbacks(lane).values()
    assert (rollback.by[2], rollback.of, rollback.inferred) == ("d1", lane[0].key, False)


def test_one_that_is_called_a_rollback_is_one_even_when_nobody_knows_of_what() -> None:
    for lane in ([deployment("d", 0, change=ChangeType.ROLLBACK)], [deployment("d", 0, rollback_of="lost")]):
        assert _found(lane) == {"d": None}


@pytest.mark.parametrize("named", ["d1", "B", "b-sha"])
def test_a_rollback_may_name_what_it_takes_away_by_id_version_or_commit(named: str) -> None:
    lane = [
        deployment("d0", 0, "A"),
        deployment("d1", 60, "B", commit="b-sha"),
        deployment("d2", 120, "C"),
        deployment("d3", 180, "D", rollback_of=named),
    ]
    assert _found(lane) == {"d3": "d1"}


def test_a_rollback_to_an_unknown_artefact_takes_the_newest_away() -> None:
    lane = [*_lane("A", "B!"), deployment("d2", 120, None, change=ChangeType.ROLLBACK)]
    assert _found(lane) == {"d2": "d1"}


def test_an_emergency_fix_is_what_it_says_it_is() -> None:
    lane = [*_lane("A", "B"), deployment("d2", 120, "A", change=ChangeType.EMERGENCY)]
    assert _found(lane) == {}


def test_what_was_superseded_never_ran() -> None:
    lane = [*_lane("A", "A"), deployment("d9", None, "B", started=30, state=DeploymentState.SUPERSEDED)]
    assert _found(lane) == {}


def test_what_was_superseded_brought_nothing_back() -> None:
    lane = [*_lane("A", "B"), deployment("d9", None, "A", started=100, state=DeploymentState.SUPERSEDED)]
    assert _found(lane) == {}


def test_services_and_environments_do_not_mix() -> None:
    lane = _lane("A", "B", "A")
    for other in (
        deployment("d1", 60, "B", service="web"),
        deployment("d1", 60, "B", environment="staging"),
    ):
        assert _found([lane[0], other, lane[2]]) == {}


def test_the_commit_is_the_artefact_where_no_version_is_known() -> None:
    lane = [deployment(f"d{index}", index * 60, None, commit=sha) for index, sha in enumerate("aba")]
    assert _found(lane) == {"d2": "d1"}


@given(
    lane=st.lists(st.sampled_from(["A", "B", "C", "A!", "B!", "-"]), max_size=12).map(
        lambda names: _lane(*names)
    ),
    data=st.data(),
)
def test_an_inferred_rollback_brings_back_a_success_and_takes_away_something_else(
    lane: list[Deployment], data: st.DataObject
) -> None:
    found = find_rollbacks(lane)
    assert find_rollbacks(data.draw(st.permutations(lane))) == found
    by_key = {item.key: item for item in lane}
    for rollback in found.values():
        item = by_key[rollback.by]
        assert rollback.of is not None
        taken = by_key[rollback.of]
        earlier = [other for other in lane[: lane.index(item)] if other.artefact == item.artefact]
        assert any(other.state is DeploymentState.SUCCEEDED for other in earlier)
        assert taken.artefact not in {None, item.artefact}
        assert lane.index(taken) < lane.index(item)
    taken_away = [
        rollback.of for by, rollback in found.items() if by_key[by].state is DeploymentState.SUCCEEDED
    ]
    assert len(set(taken_away)) == len(taken_away), "nothing is taken away twice"


def test_the_name_of_a_branch_is_no_artefact() -> None:
    """`main`, a hotfix branch and `main` again, each another commit, is three steps forward."""
    forward = [
        deployment("d1", 0, "main", commit="s1"),
        deployment("d2", 60, "hotfix/login", commit="s2"),
        deployment("d3", 120, "main", commit="s3"),
    ]
    assert _found(forward) == {}
    back = [
        deployment(f"d{index}", index * 60, "main", commit=commit)
        for index, commit in enumerate(("s1", "s2", "s1"))
    ]
    assert _found(back) == {"d2": "d1"}


def test_a_version_that_always_was_one_commit_stands_for_it() -> None:
    lane = [
        deployment("d1", 0, "v1", commit="s1"),
        deployment("d2", 60, "v2", commit="s2"),
        deployment("d3", 120, "v1", commit=None),
    ]
    assert _found(lane) == {"d3": "d2"}
