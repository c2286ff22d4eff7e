"""What the metadata of an object of Argo's tells: which one it is, and what its service may be called."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dashboard.errors import InputError
from dashboard.sources.argo_fields import Fields
from dashboard.sources.argo_measurements import moment_at

REVISION = "rollout.argoproj.io/revision"
POD_HASH = "rollouts-pod-template-hash"
_SERVICE_LABEL = "service"
_APP_LABELS = ("app.kubernetes.io/name", "app", "app.kubernetes.io/instance", "k8s-app")
_ENVIRONMENT_LABELS = ("environment", "env", "app.kubernetes.io/environment")
_DEFAULT_NAMESPACE = "default"
_LONGEST_NAME = 500
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Who an object is. `key` is its uid, or `namespace/name` where none is told."""

    key: str
    namespace: str
    name: str
    environment: str
    labels: Fields
    created_at: datetime | None
    resource_version: int | None
    generation: int | None
    revision: int | None

    def label(self, *names: str) -> str:
        """The first of the labels `names` that it has; empty where it has none."""
        return self.labels.text(*names).strip()[:_LONGEST_NAME]

    def names(self, *own: str) -> tuple[str, ...]:
        """What its service may be called, the most telling first: a label, `own` names, labels of the app."""
        apps = (self.label(name) for name in _APP_LABELS)
        return distinct((self.label(_SERVICE_LABEL), *own, *apps))


def metadata_of(item: Fields) -> Metadata:
    """The metadata of `item`.

    Raises:
        InputError: it has no name, or a field of it has a wrong type.
    """
    part = item.part("metadata")
    name = named(part, "name")
    if not name:
        raise InputError(f"{part.at('name')}: found nothing, expected the name of the object")
    namespace = named(part, "namespace") or _DEFAULT_NAMESPACE
    labels = part.part("labels")
    return Metadata(
        key=named(part, "uid") or f"{namespace}/{name}",
        namespace=namespace,
        name=name,
        environment=labels.text(*_ENVIRONMENT_LABELS).strip()[:_LONGEST_NAME] or namespace,
        labels=labels,
        created_at=moment_at(part, "creationTimestamp"),
        resource_version=whole(part.text("resourceVersion")),
        generation=whole(part.text("generation")),
        revision=whole(part.part("annotations").text(REVISION)),
    )


def named(part: Fields, *names: str) -> str:
    """A name at the first of `names` that is there; empty where there is none.

    Raises:
        InputError: it is too long to be one.
    """
    text = part.text(*names).strip()
    if len(text) > _LONGEST_NAME:
        raise InputError(
            f"{part.at(names[0])}: found {len(text):,} characters, expected a name of at most {_LONGEST_NAME}"
        )
    return text


def whole(text: str) -> int | None:
    """A whole number from 0 that the store can hold; None of any other text."""
    if not (text.isascii() and text.isdigit() and len(text) < len(str(_LARGEST))):
        return None
    return int(text)


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """`names` without the empty ones, each once."""
    return tuple(dict.fromkeys(name for name in names if name))
