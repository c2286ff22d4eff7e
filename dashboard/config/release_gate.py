"""The sections `release_gate` and `strategies` of `policy.yaml`, and the careful tiers of `tiers`."""

import re
from collections.abc import Mapping
from datetime import time, timedelta
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from dashboard.config.fields import Duration, Share, StrictModel, choice, exact
from dashboard.config.yaml_document import Fault, parts
from dashboard.domain.access import role_key
from dashboard.domain.gate_rules import (
    GRID,
    AuditLevel,
    CanaryStep,
    EnvironmentRule,
    ExceptionRule,
    ExceptionType,
    GateRules,
    StrategyRule,
    Weekday,
    WindowRule,
)
from dashboard.domain.incidents import Severity
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.slo import ServiceTier, Strategy

_TIME_OF_DAY = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")
_MOST_PERCENT = 100

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")]
_Count = Annotated[int, Field(ge=0, le=1_000_000)]


def _service_tiers(value: Any) -> frozenset[ServiceTier]:
    known = {tier.value for tier in ServiceTier}
    if not isinstance(value, list) or not value or any(type(item) is not int for item in value):
        raise ValueError(f"found {value!r}, expected a list of service tiers 1, 2, 3")
    if not set(value) <= known:
        raise ValueError(f"found {value!r}, expected service tiers 1, 2, 3")
    return frozenset(map(ServiceTier, value))


def _perhaps_no_tiers(value: Any) -> frozenset[ServiceTier]:
    return frozenset() if value == [] else _service_tiers(value)


def _by_tier(value: Any) -> Any:
    """A mapping with one value for each service tier."""
    if not isinstance(value, dict) or set(value) != {"1", "2", "3"}:
        found = ", ".join(map(str, value)) if isinstance(value, dict) else repr(value)
        raise ValueError(f"found {found}, expected a value for each of the service tiers 1, 2 and 3")
    return {ServiceTier(int(key)): item for key, item in value.items()}


def on_grid(value: Any) -> Fraction:
    """An exact number of at most six decimals.

    Raises:
        ValueError: it is none, or has more.
    """
    number = exact(value)
    if (number * GRID).denominator != 1:
        raise ValueError(f"found {value}, expected at most six decimals")
    return number


def _percent(value: Any) -> Fraction:
    number = on_grid(value)
    if not 0 <= number <= _MOST_PERCENT:
        raise ValueError(f"found {value}, expected a percentage from 0 to 100")
    return number


def _floor(value: Any) -> Fraction:
    share = exact(value)
    if not 0 <= share <= 1 or (share * _MOST_PERCENT * GRID).denominator != 1:
        raise ValueError(f"found {value}, expected a share from 0 to 1 with at most eight decimals")
    return share


def each_once(value: Any) -> Any:
    """A list of roles of which none is named twice, in other letters either."""
    texts = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
    keys = [role_key(item) for item in texts]
    if len(set(keys)) < len(keys):
        raise ValueError(f"found {', '.join(texts)}, expected each role once")
    return value


def _time_of_day(value: Any) -> str:
    if not isinstance(value, str) or not _TIME_OF_DAY.fullmatch(value):
        raise ValueError(f'found {value!r}, expected a time of day in quotes such as "09:00", up to "24:00"')
    return value


_Tiers = Annotated[frozenset[ServiceTier], BeforeValidator(_service_tiers)]
_TimeOfDay = Annotated[str, BeforeValidator(_time_of_day)]


class _Environment(StrictModel):
    high_cves: _Count
    slsa_level: Annotated[int, Field(ge=0, le=4)]
    image_signed: bool
    window: bool


class _Rollbacks(StrictModel):
    within: Duration
    warn_from: Annotated[int, Field(ge=1)]
    deny_from: Annotated[int, Field(ge=1)]


class _Window(StrictModel):
    days: Annotated[list[Annotated[Weekday, choice(Weekday)]], Field(min_length=1)]
    start: Annotated[_TimeOfDay, Field(alias="from")]
    until: _TimeOfDay
    service_tiers: _Tiers = frozenset(ServiceTier)


class _Exception(StrictModel):
    approvers: Annotated[list[Name], Field(min_length=1), BeforeValidator(each_once)]
    lasts_at_most: Duration | None = None
    audit: Annotated[AuditLevel, choice(AuditLevel)]


class _Exceptions(StrictModel):
    window: _Exception
    security: _Exception
    slo: _Exception
    budget: _Exception
    freeze: _Exception


class ReleaseGateSection(StrictModel):
    """`release_gate`, as it is written."""

    environments: Annotated[dict[Name, _Environment], Field(min_length=1)]
    coverage: Annotated[
        dict[ServiceTier, Annotated[Fraction, BeforeValidator(_percent)]], BeforeValidator(_by_tier)
    ]
    golden_path_tiers: Annotated[frozenset[ServiceTier], BeforeValidator(_perhaps_no_tiers)]
    budget_floor: Annotated[
        dict[ServiceTier, Annotated[Fraction, BeforeValidator(_floor)]], BeforeValidator(_by_tier)
    ]
    incidents: Annotated[
        dict[ServiceTier, list[Annotated[Severity, choice(Severity)]]], BeforeValidator(_by_tier)
    ]
    rollbacks: _Rollbacks
    trusted_registries: Annotated[list[Name], Field(min_length=1)]
    relaxed_tiers: Annotated[frozenset[ServiceTier], BeforeValidator(_perhaps_no_tiers)]
    windows: list[_Window]
    override_approvers: list[Name]
    exceptions: _Exceptions
    review_within: Duration
    approval_valid_for: Duration


class _Step(StrictModel):
    weight: Annotated[int, Field(ge=1, le=100)]
    pause: Duration | None = None
    analysis: list[Name] = Field(default_factory=list)


class _Strategy(StrictModel):
    use_case: str
    risk: Name
    rollback_within: Duration | None = None
    blast_radius: Share | None = None
    steps: list[_Step] = Field(default_factory=list)


class StrategiesSection(StrictModel):
    """`strategies`, as it is written."""

    progressive_canary: Annotated[_Strategy, Field(alias="progressive-canary")]
    standard_canary: Annotated[_Strategy, Field(alias="standard-canary")]
    blue_green: Annotated[_Strategy, Field(alias="blue-green")]
    rolling: _Strategy
    feature_flag: Annotated[_Strategy, Field(alias="feature-flag")]


def gate_rules(
    written: ReleaseGateSection,
    strategies: StrategiesSection,
    *,
    careful_in: frozenset[PolicyTier],
    pause_factors: Mapping[PolicyTier, int],
) -> GateRules:
    """The rules of the gate from the sections of the policy."""
    return GateRules(
        environments={
            name: EnvironmentRule(
                high_cves=rule.high_cves,
                slsa_level=rule.slsa_level,
                image_signed=rule.image_signed,
                window=rule.window,
            )
            for name, rule in written.environments.items()
        },
        coverage=written.coverage,
        golden_path_tiers=written.golden_path_tiers,
        budget_floor=written.budget_floor,
        incidents={tier: tuple(severities) for tier, severities in written.incidents.items()},
        rollbacks_within=written.rollbacks.within,
        rollbacks_warn_from=written.rollbacks.warn_from,
        rollbacks_deny_from=written.rollbacks.deny_from,
        trusted_registries=tuple(written.trusted_registries),
        relaxed_tiers=written.relaxed_tiers,
        windows=tuple(map(_window_rule, written.windows)),
        override_approvers=tuple(written.override_approvers),
        exceptions={kind: _exception_rule(getattr(written.exceptions, kind.value)) for kind in ExceptionType},
        approval_valid_for=written.approval_valid_for,
        review_within=written.review_within,
        strategies={
            kind: _strategy_rule(getattr(strategies, kind.value.replace("-", "_"))) for kind in Strategy
        },
        careful_in=careful_in,
        pause_factors=pause_factors,
    )


def check_release_gate(document: dict[str, Any]) -> list[Fault]:
    """The faults of the sections that cross from one field to another."""
    gate = parts(document, "release_gate")
    faults = [*_check_rollbacks(parts(gate, "rollbacks")), *_check_exceptions(parts(gate, "exceptions"))]
    windows = gate.get("windows")
    for index, window in enumerate(windows if isinstance(windows, list) else ()):
        start, until = parts(window).get("from"), parts(window).get("until")
        if isinstance(start, str) and isinstance(until, str) and start >= until:
            where = ("release_gate", "windows", index, "until")
            faults.append(Fault(where=where, message=f"found {until!r}, expected a time after {start!r}"))
    return faults


def _check_rollbacks(rollbacks: dict[str, Any]) -> list[Fault]:
    warn, deny = rollbacks.get("warn_from"), rollbacks.get("deny_from")
    if type(warn) is not int or type(deny) is not int or warn <= deny:
        return []
    where = ("release_gate", "rollbacks", "warn_from")
    return [Fault(where=where, message=f"found {warn}, expected at most deny_from, {deny}")]


def _check_exceptions(exceptions: dict[str, Any]) -> list[Fault]:
    return [
        Fault(
            where=("release_gate", "exceptions", kind.value, "lasts_at_most"),
            message="found nothing, expected a duration: only a freeze's exception has no limit of its own",
        )
        for kind in ExceptionType
        if kind is not ExceptionType.FREEZE
        and kind.value in exceptions
        and parts(exceptions, kind.value).get("lasts_at_most") is None
    ]


def _window_rule(window: _Window) -> WindowRule:
    return WindowRule(
        days=frozenset(window.days),
        start=time.fromisoformat(window.start),
        end=None if window.until == "24:00" else time.fromisoformat(window.until),
        service_tiers=window.service_tiers,
    )


def _exception_rule(written: _Exception) -> ExceptionRule:
    return ExceptionRule(
        approvers=tuple(written.approvers), lasts_at_most=written.lasts_at_most, audit=written.audit
    )


def _strategy_rule(written: _Strategy) -> StrategyRule:
    return StrategyRule(
        use_case=written.use_case,
        risk=written.risk,
        rollback_within=written.rollback_within or timedelta(0),
        blast_radius=written.blast_radius,
        steps=tuple(
            CanaryStep(weight=step.weight, pause=step.pause or timedelta(0), analysis=tuple(step.analysis))
            for step in written.steps
        ),
    )
