"""One address of freezes, exceptions or approvals: who asks is checked, then the change is made."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from dashboard.api.authenticity import CHALLENGE, bearer_token
from dashboard.api.body import document, read_body
from dashboard.api.parameters import require_known
from dashboard.api.problem import RefusedError
from dashboard.config import Locations, load_catalog, load_policy
from dashboard.config.access import Access, load_access
from dashboard.domain.access import Person
from dashboard.domain.refusal import Refusal, RefusedChangeError
from dashboard.errors import ConfigurationError, InputError, ReliabilityError
from dashboard.ingest.control_desk import Desk
from dashboard.reports.control_documents import Document
from dashboard.reports.instants import reading_instant_or_now, wall_clock
from dashboard.reports.release_controls import ControlsReport, controls_report
from dashboard.sources.event_document import MalformedEventError
from dashboard.sources.freeze_calendar import planned_freezes

_log = logging.getLogger("dashboard.api.controls")

_STATUS: Mapping[Refusal, int] = {
    Refusal.FORBIDDEN: 403,
    Refusal.UNKNOWN: 404,
    Refusal.CONFLICT: 409,
    Refusal.INVALID: 422,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A `GET`: the document that is made of the state, by the rules of the desk and by `parameters`."""

    document: Callable[[ControlsReport, Desk, Mapping[str, str]], Document]
    parameters: tuple[str, ...] = ("open",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A `POST`: what the body, a JSON value, changes of the thing with the id of the path; its answer."""

    make: Callable[[Desk, str, object], Document]
    status: int = 200


class Endpoint:
    """An ASGI app for one address. Without people in `access.yaml` it is off, and not to be found.

    Whoever holds `writing` writes, so that many wait here in the order in which they came, and not on
    SQLite's lock. A 2xx of a change means that it is on disk.
    """

    def __init__(
        self,
        locations: Locations,
        writing: asyncio.Lock,
        *,
        read: Read | None = None,
        change: Change | None = None,
    ) -> None:
        self._locations = locations
        self._writing = writing
        self._read = read
        self._change = change

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except RefusedError as refused:
            # Nothing of what was sent gets into the log. What was not read must not be taken for a request.
            _log.warning("%s: refused with %d %s", request.url.path, refused.status, refused.field or "")
            response = refused.answer({"Connection": "close", **self._headers(refused.status)})
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        access = await run_in_threadpool(self._people)
        if not access.people:
            raise RefusedError(404, f"found nothing at {request.url.path}")
        if request.method not in self._methods():
            expected = " or ".join(self._methods())
            raise RefusedError(405, f"found the method {request.method}, expected {expected}")
        person = access.who(bearer_token(request.headers))
        if person is None:
            raise RefusedError(401, "found no token of a person, expected Authorization: Bearer with one")
        if self._read is not None and request.method == "GET":
            require_known(request, *self._read.parameters)
            return await run_in_threadpool(self._told, self._read, person, dict(request.query_params))
        assert self._change is not None  # noqa: S101 - the method is one of them
        require_known(request)
        body = await read_body(request)
        name = str(request.path_params.get("name", ""))
        async with self._writing:
            return await run_in_threadpool(self._made, self._change, person, name, body)

    def _methods(self) -> list[str]:
        return [name for name, way in (("GET", self._read), ("POST", self._change)) if way is not None]

    def _headers(self, status: int) -> dict[str, str]:
        if status == 405:  # noqa: PLR2004 - HTTP's
            return {"Allow": ", ".join(self._methods())}
        return CHALLENGE if status == 401 else {}  # noqa: PLR2004 - HTTP's

    def _people(self) -> Access:
        try:
            return load_access(self._locations.access)
        except ConfigurationError as error:
            raise _unavailable(error) from error

    def _told(self, read: Read, person: Person, asked: Mapping[str, str]) -> Response:
        at = self._locations
        try:
            desk = self._desk(person)
            now = reading_instant_or_now(at.store, at.now)
            planned = planned_freezes(at.freezes, desk.policy, desk.catalogue, now)
            return JSONResponse(read.document(controls_report(at.store, planned, now), desk, asked))
        except ReliabilityError as error:
            raise _unavailable(error) from error

    def _made(self, change: Change, person: Person, name: str, body: bytes) -> Response:
        value = document(body) if body.strip() else {}
        try:
            made = change.make(self._desk(person), name, value)
        except MalformedEventError as malformed:
            raise RefusedError(422, str(malformed), malformed.field) from None
        except RefusedChangeError as refused:
            raise RefusedError(_STATUS[refused.why], str(refused), refused.field) from None
        except InputError as error:
            raise RefusedError(409, str(error)) from None
        except ReliabilityError as error:
            raise _unavailable(error) from error
        return JSONResponse(made, status_code=change.status)

    def _desk(self, person: Person) -> Desk:
        at = self._locations
        policy, catalogue = load_policy(at.policy), load_catalog(at.catalog)
        return Desk(
            store=at.store,
            person=person,
            policy=policy,
            catalogue=catalogue,
            calendar=planned_freezes(at.freezes, policy, catalogue, wall_clock()),
        )


def _unavailable(error: ReliabilityError) -> RefusedError:
    """Something here is broken, which whoever runs this has to hear of; the sender may try again."""
    _log.warning("control API: %s", error)
    return RefusedError(503, str(error))
