"""The state of a Rollout: the weight that its canary has, and the order of states."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.canary.rollouts import in_order
from tests.canary_states import state


@pytest.mark.parametrize(
    ("more", "weight"),
    [
        ({"step": 0}, 10),
        ({"step": 2}, 10),
        ({"step": 3}, 50),
        ({"step": 6}, 100),
        ({"step": 2, "weight": 7}, 7),
        ({"step": 0, "steps": [{"pause": {}}, {"setWeight": 5}]}, None),
        ({"step": None}, None),
        ({"step": 0, "aborted": True}, None),
        ({"canary": "old"}, None),
    ],
)
def test_the_weight_is_the_provider_s_or_that_of_the_last_step(
    more: dict[str, object], weight: int | None
) -> None:
    assert state(**more).current_weight == weight


def test_the_cluster_s_version_orders_states_even_when_their_times_do_not() -> None:
    later, earlier = state(at=1, step=2, version=9), state(at=5, step=1, version=8)
    assert in_order([later, earlier]) == [earlier, later]


@given(order=st.permutations(range(5)))
def test_after_a_cluster_was_restored_times_order_states_since_versions_begin_anew(order: list[int]) -> None:
    told = [
        *(state(at=minute, step=minute, version=5000 + minute) for minute in (0, 1)),
        *(state(at=minute, step=2, version=200 + minute) for minute in (10, 11, 12)),
    ]
    assert in_order(told[number] for number in order) == told


def test_a_state_that_came_back_stands_on_both_sides_of_the_one_between() -> None:
    back, between = state(step=0, version=102), state(step=1, version=101)
    back = replace(back, first_version=100)
    assert [(one.step_index, one.resource_version) for one in in_order([back, between])] == [
        (0, 100), (1, 101), (0, 102),
    ]  # fmt: skip
    assert in_order([back]) == [back]
