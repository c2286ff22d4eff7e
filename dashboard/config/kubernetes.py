"""Settings from the environment: which Kubernetes API to read Rollouts from, and how to be let in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from dashboard.config.seconds import seconds
from dashboard.errors import ConfigurationError

_NAME = "RELIABILITY_KUBERNETES"
_DEFAULT_TIMEOUT = 30.0
_LONGEST_TIMEOUT = 600.0
_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST_SELECTOR = 2_000


class Access(StrEnum):
    """Where the address and the credentials come from."""

    IN_CLUSTER = "in-cluster"
    KUBECONFIG = "kubeconfig"


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesSettings:
    """How to reach a Kubernetes API.

    `kubeconfig` None is where `kubectl` looks (`KUBECONFIG`, else `~/.kube/config`), `context` None its
    current one. No `namespaces` are all of them. `label_selector` chooses Rollouts; AnalysisRuns are those of
    the chosen ones and those that belong to none, or what `run_label_selector` chooses. `timeout` is in
    seconds, and bounds one answer.
    """

    access: Access
    kubeconfig: Path | None = None
    context: str | None = None
    namespaces: tuple[str, ...] = ()
    label_selector: str | None = None
    run_label_selector: str | None = None
    timeout: float = _DEFAULT_TIMEOUT


def kubernetes_settings(environment: Mapping[str, str]) -> KubernetesSettings | None:
    """The settings of `environment` (`RELIABILITY_KUBERNETES…`); None where it names no Kubernetes.

    Raises:
        ConfigurationError: names the variable, what was found and what is expected.
    """

    def read(name: str) -> str | None:
        return environment.get(_NAME + name, "").strip() or None

    where = read("")
    if where is None:
        return None
    access, file = _access(where)
    context = read("_CONTEXT")
    if context is not None and access is Access.IN_CLUSTER:
        raise ConfigurationError(
            f"{_NAME}_CONTEXT: found {context!r}, expected none with {_NAME}={Access.IN_CLUSTER}"
        )
    return KubernetesSettings(
        access=access,
        kubeconfig=file,
        context=context,
        namespaces=_namespaces(read("_NAMESPACES")),
        label_selector=_selector("_LABEL_SELECTOR", read("_LABEL_SELECTOR")),
        run_label_selector=_selector("_RUN_LABEL_SELECTOR", read("_RUN_LABEL_SELECTOR")),
        timeout=seconds(f"{_NAME}_TIMEOUT", read("_TIMEOUT"), _DEFAULT_TIMEOUT, _LONGEST_TIMEOUT),
    )


def _access(text: str) -> tuple[Access, Path | None]:
    if text in set(Access):
        return Access(text), None
    path = Path(text).expanduser()
    if not path.is_file():
        raise ConfigurationError(
            f"{_NAME}: found {text!r}, expected {Access.IN_CLUSTER}, {Access.KUBECONFIG},"
            " or the path of a kubeconfig file"
        )
    return Access.KUBECONFIG, path


def _namespaces(text: str | None) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part for part in re.split(r"[,\s]+", text or "") if part))
    for name in names:
        if not _NAMESPACE.fullmatch(name):
            raise ConfigurationError(
                f"{_NAME}_NAMESPACES: found {name!r}, expected names of namespaces, separated by commas"
            )
    return names


def _selector(name: str, text: str | None) -> str | None:
    if text is not None and (len(text) > _LONGEST_SELECTOR or not text.isprintable()):
        raise ConfigurationError(
            f"{_NAME}{name}: found other text, expected a label selector such as team=payments"
        )
    return text
