"""What the release gate's policy is evaluated with: thresholds and lists as an OPA data document."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import orjson

from dashboard.domain import gate_rules
from dashboard.domain.gate_rules import ExceptionType, GateRules, StrategyRule, Weekday, WindowRule
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import ChangeType, PolicyTier
from dashboard.domain.slo import Catalogue, Service, ServiceTier, Strategy
from dashboard.errors import ConfigurationError
from dashboard.paths import RELEASE_GATE

#: The name of the document under `data`.
ROOT = "release_policy"
#: What an ABAC check may say and not have failed (FRAMEWORK, Release gates).
_ABAC_PASSING = ("pass", "skipped", "not_applicable")
_PERCENT = 100
_VERSION_LENGTH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePolicy:
    """The policy of the gate as an engine evaluates it: the text in Rego and its data.

    `version` names both: a digest, so that the same policy has the same name everywhere.
    """

    text: str
    data: Mapping[str, Any]
    version: str


def gate_policy(policy: Policy, catalogue: Catalogue) -> GatePolicy:
    """The shipped text with the thresholds of `policy` and the services of `catalogue`.

    Raises:
        ConfigurationError: the text of the policy cannot be read.
    """
    try:
        text = RELEASE_GATE.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{RELEASE_GATE}: cannot be read as UTF-8 text: {error}") from error
    return named_policy(text, policy_data(policy, catalogue))


def named_policy(text: str, data: Mapping[str, Any]) -> GatePolicy:
    """The policy of `text` and `data` under the name that follows from both."""
    return GatePolicy(text=text, data=data, version=policy_version(text, data))


def policy_version(text: str, data: Mapping[str, Any]) -> str:
    """The name of a policy: the first 32 hexadecimal digits of a SHA-256 over its text and its data."""
    digest = hashlib.sha256(text.encode() + b"\0" + canonical(data))
    return digest.hexdigest()[:_VERSION_LENGTH]


def canonical(document: Any) -> bytes:
    """`document` as JSON in one way only: sorted keys, no white space."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def policy_data(policy: Policy, catalogue: Catalogue) -> dict[str, Any]:
    """The data document: what the rules of `data/release_gate.rego` call `settings`."""
    gate = policy.gate
    fast, slow = policy.burn_gate
    return {
        "timezone": policy.timezone.key,
        "weekdays": [day.value for day in Weekday],
        "change_types": [change.value for change in ChangeType],
        "services": {name: _service(service) for name, service in catalogue.services.items()},
        "environments": _environments(gate),
        "strictest_environment": _strictest(gate),
        "tiers": {tier.value: _tier(policy, tier) for tier in PolicyTier},
        "untold_tier": _untold_tier(policy),
        "coverage": _by_tier(gate.coverage),
        "golden_path_tiers": sorted(gate.golden_path_tiers),
        "budget_floor": _by_tier({tier: share * _PERCENT for tier, share in gate.budget_floor.items()}),
        "burn": {
            "fast_below": _number(fast.below),
            "slow_below": _number(slow.below),
            "slow_warn_from": _number(slow.below if slow.warn_from is None else slow.warn_from),
        },
        "incidents": {
            str(int(tier)): [severity.value for severity in severities]
            for tier, severities in gate.incidents.items()
        },
        "rollbacks": {"warn_from": gate.rollbacks_warn_from, "deny_from": gate.rollbacks_deny_from},
        "trusted_registries": list(gate.trusted_registries),
        "abac_passing": list(_ABAC_PASSING),
        "windows": [_window(window) for window in gate.windows],
        "override": {
            "approvers": list(gate.override_approvers),
            "never_lifts": list(gate_rules.NEVER_OVERRIDDEN),
        },
        "relaxed": {
            "service_tiers": sorted(gate.relaxed_tiers),
            "checks": list(gate_rules.RELAXED_CHECKS),
        },
        "rollback_exempt": list(gate_rules.ROLLBACK_EXEMPT),
        "exceptions": {kind.value: _exception(kind) for kind in ExceptionType},
        "canaries": {kind.value: _steps(gate.strategies[kind]) for kind in Strategy},
        "canary_for_strict": Strategy.PROGRESSIVE_CANARY.value,
        "careful_strategies": [strategy.value for strategy in gate_rules.CAREFUL_STRATEGIES],
        "careful_in": [tier.value for tier in PolicyTier if tier in gate.careful_in],
        "messages": dict(gate_rules.CHECKS),
    }


def data_document(policy: GatePolicy) -> str:
    """The data of `policy` as a file for `opa eval -d`."""
    return json.dumps({ROOT: policy.data}, indent=2)


def _service(service: Service) -> dict[str, Any]:
    return {
        "tier": int(service.tier),
        "strategy": service.strategy.value,
        "best_effort": not service.objectives,
    }


def _environments(gate: GateRules) -> dict[str, Any]:
    return {
        name: {
            "high_cves": rule.high_cves,
            "slsa_level": rule.slsa_level,
            "image_signed": rule.image_signed,
            "window": rule.window,
        }
        for name, rule in gate.environments.items()
    }


def _strictest(gate: GateRules) -> str:
    """The environment whose rules hold where the named one is not known."""
    return max(
        gate.environments,
        key=lambda name: (
            gate.environments[name].window,
            gate.environments[name].slsa_level,
            gate.environments[name].image_signed,
            -gate.environments[name].high_cves,
        ),
    )


def _tier(policy: Policy, tier: PolicyTier) -> dict[str, Any]:
    rule = policy.tiers[tier]
    return {
        "allowed": [change.value for change in ChangeType if change in rule.allowed],
        "approvers": list(rule.approvers),
        "stricter": [other.value for other in PolicyTier if other.severity > tier.severity],
        "notify": list(rule.notify),
        "pause_factor": policy.gate.pause_factors[tier],
        "conditions": [
            {"text": condition.text, "service_tiers": sorted(condition.service_tiers)}
            for condition in rule.conditions
            if not condition.unless_burning  # a permission, not something to keep to
        ],
    }


def _untold_tier(policy: Policy) -> dict[str, Any]:
    """What holds where nobody told the policy tier: nothing is allowed, and everybody has to approve."""
    roles = [role for tier in PolicyTier for role in policy.tiers[tier].approvers]
    return {
        "allowed": [],
        "approvers": list(dict.fromkeys(roles)),
        "stricter": [],
        "notify": [],
        "pause_factor": max(policy.gate.pause_factors.values()),
        "conditions": [],
    }


def _window(window: WindowRule) -> dict[str, Any]:
    return {
        "days": [day.value for day in Weekday if day in window.days],
        "from": window.start.isoformat(),
        "until": "24:00:00" if window.end is None else window.end.isoformat(),
        "service_tiers": sorted(window.service_tiers),
    }


def _exception(kind: ExceptionType) -> dict[str, Any]:
    return {
        "lifts": list(gate_rules.LIFTS[kind]),
        "not_in": [tier.value for tier in gate_rules.LIFTS_NOT_IN.get(kind, ())],
    }


def _steps(strategy: StrategyRule) -> list[dict[str, Any]]:
    return [
        {
            "weight": step.weight,
            "pause_seconds": int(step.pause.total_seconds()),
            "analysis": list(step.analysis),
        }
        for step in strategy.steps
    ]


def _by_tier(values: Mapping[ServiceTier, Fraction]) -> dict[str, int | float]:
    return {str(int(tier)): _number(value) for tier, value in values.items()}


def _number(value: Fraction) -> int | float:
    """A threshold, which has at most six decimals, as JSON writes it."""
    return value.numerator if value.denominator == 1 else float(value)
