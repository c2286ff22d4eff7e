"""Rollouts and AnalysisRuns of a cluster: listed page by page, and watched from where the list ended."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dashboard.config.kubernetes import KubernetesSettings
from dashboard.errors import InputError, SourceUnreachableError
from dashboard.sources.argo_observations import Observation, observation
from dashboard.sources.kubernetes_api import GoneError, KubernetesApi

_PAGE = 250
_FRESH_STARTS = 3
#: How long one watch lasts before the server ends it; the next one goes on from there.
_WATCH_SECONDS = 300


class Resource(StrEnum):
    """What is read, in the plural as the API calls it."""

    ROLLOUTS = "rollouts"
    RUNS = "analysisruns"

    @property
    def kind(self) -> str:
        """What one of them is."""
        return "Rollout" if self is Resource.ROLLOUTS else "AnalysisRun"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One list that can be watched: a resource, in one namespace or (None) in all of them."""

    resource: Resource
    namespace: str | None
    selector: str | None

    @property
    def name(self) -> str:
        """What it is called where its freshness is told."""
        return f"kubernetes: {self.resource} in {self.namespace or 'all namespaces'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of a list, or of a watch. `unreadable` are sentences on objects that were passed over.

    `gone` are the keys of objects that were deleted. `version` is where a watch may begin after it; it is set
    on the last page of a list, and on what a watch told.
    """

    observations: tuple[Observation, ...]
    unreadable: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    version: str | None = None
    total: int | None = None


class KubernetesRollouts:
    """The Rollouts and AnalysisRuns that `settings` choose.

    Raises:
        ConfigurationError: the client is not installed, or the address and the credentials are not found.
    """

    def __init__(self, settings: KubernetesSettings) -> None:
        self._api = KubernetesApi(settings)
        self.address = self._api.address
        run_selector = settings.run_label_selector
        selectors = {Resource.ROLLOUTS: settings.label_selector, Resource.RUNS: run_selector}
        self.scopes = tuple(
            Scope(resource=resource, namespace=namespace, selector=selectors[resource])
            for resource in Resource
            for namespace in settings.namespaces or (None,)
        )
        #: Whether runs count only when they belong to a Rollout that was chosen, or to none.
        self.only_of_chosen = settings.label_selector is not None and run_selector is None

    def close(self) -> None:
        """Let go of its connections."""
        self._api.close()

    def listed(self, scope: Scope) -> Iterator[Page]:
        """All that there is in `scope`, page by page; when it expires meanwhile, it begins anew.

        Raises:
            SourceUnreachableError: there is no answer, or none that can be trusted.
        """
        for _ in range(_FRESH_STARTS):
            try:
                yield from self._pages(scope)
            except GoneError:
                continue
            return
        raise SourceUnreachableError(
            f"Kubernetes: {scope.name}: found a list that expired {_FRESH_STARTS} times while it was read,"
            " expected one that can be read to its end"
        )

    def watched(self, scope: Scope, version: str, stop: threading.Event) -> Iterator[Page]:
        """What changes in `scope` after `version`, until the server ends the watch or `stop` is set.

        Raises:
            GoneError: that version has expired: list again.
            SourceUnreachableError: it was refused, cut off, or silent for too long.
        """
        events = self._api.watch(
            scope.resource,
            scope.namespace,
            stop,
            resource_version=version,
            label_selector=scope.selector,
            timeout_seconds=_WATCH_SECONDS,
        )
        for together in events:
            yield _changes(scope, together)

    def _pages(self, scope: Scope) -> Iterator[Page]:
        following: str | None = None
        read = 0
        while True:
            page = self._api.get(
                scope.resource,
                scope.namespace,
                limit=_PAGE,
                _continue=following,
                label_selector=scope.selector,
            )
            metadata = page.get("metadata")
            metadata = metadata if isinstance(metadata, dict) else {}
            following = _text(metadata.get("continue"))
            items = page["items"]
            read += len(items)
            remaining = metadata.get("remainingItemCount")
            found, unreadable = _read(scope, items)
            yield Page(
                observations=found,
                unreadable=unreadable,
                version=None if following else _text(metadata.get("resourceVersion")) or "",
                total=read + remaining if isinstance(remaining, int) else None,
            )
            if not following:
                return


def _changes(scope: Scope, events: list[Mapping[str, Any]]) -> Page:
    items, gone, version = [], [], None
    for event in events:
        item = event["object"]
        metadata = item.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        version = _text(metadata.get("resourceVersion")) or version
        if event.get("type") == "BOOKMARK":
            continue
        items.append(item)
        uid = _text(metadata.get("uid"))
        if event.get("type") == "DELETED" and uid:
            gone.append(uid)
    found, unreadable = _read(scope, items)
    return Page(observations=found, unreadable=unreadable, gone=tuple(gone), version=version)


def _read(scope: Scope, items: list[Any]) -> tuple[tuple[Observation, ...], tuple[str, ...]]:
    """What the items tell. One that cannot be read is told and passed over: it must not hide the others."""
    found, unreadable = [], []
    for item in items:
        named = {"kind": scope.resource.kind, **item} if isinstance(item, dict) else item
        try:
            read = observation("kubernetes", named)
        except InputError as error:
            unreadable.append(str(error))
            continue
        if read is not None:
            found.append(read)
    return tuple(found), tuple(unreadable)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
