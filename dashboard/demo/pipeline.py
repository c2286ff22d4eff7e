"""What the demo's pipelines find out about a version, and how they ask for its release."""

from collections.abc import Mapping
from typing import Any

from dashboard.demo.release_file import Evidence, PipelineField
from dashboard.demo.slots import random_of
from dashboard.domain.gate_rules import GateRules
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.slo import Service

PRODUCTION = "production"

#: Coverage differs from one version to the next by about so many percentage points ...
_COVERAGE_VARIES = 1.3
#: ... and is never nearer than this to what the gate asks for, where nothing is wrong with it.
_CLEAR_OF_THE_GATE = 0.4
_ABAC, _ABAC_SHARES = ("pass", "skipped", "not_applicable"), (0.8, 0.14, 0.06)
_STRICT_SLSA, _RELAXED_SLSA = 3, 2

Document = dict[str, Any]


def request_of(  # noqa: PLR0913 - one argument per thing that a request says
    pipeline: PipelineField,
    rules: GateRules,
    service: Service,
    version: str,
    *,
    change: ChangeType | None,
    by: str,
    environment: str = PRODUCTION,
    differs: Evidence | None = None,
) -> Document:
    """What `by` asks of the gate for `version`; its evidence is the same each time but for what `differs`."""
    document: Document = {
        "service": service.name,
        "version": version,
        "environment": environment,
        "image": f"{pipeline.registry}/{service.name}:{version}",
        "requested_by": by,
        "gates": _with(_evidence(pipeline, rules, service, version), differs or {}),
    }
    if change is not None:
        document["change_type"] = change.value
    if change is ChangeType.MIGRATION:
        document["has_database_migration"] = True
    return document


def too_little_coverage(rules: GateRules, service: Service, short_by: float) -> Evidence:
    """A coverage that is `short_by` percentage points below what the gate asks of `service`."""
    return {"quality": {"coverage": round(float(rules.coverage[service.tier]) - short_by, 1)}}


def _evidence(
    pipeline: PipelineField, rules: GateRules, service: Service, version: str
) -> dict[str, dict[str, Any]]:
    random = random_of(service.name, version, "pipeline")
    relaxed = service.tier in rules.relaxed_tiers
    usual = pipeline.coverage[service.name] + _COVERAGE_VARIES * float(random.standard_normal())
    least = float(rules.coverage[service.tier]) + _CLEAR_OF_THE_GATE
    quality: dict[str, Any] = {
        "unit_tests": "pass",
        "integration_tests": "pass",
        "coverage": round(max(usual, least), 1),
    }
    if service.tier in rules.golden_path_tiers:
        quality["golden_path"] = "pass"
    return {
        "build": dict.fromkeys(("typescript", "compile", "lint", "format"), "pass"),
        "quality": quality,
        "security": {
            "critical_cves": 0,
            "high_cves": int(random.integers(0, 4)) if relaxed else 0,
            "secrets_found": 0,
            "image_signed": True,
            "slsa_level": _RELAXED_SLSA if relaxed else _STRICT_SLSA,
        },
        "policy": {"abac_check": str(random.choice(_ABAC, p=_ABAC_SHARES))},
    }


def _with(evidence: Mapping[str, Mapping[str, Any]], differs: Evidence) -> dict[str, dict[str, Any]]:
    return {gate: {**results, **differs.get(gate, {})} for gate, results in evidence.items()}
