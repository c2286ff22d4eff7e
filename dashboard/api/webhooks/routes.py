"""The addresses to which each source sends, and what makes events of its bodies."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial

from starlette.datastructures import Headers
from starlette.routing import Route

from dashboard.api.authenticity import Check, bearer, signed
from dashboard.api.body import document, rows
from dashboard.api.current import Current
from dashboard.api.webhooks.endpoint import Endpoint, Source
from dashboard.config import Locations
from dashboard.config.sources import Sources
from dashboard.config.webhook_secrets import WebhookSecrets
from dashboard.ingest.events import ReleaseEvent
from dashboard.reports.corrections import correction
from dashboard.reports.instants import wall_clock
from dashboard.sources import alertmanager, argo_rollouts, cdevents, github, pagerduty
from dashboard.sources.event_document import part_of
from dashboard.sources.release_rows import deployment_events, incident_events

#: What messages call the rows that were sent to the API, and what the events are said to come from.
_REQUEST, _API = "request", "api"


def webhook_routes(locations: Locations, secrets: WebhookSecrets) -> list[Route]:
    """The routes that take deployments and incidents into the store of `locations`."""
    current = Current(locations)
    endpoint = partial(Endpoint, store=locations.store, sources=current.sources, writing=asyncio.Lock())
    by_github = signed(secrets.github, "X-Hub-Signature-256", "sha256=")
    by_pagerduty = signed(secrets.pagerduty, "X-PagerDuty-Signature", "v1=")
    by_api = bearer(secrets.api)
    senders: tuple[tuple[str, Source, Check | None], ...] = (
        ("/webhooks/github", _json(_github), by_github),
        ("/webhooks/argo-rollouts", _json(_argo_rollouts), bearer(secrets.argo_rollouts)),
        ("/webhooks/cdevents", _json(_cdevents), bearer(secrets.cdevents)),
        ("/webhooks/alertmanager", _json(_alertmanager), bearer(secrets.alertmanager)),
        ("/webhooks/pagerduty", _json(_pagerduty), by_pagerduty),
        ("/api/v1/deployments", Source(decode=rows, events=_deployments), by_api),
        ("/api/v1/incidents", Source(decode=rows, events=_incidents), by_api),
        ("/api/v1/attributions", _json(partial(_attribution, current)), by_api),
    )
    return [Route(path, endpoint(source, check=check)) for path, source, check in senders]


def _json(events: Callable[[Headers, object, Sources], Iterable[ReleaseEvent]]) -> Source:
    return Source(decode=document, events=events)


def _github(headers: Headers, value: object, sources: Sources) -> Iterable[ReleaseEvent]:
    return github.parse(headers.get("X-GitHub-Event"), value, zone=sources.time_zones.get("github"))


def _argo_rollouts(_headers: Headers, value: object, sources: Sources) -> Iterable[ReleaseEvent]:
    return argo_rollouts.parse(value, zone=sources.time_zones.get("argo-rollouts"))


def _cdevents(_headers: Headers, value: object, sources: Sources) -> Iterable[ReleaseEvent]:
    return cdevents.parse(value, zone=sources.time_zones.get("cdevents"))


def _alertmanager(_headers: Headers, value: object, sources: Sources) -> Iterable[ReleaseEvent]:
    zone = sources.time_zones.get("alertmanager")
    return alertmanager.parse(value, labels=sources.alert_labels, zone=zone)


def _pagerduty(_headers: Headers, value: object, sources: Sources) -> Iterable[ReleaseEvent]:
    return pagerduty.parse(value, zone=sources.time_zones.get("pagerduty"))


def _deployments(_headers: Headers, text: str, sources: Sources) -> Iterable[ReleaseEvent]:
    return deployment_events(_REQUEST, text, source=_API, zone=sources.time_zones.get(_API))


def _incidents(_headers: Headers, text: str, sources: Sources) -> Iterable[ReleaseEvent]:
    return incident_events(_REQUEST, text, source=_API, zone=sources.time_zones.get(_API))


def _attribution(
    current: Current, _headers: Headers, value: object, _sources: Sources
) -> Iterable[ReleaseEvent]:
    said = part_of("", value)
    if "deployment" not in said.values or said.values["deployment"] == "":
        raise said.wrong("deployment", "service/environment/id, or null when no deployment caused it")
    now = wall_clock()
    return [
        correction(
            current.history(now),
            incident=said.needed("incident"),
            deployment=said.name("deployment"),
            by=said.needed("by"),
            why=said.text("why") or "",
            at=now,
        )
    ]
