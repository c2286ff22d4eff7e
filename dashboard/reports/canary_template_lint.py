"""What the lint says of the template that an AnalysisRun was made from, as far as the store has its spec."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.domain.canary.lint.finding import Finding
from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.domain.canary.lint.traffic import Traffic
from dashboard.domain.slo import Catalogue
from dashboard.errors import InputError
from dashboard.reports.canary_lint import LintReport, lint_report, service_traffic
from dashboard.reports.canary_reading import NamedCanary

#: Rules that look at what the store drops: addresses, headers, bodies, jobs, and where a secret is from.
_ON_WHAT_WAS_DROPPED = frozenset(
    {
        RuleId.ADDRESS_UNREADABLE,
        RuleId.ARGUMENT_UNUSED,
        RuleId.JOB_RESTART_POLICY,
        RuleId.JSONPATH_WITHOUT_BRACES,
        RuleId.MISSING_FIELD,
        RuleId.NO_PROVIDER,
        RuleId.WEB_REQUEST_REFUSED,
        RuleId.WEB_STATUS_COMPARED,
    }
)


def template_lint(run: AnalysisRunState, traffic: Traffic | None) -> LintReport | None:
    """The findings in the spec of `run`, held to `traffic` where that is known; None without a spec.

    The spec is that of all templates of the run together, with its arguments filled in; secrets have no
    value. Its lines are of no file, so a finding is told by its path. What the store does not keep of a spec
    cannot be wrong in it: rules that look at that say nothing.
    """
    if not run.spec:
        return None
    whole = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisRun",
        "metadata": {"name": run.name, "namespace": run.namespace},
        "spec": dict(run.spec),
    }
    try:
        found = lint_report({run.name: json.dumps(whole, indent=1, default=str)}, traffic=traffic)
    except InputError:
        return None
    return replace(found, findings=_on_what_is_kept(found.findings))


def _on_what_is_kept(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(item for item in findings if item.rule not in _ON_WHAT_WAS_DROPPED)


def traffic_of(store: Path, catalogue: Catalogue, named: NamedCanary) -> Traffic | None:
    """The traffic of the service of a canary; None where too little of it is known."""
    canary = named.canary
    if named.service is None:
        return None
    try:
        return service_traffic(store, catalogue, named.service, canary.began_at)
    except InputError:
        return None
