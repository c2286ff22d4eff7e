"""The lint of a stored spec says what is wrong with what is kept, and nothing of what the store drops."""

from pathlib import Path

import pytest
import yaml

from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.paths import DEFAULT_CATALOG
from dashboard.reports.canary_lint import LintReport
from dashboard.reports.canary_template_lint import template_lint
from dashboard.sources.argo_fields import Fields
from dashboard.sources.argo_run_state import run_state
from tests.rollout_objects import Object, analysis_run, metric_result

TEMPLATES = sorted(
    (path, template["spec"])
    for path in (DEFAULT_CATALOG.parent / "canary").glob("*.yaml")
    for template in yaml.safe_load_all(path.read_text())
    if template["kind"] == "AnalysisTemplate"
)


def stored(*metrics: Object, args: list[Object] | None = None) -> LintReport:
    """What the lint finds in a run of `metrics`, as the store keeps it."""
    told = analysis_run("r", metric_result("m", []), at=0, specs=list(metrics), args=args or [])
    state = run_state(Fields(where="r", values=told))
    assert state is not None
    found = template_lint(state, None)
    assert found is not None
    return found


@pytest.mark.parametrize(("path", "spec"), TEMPLATES, ids=lambda item: getattr(item, "stem", ""))
def test_a_shipped_template_as_it_is_stored_shows_no_finding(path: Path, spec: Object) -> None:
    args = [{"value": "0.001" if "budget" in one["name"] else "x", **one} for one in spec["args"]]
    assert stored(*spec["metrics"], args=args).findings == (), path


def test_what_the_store_drops_of_a_web_request_a_job_and_a_secret_is_not_called_wrong() -> None:
    web: Object = {
        "url": "https://example.test/{{args.where}}",
        "headers": [{"key": "Authorization", "value": "{{args.token}}"}],
        "jsonPath": "{$.code}",
    }
    pod: Object = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "curl"}]}
    found = stored(
        {"name": "asked", "successCondition": "result == 200", "provider": {"web": web}},
        {"name": "ran", "provider": {"job": {"spec": {"template": {"spec": pod}}}}},
        args=[
            {"name": "where", "value": "health"},
            {"name": "token", "valueFrom": {"secretKeyRef": {"name": "web", "key": "token"}}},
        ],
    )
    assert {item.rule for item in found.findings} <= {RuleId.WEB_BODY_NOT_JSON}


def test_what_is_kept_is_still_linted() -> None:
    wrong = {
        "name": "errors",
        "successCondition": "result < 0.02",
        "provider": {"prometheus": {"address": "http://p:9090", "query": "sum(rate(a[5m])) by (pod)"}},
    }
    assert RuleId.VECTOR_COMPARED in {item.rule for item in stored(wrong).findings}
