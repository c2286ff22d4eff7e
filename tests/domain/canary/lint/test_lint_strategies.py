"""What is said of a Rollout's strategy: what Argo refuses of it, and what its weights come to."""

import pytest

from dashboard.domain.canary.lint.traffic import Traffic
from tests.domain.canary.lint.templates import (
    GUARDED,
    analysis_template,
    canary_rollout,
    findings_of,
    only_finding,
)


def test_a_pause_with_a_bare_duration_is_told_with_what_to_write() -> None:
    found = only_finding(canary_rollout("[{setWeight: 10}, {pause: 60s}]"), "wrong-type")
    assert found.mend == "Write pause: {duration: 60s}."


def test_the_canary_sees_the_share_of_the_smallest_weight_that_runs_the_template() -> None:
    query = (
        'sum(rate(e_total{hash="{{args.hash}}"}[1m])) / (sum(rate(r_total{hash="{{args.hash}}"}[1m])) > 0)'
    )
    template = analysis_template(GUARDED, query=query, spec="  args: [{name: hash}]\n")
    analysis = (
        "{analysis: {templates: [{templateName: check}],"
        " args: [{name: hash, valueFrom: {podTemplateHashValue: Latest}}]}}"
    )
    rollout = canary_rollout(f"[{{setWeight: 10}}, {analysis}, {{setWeight: 50}}, {analysis}]")
    traffic = Traffic(requests_per_second=10, error_ratio=0.005)
    found = only_finding(template + rollout, "false-abort", traffic=traffic)
    assert "10 % of them the canary's at weight 10 of api" in found.message
    assert "a measurement over 1m sees 60 requests, and 2 errors fail it" in found.message
    alone = findings_of(
        analysis_template(GUARDED),
        "false-abort",
        traffic=Traffic(requests_per_second=1000, error_ratio=0.005),
    )
    assert alone == []


@pytest.mark.parametrize(
    ("canary", "said"),
    [
        ("      scaleDownDelaySeconds: 30\n      dynamicStableScale: true\n", "dynamicStableScale beside"),
        ("      maxSurge: 0\n      maxUnavailable: 0%\n", "maxSurge and maxUnavailable of 0"),
    ],
)
def test_a_strategy_that_argo_refuses_is_told(canary: str, said: str) -> None:
    assert said in only_finding(canary_rollout("[{setWeight: 10}]", canary), "strategy-refused").message


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ("{blueGreen: {activeService: a, previewService: a}}", "which activeService is already"),
        ("{canary: {canaryService: a, stableService: a}}", "which canaryService is already"),
        ("{canary: {trafficRouting: {nginx: {}}, canaryService: a}}", "no stableService"),
        ("{canary: {steps: [{setCanaryScale: {weight: 5}}]}}", "setCanaryScale without trafficRouting"),
        ("{}", "neither canary nor blueGreen"),
        (
            "{canary: {trafficRouting: {managedRoutes: [{name: a}]}, steps: [{setMirrorRoute: {name: b}}]}}",
            "which managedRoutes does not name",
        ),
    ],
)
def test_other_strategies_that_argo_refuses_are_told(strategy: str, said: str) -> None:
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: api}\n"
        f"spec: {{selector: {{matchLabels: {{app: api}}}}, strategy: {strategy}}}\n"
    )
    assert said in only_finding(text, "strategy-refused").message


@pytest.mark.parametrize(
    "canary",
    ["      replicaProgressThreshold: {type: Percent, value: 90}\n"],
)
def test_the_fields_of_the_newest_canary_are_known(canary: str) -> None:
    steps = "[{setWeight: 10}, {plugin: {name: a, config: {b: c}, disabled: true}}]"
    assert findings_of(canary_rollout(steps, canary), "unknown-field") == []


@pytest.mark.parametrize(
    ("replicas", "weight", "surge", "said"),
    [
        (1, 50, "", None),
        (2, 50, "", None),
        (5, 10, "", "of 5 replicas Argo makes 1 of 6 pods the canary, or 17 % of the traffic"),
        (
            5,
            10,
            "      maxSurge: 0\n",
            "of 5 replicas Argo makes 1 of 5 pods the canary, or 20 % of the traffic",
        ),
        (5, 10, '      maxSurge: "0%"\n', "1 of 5 pods"),
        (10, 7, "", None),
        (10, 1, "", "1 of 11 pods the canary, or 9 %"),
        (1, 50, "      maxSurge: 0\n", "of 1 replica Argo makes 1 of 1 pods the canary, or 100 %"),
        (1, 25, "", "1 of 2 pods the canary, or 50 %"),
        (3, 50, "", None),
        (2, 99, "", None),
    ],
)
def test_the_pods_of_a_weight_are_those_that_argo_makes(
    replicas: int, weight: int, surge: str, said: str | None
) -> None:
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: api}\nspec:\n"
        f"  replicas: {replicas}\n  selector: {{matchLabels: {{app: api}}}}\n  strategy:\n    canary:\n"
        f"{surge}      steps: [{{setWeight: {weight}}}]\n"
    )
    found = findings_of(text, "weight-needs-routing")
    assert bool(found) is bool(said)
    assert all(said in finding.message for finding in found if said)


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ("{canary: null}", "neither canary nor blueGreen"),
        ("{canary: null, blueGreen: {activeService: a}}", None),
    ],
)
def test_a_strategy_of_null_is_none(strategy: str, said: str | None) -> None:
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: api}\n"
        f"spec: {{selector: {{matchLabels: {{app: api}}}}, strategy: {strategy}}}\n"
    )
    found = findings_of(text, "strategy-refused")
    assert bool(found) is bool(said)
    assert all(said in finding.message for finding in found if said)
