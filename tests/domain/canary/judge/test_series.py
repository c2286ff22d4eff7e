"""Missing measurements, outliers and what a series looks like: the cases of Kayenta's suites."""

from math import nan

import pytest

from dashboard.domain.canary.judge.series import (
    Description,
    Missing,
    describe,
    percentile,
    without_missing,
    without_outliers,
)

_NIST_FLOWS = [
    30, 171, 184, 201, 212, 250, 265, 270, 272, 289, 305, 306, 322, 322, 336, 346, 351, 370, 390, 404, 409,
    411, 436, 437, 439, 441, 444, 448, 451, 453, 470, 480, 482, 487, 494, 495, 499, 503, 514, 521, 522, 527,
    548, 550, 559, 560, 570, 572, 574, 578, 585, 592, 592, 607, 616, 618, 621, 629, 637, 638, 640, 656, 668,
    707, 709, 719, 737, 739, 752, 758, 766, 792, 792, 794, 802, 818, 830, 832, 843, 858, 860, 869, 918, 925,
    953, 991, 1000, 1005, 1068, 1441,
]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "missing", "expected"),
    [
        ([0.0, 1.0, nan, 1.0, 0.0], Missing.REMOVE, [0.0, 1.0, 1.0, 0.0]),
        ([nan, nan, nan], Missing.REMOVE, []),
        ([nan, 10.1, 20.2, 30.3, nan, 40.4], Missing.REPLACE, [0.0, 10.1, 20.2, 30.3, 0.0, 40.4]),
        ([], Missing.REPLACE, []),
    ],
)
def test_missing_measurements(values: list[float], missing: Missing, expected: list[float]) -> None:
    assert without_missing(values, missing) == expected


@pytest.mark.parametrize(
    ("values", "left_out"),
    [
        ([21.0, 23, 24, 25, 50, 29, 23, 21], [50]),
        ([1.0, 1, 1, 5, -1, -1, -1, -5], [5, -5]),
        ([float(flow) for flow in _NIST_FLOWS], [1441]),
        ([], []),
    ],
)
def test_tukeys_fences_leave_out(values: list[float], left_out: list[float]) -> None:
    expected = [value for value in values if value not in left_out]
    assert without_outliers(values, 1.5, keep_percentiles=False) == expected


def test_what_lies_between_the_first_and_the_last_percentile_stays() -> None:
    values = [1.0] * 95 + [50.0] * 5
    assert without_outliers(values) == values
    assert without_outliers(values, keep_percentiles=False) == [1.0] * 95


def test_a_factor_is_above_0() -> None:
    with pytest.raises(ValueError, match="outlier factor: found 0"):
        without_outliers([1.0], 0)


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5], 5, 0.175),
        ([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5], 50, 1.75),
        ([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5], 100, 3.5),
        ([float(value) for value in range(10)], 50, 4.5),
        (
            [95.1772, 95.1567, 95.1937, 95.1959, 95.1442, 95.0610, 95.1591, 95.1195, 95.1772, 95.0925,
             95.1990, 95.1682],
            90,
            95.19568,
        ),
        ([1.0], 100, 1.0),
    ],
)  # fmt: skip
def test_percentiles_are_linear_between_the_neighbours(
    values: list[float], percent: float, expected: float
) -> None:
    assert percentile(values, percent) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("values", "percent"), [([], 50), ([1.0], 101), ([1.0], -1)])
def test_a_percentile_of_nothing_or_beyond_all_is_refused(values: list[float], percent: float) -> None:
    with pytest.raises(ValueError, match="expected some values and 0 to 100 %"):
        percentile(values, percent)


def test_a_description_has_the_deviation_of_a_sample() -> None:
    found = describe([1.0, 1.0, 1.0, 10.0, 10.0, 10.0])
    assert (found.count, found.low, found.high, found.mean, found.median) == (6, 1, 10, 5.5, 5.5)
    assert found.std == pytest.approx(4.9295, abs=1e-4)
    assert describe([4.0]) == Description(count=1, low=4, high=4, mean=4, median=4, std=0)


def test_no_measurements_have_no_description() -> None:
    assert describe([]) == Description(count=0, low=None, high=None, mean=None, median=None, std=None)
