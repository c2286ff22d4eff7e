"""Fleets whose deployments went well, were rolled back, or were told of by somebody hostile."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

from dashboard.domain.deployments import DeploymentState
from tests.pages.releases import HOUR, deployed, incident, tell
from tests.pages.screen import MARKS, Screen
from tests.pages.stores import BadShare, Fleet, build, burst, steady

DAY = timedelta(days=1)
HEALTHY: dict[str, BadShare] = {
    "api/availability": steady(0.0),
    "api/latency": steady(0.0),
    "worker/availability": steady(0.0),
}
#: Bad from three hours ago for two hours: what the incident of `rolled_back` is about.
BROKEN = HEALTHY | {"api/availability": burst(0.02, 3 * HOUR, HOUR)}
HOSTILE = '<script>alert(1)</script> [x](http://evil.example) :red[z] **b** =cmd|"/c calc"!A1'


def rolled_back(folder: Path) -> Fleet:
    """4.2 broke `api` (INC-1) and was taken away by deploying 4.1 again; the worker's image failed."""
    return tell(
        build(folder, BROKEN),
        deployed("a-1", 2 * DAY, version="4.1", actor="kim"),
        deployed("a-2", 3 * HOUR + timedelta(minutes=12), version="4.2", actor="lee"),
        deployed("a-3", 2 * HOUR, version="4.1", change_type=None, reason="errors over 2 %"),
        deployed("w-1", 5 * HOUR, service="worker", state=DeploymentState.FAILED, reason="no image"),
        incident("INC-1", 3 * HOUR, 2 * HOUR),
    )


def links(screen: Screen, label: str) -> list[dict[str, list[str]]]:
    """Where the links whose label has `label` in it lead, as the parameters of the address."""
    found = [item.proto for item in screen.app.get("page_link")]
    return [parse_qs(link.query_string) for link in found if label in link.label.translate(MARKS)]
