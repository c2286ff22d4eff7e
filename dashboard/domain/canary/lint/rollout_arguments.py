"""What the analyses of a Rollout give their templates, and whether the templates are there and agree."""

from collections.abc import Iterator

from dashboard.domain.canary.lint.dry_run import lint_metric_rules
from dashboard.domain.canary.lint.finding import Finding, at_key, at_value, finding
from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.domain.canary.manifest.rollout_analyses import Reference, RolloutAnalysis

_HASHES = frozenset({"Latest", "Stable"})


def lint_references(analysis: RolloutAnalysis, *, templates_given: bool) -> Iterator[Finding]:
    """Templates that are not there; `templates_given` says whether any template is at hand at all."""
    if not analysis.references:
        message = (
            f"found no template in the {analysis.site.value} analysis, expected templates with templateName"
        )
        yield finding(RuleId.MISSING_FIELD, at_key(analysis.manifest, analysis.node), message)
    for reference in analysis.references:
        if reference.other_scope:
            yield _other_scope(analysis, reference)
        elif reference.found is None:
            kind = "ClusterAnalysisTemplate" if reference.cluster else "AnalysisTemplate"
            where = "none of the given files has" if templates_given else "no file was given for"
            message = f"found templateName {reference.name}: {where} the {kind} of that name"
            if templates_given and not reference.cluster and analysis.manifest.namespace:
                message += f" in namespace {analysis.manifest.namespace}"
            if not templates_given:
                message = f"found templateName {reference.name}: {where} that {kind}"
            place = at_value(analysis.manifest, reference.node.get("templateName") or reference.node)
            yield finding(RuleId.TEMPLATE_UNKNOWN, place, message)


def _other_scope(analysis: RolloutAnalysis, reference: Reference) -> Finding:
    actual = "AnalysisTemplate" if reference.cluster else "ClusterAnalysisTemplate"
    message = f"found templateName {reference.name}, which is the name of another kind: {actual}"
    mend = "Remove clusterScope." if reference.cluster else "Add clusterScope: true."
    place = at_value(analysis.manifest, reference.node.get("templateName") or reference.node)
    return finding(RuleId.TEMPLATE_SCOPE, place, message, mend=mend)


def lint_given(analysis: RolloutAnalysis) -> Iterator[Finding]:
    """Arguments that are given in vain, twice, or not at all."""
    declared = {argument.name for argument in analysis.arguments}
    seen: set[str] = set()
    for given in analysis.given:
        place = at_key(analysis.manifest, given.node.get("name") or given.node)
        if given.name in seen:
            yield finding(RuleId.ARGUMENT_TWICE, place, f"found argument {given.name} given again")
        seen.add(given.name)
        if analysis.is_whole and analysis.templates and given.name not in declared:
            known = f"; they declare {', '.join(sorted(declared)[:8])}" if declared else ""
            message = f"found argument {given.name}, which no template of this analysis declares{known}"
            yield finding(RuleId.ARGUMENT_NOT_TAKEN, place, message)
        if given.hash_of is not None and given.hash_of not in _HASHES:
            node = given.node.get("valueFrom", "podTemplateHashValue") or given.node
            message = f"found podTemplateHashValue {given.hash_of!r}, expected Latest or Stable"
            yield finding(RuleId.HASH_UNKNOWN, at_value(analysis.manifest, node), message)
    yield from _missing(analysis, seen)
    yield from _conflicts(analysis)


def _missing(analysis: RolloutAnalysis, given: set[str]) -> Iterator[Finding]:
    valued = {argument.name for argument in analysis.arguments if argument.has_value}
    told: set[str] = set()
    for template in analysis.templates:
        for argument in analysis.arguments:
            name = argument.name
            if name in valued or name in given or name in told:
                continue
            told.add(name)
            message = f"found no value of argument {name}, which {template.name} needs"
            place = at_key(analysis.manifest, analysis.node)
            mend = f"Add args: [{{name: {name}, value: …}}] to the analysis, or a value in the template."
            yield finding(RuleId.ARGUMENT_WITHOUT_VALUE, place, message, mend=mend)


def _conflicts(analysis: RolloutAnalysis) -> Iterator[Finding]:
    values: dict[str, str] = {}
    metrics: dict[str, str] = {}
    place = at_key(analysis.manifest, analysis.node)
    for template in analysis.templates:
        for node in template.root.each("spec", "args"):
            name, value = node.string("name"), node.string("value")
            if name is None or value is None:
                continue
            if values.setdefault(name, value) != value:
                message = f"found argument {name} as {values[name]!r} and, in {template.name}, as {value!r}"
                yield finding(RuleId.ARGUMENT_CONFLICT, place, message)
        for node in template.root.each("spec", "metrics"):
            metric = node.string("name")
            if metric is None:
                continue
            if metrics.setdefault(metric, template.name) != template.name:
                message = f"found metric {metric} in {metrics[metric]} and in {template.name}"
                yield finding(RuleId.METRIC_NAME_TWICE, place, message)


def lint_rollout_rules(analysis: RolloutAnalysis) -> Iterator[Finding]:
    """Dry runs and retentions that a Rollout names itself."""
    if not analysis.is_whole or not analysis.templates:
        return
    names = [
        metric.string("name") or ""
        for template in analysis.templates
        for metric in template.root.each("spec", "metrics")
    ]
    for rules in ("dryRun", "measurementRetention"):
        yield from lint_metric_rules(analysis.manifest, analysis.node.each(rules), names)
