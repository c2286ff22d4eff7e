"""`POST /api/v1/gate`: the release gate for pipelines and promotion gates; decisions for whoever reads."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from dashboard.config import Locations
from dashboard.config.access import Access, load_access
from dashboard.config.webhook_secrets import WebhookSecrets
from dashboard.domain.release_decision import Notice
from dashboard.errors import InputError, ReliabilityError, StoreError
from dashboard.ingest.decisions import decide_and_record
from dashboard.reports.decisions import DecisionFilter, decision_record, decisions_report
from dashboard.reports.freshness import reading_time
from dashboard.reports.gate_context import Asked, GateContext
from dashboard.reports.gate_setting import gate_context
from dashboard.sources.release_request import ReleaseRequest, read_request
from dashboard.webhooks.authenticity import bearer, bearer_token
from dashboard.webhooks.body import RefusedError, document, read_body

_BODY = "request"
_PIPELINE = "api token"
_NO_TOKEN = "found no token that is valid here, expected one"  # noqa: S105 - a sentence
_CHALLENGE = {"WWW-Authenticate": "Bearer"}
_HEADERS = {401: _CHALLENGE | {"Connection": "close"}, 405: {"Allow": "POST"}}
_MOST_LISTED = 1_000
_LISTED = 50
_DIGITS = 4


def gate_routes(locations: Locations, secrets: WebhookSecrets) -> list[Route]:
    """The routes of the gate over the files at `locations`."""
    reading = _Decisions(locations, secrets)
    return [
        Route("/api/v1/gate", _GateEndpoint(locations, secrets)),
        Route("/api/v1/decisions", reading.listed),
        Route("/api/v1/decisions/{decision}", reading.one),
    ]


class _GateEndpoint:
    """An ASGI app that decides on one release: 200 with the decision, whatever it is.

    It is off, and not to be found, while neither an API token is set nor anybody is in `access.yaml`. What
    the body says of the service level, the time, approvals and exceptions never counts here.
    """

    def __init__(self, locations: Locations, secrets: WebhookSecrets) -> None:
        self._locations = locations
        self._check = bearer(secrets.api)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            access = await run_in_threadpool(load_access, self._locations.access)
            self._require_post(request, access)
            body = await read_body(request)
            actor, person = self._who(request, body, access)
            return await run_in_threadpool(self._decide, document(body), actor, person, access)
        except RefusedError as refused:
            headers = _HEADERS.get(refused.status, {"Connection": "close"})
            return _problem(refused.status, str(refused), headers)
        except InputError as error:
            return _problem(422, str(error))
        except ReliabilityError as error:
            return _problem(503, str(error))

    def _require_post(self, request: Request, access: Access) -> None:
        if self._check is None and not access.people:
            raise RefusedError(404, f"found nothing at {request.url.path}")
        if request.method != "POST":
            raise RefusedError(405, f"found the method {request.method}, expected POST")

    def _who(self, request: Request, body: bytes, access: Access) -> tuple[str, str | None]:
        """Who asks: a person by their own token, or a pipeline by the token of the API."""
        person = access.who(bearer_token(request.headers))
        if person is not None:
            return person.name, person.name
        if self._check is not None and self._check(request.headers, body):
            return _PIPELINE, None
        raise RefusedError(401, _NO_TOKEN)

    def _decide(self, value: object, actor: str, person: str | None, access: Access) -> Response:
        request = read_request(_BODY, value)
        context = _context(self._locations)
        named = request.text("requested_by")
        now, clock = _now(self._locations)
        asked = Asked(
            request=request,
            now=now,
            requestor=person or (None if named is None else access.name_of(named)),
            notices=_time_told(request),
        )
        return JSONResponse(decide_and_record(context, asked, actor=actor, clock=clock).document)


def _time_told(request: ReleaseRequest) -> tuple[Notice, ...]:
    if request.document.get("now") is None:
        return ()
    message = "The time of the input does not count here: the clock of the server does"
    return (Notice(code="warn.input_ignored", message=message),)


class _Decisions:
    """Reading the decision log: the answers for everybody, a full record for who may ask the gate."""

    def __init__(self, locations: Locations, secrets: WebhookSecrets) -> None:
        self._locations = locations
        self._check = bearer(secrets.api)

    def listed(self, request: Request) -> Response:
        asked = request.query_params

        def found() -> Response:
            chosen = DecisionFilter(
                service=asked.get("service"),
                environment=asked.get("environment"),
                denied=asked.get("denied") == "true",
                newest=_last(asked.get("last")),
            )
            items = decisions_report(self._locations.store, chosen, self._locations.now)
            return JSONResponse({"decisions": [item.summary for item in items]})

        return _answered(found)

    def one(self, request: Request) -> Response:
        name = request.path_params["decision"]
        if not self._may_read(request):
            return _problem(401, _NO_TOKEN, _CHALLENGE)
        return _answered(
            lambda: JSONResponse(decision_record(self._locations.store, name).record), missing=404
        )

    def _may_read(self, request: Request) -> bool:
        try:
            access = load_access(self._locations.access)
        except ReliabilityError:
            access = Access()
        proved = self._check is not None and self._check(request.headers, b"")
        return proved or access.who(bearer_token(request.headers)) is not None


def _answered(found: Callable[[], Response], *, missing: int = 400) -> Response:
    try:
        return found()
    except InputError as error:
        return _problem(missing, str(error))
    except ReliabilityError as error:
        return _problem(503, str(error))


def _last(text: str | None) -> int:
    if text is None:
        return _LISTED
    if (
        not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS)
        or not 1 <= int(text) <= _MOST_LISTED
    ):
        raise InputError(f"last: found {text[:40]!r}, expected a number from 1 to {_MOST_LISTED:,}")
    return int(text)


def _now(locations: Locations) -> tuple[datetime, Callable[[], datetime] | None]:
    """The time that decides, and the clock to ask again once the log is locked; the demo's stands still."""
    clock = datetime.now(UTC)
    if locations.now is not None:
        return locations.now, None
    try:
        read_at = reading_time(locations.store, clock)
    except StoreError:
        return clock, None
    return read_at, (lambda: datetime.now(UTC)) if read_at == clock else None


def _context(locations: Locations) -> GateContext:
    """The setting of decisions, read again when one of its files changes."""
    files = (locations.policy, locations.catalog, locations.sources)
    return _kept_context(locations, tuple(map(_changed, files)))


@lru_cache(maxsize=4)
def _kept_context(locations: Locations, _changes: tuple[int, ...]) -> GateContext:
    return gate_context(locations, os.environ)


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return -1  # reading it says what is wrong


def _problem(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": message}, status_code=status, headers=headers)
