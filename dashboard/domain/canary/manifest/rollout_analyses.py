"""Where a Rollout runs analyses, which templates each names, and the arguments that it gives them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dashboard.domain.canary.manifest.analysis import Argument, read_arguments
from dashboard.domain.canary.manifest.node import Manifest, Node
from dashboard.domain.canary.manifest.rollout_steps import Step, canary_of, steps_of
from dashboard.domain.canary.manifest.template_index import TemplateIndex

_DEEPEST = 8  # Templates that name templates.


class Site(StrEnum):
    """When an analysis runs."""

    BACKGROUND = "background"
    STEP = "step"
    EXPERIMENT = "experiment"
    BEFORE_PROMOTION = "before promotion"
    AFTER_PROMOTION = "after promotion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An argument that a Rollout gives: `value`, or the pod template hash named by `hash_of`."""

    name: str
    node: Node
    value: str | None
    hash_of: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A template that an analysis names; `found` is None where no given file has it."""

    name: str
    node: Node
    cluster: bool
    found: Manifest | None
    other_scope: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutAnalysis:
    """One analysis of the Rollout `manifest`; `templates` are those found, those that they name included."""

    manifest: Manifest
    site: Site
    node: Node
    step: Step | None
    references: tuple[Reference, ...]
    templates: tuple[Manifest, ...]
    given: tuple[Given, ...]

    @property
    def is_whole(self) -> bool:
        """Whether all of its templates were found."""
        return all(reference.found is not None for reference in self.references)

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """What its templates declare."""
        return tuple(argument for template in self.templates for argument in read_arguments(template))

    @property
    def values(self) -> Mapping[str, str]:
        """The value of each argument, as far as it is known: the Rollout's word, else the template's."""
        defaults = {found.name: found.value for found in self.arguments if found.value is not None}
        given = {found.name: found.value for found in self.given if found.value is not None}
        return {**defaults, **given}


def analyses_of(manifest: Manifest, templates: TemplateIndex) -> Iterator[RolloutAnalysis]:
    """The analyses of the Rollout `manifest`, whose templates are looked for in `templates`."""
    for site, node, step in _sites(manifest):
        listed = [node] if site is Site.EXPERIMENT else node.each("templates")
        references = tuple(_references(listed, templates, manifest.namespace))
        found = [reference.found for reference in references if reference.found is not None]
        yield RolloutAnalysis(
            manifest=manifest,
            site=site,
            node=node,
            step=step,
            references=references,
            templates=tuple(_with_inner(found, templates, manifest.namespace)),
            given=tuple(_given(node)),
        )


def _sites(manifest: Manifest) -> Iterator[tuple[Site, Node, Step | None]]:
    canary = canary_of(manifest)
    if canary is not None:
        background = canary.get("analysis")
        if background is not None:
            yield Site.BACKGROUND, background, None
        for step in steps_of(canary):
            analysis = step.node.get("analysis")
            if analysis is not None:
                yield Site.STEP, analysis, step
            for inner in step.node.each("experiment", "analyses"):
                yield Site.EXPERIMENT, inner, step
    blue_green = manifest.root.get("spec", "strategy", "blueGreen")
    if blue_green is not None:
        for name, site in (
            ("prePromotionAnalysis", Site.BEFORE_PROMOTION),
            ("postPromotionAnalysis", Site.AFTER_PROMOTION),
        ):
            node = blue_green.get(name)
            if node is not None:
                yield site, node, None


def _references(listed: Sequence[Node], templates: TemplateIndex, namespace: str) -> Iterator[Reference]:
    for node in listed:
        name, scope = node.string("templateName"), node.get("clusterScope")
        if name is None:
            continue
        cluster = scope is not None and scope.scalar is True
        found = templates.find(name, namespace, cluster=cluster)
        other = None if found is not None else templates.find(name, namespace, cluster=not cluster)
        yield Reference(
            name=name,
            node=node,
            cluster=cluster,
            found=found,
            other_scope=other is not None,
        )


def _with_inner(found: Sequence[Manifest], templates: TemplateIndex, namespace: str) -> list[Manifest]:
    """`found` and the templates that they name, each once."""
    whole: dict[int, Manifest] = {}
    waiting = [(template, 0) for template in found]
    while waiting:
        template, depth = waiting.pop(0)
        if id(template) in whole or depth > _DEEPEST:
            continue
        whole[id(template)] = template
        inner = _references(template.root.each("spec", "templates"), templates, namespace)
        waiting += [(item.found, depth + 1) for item in inner if item.found is not None]
    return list(whole.values())


def _given(node: Node) -> Iterator[Given]:
    for item in node.each("args"):
        name = item.string("name")
        if name:
            yield Given(
                name=name,
                node=item,
                value=item.string("value"),
                hash_of=item.string("valueFrom", "podTemplateHashValue"),
            )
