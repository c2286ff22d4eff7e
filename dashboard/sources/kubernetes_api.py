"""One way to ask a Kubernetes API: in bounded time, with bounded retries.

Answers are read here, as they may be large, cut off, slow, or something else than what was asked for.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import orjson
import urllib3

from dashboard.config.kubernetes import KubernetesSettings
from dashboard.errors import SourceUnreachableError
from dashboard.sources.kubernetes_connection import NETWORK, KubernetesConnection, RefusedError

GROUP, VERSION = "argoproj.io", "v1alpha1"
_TRIES = 3
#: The longest that an answer may ask to be waited for, in seconds.
_LONGEST_WAIT = 60.0
_FIRST_WAIT = 0.5
_MOST_BYTES = 256 * 2**20
_MOST_LINE_BYTES = 16 * 2**20
_CHUNK = 2**16
_CONNECT_SECONDS = 10.0
#: A watch in which nothing happens has a BOOKMARK about once a minute.
_SILENT_TIMEOUTS = 3
_PASSING = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}


class GoneError(Exception):
    """What was asked for has expired (410): the list has to be read again, from its beginning."""


class CutOffError(SourceUnreachableError):
    """There was no connection, or it broke: what came before it is good, and one may go on from there."""


class KubernetesApi:
    """The API that `settings` name.

    Raises:
        ConfigurationError: the client is not installed, or the address and the credentials are not found.
    """

    def __init__(self, settings: KubernetesSettings) -> None:
        self._settings = settings
        self._connection = KubernetesConnection(settings)
        self.address = self._connection.address

    def close(self) -> None:
        """Let go of its connections."""
        self._connection.close()

    def get(self, plural: str, namespace: str | None, stop: threading.Event, **asked: Any) -> dict[str, Any]:
        """One page of the list of `plural`, in `namespace` or in all of them; `stop` ends its waiting.

        Raises:
            GoneError: the page that was asked for has expired.
            SourceUnreachableError: there is no answer, or none that can be trusted.
        """
        what = _what(plural, namespace)
        wait = _FIRST_WAIT
        tries = 0
        while True:
            tries += 1
            try:
                with self._asked(plural, namespace, **asked) as answer:
                    return _page(_body(answer, time.monotonic() + self._settings.timeout), what)
            except RefusedError as error:
                refused: Exception = _refusal(error.status, error.message, what)
                if error.status not in _PASSING:
                    raise refused from None
                wait = max(wait, error.after)
            except NETWORK as error:
                refused = _cut_off(what, self.address, error)
            if tries >= _TRIES or stop.wait(min(wait, _LONGEST_WAIT)):
                raise refused
            wait *= 2

    def watch(
        self, plural: str, namespace: str | None, stop: threading.Event, **asked: Any
    ) -> Iterator[list[Mapping[str, Any]]]:
        """The events of a watch as they come, as many at a time as came together, until it ends.

        None come first: that says that the watch has begun.

        Raises:
            GoneError: the version to watch from has expired.
            CutOffError: the connection broke, or was silent for too long.
            SourceUnreachableError: it was refused, or what came is none of its events.
        """
        what = _what(plural, namespace)
        try:
            with self._asked(
                plural,
                namespace,
                silence=_SILENT_TIMEOUTS * self._settings.timeout,
                watch=True,
                allow_watch_bookmarks=True,
                **asked,
            ) as answer:
                _require_json(answer, what)
                yield []
                for lines in _lines(answer, what):
                    if stop.is_set():
                        return
                    yield [_event(line, what) for line in lines]
        except RefusedError as error:
            raise _refusal(error.status, error.message, what) from None
        except NETWORK as error:
            raise _cut_off(what, self.address, error) from None

    @contextmanager
    def _asked(
        self, plural: str, namespace: str | None, *, silence: float | None = None, **asked: Any
    ) -> Iterator[Any]:
        """The answer, of which the body is still to come; `silence` is how long none of it may come."""
        given = {name: value for name, value in asked.items() if value is not None}
        connect = min(self._settings.timeout, _CONNECT_SECONDS)
        common = {
            "group": GROUP,
            "version": VERSION,
            "plural": plural,
            "_preload_content": False,
            "_request_timeout": (connect, silence or self._settings.timeout),
            **given,
        }
        if namespace is not None:
            common["namespace"] = namespace
        answer = self._connection.ask(common)
        try:
            yield answer
        finally:
            answer.close()


def _what(plural: str, namespace: str | None) -> str:
    return f"{plural}.{GROUP} in {'all namespaces' if namespace is None else namespace}"


def _cut_off(what: str, address: str, error: BaseException) -> CutOffError:
    reason = " ".join(str(getattr(error, "reason", None) or error).split())[:300] or type(error).__name__
    return CutOffError(f"Kubernetes at {address}: {what}: no whole answer: {reason}")


def _refusal(status: int, message: str, what: str) -> Exception:
    match status:
        case HTTPStatus.GONE:
            return GoneError(message)
        case HTTPStatus.UNAUTHORIZED:
            said = "found 401 Unauthorized, expected credentials that it accepts: a token may have expired"
        case HTTPStatus.FORBIDDEN:
            said = f"found 403 Forbidden ({message}), expected the rights of docs/argo-rollouts-rbac.yaml"
        case HTTPStatus.NOT_FOUND:
            said = f"found 404, expected Argo Rollouts to be installed, with {GROUP}/{VERSION}"
        case _:
            said = f"found {status} ({message}), expected 200"
    return SourceUnreachableError(f"Kubernetes: {what}: {said}")


def _body(answer: Any, deadline: float) -> bytes:
    parts, size = [], 0
    while chunk := answer.read1(_CHUNK):
        parts.append(chunk)
        size += len(chunk)
        if size > _MOST_BYTES:
            raise SourceUnreachableError(
                f"Kubernetes: found more than {_MOST_BYTES:,} bytes in one answer, expected a page"
            )
        if time.monotonic() > deadline:
            raise urllib3.exceptions.TimeoutError("the answer took longer than the timeout")
    return b"".join(parts)


def _page(body: bytes, what: str) -> dict[str, Any]:
    try:
        page = orjson.loads(body)
    except ValueError:
        page = None
    if not isinstance(page, dict) or not isinstance(page.get("items"), list):
        shown = body[:60].decode("utf-8", "replace")
        raise SourceUnreachableError(f"Kubernetes: {what}: found {shown!r}, expected a list in JSON")
    return page


def _require_json(answer: Any, what: str) -> None:
    """Refuse what a proxy or a page to sign in answers in place of a watch; no type at all may pass."""
    kind = str(answer.headers.get("Content-Type") or "json")
    if "json" not in kind.lower():
        raise SourceUnreachableError(f"Kubernetes: {what}: found {kind[:60]!r}, expected events in JSON")


def _lines(answer: Any, what: str) -> Iterator[list[bytes]]:
    """The whole lines that came together; a part of one waits for its rest, or for the end."""
    rest = b""
    while chunk := answer.read1(_CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > _MOST_LINE_BYTES:
            raise SourceUnreachableError(
                f"Kubernetes: {what}: found an event of more than {_MOST_LINE_BYTES:,} bytes, expected less"
            )
        whole = [line for line in lines if line.strip()]
        if whole:
            yield whole
    if rest.strip():
        yield [rest]


def _event(line: bytes, what: str) -> Mapping[str, Any]:
    try:
        event = orjson.loads(line)
    except ValueError:
        event = None
    if not isinstance(event, dict) or not isinstance(event.get("object"), dict):
        shown = line[:60].decode("utf-8", "replace")
        raise SourceUnreachableError(f"Kubernetes: {what}: found {shown!r}, expected an event in JSON")
    if event.get("type") == "ERROR":
        status = event["object"]
        code = status.get("code")
        raise _refusal(
            code if isinstance(code, int) else 0, str(status.get("message", "no reason given"))[:300], what
        )
    return event
