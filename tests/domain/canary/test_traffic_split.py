"""Whether the canary got its weight, step by step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.canary.ticks import Tick
from dashboard.domain.canary.traffic_split import Split, traffic_splits


def _tick(canary: float, total: float, weight: float | None) -> Tick:
    return Tick(canary_bad=0, canary_total=canary, stable_bad=0, stable_total=total - canary, weight=weight)


@pytest.mark.parametrize(
    ("canary", "total", "weight", "expected"),
    [
        (0, 0, 0.1, Split.NO_REQUESTS),
        (0, 1_000, 0.1, Split.TOO_LITTLE),
        (50, 1_000, 0.1, Split.TOO_LITTLE),
        (100, 1_000, 0.1, Split.AS_WEIGHTED),
        (110, 1_000, 0.1, Split.AS_WEIGHTED),
        (200, 1_000, 0.1, Split.TOO_MUCH),
        (10, 100, 0.1, Split.TOO_FEW_REQUESTS),
        (1, 2, 0.5, Split.TOO_FEW_REQUESTS),
        (1_000, 1_000, 1.0, Split.AS_WEIGHTED),
        (0, 1_000, 0.0, Split.AS_WEIGHTED),
        (1, 1_000, 0.0, Split.TOO_MUCH),
        (10**8, 10**9, 0.1, Split.AS_WEIGHTED),
        (125 * 10**6, 10**9, 0.1, Split.TOO_MUCH),
        (99.6, 999.8, 0.1, Split.AS_WEIGHTED),
    ],
)
def test_the_split_of_one_step(canary: float, total: float, weight: float, expected: Split) -> None:
    (found,) = traffic_splits([_tick(canary, total, weight)])
    assert found.split is expected
    assert (found.share is None) == (expected is Split.NO_REQUESTS)


def test_each_stretch_of_one_weight_is_a_step() -> None:
    ticks = [_tick(10, 1_000, 0.01), *[_tick(100, 1_000, 0.1)] * 3, _tick(5, 100, None), _tick(1, 1_000, 0.1)]
    found = traffic_splits(ticks)
    assert [(step.weight, step.first, step.last) for step in found] == [
        (0.01, 0, 0),
        (0.1, 1, 3),
        (0.1, 5, 5),
    ]
    assert [step.share.n for step in found if step.share] == [1_000, 3_000, 1_000]
    assert found[-1].split is Split.TOO_LITTLE


def test_without_known_weights_nothing_is_said() -> None:
    assert traffic_splits([_tick(1, 10, None)]) == ()


def test_how_near_is_near_enough_is_a_choice() -> None:
    ticks = [_tick(1_300, 10_000, 0.1)]
    assert traffic_splits(ticks)[0].split is Split.TOO_MUCH
    assert traffic_splits(ticks, near_enough=0.5)[0].split is Split.AS_WEIGHTED
    with pytest.raises(ValueError, match=r"near enough: found -0\.1"):
        traffic_splits(ticks, near_enough=-0.1)


@given(total=st.integers(1, 10**6), part=st.floats(0, 1), weight=st.floats(0, 1))
def test_a_share_within_its_interval_of_the_weight_is_never_called_wrong(
    total: int, part: float, weight: float
) -> None:
    (found,) = traffic_splits([_tick(round(total * part), total, weight)])
    assert found.share is not None
    if found.share.low <= weight <= found.share.high:
        assert found.split in {Split.AS_WEIGHTED, Split.TOO_FEW_REQUESTS}
