"""All rules over all files together: templates with the Rollouts that use them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from dashboard.domain.canary.lint.arguments import lint_arguments
from dashboard.domain.canary.lint.conditions import lint_conditions
from dashboard.domain.canary.lint.dry_run import fits, lint_dry_run
from dashboard.domain.canary.lint.fields import lint_fields
from dashboard.domain.canary.lint.finding import Finding, Place, finding
from dashboard.domain.canary.lint.limits import lint_limits, lint_providers
from dashboard.domain.canary.lint.provider import lint_provider
from dashboard.domain.canary.lint.query import PromqlReader, lint_query
from dashboard.domain.canary.lint.rollout import lint_rollout
from dashboard.domain.canary.lint.rollout_arguments import lint_given, lint_references, lint_rollout_rules
from dashboard.domain.canary.lint.rollout_time import lint_time
from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.domain.canary.lint.steps import lint_steps
from dashboard.domain.canary.lint.traffic import Share, Traffic, lint_traffic
from dashboard.domain.canary.lint.writing import is_linted, lint_writing
from dashboard.domain.canary.manifest.analysis import Analysis, Metric, read_arguments, read_metric
from dashboard.domain.canary.manifest.node import Manifest, Node
from dashboard.domain.canary.manifest.rollout_analyses import RolloutAnalysis, Site, analyses_of
from dashboard.domain.canary.manifest.rollout_steps import canary_of, steps_of, whole_weight
from dashboard.domain.canary.manifest.template_index import template_index


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is known beside the files: how far samples are apart, and what traffic the service gets."""

    scrape_interval: timedelta | None = None
    traffic: Traffic | None = None


def lint(
    files: Mapping[str, Sequence[Manifest]], read: PromqlReader, known: Surroundings | None = None
) -> tuple[Finding, ...]:
    """What is wrong with the manifests of `files` (by name), in the order in which they are read."""
    known = known or Surroundings()
    manifests = [manifest for found in files.values() for manifest in found]
    templates = template_index(manifests)
    analyses = {
        id(manifest): tuple(analyses_of(manifest, templates))
        for manifest in manifests
        if manifest.kind == "Rollout"
    }
    uses = _uses(analysis for found in analyses.values() for analysis in found)
    found: list[Finding] = [
        _nothing(name) for name, inside in files.items() if not any(map(is_linted, inside))
    ]
    for manifest in manifests:
        found += lint_writing(manifest)
        if not is_linted(manifest):
            continue
        found += lint_fields(manifest)
        if manifest.kind == "Rollout":
            found += _rollout(manifest, analyses[id(manifest)], templates_given=bool(templates))
        else:
            found += _analysis(manifest, uses.get(id(manifest), ()), read, known)
    return tuple(sorted(dict.fromkeys(found), key=lambda item: item.order))


def _uses(analyses: Iterable[RolloutAnalysis]) -> Mapping[int, Sequence[RolloutAnalysis]]:
    """The analyses that name each template, by the template's id: two templates may well be equal."""
    found: dict[int, list[RolloutAnalysis]] = {}
    for analysis in analyses:
        for template in analysis.templates:
            found.setdefault(id(template), []).append(analysis)
    return found


def _nothing(file: str) -> Finding:
    place = Place(file=file, line=1, column=1, called="", path="")
    return finding(RuleId.NOTHING_TO_LINT, place, "found no analysis and no Rollout in this file")


def _rollout(
    manifest: Manifest, analyses: Sequence[RolloutAnalysis], *, templates_given: bool
) -> Iterator[Finding]:
    yield from lint_rollout(manifest)
    yield from lint_steps(manifest)
    for analysis in analyses:
        yield from lint_references(analysis, templates_given=templates_given)
        yield from lint_given(analysis)
        yield from lint_rollout_rules(analysis)
        yield from lint_time(analysis, tuple(_used_metrics(analysis)))


def _used_metrics(analysis: RolloutAnalysis) -> Iterator[Metric]:
    values = analysis.values
    for template in analysis.templates:
        for node in template.root.each("spec", "metrics"):
            yield read_metric(template, node, values, dry_run=False)


def _analysis(
    manifest: Manifest, uses: Sequence[RolloutAnalysis], read: PromqlReader, known: Surroundings
) -> Iterator[Finding]:
    analysis = read_analysis(manifest, uses)
    yield from lint_providers(analysis)
    yield from lint_limits(analysis)
    yield from lint_arguments(analysis, given_elsewhere=bool(uses))
    yield from lint_dry_run(analysis)
    yield from lint_provider(analysis)
    yield from lint_query(analysis, read, known.scrape_interval)
    yield from lint_conditions(analysis, read)
    if known.traffic is not None:
        yield from lint_traffic(analysis, read, known.traffic, list(_shares(uses)))


def read_analysis(manifest: Manifest, uses: Sequence[RolloutAnalysis] = ()) -> Analysis:
    """The template or run `manifest` as the rules look at it; `uses` are the analyses that name it.

    Arguments have the value that the first of them gives, else the template's own.
    """
    arguments = read_arguments(manifest)
    values = {argument.name: argument.value for argument in arguments if argument.value is not None}
    for use in reversed(uses):
        declared = {argument.name for argument in arguments}
        values |= {name: value for name, value in use.values.items() if name in declared}
    patterns = _patterns(manifest.root.each("spec", "dryRun"))
    used = [_patterns(use.node.each("dryRun")) for use in uses]
    metrics = []
    for node in manifest.root.each("spec", "metrics"):
        name = node.string("name") or ""
        dry = any(fits(pattern, name) for pattern in patterns)
        dry = dry or (bool(used) and all(any(fits(item, name) for item in found) for found in used))
        metrics.append(read_metric(manifest, node, values, dry_run=dry))
    canary = {given.name for use in uses for given in use.given if given.hash_of == "Latest"}
    return Analysis(
        manifest=manifest,
        metrics=tuple(metrics),
        arguments=arguments,
        values=values,
        canary_arguments=frozenset(canary),
    )


def _patterns(rules: Sequence[Node]) -> list[str]:
    return [pattern for rule in rules if (pattern := rule.string("metricName")) is not None]


def _shares(uses: Sequence[RolloutAnalysis]) -> Iterator[Share]:
    """The canary's part of the traffic at each step that runs the template."""
    for use in uses:
        canary = canary_of(use.manifest)
        if canary is None:
            continue
        weights = [step.weight for step in steps_of(canary) if step.weight and use.site is Site.BACKGROUND]
        if use.step is not None and use.step.weight:
            weights = [use.step.weight]
        for weight in weights[:1]:
            part = min(1.0, weight / whole_weight(canary))
            yield Share(part=part, where=f"weight {weight} of {use.manifest.name}")
