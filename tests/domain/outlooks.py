"""An outlook of a release with nothing in its way, for tests of what changes it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.domain.freezes import Freeze, FreezeOrigin
from dashboard.domain.outlook import Outlook
from dashboard.domain.policy_tier import ChangeType, PolicyTier
from dashboard.domain.release_decision import Check
from dashboard.domain.slo import ServiceTier
from dashboard.domain.tier_forecast import Assumption, TierChange
from tests.domain.controls import NOW, policy


def check(code: str, *, met: bool = True, by: str | None = None, seen: Any = 1) -> Check:
    """The check `code` of an answer, lifted `by` an exception or not."""
    return Check(
        code=code,
        passes=met or by is not None,
        met=met,
        asked=True,
        waived_by=by,
        seen=seen,
        needed={},
        source="store",
    )


def freeze(name: str, start: datetime, end: datetime) -> Freeze:
    """A freeze of everything."""
    return Freeze(
        id=name,
        start=start,
        end=end,
        reason="sale",
        services=(),
        environments=(),
        added_by="Ada",
        origin=FreezeOrigin.RECORDED,
    )


def becomes(tier: PolicyTier, after: timedelta, assuming: Assumption) -> TierChange:
    """The forecast that the policy tier is `tier` so long after now."""
    return TierChange(to=tier, at=NOW + after, assuming=assuming)


def outlook(checks: Iterable[Check], **said: Any) -> Outlook:
    """An outlook by `checks`; `said` replaces what is in it."""
    known: dict[str, Any] = {
        "now": NOW,
        "zone": ZoneInfo("UTC"),
        "service_tier": ServiceTier.CRITICAL_PATH,
        "change": ChangeType.FEATURE,
        "policy_tier": PolicyTier.NORMAL,
        "rules": policy().gate,
        "tiers": policy().tiers,
        "checks": {item.code: item for item in checks},
        "freezes": (),
        "lifts": (),
        "used": frozenset(),
        "approvals": (),
        "tier_changes": (),
        "floor_change": None,
        "too_many_rollbacks_until": None,
        "burn_windows": {"slo.fast_burn": timedelta(hours=1), "slo.slow_burn": timedelta(hours=6)},
    }
    return Outlook(**known | said)
