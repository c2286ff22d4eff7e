"""Senders to `reliability serve`: what each sends, how it proves who it is, and what is stored of it."""

import hashlib
import hmac
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from dashboard.paths import DEFAULT_SOURCES
from tests.api.test_api import Served, served
from tests.sources.payloads import alert, alerts, cdevent, github_status, pagerduty, rollout

SECRETS = {
    "RELIABILITY_GITHUB_SECRET": "the secret of github",
    "RELIABILITY_PAGERDUTY_SECRET": "the secret of pagerduty",
    "RELIABILITY_ARGO_ROLLOUTS_TOKEN": "the-token-of-argo-rollouts",
    "RELIABILITY_CDEVENTS_TOKEN": "the-token-of-cdevents",
    "RELIABILITY_ALERTMANAGER_TOKEN": "the-token-of-alertmanager",
    "RELIABILITY_API_TOKEN": "the-token-of-the-api",
}
TOKENS = {
    "/webhooks/argo-rollouts": "RELIABILITY_ARGO_ROLLOUTS_TOKEN",
    "/webhooks/cdevents": "RELIABILITY_CDEVENTS_TOKEN",
    "/webhooks/alertmanager": "RELIABILITY_ALERTMANAGER_TOKEN",
    "/api/v1/deployments": "RELIABILITY_API_TOKEN",
    "/api/v1/incidents": "RELIABILITY_API_TOKEN",
    "/api/v1/attributions": "RELIABILITY_API_TOKEN",
}
ROW = {
    "id": "d-1",
    "service": "api",
    "environment": "production",
    "version": "1.4.2",
    "started_at": "2026-11-20T09:00:00Z",
    "finished_at": "2026-11-20T09:10:00Z",
    "status": "succeeded",
}
INCIDENT = {"id": "INC-1", "title": "API down", "severity": "P1", "detected_at": "2026-11-20T09:00:00Z"}
EXAMPLES: dict[str, object] = {
    "/webhooks/github": github_status(),
    "/webhooks/argo-rollouts": rollout(),
    "/webhooks/cdevents": cdevent("service", "deployed"),
    "/webhooks/alertmanager": alerts([alert("A", "2026-11-20T09:00:00Z")]),
    "/webhooks/pagerduty": pagerduty("incident.triggered"),
    "/api/v1/deployments": ROW,
    "/api/v1/incidents": INCIDENT,
}
PATHS = tuple(EXAMPLES)


@contextmanager
def listening(folder: Path) -> Iterator[Served]:
    """A server to which everybody may send; its store and a `sources.yaml` of its own are in `folder`."""
    (folder / "sources.yaml").write_bytes(DEFAULT_SOURCES.read_bytes())
    with served("--store", folder / "store.db", "--sources", folder / "sources.yaml", env=SECRETS) as running:
        yield running


def headers_for(path: str, body: bytes, event: str = "deployment_status") -> dict[str, str]:
    """The headers of a genuine sender."""
    if path == "/webhooks/github":
        digest = hmac.new(SECRETS["RELIABILITY_GITHUB_SECRET"].encode(), body, hashlib.sha256).hexdigest()
        return {"X-GitHub-Event": event, "X-Hub-Signature-256": f"sha256={digest}"}
    if path == "/webhooks/pagerduty":
        digest = hmac.new(SECRETS["RELIABILITY_PAGERDUTY_SECRET"].encode(), body, hashlib.sha256).hexdigest()
        return {"X-PagerDuty-Signature": f"v1={digest}"}
    return {"Authorization": f"Bearer {SECRETS[TOKENS[path]]}"}


def send(server: Served, path: str, value: object, *, event: str = "deployment_status") -> requests.Response:
    """What a genuine sender gets; bytes are sent as they are."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return post(server, path, body, headers_for(path, body, event))


def post(server: Served, path: str, body: bytes, headers: Mapping[str, str]) -> requests.Response:
    return requests.post(server.url + path, data=body, headers=dict(headers), timeout=30)


def events(store: Path) -> dict[str, set[tuple[Any, ...]]]:
    """Every row of the tables of events."""
    with sqlite3.connect(store) as connection:
        return {
            table: set(connection.execute(f"SELECT * FROM {table}"))  # noqa: S608 - our own names
            for table in ("deployment_events", "incident_events", "alert_events", "attributions")
        }


def count(store: Path) -> int:
    return sum(map(len, events(store).values())) if store.exists() else 0
