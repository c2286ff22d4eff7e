"""The Mann-Whitney test and the Hodges-Lehmann shift: exact, and the same in any unit."""

import json
from itertools import combinations
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dashboard.domain.canary.judge import differences
from dashboard.domain.canary.judge.differences import ordered_differences
from dashboard.domain.canary.judge.mann_whitney import (
    EXACT_PAIRS,
    RankTest,
    rank_test,
    relative,
    shift_interval,
)
from tests.histories import vectors

#: Kayenta's MannWhitneySuite, whose figures are R's: how often each value is there.
_SHIFTS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "kayenta_shifts.json").read_text(encoding="utf-8")
)
_TIED = st.lists(st.integers(0, 5).map(float), min_size=1, max_size=6)
_VALUES = st.lists(st.floats(-1e6, 1e6).map(lambda value: round(value, 3)), min_size=1, max_size=12)


def _normal(random: Random, n: int, centre: float = 0.0) -> list[float]:
    return [random.gauss(centre, 1) for _ in range(n)]


def _u(experiment: list[float], control: list[float]) -> float:
    return sum((x > y) + (x == y) / 2 for x in experiment for y in control)


def _by_permutation(experiment: list[float], control: list[float]) -> RankTest:
    pooled, n, found = [*experiment, *control], len(experiment), _u(experiment, control)
    places = range(len(pooled))
    drawn = [
        _u([pooled[i] for i in chosen], [pooled[i] for i in places if i not in chosen])
        for chosen in combinations(places, n)
    ]
    return RankTest(
        greater=sum(u >= found for u in drawn) / len(drawn),
        less=sum(u <= found for u in drawn) / len(drawn),
        share_above=found / (n * len(control)),
    )


@pytest.mark.parametrize(
    "row",
    [row for row in vectors("canary_judge.tsv") if row["what"] == "shift"],
    ids=lambda row: row["detail"],
)
def test_the_shift_is_the_worked_one(row: dict[str, str]) -> None:
    experiment, control = ([float(v) for v in row[side].split(",")] for side in ("experiment", "control"))
    found = shift_interval(experiment, control, float(row["confidence"]))
    assert row["detail"] == f"interval [{found.low:g}, {found.high:g}], estimate {found.estimate:g}"


@pytest.mark.parametrize("case", _SHIFTS, ids=lambda case: case["name"])
def test_the_shift_of_many_ties_is_that_of_r_but_for_the_tolerance_of_its_solver(
    case: dict[str, Any],
) -> None:
    experiment, control = (
        [float(value) for value, count in case[side].items() for _ in range(count)]
        for side in ("experiment", "control")
    )
    found = shift_interval(experiment, control, case["confidence"])
    for name in ("estimate", "low", "high"):
        assert getattr(found, name) == pytest.approx(case[name], abs=1e-4)


@given(experiment=_TIED, control=_TIED)
def test_small_samples_with_ties_have_the_chances_of_every_permutation(
    experiment: list[float], control: list[float]
) -> None:
    found, expected = rank_test(experiment, control), _by_permutation(experiment, control)
    assert found.greater == pytest.approx(expected.greater, rel=1e-12)
    assert found.less == pytest.approx(expected.less, rel=1e-12)
    assert found.share_above == pytest.approx(expected.share_above, rel=1e-12)


@pytest.mark.parametrize(("n", "m"), [(5, 5), (9, 4), (30, 30), (60, 60), (100, 100)])
def test_samples_without_ties_have_the_published_exact_chances(n: int, m: int) -> None:
    random = Random(n)  # noqa: S311 - the samples are to be the same every time
    experiment, control = _normal(random, n, 0.3), _normal(random, m)
    found = rank_test(experiment, control)
    greater = stats.mannwhitneyu(experiment, control, alternative="greater", method="exact").pvalue
    less = stats.mannwhitneyu(experiment, control, alternative="less", method="exact").pvalue
    assert (found.greater, found.less) == pytest.approx((greater, less), rel=1e-6)


@pytest.mark.parametrize(("n", "m"), [(60, 60), (210, 40), (150, 150)])
def test_large_samples_with_ties_have_the_normal_chances_corrected_for_them(n: int, m: int) -> None:
    random = Random(m)  # noqa: S311 - ditto
    experiment = [float(random.randrange(9)) for _ in range(n)]
    control = [float(random.randrange(8)) for _ in range(m)]
    found = rank_test(experiment, control)
    greater = stats.mannwhitneyu(experiment, control, alternative="greater", method="asymptotic").pvalue
    less = stats.mannwhitneyu(experiment, control, alternative="less", method="asymptotic").pvalue
    assert (found.greater, found.less) == pytest.approx((greater, less), rel=1e-9)


def test_large_samples_that_are_all_the_same_differ_in_nothing() -> None:
    assert rank_test([3.0] * 200, [3.0] * 200) == RankTest(greater=1, less=1, share_above=0.5)


@given(experiment=_VALUES, control=_VALUES)
def test_swapping_the_samples_swaps_the_chances_and_turns_the_shift_round(
    experiment: list[float], control: list[float]
) -> None:
    there, back = rank_test(experiment, control), rank_test(control, experiment)
    assert (back.greater, back.less) == pytest.approx((there.less, there.greater), rel=1e-12)
    shift, turned = (shift_interval(*pair, 0.9) for pair in ((experiment, control), (control, experiment)))
    assert turned.estimate == -shift.estimate
    assert turned.low == (None if shift.high is None else -shift.high)
    assert back.share_above == pytest.approx(1 - there.share_above)


@given(experiment=_VALUES, control=_VALUES, factor=st.sampled_from([2.0**-20, 0.5, 4.0, 2.0**30]))
def test_another_unit_gives_the_same_chances_and_the_shift_in_that_unit(
    experiment: list[float], control: list[float], factor: float
) -> None:
    scaled = [value * factor for value in experiment], [value * factor for value in control]
    assert rank_test(*scaled) == rank_test(experiment, control)
    found, expected = shift_interval(*scaled, 0.9), shift_interval(experiment, control, 0.9)
    assert found.estimate == expected.estimate * factor
    assert found.low == (None if expected.low is None else expected.low * factor)


@given(
    experiment=st.lists(st.integers(0, 50), min_size=5, max_size=9),
    control=st.lists(st.integers(0, 50), min_size=5, max_size=9),
    shift=st.integers(-9, 9),
)
def test_a_shift_in_milliseconds_is_the_same_in_seconds(
    experiment: list[int], control: list[int], shift: int
) -> None:
    """Whole milliseconds tie with each other; their subtractions in seconds miss by a rounding."""
    in_seconds = [value / 1000 for value in experiment], [value / 1000 for value in control]
    assert rank_test(*in_seconds, shift / 1000) == rank_test(experiment, control, shift)


@given(experiment=_VALUES, control=_VALUES, amount=st.integers(-1000, 1000))
def test_the_test_at_a_shift_is_that_of_the_shifted_sample(
    experiment: list[float], control: list[float], amount: int
) -> None:
    whole = [float(round(value)) for value in experiment], [float(round(value)) for value in control]
    moved = [value + amount for value in whole[0]]
    assert rank_test(moved, whole[1], float(amount)) == rank_test(*whole)


@pytest.mark.parametrize("n", [5, 12, 40])
def test_the_interval_is_what_the_two_sided_test_does_not_reject(n: int) -> None:
    random = Random(n)  # noqa: S311 - ditto
    experiment, control = _normal(random, n, 0.5), _normal(random, n)
    found = shift_interval(experiment, control, 0.95)
    assert found.low is not None
    assert found.high is not None
    for end, outward in ((found.low, -1e-9), (found.high, 1e-9)):
        assert rank_test(experiment, control, end + outward).two_sided <= 0.05
        assert rank_test(experiment, control, end - outward).two_sided > 0.05


def test_the_estimate_is_the_median_of_all_differences() -> None:
    experiment, control = [1.0, 4.0, 9.0], [0.5, 2.5, 2.5, 7.0]
    found = shift_interval(experiment, control, 0.5)
    assert found.estimate == median(x - y for x in experiment for y in control)


@pytest.mark.parametrize(("n", "confidence"), [(3, 0.95), (4, 0.98), (5, 0.999)])
def test_too_few_values_have_no_interval_at_that_confidence(n: int, confidence: float) -> None:
    found = shift_interval([float(v) for v in range(n)], [float(v) for v in range(n)], confidence)
    assert (found.low, found.high) == (None, None)


def test_the_interval_covers_the_true_shift_as_often_as_it_says() -> None:
    random = Random(1)  # noqa: S311 - ditto
    held = 0
    for _ in range(1_000):
        experiment, control = ([random.expovariate(1) for _ in range(8)] for _ in range(2))
        found = shift_interval([value + 2 for value in experiment], control, 0.9)
        held += (found.low or 9) <= 2 <= (found.high or -9)
    assert 0.88 < held / 1_000 < 0.94  # discrete: at least 90 %


def test_beyond_the_exact_sizes_the_interval_goes_on_smoothly() -> None:
    random = Random(2)  # noqa: S311 - ditto
    experiment, control = _normal(random, 101), _normal(random, 100)
    assert len(experiment) * len(control) > EXACT_PAIRS
    larger, exact = (
        shift_interval(experiment, control, 0.95),
        shift_interval(experiment[:100], control, 0.95),
    )
    assert larger.low == pytest.approx(exact.low, abs=0.05)
    assert larger.high == pytest.approx(exact.high, abs=0.05)


@given(experiment=_VALUES, control=_VALUES)
def test_counted_order_statistics_are_the_sorted_ones(experiment: list[float], control: list[float]) -> None:
    positions = list(range(len(experiment) * len(control)))
    expected = sorted(x - y for x in experiment for y in control)
    assert ordered_differences(experiment, control, positions) == expected
    ups, downs = sorted(experiment), sorted(control, reverse=True)
    # The other way is for samples that are too large to sort in a test of every position.
    assert differences._counted(ups, downs, positions) == expected
    assert differences._counted(ups, downs, positions, most=3, chosen_values=2) == expected


@given(experiment=_TIED, control=_TIED)
def test_counted_order_statistics_of_ties_are_the_sorted_ones(
    experiment: list[float], control: list[float]
) -> None:
    positions = list(range(len(experiment) * len(control)))
    ups, downs = sorted(experiment), sorted(control, reverse=True)
    for most in (0, 1, 5):
        found = differences._counted(ups, downs, positions, most=most, chosen_values=1)
        assert found == sorted(x - y for x in experiment for y in control)


def test_differences_of_long_series_are_found_without_writing_them_down() -> None:
    random = Random(3)  # noqa: S311 - ditto
    experiment, control = _normal(random, 3_000, 5.0), _normal(random, 3_000)
    middle = ordered_differences(experiment, control, [3_000 * 3_000 // 2])[0]
    assert middle == pytest.approx(5, abs=0.1)
    below = sum(x - y < middle for x in experiment[:50] for y in control)
    assert 0.4 < below / (50 * 3_000) < 0.6


@pytest.mark.parametrize(
    ("experiment", "control", "expected"),
    [([1, 2, 3, 4, 5], [1, 2, 3, 4, 5], 0.5), ([1, 2], [3, 4], 0.0), ([3, 4], [1, 2], 1.0)],
)
def test_the_share_above_is_of_pairs(experiment: list[float], control: list[float], expected: float) -> None:
    assert rank_test(experiment, control).share_above == expected


def test_a_shift_is_told_as_a_share_of_the_controls_level() -> None:
    assert relative(3.0, [-10.0, -12.0, -9.0]) == 0.3
    assert relative(3.0, [0.0, 0.0, 5.0]) is None


@pytest.mark.parametrize(
    ("experiment", "control", "message"),
    [
        ([], [1.0], "experiment: found no values"),
        ([1.0], [], "control: found no values"),
        ([1.0, float("nan")], [1.0], "experiment: found a value that is not finite"),
        ([1.0], [float("inf")], "control: found a value that is not finite"),
    ],
)
def test_no_values_and_no_numbers_are_refused(
    experiment: list[float], control: list[float], message: str
) -> None:
    for function in (rank_test, lambda x, y: shift_interval(x, y, 0.95)):
        with pytest.raises(ValueError, match=message):
            function(experiment, control)


def test_a_confidence_is_between_0_and_1() -> None:
    with pytest.raises(ValueError, match="confidence: found 95"):
        shift_interval([1.0], [2.0], 95)
