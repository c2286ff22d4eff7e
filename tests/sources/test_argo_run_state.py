"""AnalysisRuns as `kubectl` prints them: today's shape, that of v0.x, runs alone, and no secret."""

import json
from typing import Any

import pytest

from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.analysis import RecordedMeasurement
from dashboard.domain.canary.replay.metric_phase import Counts
from dashboard.errors import InputError
from dashboard.sources.argo_fields import fields
from dashboard.sources.argo_run_state import run_state
from tests.rollout_objects import Object, analysis_run, measurement, metric_result, metric_spec, moment


def read(item: Object) -> AnalysisRunState:
    found = run_state(fields("file", item))
    assert found is not None
    return found


def test_a_run_of_a_step_is_read_whole() -> None:
    result = metric_result("errors", [measurement(7), measurement(8, "[0.2]", "Failed")], message="failing")
    found = read(analysis_run("api-new-2-2", result, message="one metric fails"))
    assert (found.run, found.rollout, found.owner_kind, found.owner) == (
        "uid-api-new-2-2", "uid-api", "Rollout", "api",
    )  # fmt: skip
    assert (found.pod_hash, found.revision, found.site, found.step_index) == ("new", 2, "Step", 2)
    assert (found.phase, found.message, found.began_at) == (Phase.RUNNING, "one metric fails", moment(6))
    (metric,) = found.metrics
    assert (metric.name, metric.phase, metric.message) == ("errors", Phase.RUNNING, "failing")
    assert metric.counts == Counts(successful=1, failed=1)
    assert [item.ordinal for item in metric.measurements] == [0, 1]
    assert metric.measurements[1].taken.value == "[0.2]"
    assert metric.measurements[1].taken.started_at == moment(8)


def test_counters_tell_which_measurement_it_was() -> None:
    kept = [measurement(minute) for minute in range(20, 30)] + [measurement(30, None, "Running")]
    (metric,) = read(analysis_run("r", metric_result("errors", kept, dropped=13))).metrics
    assert [item.ordinal for item in metric.measurements] == list(range(13, 24))


def test_a_run_of_v0_says_the_same() -> None:
    result = metric_result("errors", [measurement(7)], "Successful")
    today = analysis_run("r", result, phase="Successful", specs=[metric_spec("errors")])
    legacy = json.loads(json.dumps(today).replace('"phase"', '"status"'))
    legacy["spec"] = {"analysisSpec": {"metrics": [{**metric_spec("errors"), "maxFailures": 3}]}}
    found = read(legacy)
    assert found.phase is Phase.SUCCESSFUL
    assert found.metrics == read(today).metrics
    assert found.spec["metrics"][0]["maxFailures"] == 3


def test_a_run_alone_is_named_by_its_labels_and_arguments() -> None:
    item = analysis_run("smoke", owner=None, args=[{"name": "service-name", "value": "web"}])
    item["metadata"]["labels"] = {"app": "shop"}
    found = read(item)
    assert (found.rollout, found.owner, found.names) == (None, "", ("web", "shop"))


def test_a_run_of_an_experiment_is_named_by_the_rollout_that_made_it() -> None:
    item = analysis_run("canary-demo-645d5dbc4c-2-0-stress", owner=None)
    item["metadata"]["ownerReferences"] = [
        {"kind": "Experiment", "name": "canary-demo-645d5dbc4c-2-0", "uid": "u", "controller": True}
    ]
    found = read(item)
    assert (found.names[0], found.pod_hash, found.revision) == ("canary-demo", "645d5dbc4c", 2)
    assert found.rollout is None


def test_only_what_a_replay_needs_is_kept_of_the_spec() -> None:
    web = {
        "name": "web",
        "successCondition": "result.ok",
        "provider": {
            "web": {
                "url": "https://u:hunter22@api",
                "headers": [{"key": "Authorization", "value": "s3cr3t-x"}],
            }
        },
    }
    found = read(analysis_run("r", specs=[web, metric_spec("errors")]))
    assert found.spec == {
        "metrics": [
            {"name": "web", "successCondition": "result.ok", "provider": {"web": {}}},
            {
                "name": "errors",
                "interval": "60s",
                "count": 10,
                "failureLimit": 2,
                "successCondition": "result[0] >= 0.95",
                "provider": {"prometheus": {"query": "sum(errors)"}},
            },
        ]
    }


SECRETS = {
    "reference": {
        "name": "token",
        "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}},
        "value": "hunter2-a",
    },
    "name": {"name": "api-token", "value": "hunter2-b"},
    "camel": {"name": "dbPassword", "value": "hunter2-c"},
    "form": {"name": "header", "value": "Bearer hunter2-d-hunter2"},
    "address": {"name": "endpoint", "value": "https://me:hunter2-e@example.com/x"},
    "jwt": {"name": "session", "value": "eyJhbGciOiJI.hunter2-f.x"},
}


@pytest.mark.parametrize("argument", SECRETS.values(), ids=SECRETS)
def test_the_value_of_a_secret_is_nowhere_in_what_is_kept(argument: Object) -> None:
    secret = argument["value"]
    spec = metric_spec("errors", successCondition=f"result[0] < 1 || '{secret}' == ''")
    told = measurement(7, f'{{"echo": "{secret}"}}', "Error", message=f'Get "https://x?y={secret}": refused')
    item = analysis_run("r", metric_result("errors", [told], message=secret), specs=[spec], args=[argument])
    item["status"]["message"] = f"could not ask with {secret}"
    found = read(item)
    assert "hunter2" not in repr(found)
    assert found.metrics[0].measurements[0].taken.message


def test_an_ordinary_argument_keeps_its_value() -> None:
    arguments = [
        {"name": "service", "value": "api"},
        {"name": "threshold", "value": "0.95"},
        {"name": "open"},
    ]
    found = read(analysis_run("r", args=arguments))
    assert found.spec["args"] == arguments


def test_secrets_in_messages_are_masked_even_when_nobody_declared_them() -> None:
    message = 'Post "https://u:pw@host/q?api_key=abcdef": Authorization: Bearer abc.def.ghi-123'
    found = read(analysis_run("r", message=message))
    assert found.message == ('Post "https://*****@host/*****": Authorization: Bearer *****')


def test_half_a_pair_of_surrogates_is_no_trouble() -> None:
    item = json.loads(json.dumps(analysis_run("r", metric_result("errors", [measurement(7, "x")]))))
    item["status"]["metricResults"][0]["measurements"][0]["value"] = "\ud800"
    item["metadata"]["labels"]["environment"] = item["metadata"]["labels"]["app"] = "\ud800"
    assert read(item).metrics[0].measurements[0].taken.value == "?"
    assert (read(item).environment, read(item).names) == ("?", ("api", "?"))


def test_a_value_that_argo_did_not_keep_is_none() -> None:
    found = read(
        analysis_run("r", metric_result("errors", [measurement(7, None, "Error", message="no route")]))
    )
    assert found.metrics[0].measurements[0].taken == RecordedMeasurement(
        phase=Phase.ERROR, message="no route", started_at=moment(7), finished_at=moment(7 + 1 / 60)
    )


def test_a_run_that_no_cluster_has_run_tells_nothing() -> None:
    item = analysis_run("r")
    del item["status"], item["metadata"]["creationTimestamp"]
    assert run_state(fields("file", item)) is None


def changed(change: Any) -> Object:
    item = analysis_run("r", metric_result("errors", [measurement(7)]))
    change(item)
    return item


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda item: item["status"].update(phase="Fine"), r"status\.phase: found 'Fine', expected one of"),
        (
            lambda item: item["status"].update(metricResults={}),
            r"status\.metricResults: found an object, expected a list",
        ),
        (
            lambda item: item["status"]["metricResults"][0].update(failed=-1),
            r"metricResults\[0\]\.failed: found -1, expected a whole number from 0",
        ),
        (
            lambda item: item["status"]["metricResults"][0].update(name=None),
            r"metricResults\[0\]\.name: found nothing, expected the name of the metric",
        ),
        (
            lambda item: item["status"]["metricResults"].append(metric_result("errors", [])),
            r"metricResults\[1\]\.name: found 'errors' again",
        ),
        (
            lambda item: item["status"]["metricResults"][0]["measurements"][0].update(startedAt="soon"),
            r"measurements\[0\]\.startedAt: found 'soon', expected an ISO-8601 time",
        ),
        (
            lambda item: item["spec"].update(metrics="errors"),
            r"spec\.metrics: found 'errors', expected a list",
        ),
        (
            lambda item: item["spec"]["metrics"][0].update(successCondition=["x"]),
            r"spec\.metrics\[0\]\.successCondition: found a list, expected text",
        ),
        (lambda item: item["metadata"].update(name=""), r"metadata\.name: found nothing"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_path(change: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        run_state(fields("file", changed(change)))


def test_a_run_whose_arguments_have_no_value_is_read_all_the_same() -> None:
    spec = metric_spec("errors", successCondition="result[0] < {{args.limit}}", count="{{args.count}}")
    found = read(analysis_run("r", phase="Error", specs=[spec], args=[{"name": "limit"}]))
    assert found.spec["metrics"][0]["count"] == "{{args.count}}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([1, 0.5], "[1,0.5]"),
        ([10**400], f"[{10**400}]"),
        ({"a": 2**70}, f'{{"a":{2**70}}}'),
        ({"a": "ü"}, '{"a":"ü"}'),
        (10**400, str(10**400)),
        (True, "true"),
    ],
)
def test_a_value_that_was_not_put_in_quotes_is_written_as_argo_would(value: object, text: str) -> None:
    item = changed(lambda one: one["status"]["metricResults"][0]["measurements"][0].update(value=value))
    assert read(item).metrics[0].measurements[0].taken.value == text
