"""`reliability canary evaluate`, through the real command."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import run

_GOLDEN = Path(__file__).parents[1] / "golden" / "canary-evaluate.txt"

_TEMPLATE = """\
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: slo-burn-check}
spec:
  args:
  - name: service
  - {name: limit, value: "0.95"}
  dryRun:
  - metricName: warn-.*
  metrics:
  - name: success-rate
    interval: 1m
    count: 4
    failureLimit: 1
    successCondition: result[0] >= {{args.limit}}
    provider: {prometheus: {address: "http://p", query: 'ratio{service="{{args.service}}"}'}}
  - name: warn-latency
    interval: 1m
    failureCondition: result[0] > 500
    provider: {prometheus: {address: "http://p", query: latency}}
  - name: health
    interval: 1m
    count: 3
    inconclusiveLimit: 1
    successCondition: result.status == "up"
    failureCondition: result.status == "down"
    provider: {web: {url: "http://h"}}
"""
_MEASURED = """\
success-rate:
- {value: "[0.99]"}
- {value: "[0.9]"}
- {value: "[]"}
- {value: "[NaN]"}
warn-latency: [{value: "[100]"}, {value: "[900]"}, {value: "[1]"}]
health:
- {value: '{"status": "up"}'}
- {value: '{"status": "starting"}'}
- {value: '{"status": "up"}'}
stranger: []
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "template.yaml"
    path.write_text(_TEMPLATE, encoding="utf-8")
    return path


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    path = tmp_path / "measured.yaml"
    path.write_text(_MEASURED, encoding="utf-8")
    return path


def _document(*arguments: object, code: int, stdin: bytes = b"") -> dict[str, Any]:
    ended = run("canary", "evaluate", *arguments, "--json", stdin=stdin)
    assert ended.code == code, ended.err
    assert ended.err == ""
    document: dict[str, Any] = json.loads(ended.out)
    return document


def test_people_are_told_what_decided(template: Path, measured: Path) -> None:
    ended = run("canary", "evaluate", "--template", template, "--measurements", measured)
    assert ended.code == 1
    assert ended.out == _GOLDEN.read_text(encoding="utf-8")


def test_machines_get_phases_counts_and_messages(template: Path, measured: Path) -> None:
    document = _document("--template", template, "--measurements", measured, code=1)
    assert document["phase"] == "Failed"
    rate, latency, health = document["metrics"]
    assert {key: rate[key] for key in ("name", "phase", "reason")} == {
        "name": "success-rate",
        "phase": "Failed",
        "reason": "failed (2) > failureLimit (1)",
    }
    assert rate["counts"] == {
        "count": 3,
        "successful": 1,
        "failed": 2,
        "inconclusive": 0,
        "error": 1,
        "consecutiveError": 0,
        "consecutiveSuccess": 0,
    }
    assert [item["phase"] for item in rate["measurements"]] == ["Successful", "Failed", "Error", "Failed"]
    assert rate["measurements"][2]["message"] == "index 0 is out of range: the array has 0 entries"
    assert rate["otherLimits"][0] == {
        "limit": "failureLimit",
        "given": 1,
        "smallestThatPasses": 2,
        "phase": "Running",
    }
    assert (latency["phase"], latency["dryRun"]) == ("Failed", True)
    assert (health["phase"], health["counts"]["inconclusive"]) == ("Successful", 1)
    assert document["dryRunSummary"] == {
        "count": 1,
        "successful": 0,
        "failed": 1,
        "inconclusive": 0,
        "error": 0,
    }
    assert document["notes"] == ["stranger: measured, but no metric of the template"]


def test_other_limits_are_tried_for_all_metrics_or_for_one(template: Path, measured: Path) -> None:
    files = ("--template", template, "--measurements", measured)
    document = _document(*files, "--failure-limit", "success-rate=2", "--count", "success-rate=3", code=0)
    assert (document["phase"], document["metrics"][0]["reason"]) == (
        "Successful",
        "count (3) reached within the limits",
    )
    document = _document(*files, "--failure-limit", 2, "--inconclusive-limit", 0, code=1)
    assert [metric["phase"] for metric in document["metrics"]] == ["Successful", "Successful", "Inconclusive"]
    assert document["phase"] == "Inconclusive"


def test_an_argument_changes_a_condition(template: Path, measured: Path) -> None:
    document = _document("--template", template, "--measurements", measured, "--arg", "limit=0.8", code=1)
    assert [item["phase"] for item in document["metrics"][0]["measurements"]][:2] == ["Successful"] * 2


def _analysis_run(**status: Any) -> bytes:
    document = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisRun",
        "metadata": {"name": "api-6", "namespace": "production"},
        "spec": {
            "args": [
                {"name": "limit", "value": "0.95"},
                {"name": "token", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
            ],
            "metrics": [
                {
                    "name": "success-rate",
                    "interval": "1m",
                    "count": 2,
                    "successCondition": "result[0] >= {{args.limit}}",
                    "provider": {"prometheus": {"query": "up"}},
                }
            ],
        },
        "status": status,
    }
    return json.dumps({"kind": "List", "items": [document]}).encode()


_RESULT = {
    "name": "success-rate",
    "phase": "Successful",
    "count": 2,
    "successful": 2,
    "measurements": [
        {"value": "[0.99]", "phase": "Successful", "startedAt": "2026-11-23T09:00:00Z"},
        {"value": "[0.97]", "phase": "Successful", "startedAt": "2026-11-23T09:01:00Z"},
    ],
}


def test_a_run_needs_no_template_and_agrees_with_its_record() -> None:
    body = _analysis_run(phase="Successful", metricResults=[_RESULT])
    document = _document("--measurements", "-", code=0, stdin=body)
    assert (document["phase"], document["recordedPhase"]) == ("Successful", "Successful")
    assert document["metrics"][0]["measurements"][1]["at"] == "2026-11-23T09:01:00+00:00"


def test_a_run_is_replayed_by_another_condition() -> None:
    body = _analysis_run(phase="Successful", metricResults=[_RESULT])
    document = _document("--measurements", "-", "--arg", "limit=0.98", code=1, stdin=body)
    assert (document["phase"], document["recordedPhase"]) == ("Failed", "Successful")
    ended = run("canary", "evaluate", "--measurements", "-", "--arg", "limit=0.98", stdin=body)
    assert "! Argo recorded Successful" in ended.out


def test_a_background_analysis_succeeds_once_it_is_stopped(template: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(json.dumps({"warn-latency": [{"value": "[1]"}]}), encoding="utf-8")
    files = ("--template", template, "--measurements", path)
    assert _document(*files, code=1)["phase"] == "Running"
    assert _document(*files, "--terminated", code=0)["phase"] == "Successful"


def test_a_condition_outside_the_language_cannot_be_replayed(tmp_path: Path) -> None:
    template = tmp_path / "t.yaml"
    template.write_text(
        _TEMPLATE.replace("result[0] >= {{args.limit}}", "let r = result[0]; r >= 0.95"), encoding="utf-8"
    )
    measured = tmp_path / "m.yaml"
    measured.write_text('success-rate: [{value: "[1]"}]', encoding="utf-8")
    document = _document("--template", template, "--measurements", measured, code=2)
    assert document["phase"] == "cannot replay"
    assert document["metrics"][0]["measurements"][0]["message"] == "cannot replay: 'let' is not replayed"


_ONE = """\
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: t}
spec:
  dryRun: %s
  metrics: %s
"""
_M = "{name: m, successCondition: 'result[0] > 1', provider: {prometheus: {query: up}}, %s}"


@pytest.mark.parametrize(
    ("dry_run", "metrics", "fault"),
    [
        ("[]", _M % "interval: 1m, count: 2, failureLimit: 3", "expected count >= failureLimit"),
        ("[]", _M % "count: 2", "found count 2 and no interval, expected an interval"),
        ("[{metricName: zzz}]", _M % "count: 1", "found a rule that matches no metric"),
        ("[]", "", "found no metrics, expected at least one"),
    ],
)
def test_a_spec_that_argo_refuses_is_an_error_whatever_was_measured(
    tmp_path: Path, dry_run: str, metrics: str, fault: str
) -> None:
    template, measured = tmp_path / "t.yaml", tmp_path / "m.yaml"
    template.write_text(_ONE % (dry_run, f"[{metrics}]"), encoding="utf-8")
    measured.write_text("m: [{value: '[2]'}, {value: '[2]'}]", encoding="utf-8")
    files = ("--template", template, "--measurements", measured)
    document = _document(*files, code=1)
    assert document["phase"] == "Error"
    assert document["reason"].startswith("Analysis spec invalid: ")
    assert fault in document["reason"]
    assert document["metrics"] == []
    if metrics:
        assert document["ifAccepted"]["phase"] == "Successful"
        assert [metric["phase"] for metric in document["ifAccepted"]["metrics"]] == ["Successful"]
    else:
        assert document["ifAccepted"] is None
    ended = run("canary", "evaluate", *files)
    assert ended.code == 1
    assert ended.out.startswith("⚠ Error: Analysis spec invalid: ")
    assert ("Had Argo accepted it: ✔ Successful" in ended.out) is bool(metrics)


def test_other_limits_that_argo_refuses_are_an_error(template: Path, measured: Path) -> None:
    files = ("--template", template, "--measurements", measured)
    document = _document(*files, "--count", "success-rate=1", "--failure-limit", "success-rate=2", code=1)
    assert (document["phase"], len(document["refused"])) == ("Error", 1)


def test_a_run_that_argo_measured_was_accepted_whatever_is_found_in_its_spec() -> None:
    listed = json.loads(_analysis_run(phase="Successful", metricResults=[_RESULT]))
    listed["items"][0]["spec"]["metrics"][0]["failureLimit"] = 5
    body = json.dumps(listed).encode()
    document = _document("--measurements", "-", code=0, stdin=body)
    assert (document["phase"], len(document["refused"]), document["ifAccepted"]) == ("Successful", 1, None)
    ended = run("canary", "evaluate", "--measurements", "-", stdin=body)
    assert "! Argo 1.9 would refuse this spec: " in ended.out


def test_a_run_that_argo_refused_is_an_error() -> None:
    listed = json.loads(_analysis_run(phase="Error"))
    listed["items"][0]["spec"]["metrics"][0]["failureLimit"] = 5
    document = _document("--measurements", "-", code=1, stdin=json.dumps(listed).encode())
    assert (document["phase"], document["recordedPhase"]) == ("Error", "Error")


def test_a_limit_of_0_that_needs_no_more_is_not_told(tmp_path: Path) -> None:
    template, measured = tmp_path / "t.yaml", tmp_path / "m.yaml"
    template.write_text(_ONE % ("[]", f"[{_M % 'count: 1'}]"), encoding="utf-8")
    measured.write_text("m: [{value: '[2]'}]", encoding="utf-8")
    ended = run("canary", "evaluate", "--template", template, "--measurements", measured)
    assert ended.code == 0
    assert "failureLimit" not in ended.out


def test_a_key_that_is_said_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    template = tmp_path / "t.yaml"
    template.write_text(_TEMPLATE.replace("spec:", "metadata: {name: u}\nspec:", 1), encoding="utf-8")
    ended = run("canary", "evaluate", "--template", template, "--measurements", template)
    assert ended.code == 2
    assert "t.yaml: found the key 'metadata' twice, expected it once (line 4)" in ended.err


def test_the_metrics_that_a_template_takes_from_another_are_evaluated(tmp_path: Path) -> None:
    template, measured = tmp_path / "t.yaml", tmp_path / "m.yaml"
    outer = "kind: AnalysisTemplate\nmetadata: {name: outer}\nspec: {templates: [{templateName: t}]}\n"
    one = _ONE % ("[]", f"[{_M % 'count: 1'}]")
    template.write_text(f"{one}---\n{outer}", encoding="utf-8")
    measured.write_text("m: [{value: '[2]'}]", encoding="utf-8")
    document = _document("--template", template, "--name", "outer", "--measurements", measured, code=0)
    assert [metric["name"] for metric in document["metrics"]] == ["m"]


def test_every_exit_code_is_in_the_help() -> None:
    shown = " ".join(run("canary", "evaluate", "--help").out.split())
    assert "3 Prometheus is unreachable" in shown


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "--template: found nothing, expected a file of AnalysisTemplates"),
        (("--template", "nowhere.yaml"), "nowhere.yaml: found no such file"),
        (("--template", "{t}"), "--measurements: found nothing, expected a file, or --prometheus with"),
        (("--template", "{t}", "--name", "x"), "--name: found 'x', expected one of slo-burn-check"),
        (
            ("--template", "{t}", "--measurements", "{m}", "--arg", "x"),
            "--arg: found 'x', expected NAME=VALUE",
        ),
        (
            ("--template", "{t}", "--measurements", "{m}", "--failure-limit", "x"),
            "--failure-limit: found 'x', expected a whole number from -1, or METRIC=N",
        ),
        (
            ("--template", "{t}", "--measurements", "{m}", "--count", "other=2"),
            "--count: found the metric 'other', expected one of",
        ),
        (("--template", "{m}", "--measurements", "{m}"), "found no template, expected an AnalysisTemplate"),
        (("--template", "{t}", "--measurements", "{t}"), "apiVersion: found"),
        (
            ("--template", "{t}", "--measurements", "{m}", "--prometheus", "http://p"),
            "--measurements: found --prometheus, --from or --to as well",
        ),
    ],
)
def test_what_is_wrong_is_one_clear_sentence(
    template: Path, measured: Path, arguments: tuple[str, ...], told: str
) -> None:
    filled = [text.format(t=template, m=measured) for text in arguments]
    ended = run("canary", "evaluate", *filled)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert "Traceback" not in ended.err


def test_several_runs_in_a_file_need_a_name() -> None:
    one = json.loads(_analysis_run(metricResults=[]))["items"][0]
    other = {**one, "metadata": {"name": "api-7"}}
    body = json.dumps({"kind": "AnalysisRunList", "items": [one, other]}).encode()
    ended = run("canary", "evaluate", "--measurements", "-", stdin=body)
    assert ended.code == 2
    assert "--run: found 'nothing', expected one of api-6, api-7" in ended.err
    assert _document("--measurements", "-", "--run", "api-7", code=1, stdin=body)["phase"] == "Running"


def test_the_documentation_shows_what_the_command_prints(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "canary-evaluate.md").read_text(encoding="utf-8")
    template, measured = (block.split("```")[0] for block in text.split("```yaml\n")[1:3])
    shown = text.split(
        "$ reliability canary evaluate --template template.yaml --measurements measured.yaml\n"
    )[1]
    paths = tmp_path / "template.yaml", tmp_path / "measured.yaml"
    for path, content in zip(paths, (template, measured), strict=True):
        path.write_text(content, encoding="utf-8")
    ended = run("canary", "evaluate", "--template", paths[0], "--measurements", paths[1])
    assert ended.out == shown.split("```")[0]


def test_a_bare_number_where_a_vector_is_meant_is_told_how_it_is_written(template: Path) -> None:
    body = b'{"success-rate": [{"value": 0.99}]}'
    ended = run("canary", "evaluate", "--template", template, "--measurements", "-", stdin=body)
    assert "float64 has no [" in ended.out
    assert '! success-rate: 0.99 is a number; write "[0.99]", as Argo records a vector' in ended.out


def test_a_metric_of_another_name_is_told_what_may_be_meant(template: Path) -> None:
    body = b'{"health": [], "sucess-rate": [{"value": "[0.99]"}]}'
    ended = run("canary", "evaluate", "--template", template, "--measurements", "-", stdin=body)
    assert "! sucess-rate: measured, but no metric of the template; did you mean success-rate?" in ended.out


def test_where_no_metric_is_of_the_template_there_is_nothing_to_evaluate(template: Path) -> None:
    body = b'{"sucess-rate": [{"value": "[0.99]"}]}'
    ended = run("canary", "evaluate", "--template", template, "--measurements", "-", stdin=body)
    assert (ended.code, ended.out) == (2, "")
    assert "did you mean success-rate?, expected health, success-rate, warn-latency" in ended.err
