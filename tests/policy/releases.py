"""Releases to judge: one that passes, and ways to change a part of it."""

import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

Document = dict[str, Any]
#: A service of each tier in the shipped catalogue; `docs` is one without an objective.
SERVICE_OF = {1: "api", 2: "conductor", 3: "devtools"}
ENVIRONMENTS = ("production", "staging", "development")
CHANGE_TYPES = ("feature", "bugfix", "security", "config", "migration", "rollback", "emergency")
POLICY_TIERS = ("normal", "cautious", "protected", "exhausted", "unknown")

_PASSING: Document = {
    "service": "api",
    "version": "2.14.0",
    "environment": "production",
    "image": "ghcr.io/acme/api:2.14.0",
    "change_type": "feature",
    "policy_tier": "normal",
    "now": "2026-11-23T10:00:00.000000Z",
    "clock": {"weekday": "Monday", "time": "10:00:00.000000"},
    "gates": {
        "build": {"typescript": "pass", "compile": "pass", "lint": "pass", "format": "pass"},
        "quality": {
            "unit_tests": "pass",
            "coverage": 91.5,
            "integration_tests": "pass",
            "golden_path": "pass",
        },
        "security": {
            "critical_cves": 0,
            "high_cves": 0,
            "secrets_found": 0,
            "image_signed": True,
            "slsa_level": 3,
        },
        "policy": {"abac_check": "pass"},
    },
    "slo": {
        "error_budget_remaining": 74.25,
        "fast_burn_rate": 0.25,
        "slow_burn_rate": 0.125,
        "active_p1_incidents": 0,
        "active_p2_incidents": 0,
        "rollbacks_last_24h": 0,
    },
    "emergency_override": False,
    "override_approver": None,
    "override_reason": None,
    "incident_id": None,
    "has_database_migration": False,
    "approvals": [],
    "exceptions": [],
    "freezes": [],
    "sources": {"slo.budget_remaining": "measured by Prometheus"},
    "notices": [],
}

#: A valid emergency override.
OVERRIDE: Document = {
    "emergency_override": True,
    "override_approver": "sre-lead",
    "override_reason": "Logins fail since the last release",
    "incident_id": "INC-4711",
}


class _Missing(Enum):
    """One value of its own, which is written alike in every process."""

    MISSING = "missing"


MISSING = _Missing.MISSING


def release(changes: Mapping[str, Any] | None = None, **more: Any) -> Document:
    """A release that passes, with the values at the dotted paths of `changes`; `MISSING` removes one."""
    document = copy.deepcopy(_PASSING)
    for path, value in {**(changes or {}), **more}.items():
        put(document, path.split("."), value)
    return document


def put(document: Any, path: list[str], value: Any) -> None:
    """Set or, with `MISSING`, remove what is at `path`."""
    *before, last = path
    for key in before:
        document = document[key]
    if value is MISSING:
        del document[last]
    else:
        document[last] = copy.deepcopy(value)


def moment(at: datetime) -> str:
    """`at` as inputs write it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def clock(at: datetime, zone: str) -> Document:
    """The local time of `at` in `zone` as inputs write it."""
    local = at.astimezone(ZoneInfo(zone))
    return {"weekday": local.strftime("%A"), "time": local.strftime("%H:%M:%S.%f")}
