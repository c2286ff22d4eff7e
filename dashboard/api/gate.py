"""`POST /api/v1/gate`: the release gate for pipelines and promotion gates."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from dashboard.api.authenticity import CHALLENGE, NO_TOKEN, bearer, bearer_token
from dashboard.api.body import document, read_body
from dashboard.api.current import Current
from dashboard.api.parameters import require_known
from dashboard.api.problem import RefusedError, problem
from dashboard.config import Locations
from dashboard.config.access import Access, load_access
from dashboard.config.webhook_secrets import WebhookSecrets
from dashboard.domain.release_decision import Notice
from dashboard.errors import InputError, ReliabilityError
from dashboard.ingest.decisions import decide_and_record
from dashboard.reports.gate_context import Asked
from dashboard.reports.instants import deciding_clock
from dashboard.sources.release_request import ReleaseRequest, read_request

_BODY = "request"
_PIPELINE = "api token"
_HEADERS = {401: CHALLENGE | {"Connection": "close"}, 405: {"Allow": "POST"}}


def gate_routes(locations: Locations, secrets: WebhookSecrets) -> list[Route]:
    """The routes of the gate over the files at `locations`."""
    return [Route("/api/v1/gate", _GateEndpoint(locations, secrets))]


class _GateEndpoint:
    """An ASGI app that decides on one release: 200 with the decision, whatever it is.

    It is off, and not to be found, while neither an API token is set nor anybody is in `access.yaml`. What
    the body says of the service level, the time, approvals and exceptions never counts here.
    """

    def __init__(self, locations: Locations, secrets: WebhookSecrets) -> None:
        self._current = Current(locations)
        self._check = bearer(secrets.api)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            access = await run_in_threadpool(load_access, self._current.at.access)
            self._require_post(request, access)
            require_known(request)
            body = await read_body(request)
            actor, person = self._who(request, body, access)
            return await run_in_threadpool(self._decide, document(body), actor, person, access)
        except RefusedError as refused:
            return refused.answer(_HEADERS.get(refused.status, {"Connection": "close"}))
        except InputError as error:
            return problem(422, str(error))
        except ReliabilityError as error:
            return problem(503, str(error))

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
        raise RefusedError(401, NO_TOKEN)

    def _decide(self, value: object, actor: str, person: str | None, access: Access) -> Response:
        request = read_request(_BODY, value)
        context = self._current.gate_context()
        named = request.text("requested_by")
        now, clock = deciding_clock(self._current.at.store, self._current.at.now)
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
