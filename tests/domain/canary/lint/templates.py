"""Manifests to lint, of a template or a Rollout, and the findings of one rule in them."""

from datetime import timedelta

from dashboard.domain.canary.lint.finding import Finding
from dashboard.domain.canary.lint.traffic import Traffic
from dashboard.reports.canary_lint import lint_report

RATIO = "sum(rate(errors_total[5m])) / (sum(rate(requests_total[5m])) > 0)"
GUARDED = "successCondition: len(result) > 0 && result[0] < 0.02"


def analysis_template(*fields: str, query: str = RATIO, name: str = "errors", spec: str = "") -> str:
    """An AnalysisTemplate of one metric with these `fields`, indented as they are."""
    lines = "".join(f"      {field}\n" for field in fields)
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: check}\n"
        f"spec:\n{spec}  metrics:\n    - name: {name}\n{lines}      provider:\n        prometheus:\n"
        f"          address: http://prometheus\n          query: >-\n            {query}\n"
    )


def canary_rollout(steps: str, canary: str = "") -> str:
    """A Rollout with a canary of these `steps`; `canary` is more of its strategy."""
    return (
        "---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: api}\nspec:\n"
        "  selector: {matchLabels: {app: api}}\n  strategy:\n    canary:\n"
        "      canaryService: api-canary\n      stableService: api-stable\n"
        f"      trafficRouting: {{nginx: {{stableIngress: api}}}}\n{canary}      steps: {steps}\n"
    )


def findings_of(
    text: str, rule: str, *, scrape_interval: timedelta | None = None, traffic: Traffic | None = None
) -> list[Finding]:
    """The findings of one rule in `text`."""
    report = lint_report({"a.yaml": text}, scrape_interval=scrape_interval, traffic=traffic)
    return [finding for finding in report.findings if finding.rule.value == rule]


def only_finding(text: str, rule: str, *, traffic: Traffic | None = None) -> Finding:
    """The one finding of a rule in `text`."""
    (found,) = findings_of(text, rule, traffic=traffic)
    return found
