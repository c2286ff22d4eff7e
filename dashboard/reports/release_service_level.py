"""The service level that the gate's policy decides on: what the store knows, and what the input claims."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from dashboard.domain.incidents import Severity
from dashboard.domain.policy import Policy
from dashboard.domain.release_decision import Notice
from dashboard.policy.engine import floored
from dashboard.reports.release_claims import Standing
from dashboard.reports.release_facts import BEST_EFFORT, ReleaseFacts
from dashboard.sources.release_request import SLO_VALUES, ReleaseRequest

#: Where a value came from that a trusted input says.
TRUSTED = "input (trusted)"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known at `now` besides the request; `facts` is None where nothing can be known, `why` not."""

    now: datetime
    facts: ReleaseFacts | None
    why: str
    standing: Standing


def service_level(
    asked: Mapping[str, Any], circumstances: Circumstances, *, trusted: bool
) -> tuple[dict[str, Any], dict[str, str], list[Notice]]:
    """The service level with where each value came from; what the input says otherwise is told."""
    given = asked.get("slo") or {}
    known, origin = _known(circumstances.facts), _origin(circumstances)
    slo: dict[str, Any] = {}
    sources: dict[str, str] = {}
    notices: list[Notice] = []
    for name in SLO_VALUES:
        said, stored = told_number(given.get(name)), known.get(name)
        slo[name], sources[_CHECK_OF[name]] = stored, origin
        if said is None:
            continue
        if trusted:
            slo[name], sources[_CHECK_OF[name]] = said, TRUSTED
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


def policy_tier(  # noqa: PLR0913 - one argument per fact
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
        return said, TRUSTED
    given = (request.document.get("slo") or {}).get("error_budget_remaining")
    if given is None:
        return stored or "unknown", reason
    tier = policy.budget.bands.tier_of(Fraction(slo["error_budget_remaining"]) / _PERCENT)
    return tier.value, f"{TRUSTED}: its error_budget_remaining"


def told_number(value: Any) -> Any:
    """A number as every engine reads it alike; anything else as it came."""
    return floored(value) if isinstance(value, float) else value
