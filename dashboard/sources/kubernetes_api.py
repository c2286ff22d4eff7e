"""One way to ask a Kubernetes API: the official client, with bounded time, bounded retries and no proxy.

The client, an extra, is loaded when it is first needed. It finds the address and the credentials; answers are
read here, as they may be large, cut off, slow, or something else than what was asked for.
"""

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import orjson
import urllib3

from dashboard.config.kubernetes import Access, KubernetesSettings
from dashboard.domain.canary.redaction import redacted
from dashboard.errors import ConfigurationError, SourceUnreachableError

GROUP, VERSION = "argoproj.io", "v1alpha1"
_TRIES = 3
_LONGEST_WAIT = 10.0
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
_NETWORK = (urllib3.exceptions.HTTPError, OSError)
_EXTRA = "pip install 'release-reliability[kubernetes]'"


class GoneError(Exception):
    """What was asked for has expired (410): the list has to be read again, from its beginning."""


class KubernetesApi:
    """A connection to the API that `settings` name.

    Raises:
        ConfigurationError: the client is not installed, or the address and the credentials are not found.
    """

    def __init__(self, settings: KubernetesSettings) -> None:
        self._settings = settings
        self._client, self._api = _connected(settings)
        self.address = str(self._client.configuration.host)

    def close(self) -> None:
        """Let go of its connections."""
        self._client.close()

    def get(self, plural: str, namespace: str | None, **asked: Any) -> dict[str, Any]:
        """One page of the list of `plural`, in `namespace` or in all of them.

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
            except _RefusedError as error:
                if tries >= _TRIES or error.status not in _PASSING:
                    raise _refusal(error.status, error.message, what) from None
                wait = max(wait, error.after)
            except _NETWORK as error:
                if tries >= _TRIES:
                    raise _unreachable(what, self.address, error) from None
            time.sleep(min(wait, _LONGEST_WAIT))
            wait *= 2

    def watch(
        self, plural: str, namespace: str | None, stop: threading.Event, **asked: Any
    ) -> Iterator[list[Mapping[str, Any]]]:
        """The events of a watch as they come, as many at a time as came together, until it ends.

        None come first: that says that the watch has begun.

        Raises:
            GoneError: the version to watch from has expired.
            SourceUnreachableError: it was refused, cut off, or silent for too long.
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
                yield []
                for lines in _lines(answer, what):
                    if stop.is_set():
                        return
                    yield [_event(line, what) for line in lines]
        except _RefusedError as error:
            raise _refusal(error.status, error.message, what) from None
        except _NETWORK as error:
            raise _unreachable(what, self.address, error) from None

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
        ask = self._api.list_cluster_custom_object
        if namespace is not None:
            ask, common = self._api.list_namespaced_custom_object, {**common, "namespace": namespace}
        try:
            answer = ask(**common)
        except _NETWORK:
            raise
        except Exception as error:
            # The client's own errors have no common class; those of an answer have its status.
            if not isinstance(getattr(error, "status", None), int):
                raise
            raise _RefusedError(error) from None
        try:
            yield answer
        finally:
            answer.close()


class _RefusedError(Exception):
    """An answer other than 200, as the client raises it; `after` is how long it asks to wait, in seconds."""

    def __init__(self, error: Any) -> None:
        super().__init__("refused")
        self.status = int(error.status)
        self.message = _message(error.body)
        self.after = _seconds((error.headers or {}).get("Retry-After"))


def _connected(settings: KubernetesSettings) -> tuple[Any, Any]:
    try:
        from kubernetes import client, config  # noqa: PLC0415 - an extra, which takes a second to load
    except ImportError as error:
        raise ConfigurationError(
            f"RELIABILITY_KUBERNETES: found no package kubernetes ({error}), expected it: {_EXTRA}"
        ) from None
    # It tells each request at this level, with its headers.
    logging.getLogger("kubernetes").setLevel(logging.WARNING)
    found = client.Configuration()
    found.proxy = found.no_proxy = None  # a kubeconfig may set one for its cluster; the environment may not
    found.retries = False
    try:
        if settings.access is Access.IN_CLUSTER:
            config.load_incluster_config(client_configuration=found)
        else:
            file = None if settings.kubeconfig is None else str(settings.kubeconfig)
            config.load_kube_config(
                config_file=file,
                context=settings.context,
                client_configuration=found,
                persist_config=False,
            )
    except Exception as error:  # noqa: BLE001 - it raises whatever a broken kubeconfig makes it raise
        text = redacted(" ".join(str(error).split())[:300]) or type(error).__name__
        raise ConfigurationError(
            f"RELIABILITY_KUBERNETES={settings.access}: found no way in ({text}), expected an address and"
            " credentials"
        ) from None
    made = client.ApiClient(configuration=found)
    return made, client.CustomObjectsApi(made)


def _what(plural: str, namespace: str | None) -> str:
    return f"{plural}.{GROUP} in {'all namespaces' if namespace is None else namespace}"


def _unreachable(what: str, address: str, error: BaseException) -> SourceUnreachableError:
    reason = " ".join(str(getattr(error, "reason", None) or error).split())[:300] or type(error).__name__
    return SourceUnreachableError(f"Kubernetes at {address}: {what}: no whole answer: {reason}")


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


def _message(body: bytes | str | None) -> str:
    """What the API says in a Status, else the beginning of the text."""
    try:
        found = orjson.loads(body or b"")
    except ValueError:
        found = None
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body or ""
    said = found.get("message") if isinstance(found, dict) else text
    return redacted(" ".join(str(said).split())[:300]) or "no reason given"


def _seconds(text: str | None) -> float:
    try:
        return max(0.0, float(text or 0))
    except ValueError:
        return 0.0


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


def _lines(answer: Any, what: str) -> Iterator[list[bytes]]:
    """The whole lines that came together; a part of one waits for its rest."""
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
