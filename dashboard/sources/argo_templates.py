"""Which templates of a file an analysis takes: those that are named, and those that they name in turn."""

from collections.abc import Iterable, Iterator
from typing import Any

from dashboard.errors import InputError
from dashboard.sources.argo_analysis import RUN_KIND, TEMPLATE_KINDS, NamedObject, named_objects
from dashboard.sources.argo_fields import Fields

_CLUSTER_KIND = "ClusterAnalysisTemplate"
#: Characters of the known names that a message shows.
_SHOWN = 500


def templates_of(called: str, documents: Iterable[Any], names: tuple[str, ...]) -> tuple[NamedObject, ...]:
    """The templates of `names` among `documents`, or all of them without a name, each once.

    A name is that of a template, or `namespace/name` (`ClusterAnalysisTemplate/name`) where several have it.
    What a template names in its `templates` comes with it, from the same namespace, as Argo takes it.

    Raises:
        InputError: there is none, a name fits none or several, or a template names one that is not there.
    """
    known = named_objects(called, documents, {*TEMPLATE_KINDS, RUN_KIND})
    if not known:
        raise InputError(
            f"{called}: found no template, expected an AnalysisTemplate or ClusterAnalysisTemplate"
        )
    waiting = [_named(known, name) for name in names] if names else list(known)
    taken: list[NamedObject] = []
    while waiting:
        template = waiting.pop(0)
        if any(template is other for other in taken):
            continue
        taken.append(template)
        waiting += _nested(template, known)
    return tuple(taken)


def full_name(template: NamedObject) -> str:
    """What tells `template` from others of its name: its namespace or kind, a slash and its name."""
    before = _CLUSTER_KIND if template.kind == _CLUSTER_KIND else template.namespace
    return f"{before}/{template.name}" if before else template.name


def _named(known: tuple[NamedObject, ...], name: str) -> NamedObject:
    found = [item for item in known if name in {item.name, full_name(item)}]
    if len(found) > 1 and len({full_name(item) for item in found}) > 1:
        several = " and ".join(full_name(item) for item in found)[:_SHOWN]
        raise InputError(f"--name: found {name!r} for {several}, expected one of them")
    if not found:
        raise InputError(f"--name: found {name!r}, expected one of {_names(known)}")
    if len(found) > 1:
        raise InputError(f"--name: found {name!r} {len(found)} times in the file, expected it once")
    return found[0]


def _nested(template: NamedObject, known: tuple[NamedObject, ...]) -> Iterator[NamedObject]:
    for reference in template.listed("templates"):
        yield _referred(reference, template, known)


def _referred(reference: Fields, template: NamedObject, known: tuple[NamedObject, ...]) -> NamedObject:
    name = reference.text("templateName")
    in_cluster = template.kind == _CLUSTER_KIND or reference.values.get("clusterScope") is True
    for other in known:
        in_scope = (
            other.kind == _CLUSTER_KIND
            if in_cluster
            else other.kind == "AnalysisTemplate" and other.namespace == template.namespace
        )
        if other.name == name and in_scope:
            return other
    where = reference.at("templateName")
    raise InputError(
        f"{where}: found {name!r}, which the file does not have, expected one of {_names(known)}"
    )


def _names(known: tuple[NamedObject, ...]) -> str:
    return ", ".join(full_name(item) for item in known)[:_SHOWN] or "none"
