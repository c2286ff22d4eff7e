"""One process for people and machines: Streamlit's own ASGI app with the API and, if asked, the collector."""

import base64
import gc
import hashlib
import logging
import re
import threading
import tomllib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.api import routes
from dashboard.collector import Collector
from dashboard.config import Locations
from dashboard.config.webhook_secrets import WebhookSecrets
from dashboard.ingest.sync import SyncReport
from dashboard.paths import APP_SCRIPT, STREAMLIT_CONFIG

_log = logging.getLogger("dashboard.serve")

_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


def create_app(  # noqa: PLR0913 - one argument per part
    locations: Locations,
    *,
    hosts: Sequence[str],
    secrets: WebhookSecrets | None = None,
    collector: Collector | None = None,
    every: timedelta | None = None,
    watch: Callable[[threading.Event], None] | None = None,
) -> "st.App":
    """The app over `locations`; with `collector` and `every` it also syncs in the background.

    `watch` is called when it starts, with what is set when it ends.

    Only requests to one of `hosts` are answered, but for probes and scrapes, which come by address, and for
    webhooks, which prove with one of the `secrets` who sent them.
    """
    return st.App(
        APP_SCRIPT,
        routes=routes(locations, secrets or WebhookSecrets()),
        middleware=[Middleware(_SecurityHeaders), Middleware(_KnownHosts, hosts=hosts)],
        lifespan=_lifespan(collector, every, watch),
    )


def streamlit_options(host: str, port: int, allowed_hosts: Sequence[str] = ()) -> dict[str, Any]:
    """The shipped `.streamlit/config.toml` as options of `App.run`, so that they hold in any folder.

    `allowed_hosts` are further names by which browsers may address the server; others are refused, since a
    page of another site could otherwise read this one through its own name (DNS rebinding).
    """
    options = _flat(tomllib.loads(STREAMLIT_CONFIG.read_text(encoding="utf-8")))
    named = [*options["server.allowedHosts"], host, *allowed_hosts]
    return options | {
        "server.address": host,
        "server.port": port,
        "server.headless": True,
        "server.allowedHosts": list(dict.fromkeys(named)),
    }


class _SecurityHeaders:
    """Adds the headers that keep a browser from running or framing what is not ours."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = (
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"SAMEORIGIN"),
            (b"referrer-policy", b"same-origin"),
            (b"content-security-policy", _content_security_policy().encode()),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._headers]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


class _KnownHosts:
    """Refuses other names of this server: through one of its own, another site could read the answers."""

    _FOR_ALL = frozenset({"/healthz", "/readyz", "/metrics", "/_stcore/health"})
    #: Senders are told one address, whatever its name, and what they send is signed.
    _SIGNED = "/webhooks/"

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self._app = app
        self._guarded = TrustedHostMiddleware(app, allowed_hosts=list(hosts), www_redirect=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        app = self._app if path in self._FOR_ALL or path.startswith(self._SIGNED) else self._guarded
        await app(scope, receive, send)


def _content_security_policy() -> str:
    """Scripts come from this host only; the one that Streamlit's page holds inline is named by its hash."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_bytes()
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"
        for script in _INLINE_SCRIPT.findall(page)
    )
    return (
        f"default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss:; "
        "worker-src 'self' blob:; frame-ancestors 'self'; object-src 'none'; base-uri 'self'; "
        "form-action 'self'"
    )


def _lifespan(
    collector: Collector | None,
    every: timedelta | None,
    watch: Callable[[threading.Event], None] | None,
) -> "Callable[[st.App], AbstractAsyncContextManager[None]]":
    @asynccontextmanager
    async def lifespan(_app: "st.App") -> AsyncIterator[None]:
        stop = threading.Event()
        if collector and every:
            threading.Thread(
                target=collector.run_every,
                args=(every, stop),
                kwargs={"tell": _tell},
                name="collector",
                daemon=True,
            ).start()
        if watch:
            watch(stop)
        # Streamlit collects garbage after every rerun; what is loaded by now need not be looked at again.
        gc.collect()
        gc.freeze()
        try:
            yield
        finally:
            stop.set()

    return lifespan


def _tell(report: SyncReport) -> None:
    for problem in report.news:
        _log.warning("sync %s: %s: %s", report.outcome, problem.subject, problem.message)


def _flat(document: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
