"""Templates and runs of Argo Rollouts, read as it reads them."""

from datetime import timedelta
from typing import Any

import pytest
import yaml

from dashboard.domain.canary.replay.analysis import AnalysisSpec, MetricSpec
from dashboard.domain.canary.replay.metric_phase import Limits, Rule
from dashboard.domain.canary.replay.other_limits import ChosenLimit
from dashboard.errors import InputError
from dashboard.sources.argo_analysis import RUN_KIND, SECRET, TEMPLATE_KINDS, analysis_spec, named_objects

_PROMETHEUS = {"prometheus": {"query": "up"}}


def _template(spec: dict[str, Any], kind: str = "AnalysisTemplate", name: str = "t") -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name}, "spec": spec}


def _spec(*documents: dict[str, Any], **given: str) -> AnalysisSpec:
    found = named_objects("file", documents, {*TEMPLATE_KINDS, RUN_KIND})
    return analysis_spec(found, given)


def _metric(**fields: Any) -> MetricSpec:
    metric = {"name": "m", "provider": _PROMETHEUS, **fields}
    return _spec(_template({"metrics": [metric], "args": [{"name": "n", "value": "3"}]})).metrics[0]


def test_a_metric_without_limits_has_those_of_argo() -> None:
    assert _metric().limits == Limits(failure=0, inconclusive=0, consecutive_error=4, effective_count=1)


def test_an_interval_alone_has_no_count() -> None:
    assert _metric(interval="1m30s").limits.effective_count is None
    assert _metric(interval="1m30s").interval == timedelta(seconds=90)
    assert _metric(interval="5m", count=0).limits.effective_count is None
    assert _metric(interval="5m", count=3).limits.effective_count == 3


def test_limits_may_be_text_and_come_from_arguments() -> None:
    limits = _metric(
        interval="1m", count="{{ args.n }}", failureLimit="2", consecutiveErrorLimit="{{args.n}}"
    ).limits
    assert (limits.effective_count, limits.failure, limits.consecutive_error) == (3, 2, 3)


def test_a_limit_that_is_no_number_counts_as_0_as_it_does_to_argo() -> None:
    assert _metric(failureLimit="30%").limits.failure == 0


def test_the_names_of_v0_are_known() -> None:
    metric = {
        "name": "m",
        "interval": 60,
        "maxFailures": 2,
        "maxInconclusive": 1,
        "maxConsecutiveErrors": 3,
        "provider": _PROMETHEUS,
    }
    run = {"kind": RUN_KIND, "metadata": {"name": "r"}, "spec": {"analysisSpec": {"metrics": [metric]}}}
    (found,) = _spec(run).metrics
    assert found.limits == Limits(failure=2, inconclusive=1, consecutive_error=3)
    assert found.interval == timedelta(minutes=1)


def test_arguments_are_filled_into_conditions_and_queries() -> None:
    template = _template(
        {
            "args": [{"name": "service"}, {"name": "limit", "value": "0.95"}],
            "metrics": [
                {
                    "name": "m",
                    "successCondition": "result[0] >= {{args.limit}}",
                    "provider": {"prometheus": {"query": 'up{s="{{ args.service }}"}'}},
                }
            ],
        }
    )
    (metric,) = _spec(template, service="api").metrics
    assert metric.success_condition == "result[0] >= 0.95"
    assert (metric.query, metric.unresolved) == ('up{s="api"}', ())
    (metric,) = _spec(template, limit="0.9").metrics
    assert metric.success_condition == "result[0] >= 0.9"
    assert metric.unresolved == ("args.service",)


def test_an_argument_without_a_value_that_decides_is_an_error() -> None:
    template = _template(
        {
            "args": [{"name": "limit"}],
            "metrics": [
                {"name": "m", "successCondition": "result[0] >= {{args.limit}}", "provider": _PROMETHEUS}
            ],
        }
    )
    with pytest.raises(InputError, match=r"metrics\[0\]\.successCondition: found \{\{args.limit\}\}"):
        _spec(template)


def test_a_secret_is_never_read() -> None:
    argument = {"name": "token", "value": "hunter2", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
    template = _template(
        {
            "args": [argument],
            "metrics": [{"name": "m", "provider": {"prometheus": {"query": "{{args.token}}"}}}],
        }
    )
    spec = _spec(template, token="hunter2")  # noqa: S106 - what must not be kept
    assert spec.metrics[0].query == SECRET
    assert "hunter2" not in repr(spec)


def test_templates_are_merged_and_a_metric_twice_is_an_error() -> None:
    one = _template({"metrics": [{"name": "a", "provider": _PROMETHEUS}]})
    other = _template({"metrics": [{"name": "b", "provider": _PROMETHEUS}]}, "ClusterAnalysisTemplate", "o")
    assert [metric.name for metric in _spec(one, other).metrics] == ["a", "b"]
    with pytest.raises(InputError, match="found 'a' again"):
        _spec(one, one)


def test_dry_runs_are_patterns() -> None:
    metrics = [{"name": name, "provider": _PROMETHEUS} for name in ("test-a", "test-b", "real")]
    spec = _spec(_template({"metrics": metrics, "dryRun": [{"metricName": "test.*"}]}))
    assert spec.dry_run == {"test-a", "test-b"}
    refused = _spec(_template({"metrics": metrics, "dryRun": [{"metricName": "nothing"}]}))
    assert refused.faults == (
        "file: t.spec.dryRun[0].metricName: found a rule that matches no metric, expected one that does",
    )


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"count": 3}, "found count 3 and no interval"),
        ({"count": 2, "interval": "1m", "failureLimit": 3}, "expected count >= failureLimit"),
        ({"count": 2, "interval": "1m", "inconclusiveLimit": 3}, "expected count >= inconclusiveLimit"),
        ({"failureLimit": -1}, "switched off"),
        ({"failureLimit": -2, "consecutiveSuccessLimit": 1}, "found failureLimit -2"),
        ({"consecutiveErrorLimit": -1}, "found consecutiveErrorLimit -1"),
        ({"interval": "1d"}, "interval: found '1d'"),
        ({"provider": {}}, "found no provider"),
        ({"provider": {"web": {}, "job": {}}}, "found 2 providers"),
    ],
)
def test_what_argo_refuses_is_told(fields: dict[str, Any], fault: str) -> None:
    metric = {"name": "m", "provider": _PROMETHEUS, **fields}
    (told,) = _spec(_template({"metrics": [metric]})).faults
    assert fault in told


def test_what_argo_refuses_in_chosen_limits_is_told() -> None:
    metric = {"name": "m", "provider": _PROMETHEUS, "interval": "1m", "count": 5, "failureLimit": 3}
    found = named_objects("file", [_template({"metrics": [metric]})], TEMPLATE_KINDS)
    assert analysis_spec(found, {}).faults == ()
    chosen = ChosenLimit(rule=Rule.COUNT, value=2, metric="m")
    (told,) = analysis_spec(found, {}, [chosen]).faults
    assert "found count 2 and failureLimit 3, expected count >= failureLimit" in told
    healed = ChosenLimit(rule=Rule.FAILURE_LIMIT, value=2)
    spec = analysis_spec(found, {}, [chosen, healed])
    assert (spec.faults, spec.metrics[0].limits) == ((), Limits(failure=2, effective_count=2))


def test_a_query_over_a_range_is_told_apart() -> None:
    ranged = {"prometheus": {"query": "up", "rangeQuery": {"start": "now()", "end": "now()", "step": "1m"}}}
    assert _metric(provider=ranged).over_a_range
    assert not _metric().over_a_range


def test_a_template_without_metrics_is_refused_by_argo() -> None:
    assert _spec(_template({})).faults == ("found no metrics, expected at least one",)


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"metrics": 5}, "file: t.spec.metrics: found 5, expected a list"),
        ({"metrics": [5]}, "file: t.spec.metrics[0]: found 5, expected a mapping"),
        ({"metrics": [{}]}, "file: t.spec.metrics[0].name: found nothing, expected the name of the metric"),
        (
            {"metrics": [{"name": "m", "count": []}]},
            "file: t.spec.metrics[0].count: found a list, expected text",
        ),
    ],
)
def test_a_field_of_another_type_is_named(spec: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        _spec(_template(spec))
    assert str(caught.value) == told


def test_other_objects_are_passed_over() -> None:
    documents = yaml.safe_load_all("kind: Rollout\n---\nkind: AnalysisTemplate\nmetadata: {name: t}\n")
    assert [item.name for item in named_objects("file", documents, TEMPLATE_KINDS)] == ["t"]


@pytest.mark.parametrize("field", ["failureLimit", "count", "interval", "initialDelay", "maxFailures"])
def test_a_metric_with_a_masked_limit_is_told_apart_and_has_no_fault(field: str) -> None:
    metric = {"name": "m", "interval": "1m", "provider": {"web": {}}, field: "{{args.token}}"}
    argument = {"name": "token", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}
    found = _spec(_template({"args": [argument], "metrics": [metric]}))
    assert found.metrics[0].masked
    assert not found.faults


def test_which_metrics_run_dry_is_unknown_where_a_rule_or_a_name_is_masked() -> None:
    def masked(name: str, *rules: str) -> bool:
        dry = [{"metricName": rule} for rule in rules]
        metric = {"name": name, "provider": {"web": {}}}
        found = _spec(_template({"metrics": [metric], "dryRun": dry}))
        return found.metrics[0].masked

    assert masked("m", SECRET)
    assert masked(f"m-{SECRET}", ".*")
    assert not masked(f"m-{SECRET}")
    assert not masked("m", ".*")
