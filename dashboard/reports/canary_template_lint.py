"""What the lint says of the template that an AnalysisRun was made from, as far as the store has its spec."""

import json
from pathlib import Path

from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.domain.canary.lint_traffic import Traffic
from dashboard.domain.slo import Catalogue
from dashboard.errors import InputError
from dashboard.reports.canary_lint import LintReport, lint_report, service_traffic
from dashboard.reports.canary_reading import NamedCanary


def template_lint(run: AnalysisRunState, traffic: Traffic | None) -> LintReport | None:
    """The findings in the spec of `run`, held to `traffic` where that is known; None without a spec.

    The spec is that of all templates of the run together, with its arguments filled in; secrets have no
    value. Its lines are of no file, so a finding is told by its path.
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
        return lint_report({run.name: json.dumps(whole, indent=1, default=str)}, traffic=traffic)
    except InputError:
        return None


def traffic_of(store: Path, catalogue: Catalogue, named: NamedCanary) -> Traffic | None:
    """The traffic of the service of a canary; None where too little of it is known."""
    canary = named.canary
    if named.service is None:
        return None
    try:
        return service_traffic(store, catalogue, named.service, canary.began_at)
    except InputError:
        return None
