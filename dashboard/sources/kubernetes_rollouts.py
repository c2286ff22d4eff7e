"""Rollouts and AnalysisRuns of a cluster: listed page by page, and watched from where the list ended."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from dashboard.config.kubernetes import KubernetesSettings
from dashboard.errors import InputError, SourceUnreachableError
from dashboard.sources.argo_observations import Observation, observation
from dashboard.sources.kubernetes_api import GoneError, KubernetesApi

_PAGE = 250
_FRESH_STARTS = 3
#: How long one watch lasts before the server ends it; the next one goes on from there.
_WATCH_SECONDS = 60


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
    """One list that can be watched: a resource of an API server, in one namespace or (None) in all."""

    server: str
    resource: Resource
    namespace: str | None
    selector: str | None

    @property
    def name(self) -> str:
        """What it is called where its freshness is told.

        What it has and what is gone from it is kept under this name, so that it has all that chooses.
        """
        where = self.namespace or "all namespaces"
        which = "" if self.selector is None else f" with {self.selector}"
        return f"{self.server}: {self.resource} in {where}{which}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of a list, or of a watch; `begins` where a list begins with it, at first or anew.

    `present` are the keys of all objects that there are in it, those that cannot be read among them, and
    `unreadable` says by these keys why. `gone` are the keys of objects that were deleted, or are not chosen
    any more. `version` is where a watch may begin after it; it is set on the last page of a list, and on what
    a watch told.
    """

    observations: tuple[Observation, ...] = ()
    present: tuple[str, ...] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    version: str | None = None
    total: int | None = None
    begins: bool = False


class KubernetesRollouts:
    """The Rollouts and AnalysisRuns that `settings` choose.

    Raises:
        ConfigurationError: the client is not installed, or the address and the credentials are not found.
    """

    def __init__(self, settings: KubernetesSettings) -> None:
        self._api = KubernetesApi(settings)
        self.address = self._api.address
        #: With what the names of its scopes begin, and of no scopes of another API server.
        self.server = f"kubernetes at {self.address.removeprefix('https://')}"
        run_selector = settings.run_label_selector
        selectors = {Resource.ROLLOUTS: settings.label_selector, Resource.RUNS: run_selector}
        self.scopes = tuple(
            Scope(server=self.server, resource=resource, namespace=namespace, selector=selectors[resource])
            for resource in Resource
            for namespace in settings.namespaces or (None,)
        )
        #: Whether runs count only when they belong to a Rollout that was chosen, or to none.
        self.only_of_chosen = settings.label_selector is not None and run_selector is None

    def close(self) -> None:
        """Let go of its connections."""
        self._api.close()

    def listed(self, scope: Scope, stop: threading.Event | None = None) -> Iterator[Page]:
        """All that there is in `scope`, page by page; when it expires meanwhile, it begins anew.

        Raises:
            SourceUnreachableError: there is no answer, or none that can be trusted, or `stop` was set.
        """
        for _ in range(_FRESH_STARTS):
            try:
                yield from self._pages(scope, stop or threading.Event())
            except GoneError:
                continue
            return
        raise SourceUnreachableError(
            f"{scope.name}: found a list that expired {_FRESH_STARTS} times while it was read,"
            " expected one that can be read to its end"
        )

    def existing(self, scope: Scope, stop: threading.Event | None = None) -> set[str]:
        """The keys of all objects where `scope` is, whether it chooses them or not.

        Raises:
            SourceUnreachableError: as `listed`.
        """
        found: set[str] = set()
        for page in self.listed(replace(scope, selector=None), stop):
            found.update(page.present)
        return found

    def watched(self, scope: Scope, version: str, stop: threading.Event) -> Iterator[Page]:
        """What changes in `scope` after `version`, until the server ends the watch or `stop` is set.

        Raises:
            GoneError: that version has expired: list again.
            CutOffError: the connection broke, or was silent for too long: watch again from the last version.
            SourceUnreachableError: it was refused, or what came is none of its events.
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

    def _pages(self, scope: Scope, stop: threading.Event) -> Iterator[Page]:
        following: str | None = None
        read = 0
        while True:
            page = self._api.get(
                scope.resource,
                scope.namespace,
                stop,
                limit=_PAGE,
                _continue=following,
                label_selector=scope.selector,
            )
            items = page["items"]
            begins, read = following is None, read + len(items)
            metadata = page.get("metadata")
            metadata = metadata if isinstance(metadata, dict) else {}
            following = _text(metadata.get("continue"))
            remaining = metadata.get("remainingItemCount")
            found = _Objects(scope)
            for item in items:
                found.add(item)
            yield found.page(
                version=None if following else _text(metadata.get("resourceVersion")) or "",
                total=read + remaining if isinstance(remaining, int) else None,
                begins=begins,
            )
            if not following:
                return


def _changes(scope: Scope, events: list[Mapping[str, Any]]) -> Page:
    found, version = _Objects(scope), None
    for event in events:
        item = event["object"]
        version = _text(_metadata(item).get("resourceVersion")) or version
        if event.get("type") != "BOOKMARK":
            found.add(item, deleted=event.get("type") == "DELETED")
    return found.page(version=version)


class _Objects:
    """What objects tell, one after another. One that cannot be read hides no other one."""

    def __init__(self, scope: Scope) -> None:
        self._kind = scope.resource.kind
        self._observations: list[Observation] = []
        self._unreadable: dict[str, str] = {}
        #: Whether each is there, by its last word.
        self._there: dict[str, bool] = {}

    def add(self, item: Any, *, deleted: bool = False) -> None:
        """Read one more; `deleted` says that this is the last that was seen of it."""
        key = _key(item)
        self._unreadable.pop(key, None)
        self._there[key] = not deleted
        try:
            read = observation("kubernetes", {"kind": self._kind, **item} if isinstance(item, dict) else item)
        except InputError as error:
            if not deleted:
                self._unreadable[key] = str(error)
            return
        if read is not None:
            self._observations.append(read)

    def page(self, **more: Any) -> Page:
        """All of it as a page."""
        return Page(
            observations=tuple(self._observations),
            present=tuple(key for key, there in self._there.items() if there),
            unreadable=self._unreadable,
            gone=tuple(key for key, there in self._there.items() if not there),
            **more,
        )


def _key(item: Any) -> str:
    """As the readers of Rollouts and runs know an object: its uid, else where it is."""
    metadata = _metadata(item)
    uid, namespace, called = (_text(metadata.get(name)) for name in ("uid", "namespace", "name"))
    return uid or f"{namespace or 'default'}/{called or ''}"


def _metadata(item: Any) -> Mapping[str, Any]:
    metadata = item.get("metadata") if isinstance(item, dict) else None
    return metadata if isinstance(metadata, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
