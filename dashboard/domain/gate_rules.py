"""What the release gate asks for, as `policy.yaml` sets it (FRAMEWORK, Release gates and strategies)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum
from fractions import Fraction

from dashboard.domain.incidents import Severity
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.slo import ServiceTier, Strategy

#: Numbers of the gate are told apart to the sixth decimal, which is what every engine of Rego can do.
GRID = 1_000_000


class GateName(StrEnum):
    """The gates, in the order in which a release passes them."""

    BUILD = "build"
    QUALITY = "quality"
    SECURITY = "security"
    SLO = "slo"
    POLICY = "policy"
    APPROVAL = "approval"


class Weekday(StrEnum):
    """The days of a week, Monday first."""

    MONDAY = "Monday"
    TUESDAY = "Tuesday"
    WEDNESDAY = "Wednesday"
    THURSDAY = "Thursday"
    FRIDAY = "Friday"
    SATURDAY = "Saturday"
    SUNDAY = "Sunday"


class ExceptionType(StrEnum):
    """What an exception lifts: the window, CVEs, the SLO gate, an exhausted budget, a freeze."""

    WINDOW = "window"
    SECURITY = "security"
    SLO = "slo"
    BUDGET = "budget"
    FREEZE = "freeze"


class AuditLevel(StrEnum):
    """How closely the use of an exception is looked at afterwards."""

    STANDARD = "standard"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentRule:
    """What one environment asks for: at most so many high CVEs, an SLSA level, a signature, the window."""

    high_cves: int
    slsa_level: int
    image_signed: bool
    window: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRule:
    """When services of `service_tiers` may be deployed: on `days` from `start` up to, not including, `end`.

    The times are local to the policy's time zone; an `end` of None is midnight at the end of the day.
    """

    days: frozenset[Weekday]
    start: time
    end: time | None
    service_tiers: frozenset[ServiceTier]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionRule:
    """Who has to approve an exception (all of them), and how long it may last; None asks for an end only."""

    approvers: tuple[str, ...]
    lasts_at_most: timedelta | None
    audit: AuditLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryStep:
    """One step of a canary: its share of the traffic in percent, its pause, the analyses that watch it."""

    weight: int
    pause: timedelta
    analysis: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyRule:
    """One deployment strategy; `rollback_within` zero is instant, `blast_radius` None means chosen users."""

    use_case: str
    risk: str
    rollback_within: timedelta
    blast_radius: Fraction | None
    steps: tuple[CanaryStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRules:
    """The thresholds and lists of the release gate.

    `coverage` is in percent by service tier, `budget_floor` a share of the error budget. `incidents` are the
    severities of which none may be open. Rollbacks within `rollbacks_within` warn and deny from a number on.
    An approval counts for `approval_valid_for`; the use of an exception is reviewed within `review_within`.
    In the tiers `careful_in` a service of tier 1 is deployed by a canary or blue-green; `pause_factors`
    multiply the pauses of a canary.
    """

    environments: Mapping[str, EnvironmentRule]
    coverage: Mapping[ServiceTier, Fraction]
    golden_path_tiers: frozenset[ServiceTier]
    budget_floor: Mapping[ServiceTier, Fraction]
    incidents: Mapping[ServiceTier, tuple[Severity, ...]]
    rollbacks_within: timedelta
    rollbacks_warn_from: int
    rollbacks_deny_from: int
    trusted_registries: tuple[str, ...]
    relaxed_tiers: frozenset[ServiceTier]
    windows: tuple[WindowRule, ...]
    override_approvers: tuple[str, ...]
    exceptions: Mapping[ExceptionType, ExceptionRule]
    approval_valid_for: timedelta
    review_within: timedelta
    strategies: Mapping[Strategy, StrategyRule]
    careful_in: frozenset[PolicyTier]
    pause_factors: Mapping[PolicyTier, int]


#: The checks of every gate by their stable codes, with the sentence of a violation.
CHECKS: Mapping[str, str] = {
    "build.typecheck": "The type check has to pass",
    "build.compile": "The code has to compile",
    "build.lint": "The linter has to pass",
    "build.format": "The code has to be formatted",
    "quality.unit_tests": "The unit tests have to pass",
    "quality.integration_tests": "The integration tests have to pass",
    "quality.golden_path": "The golden path test has to pass",
    "quality.coverage": "Test coverage has to reach what the service tier asks for",
    "security.critical_cves": "No critical CVE may be open",
    "security.high_cves": "High CVEs have to stay within what the environment allows",
    "security.secrets": "No secret may be in the code",
    "security.image_signed": "The image has to be signed",
    "security.slsa_level": "The SLSA level has to reach what the environment asks for",
    "slo.change_type": "The policy tier has to allow this kind of change",
    "slo.budget_remaining": "Enough of the error budget has to be left for the service tier",
    "slo.fast_burn": "The fast burn rate has to be below the gate",
    "slo.slow_burn": "The slow burn rate has to be below the gate",
    "slo.incidents_p1": "No P1 incident of the service may be open",
    "slo.incidents_p2": "No P2 incident of the service may be open",
    "slo.incidents_p3": "No P3 incident of the service may be open",
    "slo.rollbacks": "There must be few recent rollbacks of the service",
    "policy.service": "The service has to be in the catalogue",
    "policy.environment": "The environment has to be one of the policy's",
    "policy.version": "A release has a version",
    "policy.registry": "The image has to come from a trusted registry",
    "policy.abac": "The ABAC check must not have failed",
    "approval.window": "The deployment window has to be open",
    "approval.freeze": "No deployment freeze may cover the release",
    "approval.approvals": "Everybody whom the policy tier asks for has to approve",
}

_BUILD = tuple(code for code in CHECKS if code.startswith("build."))
_SLO = tuple(code for code in CHECKS if code.startswith("slo."))

#: An emergency override never lifts these (FRAMEWORK, Release gates).
NEVER_OVERRIDDEN = (*_BUILD, "security.critical_cves", "security.secrets")

#: All that is asked of a service of a relaxed tier, besides knowing what is released where.
RELAXED_CHECKS = (
    *_BUILD,
    "quality.unit_tests",
    "quality.coverage",
    "security.critical_cves",
    "policy.service",
    "policy.environment",
    "policy.version",
    "approval.freeze",
)

#: What is not asked of a rollback: it is the way back to safety.
ROLLBACK_EXEMPT = (*_SLO, "approval.window", "approval.freeze")

#: Which checks each type of exception lifts; a freeze's is bound to the freeze that it names.
LIFTS: Mapping[ExceptionType, tuple[str, ...]] = {
    ExceptionType.WINDOW: ("approval.window",),
    ExceptionType.SECURITY: ("security.critical_cves", "security.high_cves"),
    ExceptionType.SLO: _SLO,
    ExceptionType.BUDGET: ("slo.budget_remaining", "slo.change_type"),
    ExceptionType.FREEZE: (),
}

#: An exhausted budget takes an exception of its own, which a bypass of the gate is not.
LIFTS_NOT_IN: Mapping[ExceptionType, tuple[PolicyTier, ...]] = {
    ExceptionType.SLO: (PolicyTier.EXHAUSTED,),
}

#: Strategies that expose few users at first, or none.
CAREFUL_STRATEGIES = (Strategy.PROGRESSIVE_CANARY, Strategy.STANDARD_CANARY, Strategy.BLUE_GREEN)
