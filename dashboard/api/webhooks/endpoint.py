"""One address to which a source sends: checked, read, stored, and only then answered."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from dashboard.api.authenticity import Check
from dashboard.api.body import read_body
from dashboard.api.problem import RefusedError
from dashboard.config.sources import Sources
from dashboard.errors import ConfigurationError, InputError, ReliabilityError, StoreError
from dashboard.ingest.events import ReleaseEvent, store_events, unmapped_names
from dashboard.sources.event_document import IgnoredEventError, MalformedEventError
from dashboard.store.database import keep_open

if TYPE_CHECKING:
    import sqlite3

_log = logging.getLogger("dashboard.api.webhooks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """How the bodies that one source sends become events.

    `decode` makes a value of the bytes, `events` makes events of the headers and that value.
    """

    decode: Callable[[bytes], Any]
    events: Callable[[Headers, Any, Sources], Iterable[ReleaseEvent]]


class Endpoint:
    """An ASGI app that takes what one source sends; without a `check` it is off and not to be found.

    A 2xx means that it is on disk. Whoever holds `writing` writes, so that many senders wait here in the
    order in which they came, and not on SQLite's lock.
    """

    def __init__(
        self,
        source: Source,
        *,
        check: Check | None,
        store: Path,
        sources: Callable[[], Sources],
        writing: asyncio.Lock,
    ) -> None:
        self._source = source
        self._check = check
        self._store = store
        self._sources = sources
        self._writing = writing
        self._kept_open: sqlite3.Connection | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if self._check is None:
            return RefusedError(404, f"found nothing at {request.url.path}").answer()
        if request.method != "POST":
            refused = RefusedError(405, f"found the method {request.method}, expected POST")
            return refused.answer({"Allow": "POST"})
        try:
            body = await read_body(request)
        except RefusedError as refused:
            # What was not read must not be taken for the next request.
            return self._refuse(request, refused, {"Connection": "close"})
        if not self._check(request.headers, body):
            unproved = RefusedError(401, "found no signature or token that is valid here, expected one")
            return self._refuse(request, unproved)
        try:
            async with self._writing:
                return await run_in_threadpool(self._take, request.headers, body)
        except RefusedError as refused:
            return self._refuse(request, refused)

    @staticmethod
    def _refuse(request: Request, refused: RefusedError, headers: dict[str, str] | None = None) -> Response:
        """Tell the sender why, and the operator that; nothing of what was sent gets into the log."""
        _log.warning("%s: refused with %d %s", request.url.path, refused.status, refused.field or "")
        return refused.answer(headers)

    def _take(self, headers: Headers, body: bytes) -> Response:
        value, current = self._source.decode(body), self._current_sources()
        try:
            events = list(self._source.events(headers, value, current))
        except IgnoredEventError as ignored:
            return JSONResponse({"ignored": str(ignored)}, status_code=202)
        except MalformedEventError as malformed:
            raise RefusedError(422, str(malformed), malformed.field) from None
        except InputError as error:
            raise RefusedError(422, str(error)) from None
        try:
            stored = store_events(self._store, events)
            self._kept_open = self._kept_open or keep_open(self._store)
        except StoreError as error:
            raise _unavailable(error) from error
        except InputError as error:
            raise RefusedError(409, str(error)) from None
        unmapped = unmapped_names(events, current.names)
        answer: dict[str, Any] = {"stored": stored.added, "known": stored.known}
        return JSONResponse(answer | ({"unmapped": unmapped} if unmapped else {}))

    def _current_sources(self) -> Sources:
        try:
            return self._sources()
        except ConfigurationError as error:
            raise _unavailable(error) from error


def _unavailable(error: ReliabilityError) -> RefusedError:
    """Something here is broken, which whoever runs this has to hear of; the sender may try again."""
    _log.warning("webhook: %s", error)
    return RefusedError(503, str(error))
