"""The templates of `data/canary` against a real Prometheus: they tell healthy canaries from others."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from dashboard.domain.canary.manifest.rollout_analyses import Site, analyses_of
from dashboard.domain.canary.manifest.rollout_steps import canary_of, pause_length, steps_of
from dashboard.domain.canary.manifest.template_index import TemplateIndex
from dashboard.domain.durations import parse_duration
from dashboard.paths import CANARY_TEMPLATES, DEFAULT_POLICY
from dashboard.reports.canary_lint import lint_report
from dashboard.sources.manifest import read_manifests
from tests.cli.canary_traffic import END, canary_series
from tests.cli.command import run
from tests.real_prometheus import PrometheusServer, history_served

_CHECKS = (
    "smoke-check",
    "slo-burn-check",
    "error-budget-check",
    "synthetic-check",
    "anomaly-check",
    "quick-health-check",
    "canary-comparison",
)
_ROLLOUTS = {"progressive-canary": "progressive-canary", "standard-canary": "standard-canary"}

#: Which metrics of which template fail for which story; all others are Successful.
_FAILED = {
    "healthy": {},
    "flawless": {},
    "erring": {
        "smoke-check": {"smoke-errors"},
        "slo-burn-check": {"burn-fast", "burn-slow"},
        "synthetic-check": {"probes-succeed", "probes-are-quick"},
        "anomaly-check": {"anomalous-errors"},
        "quick-health-check": {"health-errors"},
        "canary-comparison": {"errors-beside-stable"},
    },
    "slow": {
        "anomaly-check": {"anomalous-latency"},
        "quick-health-check": {"health-latency"},
        "canary-comparison": {"latency-beside-stable"},
    },
    "exhausted": {"slo-burn-check": {"burn-slow"}, "error-budget-check": {"budget-remaining"}},
    # One error, and three at once, among three hundred requests are chance.
    "stumbling": {},
    "bursting": {},
    "worse": {
        "slo-burn-check": {"burn-fast", "burn-slow"},
        "anomaly-check": {"anomalous-errors"},
        "canary-comparison": {"errors-beside-stable"},
    },
    # Three errors of ten requests are no chance, one of them is.
    "small": {
        "smoke-check": {"smoke-errors"},
        "slo-burn-check": {"burn-fast", "burn-slow"},
        "anomaly-check": {"anomalous-errors"},
        "quick-health-check": {"health-errors"},
        "canary-comparison": {"errors-beside-stable"},
    },
    "small-stumbling": {},
    # Nobody sent the canary a request, or nobody scraped it: nothing is known, so nothing passes.
    "idle": {
        "smoke-check": {"smoke-answers", "smoke-errors"},
        "slo-burn-check": {"burn-fast"},
        "anomaly-check": {"anomalous-errors", "anomalous-latency"},
        "quick-health-check": {"health-errors", "health-latency"},
        "canary-comparison": {"errors-beside-stable", "latency-beside-stable"},
    },
}
# Without any traffic the service has spent nothing of its budget.
_FAILED["quiet"] = {**_FAILED["idle"], "slo-burn-check": {"burn-fast", "burn-slow"}}
_FAILED["unseen"] = {**_FAILED["idle"], "synthetic-check": {"probes-succeed", "probes-are-quick"}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    with history_served(canary_series(), tmp_path_factory.mktemp("canaries")) as running:
        yield running


def _evaluated(server: PrometheusServer, template: str, service: str) -> dict[str, Any]:
    """What `reliability canary evaluate` says of the last ten minutes."""
    start, end = (datetime.fromtimestamp(END - before, tz=UTC).isoformat() for before in (600, 0))
    given = {"service": service, "canary-hash": "new", "stable-hash": "old"}
    text = (CANARY_TEMPLATES / f"{template}.yaml").read_text(encoding="utf-8")
    arguments = [
        part
        for name, value in given.items()
        if f"name: {name} " in text
        for part in ("--arg", f"{name}={value}")
    ]
    ended = run(
        "canary", "evaluate", "--template", CANARY_TEMPLATES / f"{template}.yaml", "--json",
        "--prometheus", server.url, "--from", start, "--to", end, *arguments,
    )  # fmt: skip
    assert ended.out, ended.err
    found: dict[str, Any] = json.loads(ended.out)
    return found


@pytest.mark.parametrize("template", _CHECKS)
@pytest.mark.parametrize("story", _FAILED)
def test_a_template_fails_the_canaries_that_it_is_for_and_passes_the_others(
    server: PrometheusServer, template: str, story: str
) -> None:
    found = _evaluated(server, template, story)
    expected = _FAILED[story].get(template, set())
    assert found["phase"] == ("Failed" if expected else "Successful")
    measured = {
        metric["name"]: {measurement["phase"] for measurement in metric["measurements"]}
        for metric in found["metrics"]
    }
    assert {name for name, phases in measured.items() if "Failed" in phases} == expected
    assert not any("Error" in phases for phases in measured.values()), "an empty answer fails, it is no error"


def test_a_budget_that_nobody_measured_is_no_budget(server: PrometheusServer) -> None:
    found = _evaluated(server, "error-budget-check", "nobody")
    assert found["phase"] == "Failed"
    assert found["metrics"][0]["measurements"][0]["value"] == "[]"


def test_what_runs_beside_the_steps_goes_on_until_they_are_over(server: PrometheusServer) -> None:
    rollout = yaml.safe_load((CANARY_TEMPLATES / "progressive-canary.yaml").read_text(encoding="utf-8"))
    beside = rollout["spec"]["strategy"]["canary"]["analysis"]
    assert [template["templateName"] for template in beside["templates"]] == ["canary-comparison"]
    found = _evaluated(server, "canary-comparison", "healthy")
    assert [metric["limits"]["effectiveCount"] for metric in found["metrics"]] == [None, None]
    assert [len(metric["measurements"]) for metric in found["metrics"]] == [3, 3]
    assert found["reason"] == "the run was told to stop"


def test_rollouts_and_templates_are_applied_to_the_same_namespace() -> None:
    for path in CANARY_TEMPLATES.glob("*.yaml"):
        (manifest,) = read_manifests(path.name, path.read_text(encoding="utf-8"))
        assert manifest.root.get("metadata", "namespace") is None, path.name


def test_the_templates_and_rollouts_are_free_of_findings() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(CANARY_TEMPLATES.glob("*.yaml"))}
    assert set(texts) == {f"{name}.yaml" for name in (*_CHECKS, *_ROLLOUTS)}
    assert lint_report(texts).findings == ()


@pytest.mark.parametrize("name", _CHECKS)
def test_a_template_is_named_as_its_file_and_says_what_it_is_for(name: str) -> None:
    text = (CANARY_TEMPLATES / f"{name}.yaml").read_text(encoding="utf-8")
    (template,) = read_manifests(name, text)
    assert template.name == name
    assert text.startswith("# ")
    for argument in template.root.each("spec", "args"):
        assert argument.string("value") or argument.key_line in template.comments, argument.string("name")


@pytest.mark.parametrize(("file", "strategy"), _ROLLOUTS.items())
def test_a_rollout_has_the_steps_of_its_strategy_in_the_policy(file: str, strategy: str) -> None:
    (rollout,) = read_manifests(file, (CANARY_TEMPLATES / f"{file}.yaml").read_text(encoding="utf-8"))
    canary = canary_of(rollout)
    assert canary is not None
    weights = [step.node.string("setWeight") for step in steps_of(canary) if "setWeight" in step.kinds]
    pauses = [pause_length(step.node) for step in steps_of(canary) if "pause" in step.kinds]
    analyses = [
        [reference.name for reference in analysis.references]
        for analysis in analyses_of(rollout, TemplateIndex())
        if analysis.site is Site.STEP
    ]
    policy = yaml.safe_load(DEFAULT_POLICY.read_text(encoding="utf-8"))
    steps = policy["strategies"][strategy]["steps"]
    assert [str(step["weight"]) for step in steps] == weights
    assert [parse_duration(step["pause"]) for step in steps if "pause" in step] == pauses
    assert [step["analysis"] for step in steps if "analysis" in step] == analyses
