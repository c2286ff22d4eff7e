"""A double, for faults only: it forwards to a real Prometheus and spoils what we tell it to.

No answer is invented here: a good one comes from the Prometheus behind it, and a fault bends that
or withholds it. Which request gets which fault is said beforehand:

    with FaultyServer(prometheus.url) as server:
        server.script(Status(code=503), Healthy(), Truncated())  # One for each request, in order...
        server.choose = lambda request: Hang()                   # ...and for all after the script.

Every request has a connection of its own, so that a fault can never hit the next request too.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import struct
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

from requests.structures import CaseInsensitiveDict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_UPSTREAM_TIMEOUT_SECONDS = 120
_HTML = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came; `params` joins those of the URL and of a posted form."""

    method: str
    path: str
    params: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]

    @property
    def query(self) -> str:
        """The PromQL asked for; empty where a request has none."""
        return next(iter(self.params.get("query", ())), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Healthy:
    """The answer of Prometheus, untouched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlPage:
    """A page instead of JSON, as from a login proxy; by default with 200."""

    code: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """An error status; with `error`, in Prometheus' own JSON, else in a gateway's plain text."""

    code: int
    error: str | None = None
    error_type: str = "bad_data"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truncated:
    """The connection closes after this part (0 to 1) of the announced body."""

    part: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang:
    """Nothing until `release`; then the untouched answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """The untouched answer, this many seconds late."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionReset:
    """A TCP reset in place of an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """The answer with `warnings` added: Prometheus' way to say that it is partial."""

    warnings: Sequence[str] = ("a remote read failed",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """The answer with all values of the series whose labels include `where` replaced."""

    value: str
    where: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesDropped:
    """The answer without the series whose labels include `where`; by default without any."""

    where: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesAdded:
    """The answer with one more series: these labels, the values of the first (there must be one)."""

    labels: Mapping[str, str]


Bent = Warned | Values | SeriesDropped | SeriesAdded
Fault = Healthy | HtmlPage | Status | Truncated | Hang | Slow | ConnectionReset | Bent


def _no_fault(_: Request) -> Fault:
    return Healthy()


class FaultyServer:
    """Runs on a free loopback port within a `with` block; `requests` keeps what came."""

    def __init__(self, upstream: str) -> None:
        self.choose: Callable[[Request], Fault] = _no_fault
        self.requests: list[Request] = []
        self._upstream = urlsplit(upstream)
        self._script: deque[Fault] = deque()
        self._lock = threading.Lock()
        self._hold = threading.Event()
        self._closed = threading.Event()

        def handler(*args: Any) -> _Handler:
            return _Handler(self, *args)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        """Base URL, in place of that of Prometheus."""

    def script(self, *faults: Fault) -> None:
        """Append faults to the queue; each request takes one before `choose` is asked."""
        with self._lock:
            self._script.extend(faults)

    def release(self) -> None:
        """Answer the requests that hang now; later ones hang again."""
        with self._lock:
            held, self._hold = self._hold, threading.Event()
        held.set()

    def close(self) -> None:
        """Stop listening, and reset what still hangs."""
        self._closed.set()
        self._hold.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def take(self, request: Request) -> Fault:
        """Record a request and say what happens to it."""
        with self._lock:
            self.requests.append(request)
            if self._script:
                return self._script.popleft()
        return self.choose(request)

    def hold(self, seconds: float | None = None) -> bool:
        """Wait for `release`, or this long; False once the server is closed."""
        if seconds is None:
            self._hold.wait()
        else:
            self._closed.wait(seconds)
        return not self._closed.is_set()

    def forward(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, str, bytes]:
        """Ask Prometheus itself; return status, content type and body."""
        # Its answer is to arrive uncompressed, since it may be changed.
        dropped = {"host", "connection", "content-length", "accept-encoding"}
        kept = {name: value for name, value in headers.items() if name.lower() not in dropped}
        assert self._upstream.hostname, "the upstream is a URL"
        connection = http.client.HTTPConnection(
            self._upstream.hostname, self._upstream.port, timeout=_UPSTREAM_TIMEOUT_SECONDS
        )
        try:
            connection.request(method, self._upstream.path + path, body or None, kept)
            answer = connection.getresponse()
            return answer.status, answer.headers.get("Content-Type", ""), answer.read()
        except (OSError, http.client.HTTPException) as error:
            return 502, "text/plain", f"no answer from {self._upstream.netloc}: {error}\n".encode()
        finally:
            connection.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, server: FaultyServer, *args: Any) -> None:
        self._faulty = server
        super().__init__(*args)

    def log_message(self, *_: object) -> None:
        """Stay silent: `requests` of the server is the record."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        url = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=url.path,
            params=parse_qs(f"{url.query}&{body.decode()}"),
            headers=CaseInsensitiveDict(self.headers.items()),
        )
        fault = self._faulty.take(request)
        with contextlib.suppress(ConnectionError):  # The client gave up: some faults are for that.
            self._answer(fault, body)

    do_POST = do_GET  # noqa: N815 - the name http.server asks for

    def _answer(self, fault: Fault, body: bytes) -> None:
        match fault:
            case ConnectionReset():
                return self._reset()
            case HtmlPage():
                return self._send(fault.code, "text/html; charset=utf-8", _HTML)
            case Status(error=None):
                plain = http.client.responses[fault.code].encode()
                return self._send(fault.code, "text/plain", plain, headers=fault.headers)
            case Status():
                reason = {"status": "error", "errorType": fault.error_type, "error": fault.error}
                return self._send(
                    fault.code, "application/json", json.dumps(reason).encode(), headers=fault.headers
                )
            case Hang() | Slow():
                if not self._faulty.hold(fault.seconds if isinstance(fault, Slow) else None):
                    return self._reset()
        code, kind, answer = self._faulty.forward(self.command, self.path, body, dict(self.headers.items()))
        if isinstance(fault, Bent) and code == http.HTTPStatus.OK:
            answer = json.dumps(_bend(json.loads(answer), fault)).encode()
        return self._send(code, kind, answer, part=fault.part if isinstance(fault, Truncated) else 1)

    def _send(
        self, code: int, kind: str, body: bytes, *, part: float = 1, headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(code)
        own = {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"}
        for name, value in {**own, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: int(len(body) * part)])

    def _reset(self) -> None:
        # A close that does not linger sends RST, once the handler lets go of its reader too.
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def _bend(answer: dict[str, Any], fault: Bent) -> dict[str, Any]:
    if isinstance(fault, Warned):
        return {**answer, "warnings": [*answer.get("warnings", ()), *fault.warnings]}
    series: list[dict[str, Any]] = answer["data"]["result"]
    match fault:
        case Values(value=value, where=where):
            series = [_with_value(one, value) if _has(one, where) else one for one in series]
        case SeriesDropped(where=where):
            series = [one for one in series if not _has(one, where)]
        case SeriesAdded(labels=labels):
            series = [*series, {**series[0], "metric": dict(labels)}]
    return {**answer, "data": {**answer["data"], "result": series}}


def _has(series: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    return all(series["metric"].get(name) == value for name, value in labels.items())


def _with_value(series: Mapping[str, Any], value: str) -> dict[str, Any]:
    if "values" in series:
        return {**series, "values": [[at, value] for at, _ in series["values"]]}
    return {**series, "value": [series["value"][0], value]}
