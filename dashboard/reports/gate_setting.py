"""The setting of release decisions, from the files and the environment: for commands, the API and pages."""

from collections.abc import Mapping
from datetime import datetime

from dashboard.config import Locations, load_catalog, load_policy
from dashboard.config.sources import load_sources
from dashboard.domain.freezes import Freeze
from dashboard.policy.data import gate_policy
from dashboard.policy.engine import engine_at
from dashboard.reports.gate_context import GateContext

_OPA_URL, _OPA_TOKEN = "RELIABILITY_OPA_URL", "RELIABILITY_OPA_TOKEN"


def gate_context(locations: Locations, environment: Mapping[str, str]) -> GateContext:
    """What decisions are made with over the files at `locations`.

    `RELIABILITY_OPA_URL` (and `_TOKEN`) of the `environment` name a team's own OPA server, which is then
    asked instead of the engine in this process.

    Raises:
        ConfigurationError: a file is missing or wrong, or the address of the server is none.
    """
    policy, catalogue = load_policy(locations.policy), load_catalog(locations.catalog)

    def calendar(_now: datetime) -> tuple[Freeze, ...]:
        return ()

    return GateContext(
        store=locations.store,
        policy=policy,
        catalogue=catalogue,
        sources=load_sources(locations.sources, catalogue),
        gate_policy=gate_policy(policy, catalogue),
        engine=engine_at(environment.get(_OPA_URL), environment.get(_OPA_TOKEN)),
        calendar=calendar,
    )
