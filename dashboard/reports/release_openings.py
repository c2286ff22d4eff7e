"""When a release that may not go now may go: for each check that fails, when it passes by itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from dashboard.domain.deployment_window import Span, next_opening
from dashboard.domain.freezes import Freeze
from dashboard.domain.gate_rules import Weekday, WindowRule
from dashboard.domain.policy import Policy
from dashboard.domain.release_decision import Check, Decision
from dashboard.domain.slo import ServiceTier
from dashboard.domain.tier_forecast import Assumption
from dashboard.reports.release_facts import ReleaseFacts, counts_until

_ALWAYS = (WindowRule(days=frozenset(Weekday), start=time(), end=None, service_tiers=frozenset(ServiceTier)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """When the check `code` passes by itself; None where no time can be known."""

    code: str
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """When a release may go: not `before` a time, for the reason `code`; `certain` when nothing else fails.

    `before` is None where no time is known.
    """

    before: datetime | None
    code: str | None
    certain: bool


def outlook(
    failing: Iterable[Check],
    decision: Decision,
    facts: ReleaseFacts | None,
    freezes: Sequence[Freeze],
    policy: Policy,
) -> Outlook:
    """When the `failing` checks of `decision` pass by themselves; `freezes` cover the release, now or later.

    A policy tier gets looser if nothing more burns.
    """
    found = [
        Opening(code=check.code, at=_passes_at(check, decision, facts, freezes, policy)) for check in failing
    ]
    known = [(item.at, item.code) for item in found if item.at is not None]
    if not known:
        return Outlook(before=None, code=None, certain=False)
    at, code = max(known)
    return Outlook(before=at, code=code, certain=len(known) == len(found))


def _passes_at(
    check: Check,
    decision: Decision,
    facts: ReleaseFacts | None,
    freezes: Sequence[Freeze],
    policy: Policy,
) -> datetime | None:
    if facts is None:
        return None
    if check.code in {"approval.window", "approval.freeze"}:
        checks = {item.code: item for gate in decision.gates for item in gate.checks if item.asked}
        seen = checks["approval.freeze"].seen if "approval.freeze" in checks else ()
        closed = [
            Span(start=freeze.start, end=freeze.end)
            for freeze in freezes
            # One that stands and is not seen is lifted by an exception.
            if not freeze.is_active(decision.as_of) or freeze.id in (seen or ())
        ]
        rules = policy.gate.windows if "approval.window" in checks else _ALWAYS
        return next_opening(rules, facts.status.service.tier, policy.timezone, closed, decision.as_of)
    if check.code == "slo.rollbacks":
        return counts_until(facts.rollbacks, policy.gate)
    if check.code == "slo.change_type":
        return next(
            (
                change.at
                for change in facts.status.tier_changes
                if change.assuming is Assumption.NOTHING_MORE_BURNS
                and decision.change_type in policy.tiers[change.to].allowed
            ),
            None,
        )
    return None
