"""Requests of the release gate that the tests share, and the setting in which they are asked."""

from copy import deepcopy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dashboard.config import Locations
from dashboard.domain.access import Person
from dashboard.domain.approvals import give_approval
from dashboard.domain.exception_changes import approve_exception, request_exception
from dashboard.domain.freezes import add_freeze
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.policy import Policy
from dashboard.domain.release_decision import Decision, decision_of
from dashboard.domain.release_target import ReleaseTarget
from dashboard.ingest.decisions import decide_and_record
from dashboard.paths import DEFAULT_POLICY
from dashboard.reports.gate_context import Asked, GateContext, ask
from dashboard.reports.gate_setting import gate_context
from dashboard.reports.release_gate import Decided
from dashboard.sources.release_request import read_request
from dashboard.store.database import open_for_reading, open_for_writing, transaction
from dashboard.store.release_controls import read_controls, record_controls
from tests.pages.stores import NOW, Fleet

#: Evidence that passes every gate of every service and environment.
EVIDENCE: dict[str, Any] = {
    "build": {"typescript": "pass", "compile": "pass", "lint": "pass", "format": "pass"},
    "quality": {"unit_tests": "pass", "coverage": 91.5, "integration_tests": "pass", "golden_path": "pass"},
    "security": {
        "critical_cves": 0,
        "high_cves": 0,
        "secrets_found": 0,
        "image_signed": True,
        "slsa_level": 3,
    },
    "policy": {"abac_check": "pass"},
}
MINUTE = timedelta(minutes=1)
_SRE_LEAD = Person(name="Lena", roles=("SRE Lead", "SRE"))


def request(**said: Any) -> dict[str, Any]:
    """A release of a feature of `api` to production with evidence that passes; `said` adds or replaces."""
    return deepcopy(
        {
            "service": "api",
            "version": "v2.4.0",
            "environment": "production",
            "image": "ghcr.io/acme/api:v2.4.0",
            "change_type": "feature",
            "requested_by": "Dana",
            "gates": EVIDENCE,
        }
        | said
    )


def setting(fleet: Fleet, policy: Path = DEFAULT_POLICY) -> GateContext:
    """What decisions on `fleet` are made with."""
    return gate_context(Locations(store=fleet.store, catalog=fleet.catalogue, policy=policy), {})


def asked(document: dict[str, Any], *, now: datetime = NOW, trusted: bool = False) -> Asked:
    """`document` as it is asked at `now`."""
    found = read_request("input", document)
    return Asked(request=found, now=now, requestor=found.text("requested_by"), trusted=trusted)


def decide(fleet: Fleet, document: dict[str, Any], *, now: datetime = NOW, trusted: bool = False) -> Decision:
    """The decision on `document`, of which nothing is written down."""
    return decision_of(ask(setting(fleet), asked(document, now=now, trusted=trusted)).document)


def recorded(fleet: Fleet, document: dict[str, Any], *, now: datetime = NOW, actor: str = "ci") -> Decided:
    """The decision on `document`, written down."""
    return decide_and_record(setting(fleet), asked(document, now=now), actor=actor)


def unmet(decision: Decision) -> set[str]:
    """The codes of the checks for which a decision says no."""
    return {item.code for item in decision.violations}


def freeze(fleet: Fleet, start: datetime, end: datetime, *, name: str = "FRZ-1", **covers: Any) -> None:
    """A freeze that somebody added an hour before `NOW`."""
    event = add_freeze(
        name=name,
        person=_SRE_LEAD,
        now=NOW - 60 * MINUTE,
        start=start,
        end=end,
        reason="the sale of the year",
        **covers,
    )
    _record(fleet, event)


def grant(fleet: Fleet, kind: ExceptionType, policy: Policy, *, ends: datetime, **of: Any) -> str:
    """An exception for `api` that was approved ten minutes before `NOW`; returns its id."""
    at = NOW - 10 * MINUTE
    name = f"EXC-{kind.value}"
    rule = policy.gate.exceptions[kind]
    event = request_exception(
        policy.gate,
        name=name,
        person=Person(name="Dana", roles=()),
        now=at,
        kind=kind,
        service="api",
        reason="a fix that cannot wait",
        mitigation="a canary of one percent",
        expires=ends,
        **of,
    )
    _record(fleet, event)
    for index, role in enumerate(rule.approvers):
        with open_for_reading(fleet.store) as connection:
            known = read_controls(connection).exceptions
        person = Person(name=f"Approver {index}", roles=(role,))
        _record(fleet, approve_exception(known, name, person=person, now=at))
    return name


def approve(  # noqa: PLR0913 - one argument per fact
    fleet: Fleet,
    policy: Policy,
    role: str,
    *,
    by: str = "Lena",
    at: datetime = NOW - MINUTE,
    version: str = "v2.4.0",
) -> None:
    """An approval of a version of `api` in production."""
    event = give_approval(
        name=f"APR-{role}-{by}",
        person=Person(name=by, roles=(role,)),
        now=at,
        target=ReleaseTarget(service="api", environment="production", version=version),
        asked_for=[name for rule in policy.tiers.values() for name in rule.approvers],
        reason="I have looked at it",
    )
    _record(fleet, event)


def _record(fleet: Fleet, *events: Any) -> None:
    with open_for_writing(fleet.store) as connection, transaction(connection):
        record_controls(connection, events)
