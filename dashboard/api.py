"""The HTTP API: the same documents as the `reliability` command, health and metrics for machines."""

from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.config import Locations, load_catalog, load_policy
from dashboard.domain.policy import Policy
from dashboard.domain.slo import Catalogue
from dashboard.errors import ReliabilityError
from dashboard.reports.fleet import FleetReport, fleet_report
from dashboard.reports.freshness import reading_time
from dashboard.reports.metrics import exposition
from dashboard.reports.status_document import service_document, status_document


def routes(locations: Locations) -> list[Route]:
    """The routes of the API over the files at `locations`.

    Endpoints are plain functions, so each runs on a worker thread and a slow one blocks nobody.
    """
    api = _Api(locations)
    return [
        Route("/healthz", api.healthz),
        Route("/readyz", api.readyz),
        Route("/metrics", api.metrics),
        Route("/api/v1/status", api.status),
        Route("/api/v1/services/{service}", api.service),
        # Streamlit answers unknown paths with its own page, which a machine would take for a success.
        Route("/api", _not_found),
        Route("/api/{rest:path}", _not_found, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        Route("/webhooks", _not_found, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        Route("/webhooks/{rest:path}", _not_found, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]


class _Api:
    def __init__(self, locations: Locations) -> None:
        self._locations = locations

    def healthz(self, _request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    def readyz(self, _request: Request) -> Response:
        try:
            report, _, _ = self._read()
        except ReliabilityError as error:
            return _problem(503, str(error))
        if report.freshness.stale:
            return _problem(
                503, "the data is stale: no sync has brought new data for longer than the policy trusts"
            )
        return JSONResponse({"status": "ready"})

    def metrics(self, _request: Request) -> Response:
        try:
            report, _, _ = self._read()
        except ReliabilityError:
            report = None  # the exposition says so: reliability_up 0
        return Response(exposition(report), media_type=CONTENT_TYPE_LATEST)

    def status(self, _request: Request) -> Response:
        try:
            report, policy, _ = self._read()
        except ReliabilityError as error:
            return _problem(503, str(error))
        return JSONResponse(status_document(report, policy))

    def service(self, request: Request) -> Response:
        name = request.path_params["service"]
        try:
            report, policy, catalogue = self._read(only=name)
        except ReliabilityError as error:
            return _problem(503, str(error))
        if name not in catalogue.services:
            return _problem(404, f"found no service {name!r} in the catalogue")
        return JSONResponse(
            {"as_of": status_document(report, policy)["as_of"]}
            | service_document(report.fleet.services[0], policy)
        )

    def _read(self, only: str | None = None) -> tuple[FleetReport, Policy, Catalogue]:
        at = self._locations
        catalogue, policy = _catalogue(*_stamp(at.catalog)), _policy(*_stamp(at.policy))
        if only in catalogue.services:
            catalogue = Catalogue(indicators=catalogue.indicators, services={only: catalogue.services[only]})
        now = at.now or reading_time(at.store, datetime.now(UTC))
        return fleet_report(at.store, catalogue, policy, now), policy, catalogue


def _stamp(path: Path) -> tuple[Path, int]:
    """`path` and when it last changed, so that a file is read again only when it did."""
    try:
        return path, path.stat().st_mtime_ns
    except OSError:
        return path, -1  # reading it says what is wrong


@lru_cache(maxsize=2)
def _catalogue(path: Path, _changed: int) -> Catalogue:
    return load_catalog(path)


@lru_cache(maxsize=2)
def _policy(path: Path, _changed: int) -> Policy:
    return load_policy(path)


def _not_found(request: Request) -> Response:
    return _problem(404, f"found nothing at {request.url.path}")


def _problem(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status_code=status)
