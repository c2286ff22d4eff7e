"""The input of the release gate's policy: what a pipeline sent, and what the store knows and it does not.

A pipeline cannot lie about the budget: where the store knows a value, the store's counts, and a difference is
told. Only an input that is trusted says itself what its service level, its approvals and its exceptions are.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.domain.access import same_person
from dashboard.domain.deployment_window import local_clock
from dashboard.domain.freezes import Freeze
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.release_decision import Notice
from dashboard.domain.release_exceptions import ReleaseException
from dashboard.reports.release_claims import (
    Standing,
    not_counted,
    trusted_approvals,
    trusted_exceptions,
)
from dashboard.reports.release_service_level import (
    TRUSTED,
    Circumstances,
    policy_tier,
    service_level,
    told_number,
)
from dashboard.sources.release_request import EVIDENCE, ReleaseRequest

_UNKNOWN_NAMED = 20
#: Exceptions whose approvers have looked at the release itself, and not only at its window or its CVEs.
_OF_THE_BUDGET = (ExceptionType.BUDGET, ExceptionType.SLO)


def prepared_input(  # noqa: PLR0913 - one argument per fact
    request: ReleaseRequest,
    circumstances: Circumstances,
    policy: Policy,
    *,
    environment: str | None,
    trusted: bool = False,
    more: Iterable[Notice] = (),
) -> dict[str, Any]:
    """The document that the policy decides on.

    `environment` is the one that the request means; `more` is what else has to be said of it.
    """
    asked, now = request.document, circumstances.now
    slo, sources, notices = service_level(asked, circumstances, trusted=trusted)
    tier, tier_source = policy_tier(request, circumstances, policy, slo, notices, trusted=trusted)
    if tier_source:
        sources["slo.change_type"] = tier_source
    exceptions = [_exception(item) for item in circumstances.standing.exceptions]
    approvals = list(_approvals(circumstances.standing, request.text("version")))
    if trusted:
        exceptions += trusted_exceptions(asked, policy)
        approvals += trusted_approvals(asked)
    notices += [] if trusted else not_counted(asked, circumstances.standing)
    notices += more
    if request.unknown:
        named = ", ".join(name[:80] for name in request.unknown[:_UNKNOWN_NAMED])
        message = f"The input has keys that mean nothing here: {named}"
        notices.append(Notice(code="warn.unknown_key", message=message))
    if trusted:
        message = "The input was trusted: what it says of service level, approvals and exceptions counts"
        notices.append(Notice(code="warn.input_trusted", message=message))
    notices += _doubts_of(request, circumstances)
    names = ("service", "version", "image", "change_type", "incident_id", "override_approver")
    texts = {name: request.text(name) for name in (*names, "override_reason", "requested_by")}
    return texts | {
        "environment": environment,
        "now": utc_text(now),
        "clock": local_clock(now, policy.timezone),
        "policy_tier": tier,
        "gates": _evidence(asked),
        "slo": slo,
        "emergency_override": asked.get("emergency_override") is True,
        "has_database_migration": asked.get("has_database_migration") is True,
        "freezes": _freezes(circumstances, trusted=trusted),
        "exceptions": exceptions,
        "approvals": approvals,
        "sources": sources | _sources_of_rules(policy.timezone, circumstances, trusted=trusted),
        "notices": [{"code": notice.code, "message": notice.message} for notice in notices],
    }


def utc_text(at: datetime) -> str:
    """A time as the policy compares it: UTC, always with six decimals."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _evidence(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The gates' evidence as it came, with numbers that every engine reads alike."""
    gates = asked.get("gates") or {}
    return {
        gate: {name: told_number((gates.get(gate) or {}).get(name)) for name in names}
        for gate, names in EVIDENCE.items()
    }


def _freeze(freeze: Freeze) -> dict[str, Any]:
    return {
        "id": freeze.id,
        "start": utc_text(freeze.start),
        "end": utc_text(freeze.end),
        "reason": freeze.reason,
        "services": list(freeze.services),
        "environments": list(freeze.environments),
    }


def _exception(exception: ReleaseException) -> dict[str, Any]:
    return {
        "id": exception.id,
        "type": exception.type.value,
        "freeze": exception.freeze,
        "expires": utc_text(exception.expires_at),
    }


def _approvals(standing: Standing, version: str | None) -> Iterator[dict[str, Any]]:
    """Who has approved this release; who approved an exception for just this version has, too."""
    for approval in standing.approvals:
        for role in approval.roles:
            yield {"role": role, "by": approval.by, "at": utc_text(approval.at)}
    for exception in standing.exceptions:
        if exception.type not in _OF_THE_BUDGET or exception.version != version:
            continue
        for given in exception.approvals:
            if standing.requestor is None or same_person(given.name, standing.requestor):
                continue
            for role in given.roles:
                yield {"role": role, "by": given.name, "at": utc_text(given.at), "exception": exception.id}


def _sources_of_rules(zone: ZoneInfo, circumstances: Circumstances, *, trusted: bool) -> dict[str, str]:
    log = "decision log" if circumstances.standing.is_known else circumstances.why
    claimed = f"{log}, and {TRUSTED}" if trusted else log
    return {
        "policy.service": "catalogue",
        "policy.environment": "policy file",
        "approval.window": f"clock, in {zone.key}",
        "approval.freeze": f"{log} and freeze calendar",
        "approval.approvals": claimed,
    }


def _freezes(circumstances: Circumstances, *, trusted: bool) -> list[dict[str, Any]] | str:
    """The active freezes; where the log cannot be read, a text that the policy takes for "one may stand"."""
    standing = circumstances.standing
    if standing.is_known or trusted:
        return [_freeze(item) for item in standing.freezes]
    return circumstances.why or "unknown"


def _doubts_of(request: ReleaseRequest, circumstances: Circumstances) -> Iterator[Notice]:
    """What the input says and nobody here can prove."""
    if request.document.get("emergency_override") is True:
        message = "That the override was approved is the input's word: nothing here proves who said it"
        yield Notice(code="warn.override_unproved", message=message)
    facts = circumstances.facts
    version = request.text("version")
    is_rollback = request.text("change_type") == ChangeType.ROLLBACK
    if is_rollback and facts is not None and facts.told and version not in facts.versions:
        message = "The store knows no earlier deployment of this version here: is it a rollback?"
        yield Notice(code="warn.rollback_unproved", message=message)
