"""All addresses of the API, by subject."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.api.controls import control_routes
from dashboard.api.decisions import decision_routes
from dashboard.api.gate import gate_routes
from dashboard.api.health import health_routes
from dashboard.api.measures import measure_routes
from dashboard.api.problem import problem
from dashboard.api.status import status_routes
from dashboard.api.webhooks import webhook_routes
from dashboard.config import Locations
from dashboard.config.webhook_secrets import WebhookSecrets

_EVERY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def routes(locations: Locations, secrets: WebhookSecrets) -> list[Route]:
    """The routes of the API over the files at `locations`; who has one of the `secrets` may send.

    What only reads is a plain function, so each runs on a worker thread and a slow one blocks nobody.
    """
    return [
        *health_routes(locations),
        *status_routes(locations),
        *measure_routes(locations),
        *webhook_routes(locations, secrets),
        *gate_routes(locations, secrets),
        *decision_routes(locations, secrets),
        *control_routes(locations),
        # Streamlit answers unknown paths with its own page, which a machine would take for a success.
        Route("/api", _not_found),
        Route("/api/{rest:path}", _not_found, methods=_EVERY_METHOD),
        Route("/webhooks", _not_found, methods=_EVERY_METHOD),
        Route("/webhooks/{rest:path}", _not_found, methods=_EVERY_METHOD),
    ]


def _not_found(request: Request) -> Response:
    return problem(404, f"found nothing at {request.url.path}")
