"""When a release decision becomes another one by itself: windows, freezes, exceptions, budgets, rollbacks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dashboard.domain.deployment_window import Span, is_open, next_opening, open_spans
from dashboard.domain.freezes import Freeze
from dashboard.domain.gate_rules import WindowRule
from dashboard.domain.release_decision import ChangeAt
from dashboard.domain.slo import ServiceTier
from dashboard.domain.tier_forecast import Assumption, TierChange

#: Freezes that begin later than this are not told: who plans so far ahead looks at the calendar.
_AHEAD = timedelta(days=14)
_ASSUMING = {
    Assumption.NOTHING_MORE_BURNS: "if nothing more burns",
    Assumption.CURRENT_PACE: "at the current pace",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a decision at `now` rests on that changes with time; what does not concern it is left out.

    `windows` is None where no window is asked for. `freezes` are those that cover the release, now or later;
    `expiring` are the names and ends of the exceptions and approvals that count. `too_many_rollbacks_until`
    is when so many are old enough, None where there are not too many.
    """

    now: datetime
    zone: ZoneInfo
    tier: ServiceTier
    windows: Sequence[WindowRule] | None
    freezes: Sequence[Freeze]
    expiring: Sequence[tuple[str, datetime]]
    tier_changes: Sequence[TierChange]
    too_many_rollbacks_until: datetime | None


def answer_changes(outlook: Outlook) -> tuple[ChangeAt, ...]:
    """Everything that may change the answer, in order of time; nothing that lies in the past."""
    found = [
        *_window(outlook),
        *_freezes(outlook.freezes, outlook.now),
        *(ChangeAt(at=end, what=f"{name} expires") for name, end in outlook.expiring),
        *(
            ChangeAt(
                at=change.at, what=f"the policy tier becomes {change.to.value} {_ASSUMING[change.assuming]}"
            )
            for change in outlook.tier_changes
        ),
    ]
    until = outlook.too_many_rollbacks_until
    if until is not None:
        found.append(ChangeAt(at=until, what="so many rollbacks are old enough not to count"))
    return tuple(sorted((item for item in found if item.at > outlook.now), key=lambda item: item.at))


def _window(outlook: Outlook) -> Iterator[ChangeAt]:
    if outlook.windows is None:
        return
    now, zone, tier, rules = outlook.now, outlook.zone, outlook.tier, outlook.windows
    if is_open(rules, tier, now, zone):
        spans = open_spans(rules, tier, zone, Span(start=now, end=now + _AHEAD))
        if spans and spans[0].end < now + _AHEAD:
            yield ChangeAt(at=spans[0].end, what="the deployment window closes")
    closed = [Span(start=freeze.start, end=freeze.end) for freeze in outlook.freezes]
    opening = next_opening(rules, tier, zone, (), now)
    free = next_opening(rules, tier, zone, closed, now)
    if opening is not None and opening > now:
        yield ChangeAt(at=opening, what="the deployment window opens")
    if free is not None and free != opening:
        yield ChangeAt(at=free, what="the deployment window is open and no freeze stands")


def _freezes(freezes: Iterable[Freeze], now: datetime) -> Iterator[ChangeAt]:
    for freeze in freezes:
        if freeze.start <= now:
            yield ChangeAt(at=freeze.end, what=f"the freeze {freeze.id} ends")
        elif freeze.start <= now + _AHEAD:
            yield ChangeAt(at=freeze.start, what=f"the freeze {freeze.id} begins")
