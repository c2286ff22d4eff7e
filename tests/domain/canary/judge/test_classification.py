"""High, Low, Pass or Nodata: what Kayenta's own suites expect, and what must hold for any metric."""

import json
from math import inf, nan
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.canary.judge.classification import Classification, classify
from dashboard.domain.canary.judge.metric import Direction, EffectLimits, EffectMeasure, Metric, Sensitivity
from dashboard.domain.canary.judge.series import Missing, Outliers
from tests.histories import vectors

_ROWS = [row for row in vectors("canary_judge.tsv") if row["what"] == "classify"]
#: The samples of Kayenta's ClassifierSuite, and what they are to be classified as.
_SUITE: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "kayenta_classifier.json").read_text(encoding="utf-8")
)
_HIGH = [20.0, 22, 21, 25, 30], [1.0, 2.2, 1.1, 2.5, 3]
_SIDE = st.lists(st.integers(1, 40).map(float), min_size=5, max_size=9)


def _metric(experiment: list[float], control: list[float], **more: Any) -> Metric:
    return Metric(name="latency", experiment=experiment, control=control, **more)


def _numbers(text: str) -> list[float]:
    return [float(value) for value in text.split(",") if value]


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: f"{row['experiment']} against {row['control']}")
def test_the_classification_is_the_worked_one(row: dict[str, str]) -> None:
    found = classify(
        _metric(_numbers(row["experiment"]), _numbers(row["control"]), direction=Direction(row["direction"])),
        Sensitivity(tolerance=float(row["tolerance"]), confidence=float(row["confidence"])),
    )
    assert found.classification == row["classification"]
    if row["detail"]:
        assert found.ratio == pytest.approx(float(row["detail"].removeprefix("ratio ")), abs=1e-4)


@pytest.mark.parametrize("case", _SUITE, ids=lambda case: case["name"])
def test_the_classification_is_that_of_kayentas_suite(case: dict[str, Any]) -> None:
    decrease, increase = case.get("allowed", (None, None))
    metric = _metric(
        case["experiment"],
        case["control"],
        direction=Direction(case.get("direction", "either")),
        effect=EffectLimits(
            measure=EffectMeasure(case.get("measure", "meanRatio")),
            allowed_decrease=decrease,
            allowed_increase=increase,
        ),
    )
    sensitivity = Sensitivity(tolerance=case.get("tolerance", 0.1), confidence=case.get("confidence", 0.95))
    found = classify(metric, sensitivity)
    assert found.classification == case["classification"]
    assert not found.critical


@pytest.mark.parametrize(
    ("experiment", "control"),
    [
        ([1.0] * 7, [1.0] * 5),
        ([1.0, 2, 3, 4, 5], [5.0, 4, 3, 2, 1]),
        ([0.0] * 5, [0.0] * 5),
    ],
)
def test_the_same_on_both_sides_passes(experiment: list[float], control: list[float]) -> None:
    found = classify(_metric(experiment, control))
    assert (found.classification, found.ratio) == (Classification.PASS, 1.0)


@pytest.mark.parametrize(
    ("experiment", "control"), [([0.0], [0.0]), ([1.0, 1, 1], [1.0, 1]), ([2.0] * 4, [2.0] * 4)]
)
def test_too_few_points_are_no_pass_although_they_are_the_same(
    experiment: list[float], control: list[float]
) -> None:
    found = classify(_metric(experiment, control))
    assert (found.classification, found.too_few) == (Classification.NODATA, True)


@pytest.mark.parametrize(
    ("experiment", "control", "expected"),
    [
        ([-500.0, -600, -400, -550, -700], [-1.0, -2, -1.5, -1.2, -1.1], Classification.LOW),
        ([-1.0, -2, -1.5, -1.2, -1.1], [-500.0, -600, -400, -550, -700], Classification.HIGH),
        ([5.0, 6, 4, 5.5, 7], [-1.0, -2, -1.5, -1.2, -1.1], Classification.HIGH),
        ([-5.0, -6, -4, -5.5, -7], [1.0, 2, 1.5, 1.2, 1.1], Classification.LOW),
    ],
)
@pytest.mark.parametrize(
    "limits",
    [
        EffectLimits(),
        EffectLimits(
            allowed_increase=1.2, allowed_decrease=0.8, critical_increase=1.5, critical_decrease=0.5
        ),
    ],
)
def test_values_below_0_fail_as_those_above_it_do(
    experiment: list[float], control: list[float], expected: Classification, limits: EffectLimits
) -> None:
    found = classify(_metric(experiment, control, effect=limits, critical=True))
    assert (found.classification, found.critical) == (expected, True)
    assert found.ratio is not None
    assert (found.ratio > 1) == (expected is Classification.HIGH)


def test_the_ratio_of_a_control_below_0_is_one_and_the_change_as_a_share_of_it() -> None:
    found = classify(_metric([-15.0] * 5, [-10.0] * 5))
    assert found.ratio == pytest.approx(0.5)
    assert classify(_metric([-5.0] * 5, [-10.0] * 5)).ratio == pytest.approx(1.5)


@given(experiment=_SIDE, control=_SIDE, limited=st.booleans())
def test_turning_the_sign_of_all_values_round_swaps_high_and_low(
    experiment: list[float], control: list[float], *, limited: bool
) -> None:
    limits = EffectLimits(allowed_increase=1.25, allowed_decrease=0.75) if limited else EffectLimits()
    there = classify(_metric(experiment, control, effect=limits))
    back = classify(_metric([-v for v in experiment], [-v for v in control], effect=limits))
    mirror = {Classification.HIGH: Classification.LOW, Classification.LOW: Classification.HIGH}
    assert back.classification is mirror.get(there.classification, there.classification)


def test_without_a_limit_every_change_counts_although_the_means_say_otherwise() -> None:
    """One slow request in the control outweighs all the others in the mean, but not in the ranks."""
    found = classify(_metric([float(v) for v in range(20, 30)], [*map(float, range(1, 11)), 9_000.0]))
    assert found.classification is Classification.HIGH
    assert found.ratio is not None
    assert found.ratio < 1


def test_nothing_is_called_higher_whose_interval_says_or_lower() -> None:
    """Among ties the test alone would reject, at 6 of 252; the interval goes from -1 to 1."""
    experiment, control = [2.0] * 5, [1.0, 1, 1, 1, 3]
    for sides in ((experiment, control), (control, experiment)):
        found = classify(_metric(*sides))
        assert found.classification is Classification.PASS
        assert found.shift is not None
        assert (found.shift.low, found.shift.high) == (-1, 1)


def test_a_leading_zero_is_no_decrease() -> None:
    found = classify(_metric([0.0, 1, 1, 1, 1], [1.0] * 5, direction=Direction.DECREASE))
    assert found.classification is Classification.PASS


@pytest.mark.parametrize(
    ("experiment", "control", "expected"),
    [
        ([10.0] * 5, [0.0] * 5, Classification.HIGH),
        ([54.9, 54.5, 55.1, 55.6, 57.4], [0.0] * 5, Classification.HIGH),
        ([0.0] * 5, [54.9, 54.5, 55.1, 55.6, 57.4], Classification.LOW),
    ],
)
def test_against_zeros_there_is_no_ratio_and_so_no_limit(
    experiment: list[float], control: list[float], expected: Classification
) -> None:
    limits = EffectLimits(allowed_decrease=0.8, allowed_increase=1.2)
    found = classify(_metric(experiment, control, effect=limits))
    assert (found.classification, found.ratio) == (expected, None)


def test_a_critical_metric_against_zeros_is_critical() -> None:
    experiment = [0.05, 0.05, 0.0166, 0.0166, 0.0166, 0.05, 0.0333, 0.05, 0.05, 0.1333]
    limits = EffectLimits(critical_decrease=0.8, critical_increase=1.2)
    found = classify(_metric(experiment, [0.0] * 10, effect=limits, critical=True, missing=Missing.REPLACE))
    assert (found.classification, found.critical) == (Classification.HIGH, True)


@pytest.mark.parametrize(
    ("allowed", "fatal", "expected", "critical"),
    [
        (None, None, Classification.HIGH, True),
        (None, 1.2, Classification.HIGH, True),
        (5.0, 13.0, Classification.HIGH, False),
        (13.0, 15.0, Classification.PASS, False),
    ],
)
def test_a_twelvefold_increase_under_limits(
    allowed: float | None, fatal: float | None, expected: Classification, *, critical: bool
) -> None:
    limits = EffectLimits(allowed_increase=allowed, critical_increase=fatal)
    found = classify(_metric(*_HIGH, effect=limits, critical=True))
    assert (found.classification, found.critical) == (expected, critical)
    assert found.ratio == pytest.approx(12.0408, abs=1e-4)


@pytest.mark.parametrize(("fatal", "critical"), [(1.0, True), (0.5, True), (0.1, False)])
def test_a_decrease_to_an_eighth_under_limits(fatal: float, *, critical: bool) -> None:
    experiment, control = [2.0, 2, 2, 2, 3], [10.0, 20.2, 10.1, 20.5, 30]
    found = classify(
        _metric(experiment, control, effect=EffectLimits(critical_decrease=fatal), critical=True)
    )
    assert (found.classification, found.critical) == (Classification.LOW, critical)


def test_a_decrease_to_more_than_half_is_no_decrease_to_half() -> None:
    experiment, control = [10.0, 12.2, 10.1, 12.5, 23], [20.0, 22, 21, 25, 30]
    half = EffectLimits(allowed_decrease=0.5, allowed_increase=1.0)
    assert classify(_metric(experiment, control, effect=half)).classification is Classification.PASS


@pytest.mark.parametrize(
    ("more", "expected", "critical"),
    [
        ({}, Classification.NODATA, False),
        ({"critical": True}, Classification.NODATA, True),
        ({"must_have_data": True}, Classification.NODATA_FAIL, False),
        ({"must_have_data": True, "critical": True}, Classification.NODATA, True),
        ({"missing": Missing.REPLACE}, Classification.PASS, False),
        ({"missing": Missing.REPLACE, "must_have_data": True}, Classification.PASS, False),
    ],
)
@pytest.mark.parametrize("sides", [([], [1.0, 2, 3, 4, 5]), ([1.0, 2, 3, 4, 5], []), ([], [])])
def test_a_metric_without_data(
    sides: tuple[list[float], list[float]],
    more: dict[str, Any],
    expected: Classification,
    *,
    critical: bool,
) -> None:
    found = classify(_metric(*sides, **more))
    assert (found.classification, found.critical) == (expected, critical)
    assert "no measurements" in found.reason
    assert not found.too_few
    assert (found.ratio, found.shift, found.p_value) == (None, None, None)


def test_missing_measurements_are_left_out_or_count_as_zero() -> None:
    experiment, control = [nan, 5.0, nan, 5.1, 5.2, 5.3, 5.4], [5.0, 5.1, 5.2, 5.3, 5.4]
    removed = classify(_metric(experiment, control))
    assert (removed.experiment.count, removed.experiment.low) == (5, 5.0)
    replaced = classify(_metric(experiment, control, missing=Missing.REPLACE))
    assert (replaced.experiment.count, replaced.experiment.low) == (7, 0.0)
    nothing = classify(_metric([nan] * 9, control))
    assert nothing.classification is Classification.NODATA


@pytest.mark.parametrize(("n", "m"), [(4, 50), (50, 4), (1, 1)])
def test_less_than_five_points_a_side_are_no_data_yet(n: int, m: int) -> None:
    found = classify(_metric([float(v) for v in range(n)], [100.0 + v for v in range(m)], critical=True))
    assert (found.classification, found.too_few, found.critical) == (Classification.NODATA, True, True)
    assert " on one side, 5 needed" in found.reason


def test_points_that_can_show_nothing_at_that_confidence_are_no_data() -> None:
    found = classify(_metric(*_HIGH), Sensitivity(confidence=0.999))
    assert (found.classification, found.too_few) == (Classification.NODATA, True)
    assert found.reason == "5 and 5 points show nothing at 0.999"


def test_five_points_are_enough_when_they_lie_apart() -> None:
    assert classify(_metric(*_HIGH)).classification is Classification.HIGH
    assert classify(_metric(_HIGH[1], _HIGH[0])).classification is Classification.LOW


def test_far_outliers_can_be_left_out() -> None:
    random = Random(4)  # noqa: S311 - the samples are to be the same every time
    control = [random.gauss(100, 3) for _ in range(200)]
    experiment = [random.gauss(100, 3) for _ in range(195)] + [9e9] * 1
    kept, left_out = (
        classify(_metric(experiment, control, outliers=outliers))
        for outliers in (Outliers.KEEP, Outliers.REMOVE)
    )
    assert (kept.experiment.high, kept.experiment.count) == (9e9, 196)
    assert left_out.experiment.count == 195


@pytest.mark.parametrize("bad", [inf, -inf, 1e101])
def test_infinite_measurements_are_refused(bad: float) -> None:
    with pytest.raises(
        ValueError, match=f"latency: control: found {bad:g}, expected NaN or a number".replace("+", ".")
    ):
        classify(_metric([1.0], [bad]))


def test_the_largest_and_the_smallest_values_are_compared_without_overflow() -> None:
    high = classify(_metric([1e100] * 6, [-1e100] * 6))
    assert high.shift is not None
    assert (high.shift.estimate, high.share_above) == (2e100, 1)
    assert classify(_metric([1e-320] * 6, [2e-320] * 6)).p_value == pytest.approx(2 / 924)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"confidence": 95}, "confidence: found 95"),
        ({"tolerance": -0.1}, "tolerance: found -0.1"),
        ({"tolerance": 1.0}, "tolerance: found 1.0"),
        ({"minimum_points": 0}, "minimum points: found 0"),
    ],
)
def test_a_sensitivity_that_means_nothing_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Sensitivity(**change)


@given(experiment=_SIDE, control=_SIDE, factor=st.sampled_from([1e-9, 1e-3, 1e-5, 3.6, 1e6, 1e12]))
def test_the_unit_of_a_metric_does_not_matter(
    experiment: list[float], control: list[float], factor: float
) -> None:
    found = classify(_metric(experiment, control))
    scaled = classify(
        _metric([value * factor for value in experiment], [value * factor for value in control])
    )
    assert scaled.classification is found.classification
    if found.relative_shift is not None:
        assert scaled.relative_shift is not None
        assert scaled.relative_shift.estimate == pytest.approx(found.relative_shift.estimate, abs=1e-12)


@given(experiment=_SIDE, control=_SIDE)
def test_swapping_the_arms_swaps_high_and_low(experiment: list[float], control: list[float]) -> None:
    there = classify(_metric(experiment, control)).classification
    back = classify(_metric(control, experiment)).classification
    mirror = {Classification.HIGH: Classification.LOW, Classification.LOW: Classification.HIGH}
    assert back is mirror.get(there, there)


@given(experiment=_SIDE, control=_SIDE)
def test_a_metric_is_high_only_where_its_interval_lies_above_nothing(
    experiment: list[float], control: list[float]
) -> None:
    found = classify(_metric(experiment, control))
    if found.shift is not None and found.shift.low is not None and found.shift.high is not None:
        assert found.shift.low <= found.shift.estimate <= found.shift.high
        if found.classification is Classification.HIGH:
            assert found.shift.low >= 0
        if found.classification is Classification.LOW:
            assert found.shift.high <= 0


def test_without_a_difference_one_in_twenty_is_called_different_at_most() -> None:
    random = Random(5)  # noqa: S311 - ditto
    called = 0
    for _ in range(600):
        experiment, control = ([random.lognormvariate(5, 0.4) for _ in range(20)] for _ in range(2))
        called += classify(_metric(experiment, control)).classification is not Classification.PASS
    assert called / 600 <= 0.05
