"""Control charts: the handbook's worked limits, each rule at its edge, and what holds for any durations."""

from itertools import accumulate
from math import exp, inf, log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.control_chart import (
    MINIMUM_BASELINE,
    ControlChart,
    Limits,
    Signal,
    duration_chart,
    find_signals,
    limits,
)

_FLOWRATES = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
_BOUNDS = Limits(centre=10.0, lower=4.0, upper=16.0, mean_moving_range=2.256, baseline=12)
_DURATIONS = st.lists(st.integers(0, 10**7).map(float), max_size=40)
_NONE: frozenset[Signal] = frozenset()


def _limits(chart: ControlChart) -> Limits:
    assert chart.limits is not None
    return chart.limits


def test_the_handbooks_flowrates_have_its_limits() -> None:
    # NIST/SEMATECH e-Handbook, 6.3.2.2
    found = limits(_FLOWRATES, len(_FLOWRATES))
    assert found is not None
    assert found.centre == pytest.approx(50.81, abs=5e-5)
    assert found.mean_moving_range == pytest.approx(1.8778, abs=5e-5)
    assert found.lower == pytest.approx(45.8159, abs=5e-5)
    assert found.upper == pytest.approx(55.8041, abs=5e-5)
    assert found.baseline == 10


def test_only_the_baseline_sets_the_limits() -> None:
    assert limits([*_FLOWRATES, 1000.0, -1000.0], 10) == limits(_FLOWRATES, 10)
    assert limits(_FLOWRATES, 10) == limits(_FLOWRATES, 99)


@pytest.mark.parametrize(
    ("values", "baseline"), [([], 12), ([1.0], 12), ([1.0, 2.0], 1), ([1.0, 2.0, 3.0], -1)]
)
def test_fewer_than_two_values_have_no_limits(values: list[float], baseline: int) -> None:
    assert limits(values, baseline) is None


@pytest.mark.parametrize("edge", [4.0, 16.0])
def test_a_value_on_a_limit_is_within_it_and_the_next_one_is_beyond(edge: float) -> None:
    outside = edge * 1.000001 if edge > 10 else edge * 0.999999
    assert find_signals([edge], _BOUNDS) == (_NONE,)
    assert find_signals([outside], _BOUNDS) == (frozenset({Signal.BEYOND_LIMIT}),)


@pytest.mark.parametrize("side", [11.0, 9.0])
def test_the_eighth_in_a_row_on_one_side_and_those_after_it_are_a_run(side: float) -> None:
    run = frozenset({Signal.RUN_OF_EIGHT})
    assert find_signals([side] * 10, _BOUNDS) == (_NONE,) * 7 + (run,) * 3
    assert find_signals([side] * 7 + [20.0 - side] + [side] * 7, _BOUNDS) == (_NONE,) * 15


def test_a_value_on_the_centre_breaks_a_run() -> None:
    assert find_signals([11.0] * 7 + [10.0] + [11.0] * 7, _BOUNDS) == (_NONE,) * 15


@pytest.mark.parametrize(
    ("values", "standing_out"),
    [
        ([14.0, 14.0, 14.0], [2]),
        ([14.0, 9.0, 14.0, 14.0], [3]),
        ([6.0, 6.0, 11.0, 6.0], [3]),
        ([14.0, 14.0, 14.0, 12.0], [2]),  # the last one is itself near the centre
        ([14.0, 14.0, 9.0, 9.0, 14.0], []),
        ([14.0, 14.0, 6.0, 6.0], []),  # near two different limits
        ([13.0, 13.0, 13.0, 13.0], []),  # exactly half way is not closer to the limit
        ([13.1, 13.1, 13.1, 13.1], [2, 3]),
    ],
)
def test_three_of_four_closer_to_the_same_limit_stand_out(
    values: list[float], standing_out: list[int]
) -> None:
    found = find_signals(values, _BOUNDS)
    assert [at for at, signals in enumerate(found) if Signal.THREE_OF_FOUR in signals] == standing_out


def test_a_value_can_stand_out_for_every_reason() -> None:
    assert find_signals([11.0] * 5 + [14.0, 14.0, 17.0], _BOUNDS)[-1] == frozenset(Signal)


@given(values=st.lists(st.floats(0, 20), max_size=40), cut=st.integers(0, 40))
def test_a_later_value_never_changes_what_was_said_of_an_earlier(values: list[float], cut: int) -> None:
    assert find_signals(values[:cut], _BOUNDS) == find_signals(values, _BOUNDS)[:cut]


@given(values=st.lists(st.integers(0, 20).map(float), max_size=40))
def test_the_mirror_image_has_the_same_signals(values: list[float]) -> None:
    assert find_signals([20.0 - value for value in values], _BOUNDS) == find_signals(values, _BOUNDS)


@pytest.mark.parametrize("n", [0, 1, 11])
def test_below_the_baseline_there_are_neither_limits_nor_signals(n: int) -> None:
    values = [60.0 * 10**k for k in range(n)]
    assert MINIMUM_BASELINE == 12
    assert duration_chart(values) == ControlChart(
        values=tuple(values), limits=None, signals=(frozenset(),) * n
    )


def test_the_limits_of_durations_are_those_of_their_logarithms_in_seconds() -> None:
    values = [60.0, 120.0] * 6  # a moving range of log 2 each time
    found = _limits(duration_chart(values))
    centre = (log(60) + log(120)) / 2
    assert found.centre == pytest.approx(exp(centre), rel=1e-9)
    assert found.upper == pytest.approx(exp(centre + 3 / 1.128 * log(2)), rel=1e-9)
    assert found.lower == pytest.approx(exp(centre - 3 / 1.128 * log(2)), rel=1e-9)
    assert found.mean_moving_range == pytest.approx(2.0, rel=1e-9)
    assert found.baseline == 12


def test_one_long_duration_after_the_baseline_stands_out() -> None:
    chart = duration_chart([60.0, 120.0] * 6 + [36_000.0])
    assert chart.signals == (_NONE,) * 12 + (frozenset({Signal.BEYOND_LIMIT}),)


def test_durations_that_grew_for_good_are_a_run() -> None:
    chart = duration_chart([60.0, 120.0] * 6 + [100.0, 140.0] * 4)
    # The last of the baseline was above the centre too, so the run is complete with the seventh after it.
    assert chart.signals == (_NONE,) * 18 + (frozenset({Signal.RUN_OF_EIGHT}),) * 2


@pytest.mark.parametrize("same", [0.0, 1.0, 60.0, 86_400.0])
def test_the_same_duration_again_and_again_does_not_stand_out_nor_does_one_that_rounds_otherwise(
    same: float,
) -> None:
    chart = duration_chart([same] * 40)
    assert set(chart.signals) == {_NONE}
    assert set(duration_chart([same] * 12 + [same + 0.5]).signals) == {_NONE}
    if same >= 60:
        assert duration_chart([same] * 12 + [same + 10]).signals[-1] == {Signal.BEYOND_LIMIT}


@given(values=_DURATIONS, later=_DURATIONS)
def test_later_durations_move_neither_limits_nor_signals(values: list[float], later: list[float]) -> None:
    chart, longer = duration_chart(values), duration_chart(values + later)
    assert len(longer.signals) == len(values + later)
    if chart.limits is not None:
        assert longer.limits == chart.limits
        assert longer.signals[: len(values)] == chart.signals


@given(values=st.lists(st.integers(0, 10**7).map(float), min_size=12, max_size=40))
def test_the_limits_are_finite_and_enclose_the_centre(values: list[float]) -> None:
    found = _limits(duration_chart(values))
    assert 0 < found.lower < found.centre < found.upper < inf


@given(values=st.lists(st.integers(100, 10**6), min_size=12, max_size=40))
def test_four_times_as_long_throughout_has_the_same_signals(values: list[int]) -> None:
    # Whole-number logarithms, so that no value lies just beside an edge.
    steps = [exp(value % 7) * 1000 for value in values]
    assert duration_chart([4 * step for step in steps]).signals == duration_chart(steps).signals


def test_routine_variation_rarely_stands_out() -> None:
    # The docstring of `duration_chart`: 4 in 100 get a signal, 2 of them for being beyond a limit.
    random = Random(12)  # noqa: S311 - the samples are to be the same every time
    later = [
        signals
        for _ in range(1500)
        for signals in duration_chart([3600 * random.lognormvariate(0, 1) for _ in range(22)]).signals[12:]
    ]
    assert sum(bool(signals) for signals in later) / len(later) == pytest.approx(0.04, abs=0.01)
    beyond = sum(Signal.BEYOND_LIMIT in signals for signals in later)
    assert beyond / len(later) == pytest.approx(0.02, abs=0.006)


def test_a_drift_within_the_baseline_does_not_hide_itself() -> None:
    drift = [float(value) for value in accumulate([600] + [200] * 30)]
    assert any(duration_chart(drift).signals[12:])


def test_what_is_no_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a duration in seconds"):
        duration_chart([60.0, -1.0])
