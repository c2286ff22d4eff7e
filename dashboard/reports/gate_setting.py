"""The setting of release decisions, from the files and the environment: for commands, the API and pages."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from dashboard.config import Locations, load_catalog, load_policy
from dashboard.config.sources import load_sources
from dashboard.domain.freezes import Freeze
from dashboard.domain.policy import Policy
from dashboard.domain.slo import Catalogue
from dashboard.policy.data import gate_policy
from dashboard.policy.engine import engine_at
from dashboard.reports.gate_context import Calendar, GateContext
from dashboard.sources.freeze_calendar import calendar_file, planned_freezes

_OPA_URL, _OPA_TOKEN = "RELIABILITY_OPA_URL", "RELIABILITY_OPA_TOKEN"


def gate_context(locations: Locations, environment: Mapping[str, str]) -> GateContext:
    """What decisions are made with over the files at `locations`.

    `RELIABILITY_OPA_URL` (and `_TOKEN`) of the `environment` name a team's own OPA server, which is then
    asked instead of our own engine.

    Raises:
        ConfigurationError: a file is missing or wrong, or the address of the server is none.
    """
    policy, catalogue = load_policy(locations.policy), load_catalog(locations.catalog)
    return GateContext(
        store=locations.store,
        policy=policy,
        catalogue=catalogue,
        sources=load_sources(locations.sources, catalogue),
        gate_policy=gate_policy(policy, catalogue),
        engine=engine_at(environment.get(_OPA_URL), environment.get(_OPA_TOKEN)),
        calendar=freeze_calendar(locations.freezes, policy, catalogue),
    )


def freeze_calendar(named: Path | None, policy: Policy, catalogue: Catalogue) -> Calendar:
    """Reads the freezes of the calendar around an instant: those of the day before and of two months to come.

    The days are read once, as long as the file stays as it is.
    """

    @lru_cache(maxsize=4)
    def around(_file: tuple[Path, int] | None, day: datetime) -> tuple[Freeze, ...]:
        return planned_freezes(named, policy, catalogue, day)

    def calendar(now: datetime) -> tuple[Freeze, ...]:
        path = calendar_file(named)
        state = None if path is None else (path, path.stat().st_mtime_ns)
        return around(state, now.replace(hour=0, minute=0, second=0, microsecond=0))

    return calendar
