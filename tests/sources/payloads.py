"""What GitHub, Argo Rollouts, CDEvents, Alertmanager and PagerDuty send, small and in their own shapes."""

from collections.abc import Mapping, Sequence
from typing import Any

Document = dict[str, Any]

DIGEST = "sha256:0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427"
PURL = f"pkg:oci/api@{DIGEST.replace(':', '%3A')}?repository_url=registry.example/team&tag=1.4.2"


def github_deployment(**changed: Any) -> Document:
    """A `deployment` event of today."""
    deployment: Document = {
        "id": 145988746,
        "task": "deploy",
        "ref": "v1.4.2",
        "sha": "f95f852bd8fca8fcc58a9a2d6c842781e32a215e",
        "environment": "production",
        "original_environment": "production",
        "payload": {},
        "description": None,
        "creator": {"login": "octo-deployer", "type": "User"},
        "created_at": "2026-11-20T09:00:00Z",
        "updated_at": "2026-11-20T09:00:00Z",
        "transient_environment": False,
        "production_environment": True,
    }
    return {
        "action": "created",
        "deployment": deployment | changed,
        "workflow_run": {"id": 1, "html_url": "https://github.com/acme/api/actions/runs/1"},
        "repository": {"id": 135493233, "name": "api", "full_name": "acme/api"},
        "sender": {"login": "github-actions[bot]"},
    }


def github_status(state: str = "success", at: str = "2026-11-20T09:10:00Z", **changed: Any) -> Document:
    """A `deployment_status` event of today; `changed` are fields of its deployment."""
    whole = github_deployment(**changed)
    whole["deployment_status"] = {
        "id": 209916254,
        "state": state,
        "environment": "production",
        "description": "",
        "target_url": "https://deploys.example/145988746",
        "log_url": "https://logs.example/145988746",
        "created_at": at,
        "updated_at": at,
    }
    return whole


def github_status_of_2015() -> Document:
    """A `deployment_status` event as they were: no action, no environment, the payload as text."""
    return {
        "deployment": {
            "id": 710692,
            "sha": "9049f1265b7d61be4a8904a9a27120d2064dab3b",
            "ref": "master",
            "task": "deploy",
            "payload": "deploy from chat",
            "creator": {"login": "baxterthehacker"},
            "created_at": "2015-05-05T23:40:38Z",
        },
        "deployment_status": {
            "id": 1115122,
            "state": "success",
            "target_url": None,
            "description": None,
            "created_at": "2015-05-05T23:40:39Z",
        },
        "repository": {"full_name": "baxterthehacker/public-repo"},
    }


def rollout(
    event: str = "on-rollout-completed", at: str = "2026-11-20T09:20:00Z", **changed: Any
) -> Document:
    """A notification by the template that is shipped."""
    return {
        "event": event,
        "rollout": "api",
        "namespace": "production",
        "uid": "0f1f1a38-62fd-4a0c-9e0f-3d9a2d1f7a10",
        "labels": {"app": "api"},
        "revision": "7",
        "image": "registry.example:5000/team/api:1.4.2",
        "message": None,
        "startedAt": at if event == "on-rollout-updated" else None,
        "finishedAt": at if event in {"on-rollout-completed", "on-rollout-aborted"} else None,
        "at": at,
    } | changed


def cdevent(subject: str, predicate: str, content: Mapping[str, Any] | None = None) -> Document:
    """An event of CDEvents about the service `api`, or about the incident `incident-123`."""
    service = {"environment": {"id": "production"}, "artifactId": PURL}
    incident = {
        "description": "Response time above 100 ms",
        "environment": {"id": "production", "source": "/iaas/geo1"},
        "service": {"id": "api", "source": "/clusterA/namespaceB"},
        "artifactId": PURL,
    }
    return {
        "context": {
            "specversion": "0.5.0",
            "id": "271069a8-fc18-44f1-b38f-9d70a1695819",
            "source": "/monitoring/prod1",
            "type": f"dev.cdevents.{subject}.{predicate}.0.2.0",
            "timestamp": "2026-11-20T09:30:00.315384Z",
        },
        "subject": {
            "id": "api" if subject == "service" else "incident-123",
            "source": "/monitoring/prod1",
            "content": dict(content or (service if subject == "service" else incident)),
        },
    }


def alert(
    name: str, started: str, ended: str | None = None, labels: Mapping[str, str] | None = None
) -> Document:
    """One alert of a group; while it fires its `endsAt` is the year 1."""
    return {
        "status": "firing" if ended is None else "resolved",
        "labels": dict(labels or {"alertname": name, "service": "api", "severity": "critical"}),
        "annotations": {"summary": f"{name} of api", "runbook_url": "https://runbooks.example"},
        "startsAt": started,
        "endsAt": ended or "0001-01-01T00:00:00Z",
        "generatorURL": "https://prometheus.example/graph?g0.expr=up",
        "fingerprint": f"{sum(name.encode()):016x}",
    }


def alerts(listed: Sequence[Document], *, status: str | None = None, truncated: int = 0) -> Document:
    """A webhook of Alertmanager; its status is that of the alerts it lists, unless it is given."""
    fires = any(item["status"] == "firing" for item in listed)
    return {
        "version": "4",
        "groupKey": '{}/{severity="critical"}:{alertname="HighErrorRate"}',
        "truncatedAlerts": truncated,
        "status": status or ("firing" if fires else "resolved"),
        "receiver": "reliability",
        "groupLabels": {"alertname": "HighErrorRate"},
        "commonLabels": {"severity": "critical"},
        "commonAnnotations": {},
        "externalURL": "https://alertmanager.example",
        "alerts": list(listed),
    }


def pagerduty(event_type: str, at: str = "2026-11-20T10:00:00Z", **changed: Any) -> Document:
    """A webhook of PagerDuty, version 3; `changed` are fields of its incident."""
    incident: Document = {
        "id": "PGR0VU2",
        "type": "incident",
        "self": "https://api.pagerduty.com/incidents/PGR0VU2",
        "html_url": "https://acme.pagerduty.com/incidents/PGR0VU2",
        "number": 2,
        "status": "triggered",
        "created_at": "2026-11-20T09:59:00Z",
        "title": "A little bump in the road",
        "service": {"id": "PF9KMXH", "summary": "API Service", "type": "service_reference"},
        "priority": {"id": "PSO75BM", "summary": "P1", "type": "priority_reference"},
        "urgency": "high",
    }
    return {
        "event": {
            "id": "01BZVUJJW6BSDZ5CDXSH2VXP4Y",
            "event_type": event_type,
            "resource_type": "incident",
            "occurred_at": at,
            "agent": None,
            "client": None,
            "data": incident | changed,
        }
    }
