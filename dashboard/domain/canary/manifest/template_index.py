"""Analysis templates by what a Rollout names them by, so that each is found without a look at all of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dashboard.domain.canary.manifest.node import Manifest

NAMESPACED, CLUSTER_WIDE = "AnalysisTemplate", "ClusterAnalysisTemplate"
TEMPLATE_KINDS = (NAMESPACED, CLUSTER_WIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateIndex:
    """The templates at hand, by kind and name."""

    _by_name: Mapping[tuple[str, str], tuple[Manifest, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is any template."""
        return bool(self._by_name)

    def find(self, name: str, namespace: str, *, cluster: bool) -> Manifest | None:
        """The template that `name` means in `namespace`, which may be empty where a file does not say it.

        A template of another namespace is none that Argo finds; one without a namespace may be in any.
        """
        found = self._by_name.get((CLUSTER_WIDE if cluster else NAMESPACED, name), ())
        if cluster or not namespace:
            return next(iter(found), None)
        by_namespace = {manifest.namespace: manifest for manifest in reversed(found)}
        return by_namespace.get(namespace) or by_namespace.get("")


def template_index(manifests: Iterable[Manifest]) -> TemplateIndex:
    """The templates among `manifests`; of two that are called the same the first counts."""
    found: dict[tuple[str, str], list[Manifest]] = {}
    for manifest in manifests:
        if manifest.kind in TEMPLATE_KINDS:
            found.setdefault((manifest.kind, manifest.name), []).append(manifest)
    return TemplateIndex(_by_name={key: tuple(same) for key, same in found.items()})
