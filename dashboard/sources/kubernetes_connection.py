"""The connection to a Kubernetes API: the official client finds the address and the credentials.

The client, an extra, is loaded when it is first needed. No proxy of the environment is used.
"""

import logging
import threading
from http import HTTPStatus
from typing import Any

import orjson
import urllib3

from dashboard.config.kubernetes import Access, KubernetesSettings
from dashboard.domain.canary.redaction.objects import redacted
from dashboard.errors import ConfigurationError

#: What the client raises when there is no connection, or it breaks.
NETWORK = (urllib3.exceptions.HTTPError, OSError)
_EXTRA = "pip install 'release-reliability[kubernetes]'"
_log = logging.getLogger(__name__)


class RefusedError(Exception):
    """An answer other than 200, as the client raises it; `after` is how long it asks to wait, in seconds."""

    def __init__(self, error: Any) -> None:
        super().__init__("refused")
        self.status = int(error.status)
        self.message = _message(error.body)
        self.after = _seconds((error.headers or {}).get("Retry-After"))


class KubernetesConnection:
    """A connection as `settings` say; it may be used by several threads.

    When its credentials are refused, those of the settings are read once more: a token may have been renewed.

    Raises:
        ConfigurationError: the client is not installed, or the address and the credentials are not found.
    """

    def __init__(self, settings: KubernetesSettings) -> None:
        self._settings = settings
        self._client, self._api = _connected(settings)
        self._renewing = threading.Lock()
        self._host = str(self._client.configuration.host)
        #: Where it is; a password in it is masked.
        self.address = redacted(self._host)

    def close(self) -> None:
        """Let go of its connections."""
        self._client.close()

    def ask(self, asked: dict[str, Any]) -> Any:
        """The answer to a request for custom objects, of one namespace or of all; its body is still to come.

        Raises:
            RefusedError: the answer is none that was asked for.
            HTTPError: of urllib3, as `OSError`: there is no connection (`NETWORK`).
        """
        used = self._api
        try:
            return _answer(used, asked)
        except RefusedError as error:
            if error.status != HTTPStatus.UNAUTHORIZED or not self._renewed(used):
                raise
            return _answer(self._api, asked)

    def _renewed(self, refused: Any) -> bool:
        """Whether there is another connection by now than the `refused` one: another thread's, or a new one.

        The old one is not closed: other threads may still be watching through it.
        """
        with self._renewing:
            if self._api is not refused:
                return True
            try:
                client, api = _connected(self._settings)
            except ConfigurationError as error:
                _log.warning("the credentials were refused, and read anew in vain: %s", error)
                return False
            # What another one says would be stored as if this one had said it.
            if str(client.configuration.host) != self._host:
                _log.warning("the settings lead to another API server now: start again to read that one")
                return False
            self._client, self._api = client, api
            return True


def _answer(api: Any, asked: dict[str, Any]) -> Any:
    ask = api.list_cluster_custom_object
    if "namespace" in asked:
        ask = api.list_namespaced_custom_object
    try:
        return ask(**asked)
    except NETWORK:
        raise
    except Exception as error:
        # The client's own errors have no common class; those of an answer have its status.
        if not isinstance(getattr(error, "status", None), int):
            raise
        raise RefusedError(error) from None


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
