"""The HTTP API: the same documents as the `reliability` command, health and metrics for machines."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.config import Locations, load_catalog, load_policy
from dashboard.config.sources import load_sources
from dashboard.config.span import parse_span
from dashboard.config.webhook_secrets import WebhookSecrets
from dashboard.control_api import control_routes
from dashboard.domain.incidents import Severity
from dashboard.domain.periods import Period
from dashboard.domain.policy import Policy
from dashboard.domain.slo import Catalogue
from dashboard.errors import InputError, ReliabilityError
from dashboard.gate_api import gate_routes
from dashboard.reports.canary_document import canaries_document
from dashboard.reports.canary_open_standings import open_standings
from dashboard.reports.canary_standing import Standing
from dashboard.reports.canary_state import CanaryState, canary_state
from dashboard.reports.delivery_document import delivery_document
from dashboard.reports.fleet import FleetReport, fleet_report
from dashboard.reports.freshness import reading_time
from dashboard.reports.history import History, history_at
from dashboard.reports.incidents import Selection, delivery_measures, recovery_measures
from dashboard.reports.ledger_document import ledger_document
from dashboard.reports.ledgers import service_ledgers
from dashboard.reports.metrics import exposition
from dashboard.reports.recovery_document import recovery_document
from dashboard.reports.status_document import Document, service_document, status_document
from dashboard.webhooks import webhook_routes


def routes(locations: Locations, secrets: WebhookSecrets) -> list[Route]:
    """The routes of the API over the files at `locations`; who has one of the `secrets` may send.

    Endpoints are plain functions, so each runs on a worker thread and a slow one blocks nobody.
    """
    api = _Api(locations)
    return [
        Route("/healthz", api.healthz),
        Route("/readyz", api.readyz),
        Route("/metrics", api.metrics),
        Route("/api/v1/status", api.status),
        Route("/api/v1/services/{service}", api.service),
        Route("/api/v1/services/{service}/ledger", api.ledger),
        Route("/api/v1/dora", api.dora),
        Route("/api/v1/mttr", api.mttr),
        *webhook_routes(locations, secrets),
        *gate_routes(locations, secrets),
        *control_routes(locations),
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
            report, _, catalogue = self._read()
            written = exposition(report, self._canaries(catalogue, report.fleet.as_of))
        except ReliabilityError:
            written = exposition(None)  # it says so: reliability_up 0
        return Response(written, media_type=CONTENT_TYPE_LATEST)

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
            if name not in catalogue.services:
                return _problem(404, self._missing(name, catalogue, report.fleet.as_of))
            whole = _catalogue(*_stamp(self._locations.catalog))
            canaries = self._canaries(whole, report.fleet.as_of)
            standings = self._standings(name, whole, policy, canaries)
        except ReliabilityError as error:
            return _problem(503, str(error))
        return JSONResponse(
            {"as_of": status_document(report, policy)["as_of"]}
            | service_document(report.fleet.services[0], policy)
            | {"canaries": canaries_document(canaries, name, standings)}
        )

    def ledger(self, request: Request) -> Response:
        name = request.path_params["service"]

        def made(history: History, policy: Policy, catalogue: Catalogue) -> Document | None:
            if name not in catalogue.services:
                return None
            found = service_ledgers(self._locations.store, catalogue, policy, history, name)
            return ledger_document(found, history, policy.incidents)

        return self._of_history(made, f"found no service {name!r} in the catalogue")

    def dora(self, request: Request) -> Response:
        def made(history: History, policy: Policy, catalogue: Catalogue) -> Document | None:
            period, chosen = _asked(request, history, policy, catalogue)
            measures = delivery_measures(history, policy, period, chosen)
            return delivery_document(measures, history, period, policy.delivery.environment, chosen)

        return self._of_history(made)

    def mttr(self, request: Request) -> Response:
        def made(history: History, policy: Policy, catalogue: Catalogue) -> Document | None:
            period, chosen = _asked(request, history, policy, catalogue)
            return recovery_document(recovery_measures(history, policy, period, chosen), history, chosen)

        return self._of_history(made)

    def _missing(self, name: str, catalogue: Catalogue, now: datetime) -> str:
        """What to tell of a service that the catalogue does not have; a Rollout may be called so."""
        seen = {item.named.canary.name for item in self._canaries(catalogue, now).under_way}
        mapped = f"; a canary of a Rollout {name!r} is under way: sources.yaml maps it to a service"
        return f"found no service {name!r} in the catalogue{mapped if name in seen else ''}"

    def _canaries(self, catalogue: Catalogue, now: datetime) -> CanaryState:
        names = load_sources(self._locations.sources, catalogue).names
        return canary_state(self._locations.store, names, now)

    def _standings(
        self, name: str, catalogue: Catalogue, policy: Policy, state: CanaryState
    ) -> Mapping[str, Standing]:
        """How the canaries of the service `name` stand; the history is read where there are some."""
        if not any(item.named.service == name for item in state.under_way):
            return {}
        at = self._locations
        sources = load_sources(at.sources, catalogue)
        history = history_at(at.store, sources, policy.delivery, state.as_of)
        return open_standings(at.store, catalogue, policy, history, sources.names, state, name)

    def _of_history(
        self, made: Callable[[History, Policy, Catalogue], Document | None], missing: str = ""
    ) -> Response:
        """What is `made` of the deployments and incidents; None of it is a 404 with the message `missing`."""
        at = self._locations
        try:
            catalogue, policy = _catalogue(*_stamp(at.catalog)), _policy(*_stamp(at.policy))
            now = at.now or reading_time(at.store, datetime.now(UTC))
            history = history_at(at.store, load_sources(at.sources, catalogue), policy.delivery, now)
            document = made(history, policy, catalogue)
        except InputError as error:
            return _problem(400, str(error))
        except ReliabilityError as error:
            return _problem(503, str(error))
        return _problem(404, missing) if document is None else JSONResponse(document)

    def _read(self, only: str | None = None) -> tuple[FleetReport, Policy, Catalogue]:
        at = self._locations
        catalogue, policy = _catalogue(*_stamp(at.catalog)), _policy(*_stamp(at.policy))
        if only in catalogue.services:
            catalogue = Catalogue(indicators=catalogue.indicators, services={only: catalogue.services[only]})
        now = at.now or reading_time(at.store, datetime.now(UTC))
        return fleet_report(at.store, catalogue, policy, now), policy, catalogue


def _asked(
    request: Request, history: History, policy: Policy, catalogue: Catalogue
) -> tuple[Period, Selection]:
    """The period, services and severities that a request asks for.

    Raises:
        InputError: one of them is none.
    """
    asked = request.query_params
    services, severities = asked.getlist("service"), asked.getlist("severity")
    for name, found, known in (
        ("service", services, list(catalogue.services)),
        ("severity", severities, list(Severity)),
    ):
        for value in found:
            if value not in known:
                raise InputError(f"{name}: found {value!r}, expected one of {', '.join(known)}")
    period = parse_span(asked.get("from"), asked.get("to"), policy.timezone, history.as_of)
    return period, Selection(services=tuple(services), severities=tuple(map(Severity, severities)))


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
