"""What is measured: services, indicators and objectives (FRAMEWORK, Services)."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum, StrEnum
from fractions import Fraction

from dashboard.domain.canary.arm_counts import ArmCounters


class ServiceTier(IntEnum):
    """How important a service is: 1 critical path, 2 supporting, 3 internal."""

    CRITICAL_PATH = 1
    SUPPORTING = 2
    INTERNAL = 3


class Strategy(StrEnum):
    """How a service is normally deployed (FRAMEWORK, Deployment strategies)."""

    PROGRESSIVE_CANARY = "progressive-canary"
    STANDARD_CANARY = "standard-canary"
    BLUE_GREEN = "blue-green"
    ROLLING = "rolling"
    FEATURE_FLAG = "feature-flag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """A pair of PromQL queries that give good and total events of every service at once.

    `good` and `total` hold the placeholder `{{bucket}}` where the range goes; `service_label` is the
    label by which the answer is grouped; `scrape_interval` is how often the underlying series are read.
    """

    name: str
    description: str
    good: str
    total: str
    service_label: str
    scrape_interval: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One indicator of one service, with the share of good events it must reach over a rolling window.

    `allowed_error_ratio` is the share of events that may be bad: 1 − target.
    """

    service: str
    indicator: str
    target: Fraction
    window: timedelta
    allowed_error_ratio: Fraction = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Kept, since every number of an objective is divided by it.
        object.__setattr__(self, "allowed_error_ratio", 1 - self.target)

    @property
    def key(self) -> str:
        """The objective's name in files and commands: `service/indicator`."""
        return f"{self.service}/{self.indicator}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service of the catalogue; one without objectives is "best effort"."""

    name: str
    tier: ServiceTier
    strategy: Strategy
    objectives: tuple[Objective, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Every indicator and service that the product knows, and how the arms of canaries are counted.

    `canary_counts` is None where they are not.
    """

    indicators: dict[str, Indicator]
    services: dict[str, Service]
    canary_counts: ArmCounters | None = None

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """All objectives, in the catalogue's order."""
        return tuple(objective for service in self.services.values() for objective in service.objectives)
