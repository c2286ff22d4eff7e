"""What is told of the past: where a service's error budget went, delivery (DORA) and recovery (MTTR)."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.api.current import Current
from dashboard.api.parameters import knowing
from dashboard.api.problem import problem
from dashboard.config import Locations
from dashboard.config.span import parse_span
from dashboard.domain.incidents import Severity
from dashboard.domain.periods import Period
from dashboard.domain.policy import Policy
from dashboard.domain.slo import Catalogue
from dashboard.errors import InputError, ReliabilityError
from dashboard.reports.delivery_document import delivery_document
from dashboard.reports.history import History
from dashboard.reports.incident_measures import Selection, delivery_measures, recovery_measures
from dashboard.reports.ledger_document import ledger_document
from dashboard.reports.ledgers import service_ledgers
from dashboard.reports.recovery_document import recovery_document
from dashboard.reports.status_document import Document

_PERIOD_AND_SELECTION = ("from", "to", "service", "severity")


def measure_routes(locations: Locations) -> list[Route]:
    """The routes over the files at `locations`."""
    measures = _Measures(Current(locations))
    return [
        Route("/api/v1/services/{service}/ledger", knowing(measures.ledger)),
        Route("/api/v1/dora", knowing(measures.dora, *_PERIOD_AND_SELECTION)),
        Route("/api/v1/mttr", knowing(measures.mttr, *_PERIOD_AND_SELECTION)),
    ]


class _Measures:
    def __init__(self, current: Current) -> None:
        self._current = current

    def ledger(self, request: Request) -> Response:
        name = request.path_params["service"]

        def made(history: History, policy: Policy, catalogue: Catalogue) -> Document | None:
            if name not in catalogue.services:
                return None
            found = service_ledgers(self._current.at.store, catalogue, policy, history, name)
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

    def _of_history(
        self, made: Callable[[History, Policy, Catalogue], Document | None], missing: str = ""
    ) -> Response:
        """What is `made` of the deployments and incidents; None of it is a 404 with the message `missing`."""
        try:
            history = self._current.history()
            document = made(history, self._current.policy(), self._current.catalogue())
        except InputError as error:
            return problem(400, str(error))
        except ReliabilityError as error:
            return problem(503, str(error))
        return problem(404, missing) if document is None else JSONResponse(document)


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
