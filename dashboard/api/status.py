"""`GET /api/v1/status` and `/api/v1/services/…`: budgets, burn rates, policy tiers, canaries under way."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.api.current import Current
from dashboard.api.parameters import knowing
from dashboard.api.problem import problem
from dashboard.config import Locations
from dashboard.errors import ReliabilityError
from dashboard.reports.canary_document import canaries_document
from dashboard.reports.canary_open_standings import open_standings
from dashboard.reports.canary_standing import Standing
from dashboard.reports.canary_state import CanaryState
from dashboard.reports.status_document import service_document, status_document


def status_routes(locations: Locations) -> list[Route]:
    """The routes over the files at `locations`."""
    reading = _Status(Current(locations))
    return [
        Route("/api/v1/status", knowing(reading.status)),
        Route("/api/v1/services/{service}", knowing(reading.service)),
    ]


class _Status:
    def __init__(self, current: Current) -> None:
        self._current = current

    def status(self, _request: Request) -> Response:
        try:
            document = status_document(self._current.fleet(), self._current.policy())
        except ReliabilityError as error:
            return problem(503, str(error))
        return JSONResponse(document)

    def service(self, request: Request) -> Response:
        name = request.path_params["service"]
        try:
            report, policy = self._current.fleet(only=name), self._current.policy()
            canaries = self._current.canaries(report.fleet.as_of)
            if name not in self._current.catalogue().services:
                return problem(404, _missing(name, canaries))
            standings = self._standings(name, canaries)
        except ReliabilityError as error:
            return problem(503, str(error))
        return JSONResponse(
            {"as_of": status_document(report, policy)["as_of"]}
            | service_document(report.fleet.services[0], policy)
            | {"canaries": canaries_document(canaries, name, standings)}
        )

    def _standings(self, name: str, state: CanaryState) -> Mapping[str, Standing]:
        """How the canaries of the service `name` stand; the history is read where there are some."""
        if not any(item.named.service == name for item in state.under_way):
            return {}
        current = self._current
        history = current.history(state.as_of)
        names = current.sources().names
        return open_standings(
            current.at.store, current.catalogue(), current.policy(), history, names, state, name
        )


def _missing(name: str, canaries: CanaryState) -> str:
    """What to tell of a service that the catalogue does not have; a Rollout may be called so."""
    seen = {item.named.canary.name for item in canaries.under_way}
    mapped = f"; a canary of a Rollout {name!r} is under way: sources.yaml maps it to a service"
    return f"found no service {name!r} in the catalogue{mapped if name in seen else ''}"
