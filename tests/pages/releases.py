"""Deployments and incidents of small fleets, told to the store as a source would tell them."""

from datetime import datetime, timedelta
from typing import Any

from dashboard.domain.deployments import DeploymentEvent, DeploymentState
from dashboard.domain.incidents import IncidentEvent
from dashboard.domain.policy_tier import ChangeType
from dashboard.ingest.events import store_events
from tests.pages.stores import NOW, Fleet

HOUR = timedelta(hours=1)


def deployed(  # noqa: PLR0913 - each argument is one part of what a source says
    name: str,
    ago: timedelta,
    *,
    service: str = "api",
    environment: str = "production",
    took: timedelta = timedelta(minutes=10),
    state: DeploymentState | None = DeploymentState.SUCCEEDED,
    now: datetime = NOW,
    **said: Any,
) -> DeploymentEvent:
    """A deployment that began so long `ago`; it bears its id as version unless another is given."""
    began = now - ago
    finished = None if state in {DeploymentState.IN_PROGRESS, DeploymentState.QUEUED} else began + took
    return DeploymentEvent(
        source="test",
        service=service,
        environment=environment,
        deployment=name,
        at=finished or began,
        state=state,
        started_at=began,
        **({"finished_at": finished, "version": name, "change_type": ChangeType.FEATURE} | said),
    )


def incident(
    name: str, ago: timedelta, lasted: timedelta | None = HOUR, *, now: datetime = NOW, **said: Any
) -> IncidentEvent:
    """An incident of `api` that began so long `ago`; None is one that is still open."""
    began = now - ago
    return IncidentEvent(
        source="test",
        incident=name,
        at=began,
        started_at=began,
        detected_at=began + timedelta(minutes=3),
        resolved_at=None if lasted is None else began + lasted,
        **({"services": ("api",), "severity": "P1", "title": f"{name} happened"} | said),
    )


def tell(fleet: Fleet, *events: DeploymentEvent | IncidentEvent) -> Fleet:
    """`fleet`, whose store now knows `events`."""
    store_events(fleet.store, events)
    return fleet
