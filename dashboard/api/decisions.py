"""`GET /api/v1/decisions`: the answers for everybody, a full record for who may ask the gate."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.api.authenticity import CHALLENGE, NO_TOKEN, bearer, bearer_token
from dashboard.api.parameters import knowing
from dashboard.api.problem import RefusedError, problem
from dashboard.config import Locations
from dashboard.config.access import Access, load_access
from dashboard.config.webhook_secrets import WebhookSecrets
from dashboard.errors import InputError, ReliabilityError
from dashboard.reports.decisions import DecisionFilter, decision_record, decisions_report

_MOST_LISTED = 1_000
_LISTED = 50
_DIGITS = 4


def decision_routes(locations: Locations, secrets: WebhookSecrets) -> list[Route]:
    """The routes of the decision log in the store of `locations`."""
    reading = _Decisions(locations, secrets)
    return [
        Route("/api/v1/decisions", knowing(reading.listed, "service", "environment", "denied", "last")),
        Route("/api/v1/decisions/{decision}", knowing(reading.one)),
    ]


class _Decisions:
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
            return RefusedError(401, NO_TOKEN).answer(CHALLENGE)
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
        return problem(missing, str(error))
    except ReliabilityError as error:
        return problem(503, str(error))


def _last(text: str | None) -> int:
    if text is None:
        return _LISTED
    if (
        not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS)
        or not 1 <= int(text) <= _MOST_LISTED
    ):
        raise InputError(f"last: found {text[:40]!r}, expected a number from 1 to {_MOST_LISTED:,}")
    return int(text)
