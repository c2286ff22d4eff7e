"""The input of the release gate's policy: what a pipeline sent, and what the store knows and it does not.

A pipeline cannot lie about the budget: where the store knows a value, the store's counts, and a difference is
told. Only an input that is trusted says itself what its service level, its approvals and its exceptions are.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.domain.access import same_person
from dashboard.domain.deployment_window import local_clock
from dashboard.domain.freezes import Freeze
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.incidents import Severity
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.release_decision import Notice
from dashboard.domain.release_exceptions import ReleaseException
from dashboard.policy.engine import floored
from dashboard.reports.release_claims import (
    Standing,
    not_counted,
    trusted_approvals,
    trusted_exceptions,
)
from dashboard.reports.release_facts import BEST_EFFORT, ReleaseFacts
from dashboard.sources.release_request import EVIDENCE, SLO_VALUES, ReleaseRequest

_PERCENT = 100
#: Which check looks at which value of the service level.
_CHECK_OF = {
    "error_budget_remaining": "slo.budget_remaining",
    "fast_burn_rate": "slo.fast_burn",
    "slow_burn_rate": "slo.slow_burn",
    "active_p1_incidents": "slo.incidents_p1",
    "active_p2_incidents": "slo.incidents_p2",
    "active_p3_incidents": "slo.incidents_p3",
    "rollbacks_last_24h": "slo.rollbacks",
}
_TRUSTED = "input (trusted)"
_UNKNOWN_NAMED = 20
#: Exceptions whose approvers have looked at the release itself, and not only at its window or its CVEs.
_OF_THE_BUDGET = (ExceptionType.BUDGET, ExceptionType.SLO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known at `now` besides the request; `facts` is None where nothing can be known, `why` not."""

    now: datetime
    facts: ReleaseFacts | None
    why: str
    standing: Standing


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
    slo, sources, notices = _service_level(asked, circumstances, trusted=trusted)
    tier, tier_source = _policy_tier(request, circumstances, policy, slo, notices, trusted=trusted)
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
        gate: {name: _number((gates.get(gate) or {}).get(name)) for name in names}
        for gate, names in EVIDENCE.items()
    }


def _number(value: Any) -> Any:
    return floored(value) if isinstance(value, float) else value


def _service_level(
    asked: Mapping[str, Any], circumstances: Circumstances, *, trusted: bool
) -> tuple[dict[str, Any], dict[str, str], list[Notice]]:
    """The service level with where each value came from; what the input says otherwise is told."""
    given = asked.get("slo") or {}
    known, origin = _known(circumstances.facts), _origin(circumstances)
    slo: dict[str, Any] = {}
    sources: dict[str, str] = {}
    notices: list[Notice] = []
    for name in SLO_VALUES:
        said, stored = _number(given.get(name)), known.get(name)
        slo[name], sources[_CHECK_OF[name]] = stored, origin
        if said is None:
            continue
        if trusted:
            slo[name], sources[_CHECK_OF[name]] = said, _TRUSTED
        if said != stored:
            other = "unknown" if stored is None else f"{stored}"
            counts = "the input counts, since it is trusted" if trusted else "the store counts"
            notices.append(
                Notice(
                    code="warn.input_differs",
                    message=f"slo.{name}: the input says {said}, the store says {other}; {counts}",
                )
            )
    return slo, sources, notices + _doubts(circumstances.facts)


def _known(facts: ReleaseFacts | None) -> dict[str, float | int | None]:
    if facts is None:
        return {}
    return {
        "error_budget_remaining": _floored(None if facts.remaining is None else facts.remaining * _PERCENT),
        "fast_burn_rate": _floored(facts.fast_burn),
        "slow_burn_rate": _floored(facts.slow_burn),
        "active_p1_incidents": facts.incidents[Severity.P1],
        "active_p2_incidents": facts.incidents[Severity.P2],
        "active_p3_incidents": facts.incidents[Severity.P3],
        "rollbacks_last_24h": len(facts.rollbacks),
    }


def _floored(value: Fraction | None) -> float | int | None:
    return None if value is None else floored(value)


def _origin(circumstances: Circumstances) -> str:
    facts = circumstances.facts
    if facts is None:
        return circumstances.why
    mark = facts.watermark
    return "store" if mark is None else f"store, data up to {mark.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _doubts(facts: ReleaseFacts | None) -> list[Notice]:
    """What makes the store's counts of incidents and rollbacks less sure than they look."""
    if facts is None:
        return []
    found = []
    if facts.unclear:
        message = f"{facts.unclear} open incident(s) of a severity that nobody mapped, counted as P2"
        found.append(Notice(code="warn.incident_severity", message=message))
    if facts.elsewhere:
        message = (
            f"{facts.elsewhere} open incident(s) name no service of the catalogue and are counted nowhere"
        )
        found.append(Notice(code="warn.incident_unmapped", message=message))
    if not facts.told_incidents:
        message = "No incident was ever reported to the store: is the pager connected?"
        found.append(Notice(code="warn.no_incidents", message=message))
    if not facts.told:
        message = "No deployment was ever reported to the store, so it knows of no rollback"
        found.append(Notice(code="warn.no_deployments", message=message))
    return found


def _policy_tier(  # noqa: PLR0913 - one argument per fact
    request: ReleaseRequest,
    circumstances: Circumstances,
    policy: Policy,
    slo: Mapping[str, Any],
    notices: list[Notice],
    *,
    trusted: bool,
) -> tuple[str | None, str]:
    """The policy tier that decides, with where it came from; adds to `notices` what differs."""
    facts, said = circumstances.facts, request.text("policy_tier")
    stored = None if facts is None else facts.policy_tier
    reason = circumstances.why if facts is None else f"store: {facts.status.reason}"
    if stored == BEST_EFFORT:
        return BEST_EFFORT, "catalogue: the service has no objective"
    if not trusted:
        if said is not None and said != stored:
            other = stored or "unknown"
            message = f"policy_tier: the input says {said[:40]}, the store says {other}; the store counts"
            notices.append(Notice(code="warn.input_differs", message=message))
        return stored or "unknown", reason
    if said is not None:
        return said, _TRUSTED
    given = (request.document.get("slo") or {}).get("error_budget_remaining")
    if given is None:
        return stored or "unknown", reason
    tier = policy.budget.bands.tier_of(Fraction(slo["error_budget_remaining"]) / _PERCENT)
    return tier.value, f"{_TRUSTED}: its error_budget_remaining"


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
    claimed = f"{log}, and {_TRUSTED}" if trusted else log
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
