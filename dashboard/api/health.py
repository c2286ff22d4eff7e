"""For probes and scrapes: is it alive, has it data that can be trusted, and the metrics."""

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.api.current import Current
from dashboard.api.problem import problem
from dashboard.config import Locations
from dashboard.errors import ReliabilityError
from dashboard.reports.metrics import exposition


def health_routes(locations: Locations) -> list[Route]:
    """The routes over the files at `locations`."""
    health = _Health(Current(locations))
    return [
        Route("/healthz", health.healthz),
        Route("/readyz", health.readyz),
        Route("/metrics", health.metrics),
    ]


class _Health:
    def __init__(self, current: Current) -> None:
        self._current = current

    def healthz(self, _request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    def readyz(self, _request: Request) -> Response:
        try:
            report = self._current.fleet()
        except ReliabilityError as error:
            return problem(503, str(error))
        if report.freshness.stale:
            return problem(
                503, "the data is stale: no sync has brought new data for longer than the policy trusts"
            )
        return JSONResponse({"status": "ready"})

    def metrics(self, _request: Request) -> Response:
        try:
            report = self._current.fleet()
            written = exposition(report, self._current.canaries(report.fleet.as_of))
        except ReliabilityError:
            written = exposition(None)  # it says so: reliability_up 0
        return Response(written, media_type=CONTENT_TYPE_LATEST)
