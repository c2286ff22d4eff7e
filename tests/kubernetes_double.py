"""A double of a Kubernetes API with Argo Rollouts in it: an honest server, but none of Kubernetes' own.

No kube-apiserver can be had from the registries, so this one does what its documentation says
(https://kubernetes.io/docs/reference/using-api/api-concepts/): lists with `limit` and `continue`, a
`labelSelector`, single objects, watches from a `resourceVersion` with ADDED, MODIFIED, DELETED and BOOKMARK,
and one that has expired in both of its shapes. It keeps objects and their versions; nothing else about them
is checked.

    with KubernetesDouble() as server:
        server.put(rollout())                       # ADDED, or MODIFIED where it is known
        server.fault = lambda request: Refused(403) # Spoil answers: also Slow, CutOff, Garbage, Reset, Says.
        server.forget_history()                     # Now every older resourceVersion has expired.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

TOKEN = "a-token-of-the-tests"  # noqa: S105 - of the double
_PATH = re.compile(
    r"/apis/argoproj\.io/v1alpha1(?:/namespaces/(?P<namespace>[^/]+))?/(?P<plural>[a-z]+)(?:/(?P<name>[^/]+))?"
)
_KINDS = {"rollouts": "Rollout", "analysisruns": "AnalysisRun"}
_PLURALS = {kind: plural for plural, kind in _KINDS.items()}
_REASONS = {401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 410: "Expired"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came."""

    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def is_watch(self) -> bool:
        return self.params.get("watch") in {"true", "True", "1"}


@dataclass(frozen=True, slots=True)
class Refused:
    """An error as the API tells it: a Status with the code; `after` asks to wait so many seconds."""

    code: int
    after: int | None = None
    message: str = "refused by the double"


@dataclass(frozen=True, slots=True)
class Slow:
    """The right answer, a byte every so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class CutOff:
    """The connection ends after so many bytes of the right answer."""

    after: int = 20


@dataclass(frozen=True, slots=True)
class Garbage:
    """Something else than JSON, with 200."""


@dataclass(frozen=True, slots=True)
class Reset:
    """A TCP reset in place of an answer."""


@dataclass(frozen=True, slots=True)
class GoneAsEvent:
    """A watch that has expired, told as an ERROR event after 200."""


@dataclass(frozen=True, slots=True)
class Says:
    """A watch with 200 and JSON that says this, byte by byte as it is, and ends."""

    body: bytes


Fault = Refused | Slow | CutOff | Garbage | Reset | GoneAsEvent | Says


@dataclass(slots=True)
class _Change:
    version: int
    kind: str
    plural: str
    item: dict[str, Any]
    before: dict[str, Any] | None


@dataclass(slots=True)
class _State:
    objects: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    changes: list[_Change] = field(default_factory=list)
    version: int = 1_000
    compacted: int = 0
    pages: dict[str, tuple[list[dict[str, Any]], int]] = field(default_factory=dict)


class KubernetesDouble:
    """Runs on a free loopback port within a `with` block; `requests` keeps what came."""

    def __init__(self) -> None:
        self.fault: Callable[[Request], Fault | None] = lambda _: None
        self.requests: list[Request] = []
        self.installed = set(_KINDS)
        self.gone_as_event = True
        """An expired watch is 200 with an ERROR event; else it is HTTP 410."""
        self.token = TOKEN
        """The only one that it lets in."""
        self._state = _State()
        self._changed = threading.Condition()
        self._closed = False

        def handler(*args: Any) -> _Handler:
            return _Handler(self, *args)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def put(self, *items: Mapping[str, Any]) -> None:
        """Add objects, or change those that are known by their name; each gets the next version."""
        with self._changed:
            for item in items:
                copy = json.loads(json.dumps(item))
                plural = _PLURALS[copy["kind"]]
                key = (plural, copy["metadata"]["namespace"], copy["metadata"]["name"])
                before = self._state.objects.get(key)
                self._change("ADDED" if before is None else "MODIFIED", plural, copy, before)
                self._state.objects[key] = copy
            self._changed.notify_all()

    def delete(self, kind: str, namespace: str, name: str) -> None:
        """Take an object away."""
        with self._changed:
            plural = _PLURALS[kind]
            self._change("DELETED", plural, self._state.objects.pop((plural, namespace, name)))
            self._changed.notify_all()

    def bookmark(self) -> None:
        """Send a BOOKMARK to every watch."""
        with self._changed:
            for plural, kind in _KINDS.items():
                mark = {"kind": kind, "apiVersion": "argoproj.io/v1alpha1", "metadata": {}}
                self._change("BOOKMARK", plural, mark)
            self._changed.notify_all()

    def forget_history(self) -> None:
        """From now on a watch or a page from an older version has expired."""
        with self._changed:
            self._state.version += 1
            self._state.compacted = self._state.version
            self._state.changes.clear()
            self._state.pages.clear()

    def kubeconfig(self) -> str:
        """A kubeconfig that leads here."""
        return yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "double",
                "clusters": [{"name": "double", "cluster": {"server": self.url}}],
                "users": [{"name": "tester", "user": {"token": self.token}}],
                "contexts": [{"name": "double", "context": {"cluster": "double", "user": "tester"}}],
            }
        )

    def watches(self) -> list[Request]:
        """The watches that were asked for."""
        return [request for request in self.requests if request.is_watch]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _change(
        self, kind: str, plural: str, item: dict[str, Any], before: dict[str, Any] | None = None
    ) -> None:
        self._state.version += 1
        item["metadata"]["resourceVersion"] = str(self._state.version)
        copy = json.loads(json.dumps(item))
        self._state.changes.append(
            _Change(version=self._state.version, kind=kind, plural=plural, item=copy, before=before)
        )

    def page(
        self, plural: str, namespace: str | None, params: Mapping[str, str]
    ) -> tuple[int, dict[str, Any]]:
        """The status and the body of one page of a list."""
        with self._changed:
            token = params.get("continue")
            if token is not None:
                if token not in self._state.pages:
                    return 410, _status(410, "The provided continue parameter is too old")
                items, version = self._state.pages.pop(token)
            else:
                items, version = self._chosen(plural, namespace, params), self._state.version
            limit = int(params.get("limit", "0")) or len(items)
            metadata: dict[str, Any] = {"resourceVersion": str(version)}
            if len(items) > limit:
                token = f"{plural}-{version}-{len(items)}"
                self._state.pages[token] = (items[limit:], version)
                metadata |= {"continue": token, "remainingItemCount": len(items) - limit}
        kind = f"{_KINDS[plural]}List"
        return 200, {
            "apiVersion": "argoproj.io/v1alpha1",
            "items": items[:limit],
            "kind": kind,
            "metadata": metadata,
        }

    def one(self, plural: str, namespace: str, name: str) -> tuple[int, dict[str, Any]]:
        """The status and the body of one object."""
        with self._changed:
            found = self._state.objects.get((plural, namespace, name))
        return (404, _status(404, f'{plural} "{name}" not found')) if found is None else (200, found)

    def expired(self, params: Mapping[str, str]) -> bool:
        """Whether a watch begins at a version whose changes are not kept any more."""
        return int(params.get("resourceVersion") or 0) < self._state.compacted

    def events(
        self, plural: str, namespace: str | None, params: Mapping[str, str]
    ) -> Iterator[dict[str, Any]]:
        """What a watch sees until its time is over."""
        seen = int(params.get("resourceVersion") or 0)
        ends = time.monotonic() + float(params.get("timeoutSeconds", "300"))
        while True:
            with self._changed:
                if self._state.compacted > seen:
                    yield {"type": "ERROR", "object": _status(410, f"too old resource version: {seen}")}
                    return
                news = [change for change in self._state.changes if change.version > seen]
                if not news:
                    left = ends - time.monotonic()
                    if left <= 0 or self._closed:
                        return
                    self._changed.wait(min(left, 0.2))
                    continue
            for change in news:
                seen = change.version
                if change.plural == plural and (event := self._event(change, namespace, params)):
                    yield event

    def _event(
        self, change: _Change, namespace: str | None, params: Mapping[str, str]
    ) -> dict[str, Any] | None:
        """What a watch is told of a change; an object that is not chosen any more is told as deleted."""
        if change.kind == "BOOKMARK":
            marks = params.get("allowWatchBookmarks") in {"true", "True"}
            return {"type": change.kind, "object": change.item} if marks else None
        is_chosen = self._is_chosen(change.item, namespace, params)
        if change.kind != "MODIFIED" or change.before is None:
            return {"type": change.kind, "object": change.item} if is_chosen else None
        was_chosen = self._is_chosen(change.before, namespace, params)
        if is_chosen:
            return {"type": "MODIFIED" if was_chosen else "ADDED", "object": change.item}
        version = change.item["metadata"]["resourceVersion"]
        last = {**change.before, "metadata": {**change.before["metadata"], "resourceVersion": version}}
        return {"type": "DELETED", "object": last} if was_chosen else None

    def _chosen(self, plural: str, namespace: str | None, params: Mapping[str, str]) -> list[dict[str, Any]]:
        return [
            item
            for (of, _, _), item in sorted(self._state.objects.items(), key=lambda pair: pair[0])
            if of == plural and self._is_chosen(item, namespace, params)
        ]

    def _is_chosen(self, item: Mapping[str, Any], namespace: str | None, params: Mapping[str, str]) -> bool:
        metadata = item["metadata"]
        if "name" not in metadata or namespace not in {None, metadata["namespace"]}:
            return False
        labels = metadata.get("labels") or {}
        terms = [term for term in params.get("labelSelector", "").split(",") if term]
        return all(_fits(term, labels) for term in terms)


def _fits(term: str, labels: Mapping[str, str]) -> bool:
    for sign, wanted in (("!=", False), ("==", True), ("=", True)):
        name, found, value = term.partition(sign)
        if found:
            return (labels.get(name.strip()) == value.strip()) is wanted
    return (term.strip().removeprefix("!") in labels) is not term.strip().startswith("!")


def _status(code: int, message: str) -> dict[str, Any]:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": _REASONS.get(code, "InternalError"),
        "code": code,
    }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, server: KubernetesDouble, *args: Any) -> None:
        self._double = server
        super().__init__(*args)

    def log_message(self, *_: object) -> None:
        """Stay silent: `requests` of the double is the record."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        params = {name: values[-1] for name, values in parse_qs(url.query).items()}
        request = Request(path=url.path, params=params, headers=dict(self.headers.items()))
        self._double.requests.append(request)
        with contextlib.suppress(ConnectionError):  # The client gave up: some faults are for that.
            self._answer(request)

    def _answer(self, request: Request) -> None:  # noqa: PLR0911 - one for each way to answer
        fault = self._double.fault(request)
        if isinstance(fault, Reset):
            return self._reset()
        if isinstance(fault, Refused):
            headers = {} if fault.after is None else {"Retry-After": str(fault.after)}
            return self._send(fault.code, _status(fault.code, fault.message), headers=headers)
        if self.headers.get("Authorization", "").lower() != f"bearer {self._double.token}":
            return self._send(401, _status(401, "Unauthorized"))
        match = _PATH.fullmatch(request.path)
        if match is None or match["plural"] not in self._double.installed:
            return self._plain(404, b"404 page not found\n")
        if isinstance(fault, Says) and request.is_watch:
            return self._plain(200, fault.body, "application/json")
        if isinstance(fault, Garbage):
            return self._plain(200, b"<!DOCTYPE html><title>Sign in</title>")
        if match["name"]:
            return self._send(*self._double.one(match["plural"], match["namespace"], match["name"]))
        if request.is_watch:
            return self._watch(match, request, fault)
        return self._send(
            *self._double.page(match["plural"], match["namespace"], request.params), fault=fault
        )

    def _watch(self, match: re.Match[str], request: Request, fault: Fault | None) -> None:
        if self._double.expired(request.params) and not self._double.gone_as_event:
            return self._send(410, _status(410, "The resourceVersion for the provided watch is too old."))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if isinstance(fault, GoneAsEvent):
            self._chunk({"type": "ERROR", "object": _status(410, "too old resource version")})
        else:
            for event in self._double.events(match["plural"], match["namespace"], request.params):
                self._chunk(event)
                if isinstance(fault, CutOff):
                    return self._reset()
        self.wfile.write(b"0\r\n\r\n")
        return None

    def _chunk(self, event: Mapping[str, Any]) -> None:
        line = json.dumps(event).encode() + b"\n"
        # In two chunks, as a proxy may cut them: a line is whole only at its end.
        for part in (line[:7], line[7:]):
            self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            self.wfile.flush()

    def _send(
        self,
        code: int,
        document: Mapping[str, Any],
        *,
        headers: Mapping[str, str] | None = None,
        fault: Fault | None = None,
    ) -> None:
        self._plain(code, json.dumps(document).encode(), "application/json", headers, fault)

    def _plain(
        self,
        code: int,
        body: bytes,
        kind: str = "text/plain",
        headers: Mapping[str, str] | None = None,
        fault: Fault | None = None,
    ) -> None:
        self.send_response(code)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if isinstance(fault, CutOff):
            self.wfile.write(body[: fault.after])
            return self._reset()
        if isinstance(fault, Slow):
            for position in range(len(body)):
                self.wfile.write(body[position : position + 1])
                self.wfile.flush()
                time.sleep(fault.seconds)
            return None
        self.wfile.write(body)
        return None

    def _reset(self) -> None:
        # A close that does not linger sends RST, once the handler lets go of its reader too.
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
