"""What people read: tiers, change types, forecasts and verdicts in plain words. Nothing here draws."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dashboard.domain.burn_rate import AlertSeverity, BurnAlert
from dashboard.domain.objective_status import ObjectiveStatus, fastest_burn
from dashboard.domain.policy_tier import ChangeType, PolicyTier, TierBands
from dashboard.domain.service_status import FleetStatus, ServiceStatus
from dashboard.domain.slo import ServiceTier, Strategy
from dashboard.domain.tier_forecast import Assumption, TierChange
from dashboard.ui import format as show

BEST_EFFORT = "best effort"


class Sign(NamedTuple):
    """How a policy tier looks: a symbol and a word always, a colour only beside them."""

    symbol: str
    word: str
    colour: str


_SIGNS: Mapping[PolicyTier | None, Sign] = {
    PolicyTier.UNKNOWN: Sign("?", "unknown", "violet"),
    PolicyTier.EXHAUSTED: Sign("✕", "exhausted", "red"),
    PolicyTier.PROTECTED: Sign("▲", "protected", "orange"),
    PolicyTier.CAUTIOUS: Sign("△", "cautious", "yellow"),
    PolicyTier.NORMAL: Sign("✓", "normal", "green"),
    None: Sign("–", BEST_EFFORT, "gray"),
}

#: Unknown first: what is not known is said before anything green.
TIER_ORDER: tuple[PolicyTier | None, ...] = tuple(_SIGNS)

#: The same tiers with "best effort" for those without one, as the address of a page names them.
TIER_WORDS = {sign.word: tier for tier, sign in _SIGNS.items()}

SERVICE_TIERS = {
    ServiceTier.CRITICAL_PATH: "critical path",
    ServiceTier.SUPPORTING: "supporting",
    ServiceTier.INTERNAL: "internal",
}
CHANGES = {
    ChangeType.FEATURE: "Feature",
    ChangeType.BUGFIX: "Bug fix",
    ChangeType.SECURITY: "Security fix",
    ChangeType.CONFIG: "Configuration change",
    ChangeType.MIGRATION: "Database migration",
    ChangeType.ROLLBACK: "Rollback",
    ChangeType.EMERGENCY: "Emergency fix",
}
STRATEGIES = {
    Strategy.PROGRESSIVE_CANARY: "progressive canary",
    Strategy.STANDARD_CANARY: "standard canary",
    Strategy.BLUE_GREEN: "blue-green",
    Strategy.ROLLING: "rolling update",
    Strategy.FEATURE_FLAG: "feature flag",
}
_ASSUMPTIONS = {
    Assumption.NOTHING_MORE_BURNS: "if nothing more burns",
    Assumption.CURRENT_PACE: "at the current pace",
}

GLOSSARY = {
    "Objective": "the share of good events that a service promises over a window, such as 99.9 % in 30 days.",
    "Error budget": "the bad events that the objective leaves room for. 100 % left: none was spent."
    " 0 % or less: the promise is broken.",
    "Burn rate": "how fast the budget is being spent. 1× spends exactly the whole budget in the window;"
    " 10× spends it in a tenth of that time; 0× spends nothing.",
    "Current pace": "the burn rate of the last hour (or of the window that the policy file sets for it).",
    "Policy tier": "what the error budget allows now: normal, cautious, protected or exhausted. A service's"
    " tier is the worst over its objectives.",
    "Unknown": "the budget cannot be known (no data, old data, or too little of it). It counts as"
    " restrictive, never as healthy.",
    "Page, ticket": "a burn-rate alert: page asks for a person now, ticket for a look in working hours.",
    "Coverage": "how many of the window's five-minute pieces (buckets) were measured.",
    "Best effort": "a service without an objective; it has no error budget and so no policy tier.",
}

_NAMES_SHOWN = 5

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
#: Where markdown would make a link of an address by itself, escaped or not.
_LINKED_BY_ITSELF = re.compile(r"(?<=:)(?=//)|(?<=[wW]{3})(?=\.)|(?<=@)")
_WORD_JOINER = "\u2060"


def literal(text: str) -> str:
    """`text` so that markdown shows it as it is: no markup, no link, no colour; line breaks are kept.

    An address in it holds an invisible character, without which the browser would be offered a link.
    """
    unlinked = _LINKED_BY_ITSELF.sub(_WORD_JOINER, text)
    return _PUNCTUATION.sub(r"\\\1", unlinked).replace("\n", "  \n")


def sign(tier: PolicyTier | None) -> Sign:
    """The symbol, word and colour of `tier`; None is a service without an objective."""
    return _SIGNS[tier]


def service_tier(tier: ServiceTier) -> str:
    """How important a service is, in words."""
    return f"Service tier {int(tier)} · {SERVICE_TIERS[tier]}"


def headline(fleet: FleetStatus) -> str:
    """The state of the fleet in one sentence; what is unknown comes first, what is well comes last."""
    total = sum(fleet.counts.values())
    if not total:
        return "No service has an objective, so there is no error budget to watch."
    counts = ((sign(tier).word, fleet.counts[tier]) for tier in TIER_ORDER if tier is not None)
    parts = [f"{word} for {count}" for word, count in counts if count]
    return f"Error budget of {show.amount(total, 'service')}: {', '.join(parts)}."


def alerting(fleet: FleetStatus) -> str:
    """Which services alert now, each under its most urgent alert; empty when none does."""
    told, seen = [], set[str]()
    for severity in AlertSeverity:
        names = [status.service.name for status in fleet.services if severity in _severities(status)]
        if fresh := [name for name in names if name not in seen]:
            told.append(f":red-badge[● {severity.value} now] **{_some(fresh)}**")
        seen.update(names)
    return "Burn-rate alerts: " + " ".join(told) if told else ""


def alert(found: BurnAlert) -> str:
    """One firing alert with both its windows: `page 1 h and 5 min`."""
    windows = f"{show.length(found.rule.long)} and {show.length(found.rule.short)}"
    return f"{found.rule.severity.value} {windows}"


def alerts(status: ServiceStatus) -> list[str]:
    """The firing alerts of a service, one text a severity: `page over 1 h and 6 h`."""
    told = []
    for severity in AlertSeverity:
        firing = [found for objective in status.objectives for found in objective.alerts]
        spans = sorted({found.rule.long for found in firing if found.rule.severity is severity})
        if spans:
            told.append(f"{severity.value} over {joined([show.length(span) for span in spans])}")
    return told


def worst_alert(status: ServiceStatus) -> AlertSeverity | None:
    """The most urgent severity that fires for a service; None when no alert does."""
    firing = _severities(status)
    return next((severity for severity in AlertSeverity if severity in firing), None)


def left(status: ObjectiveStatus, bands: TierBands) -> str:
    """How much of the error budget is left, or why that cannot be known."""
    if status.remaining is None:
        return f"budget **unknown**: {literal(status.reason)}"
    shown = f"**{show.budget(status.remaining, bands.edges)}** of budget left"
    return f"{shown} ({literal(status.reason)})" if status.reason else shown


def burning(status: ObjectiveStatus, pace_window: timedelta) -> str:
    """The burn over `pace_window` and over the window that burns fastest; empty when none is known."""
    fastest = fastest_burn(status)
    if fastest is None:
        return ""
    quickest = f"fastest **{show.burn(fastest[1])}** ({show.length(fastest[0])})"
    if pace_window not in status.burns:
        return f"burn rate {quickest}"
    pace = f"burn rate **{show.burn(status.burns[pace_window])}** ({show.length(pace_window)})"
    return f"{pace}, {quickest}" if fastest[1] and fastest[0] != pace_window else pace


def forecast(change: TierChange, now: datetime, zone: ZoneInfo) -> str:
    """When the tier becomes another one, and what that takes for granted."""
    to, condition = sign(change.to).word, _ASSUMPTIONS[change.assuming]
    at = show.moment(change.at, zone)
    if change.assuming is Assumption.NOTHING_MORE_BURNS:
        return f"→ {to} {at} {condition}"
    if change.at <= now:
        return f"→ {to} any moment {condition}"
    return f"→ {to} in {show.length(change.at - now)} {condition} ({at})"


def joined(parts: list[str]) -> str:
    """`parts` as a list in a sentence: `a, b and c`."""
    return "".join(parts) if len(parts) <= 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def next_changes(changes: "tuple[TierChange, ...]") -> list[TierChange]:
    """The first change under each assumption, in order of time."""
    first = {change.assuming: change for change in reversed(changes)}
    return sorted(first.values(), key=lambda change: change.at)


def _severities(status: ServiceStatus) -> set[AlertSeverity]:
    return {found.rule.severity for objective in status.objectives for found in objective.alerts}


def _some(names: list[str]) -> str:
    more = len(names) - _NAMES_SHOWN
    shown = [literal(name) for name in names[:_NAMES_SHOWN]]
    return joined([*shown, f"{more} more"] if more > 0 else shown)
