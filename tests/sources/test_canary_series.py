"""Reading the metrics of a canary: our own keys and Kayenta's, and every fault with its place."""

import contextlib
import json
from math import isnan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.canary.judge.metric import Direction, EffectLimits, EffectMeasure, Metric
from dashboard.domain.canary.judge.series import Missing, Outliers
from dashboard.errors import InputError
from dashboard.sources.canary_series import MOST_POINTS, CanarySeries, read_canary_series

_LEAST = {"name": "p95", "experiment": [1, 2], "control": [3]}


def _read(document: Any) -> CanarySeries:
    return read_canary_series("series.json", json.dumps(document))


def _with(**more: Any) -> dict[str, Any]:
    return {"metrics": [{**_LEAST, **more}]}


def test_what_a_metric_does_not_tell_is_usual() -> None:
    found = _read(_with())
    assert found.metrics == (Metric(name="p95", experiment=[1, 2], control=[3]),)
    assert (found.passing, found.marginal, found.tolerance, found.confidence) == (None, None, None, None)
    assert found.group_weights == {}
    assert _read([_LEAST]) == found


def test_everything_can_be_told_in_our_words_and_in_kayentas() -> None:
    ours = {
        "group": "latency",
        "weight": 60,
        "direction": "increase",
        "critical": True,
        "must_have_data": True,
        "muted": True,
        "nan_strategy": "replace",
        "outliers": {"strategy": "remove", "outlier_factor": 2},
        "effect_size": {"measure": "cles", "allowed_increase": 0.7, "critical_increase": 0.9},
    }
    kayentas = {
        "groups": ["latency"],
        "weight": 60,
        "direction": "increase",
        "critical": True,
        "mustHaveData": True,
        "muted": True,
        "nanStrategy": "replace",
        "outliers": {"strategy": "remove", "outlierFactor": 2},
        "effectSize": {"measure": "cles", "allowedIncrease": 0.7, "criticalIncrease": 0.9},
    }
    other = {**_LEAST, "name": "cpu"}
    found = _read({"metrics": [{**_LEAST, **ours}, other], "score_thresholds": {"pass": 90, "marginal": 70}})
    assert found.metrics[0] == Metric(
        name="p95",
        experiment=[1, 2],
        control=[3],
        groups=("latency",),
        direction=Direction.INCREASE,
        critical=True,
        must_have_data=True,
        muted=True,
        missing=Missing.REPLACE,
        outliers=Outliers.REMOVE,
        outlier_factor=2,
        effect=EffectLimits(measure=EffectMeasure.CLES, allowed_increase=0.7, critical_increase=0.9),
    )
    assert (found.passing, found.marginal, found.group_weights) == (90, 70, {"latency": 60})
    again = {"metrics": [{**_LEAST, **kayentas}, other], "scoreThresholds": {"pass": 90, "marginal": 70}}
    assert _read(again) == found


@pytest.mark.parametrize("missing", ["null", "NaN", '"NaN"'])
def test_a_missing_measurement_is_not_a_number(missing: str) -> None:
    text = f'[{{"name": "p95", "experiment": [1, {missing}], "control": []}}]'
    (metric,) = read_canary_series("series.json", text).metrics
    assert metric.experiment[0] == 1
    assert isnan(metric.experiment[1])
    assert metric.control == []


def test_weights_of_all_groups_are_shares_of_their_sum() -> None:
    metrics = [{**_LEAST, "name": name, "group": name, "weight": 1} for name in ("a", "b", "c", "d")]
    assert _read({"metrics": metrics}).group_weights == dict.fromkeys("abcd", 25.0)
    named = {"metrics": metrics[:2], "group_weights": {"a": 1, "b": 1}}
    assert _read(named).group_weights == {"a": 50, "b": 50}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (3, "the document: found 3, expected an object"),
        ({}, "metrics: found nothing, expected a list of one metric or more"),
        ({"metrics": []}, "metrics: found an empty list"),
        ({"metrics": [3]}, r"metrics\[0\]: found 3, expected an object"),
        ({"metrics": [_LEAST], "metric": 1}, "metric: found a key that is not known here, expected metrics"),
        ({"metrics": [_LEAST, _LEAST]}, r"metrics\[1\]\.name: found 'p95' again"),
        (_with(name=" "), r"metrics\[0\]\.name: found ' ', expected text"),
        (_with(experiment=3), r"metrics\[0\]\.experiment: found 3, expected a list of numbers"),
        (_with(experiment=[1, "2"]), r"experiment\[1\]: found '2', expected a number"),
        (_with(experiment=[True]), r"experiment\[0\]: found True, expected a number"),
        (_with(experiment=[1e400]), r"experiment\[0\]: found inf, expected a finite number"),
        (_with(experiment=[10**400]), r"experiment\[0\]: found 1000.*, expected a finite number"),
        (_with(control=[0] * (MOST_POINTS + 1)), "control: found 20,001 values, expected at most 20,000"),
        (_with(direction="up"), "direction: found 'up', expected one of increase, decrease, either"),
        (_with(nan_strategy=1), "nan_strategy: found 1, expected one of remove, replace"),
        (_with(critical="yes"), "critical: found 'yes', expected true or false"),
        (_with(weight=101), "weight: found 101, expected a percentage from 0 to 100"),
        (_with(weight=0), "group_weights: found 0 for every group"),
        (_with(group="a", groups=["b"]), "found group and groups, expected one of them"),
        (_with(groups=[]), "groups: found an empty list"),
        (_with(outliers={"strategy": "remove", "outlier_factor": 0}), "outlier_factor: found 0, expected"),
        (_with(effect_size={"allowed": 1}), "effect_size.allowed: found a key that is not known"),
        (_with(effect_size={"measure": "d"}), "effect_size.measure: found 'd', expected one of meanRatio"),
        (_with(mustHaveData=True, must_have_data=True), "must_have_data: found again"),
        (_with() | {"group_weights": {"x": 50}}, "group_weights: found 'x', expected a group"),
        (_with() | {"group_weights": 50}, "group_weights: found 50, expected an object"),
        (_with() | {"tolerance": "a"}, "tolerance: found 'a', expected a number"),
        (
            {"metrics": [{**_LEAST, "weight": 60}, {**_LEAST, "name": "b", "weight": 40}]},
            "weight: found 40 for the group 'metrics', which has 60 already",
        ),
        (
            {"metrics": [{**_LEAST, "group": "a"}, {**_LEAST, "name": "b", "group": "b"}, {**_LEAST,
              "name": "c", "group": "c"}], "group_weights": {"a": 60, "b": 60}},
            "group_weights: found weights that add up to 120",
        ),
    ],
)  # fmt: skip
def test_a_fault_names_the_field_what_was_found_and_what_is_expected(document: Any, message: str) -> None:
    with pytest.raises(InputError, match=rf"series\.json: .*{message}"):
        _read(document)


@pytest.mark.parametrize("text", ["{", '{"metrics": [1, tru', '["p'])
def test_text_that_ends_in_the_middle_is_said_to(text: str) -> None:
    with pytest.raises(InputError, match=r"series\.json: found text that ends .*was it cut off"):
        read_canary_series("series.json", text)


@pytest.mark.parametrize("text", ["", "at,bad", '{"metrics": }', "[" * 100_000])
def test_what_is_not_json_is_told(text: str) -> None:
    with pytest.raises(InputError, match=r"series\.json: found text that is not JSON"):
        read_canary_series("series.json", text)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["metrics", "name", "experiment", "control", "outliers"]), inner)
    ),
    max_leaves=12,
)


@given(document=_JSON)
def test_any_json_is_read_or_refused_with_one_error(document: Any) -> None:
    with contextlib.suppress(InputError):
        assert _read(document).metrics
