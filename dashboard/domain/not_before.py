"""Until when at least a release may not go: until all that ends by itself has ended; and what stands then."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from dashboard.domain.answer_changes import FREE, ROLLBACKS_OLD, WINDOW_OPENS
from dashboard.domain.closures import closures
from dashboard.domain.deployment_window import Span, is_open, next_opening
from dashboard.domain.gate_rules import Weekday, WindowRule
from dashboard.domain.outlook import Moment, Outlook, floor_moment, tier_moment
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.release_decision import NotBefore
from dashboard.domain.slo import ServiceTier
from dashboard.domain.tier_forecast import Assumption

_ALWAYS = (WindowRule(days=frozenset(Weekday), start=time(), end=None, service_tiers=frozenset(ServiceTier)),)
_CALENDAR = ("approval.window", "approval.freeze")
_JUST = timedelta(microseconds=1)


def not_before(outlook: Outlook) -> NotBefore | None:
    """The earliest that a denied release may go, whatever people do but grant an exception.

    The window has to be open and no freeze may stand once the last of the rest has ended. It is now where a
    forecast is due: the data that it rests on is some minutes old. Where nothing is left to wait for but an
    approval, it is when a better policy tier asks for none, though somebody may approve before. None where
    nothing that fails ends by itself at a known time.
    """
    waits = dict(_waits(outlook))
    code, last = max(waits.items(), key=lambda item: item[1].at, default=("", None))
    since = outlook.now if last is None else max(last.at, outlook.now)
    at = calendar_opening(outlook, since)
    if last is None and at is not None and at <= outlook.now:
        waits = dict(_approved(outlook))
        code, last = next(iter(waits.items()), ("", None))
        since = outlook.now if last is None else max(last.at, outlook.now)
        at = calendar_opening(outlook, since)
    if at is None or (last is None and at <= outlook.now):
        return None
    what = "" if last is None else last.what
    if last is None:
        code, what = _calendar(outlook, at)
    elif at > since:
        what += f", and then {_calendar(outlook, at)[1]}"
    assuming = next((wait.assuming for wait in waits.values() if wait.assuming is not None), None)
    if _is_approved_by_forecast(outlook, at):
        assuming = Assumption.NOTHING_MORE_BURNS
    return NotBefore(
        at=at,
        check=code,
        what=what,
        then_still=tuple(
            code
            for code in _then_still(outlook, waits, at)
            if assuming is not Assumption.NOTHING_MORE_BURNS or not _burns_out(outlook, code, at)
        ),
        assuming=assuming,
    )


def calendar_opening(outlook: Outlook, since: datetime) -> datetime | None:
    """The first instant from `since` on at which neither window nor freeze is in the way; None if never."""
    closed = list(_frozen(outlook))
    zone, tier = outlook.zone, outlook.service_tier
    if not outlook.asks("approval.window"):
        return next_opening(_ALWAYS, tier, zone, closed, since)
    lifted = outlook.lifted_until("approval.window")
    if lifted is not None and since < lifted.at:
        free = next_opening(_ALWAYS, tier, zone, closed, since)
        if free is None or free < lifted.at:
            return free
        since = lifted.at
    return next_opening(outlook.rules.windows, tier, zone, closed, since)


def _frozen(outlook: Outlook) -> Iterator[Span]:
    """When a freeze is in the way that no exception lifts."""
    for freeze in outlook.freezes if outlook.asks("approval.freeze") else ():
        lifted = outlook.lifted_until("approval.freeze", freeze.id)
        start = freeze.start if lifted is None else max(freeze.start, lifted.at)
        if start < freeze.end:
            yield Span(start=start, end=freeze.end)


def _waits(outlook: Outlook) -> Iterator[tuple[str, Moment]]:
    """What is not passed now and passes by itself, apart from window and freezes."""
    until, floor = outlook.too_many_rollbacks_until, outlook.floor_change
    if until is not None and _fails(outlook, "slo.rollbacks"):
        yield "slo.rollbacks", Moment(at=until, what=ROLLBACKS_OLD)
    if floor is not None and floor.met and _fails(outlook, "slo.budget_remaining"):
        yield "slo.budget_remaining", floor_moment(floor)
    if _fails(outlook, "slo.change_type"):
        for change in outlook.changes_of_tier(Assumption.NOTHING_MORE_BURNS):
            if outlook.allows(change.to):
                yield "slo.change_type", tier_moment(change)
                return


def _approved(outlook: Outlook) -> Iterator[tuple[str, Moment]]:
    """When a better policy tier needs no approval that is missing; nobody knows when people approve."""
    if _fails(outlook, "approval.approvals"):
        for change in outlook.changes_of_tier(Assumption.NOTHING_MORE_BURNS):
            if outlook.is_approved(change.to, change.at):
                yield "approval.approvals", tier_moment(change)
                return


def _is_approved_by_forecast(outlook: Outlook, at: datetime) -> bool:
    """Whether only a better policy tier by `at` makes the approvals enough."""
    enough = outlook.is_approved(_tier_at(outlook, at), at)
    return (
        "approval.approvals" in outlook.checks and enough and not outlook.is_approved(outlook.policy_tier, at)
    )


def _fails(outlook: Outlook, code: str) -> bool:
    return code in outlook.checks and not outlook.checks[code].passes


def _calendar(outlook: Outlook, at: datetime) -> tuple[str, str]:
    """Which of window and freezes is in the way up to `at`, and what happens then."""
    before = at - _JUST
    frozen = any(span.start <= before < span.end for span in _frozen(outlook))
    rules, tier = outlook.rules.windows, outlook.service_tier
    if outlook.asks("approval.window") and not is_open(rules, tier, before, outlook.zone):
        return "approval.window", FREE if frozen else WINDOW_OPENS
    return "approval.freeze", "no freeze stands any more"


def _then_still(outlook: Outlook, waits: dict[str, Moment], at: datetime) -> Iterator[str]:
    """The checks that are not passed at `at`: nobody knows when they are, or they no longer are by then."""
    closed = {item.code for item in closures(outlook) if item.begin.assuming is None and item.holds(at)}
    for code, check in outlook.checks.items():
        if code == "approval.approvals":
            stands = not outlook.is_approved(_tier_at(outlook, at), at)
        elif code in _CALENDAR:
            stands = not check.passes and check.seen is None  # where it cannot be read, no calendar helps
        elif check.passes:
            stands = code in closed
        else:
            stands = code not in waits
        if stands:
            yield code


def _burns_out(outlook: Outlook, code: str, at: datetime) -> bool:
    """Whether the burn rate that `code` checks is zero by `at` if nothing more burns: its window is new."""
    window = outlook.burn_windows.get(code)
    return window is not None and outlook.now + window <= at


def _tier_at(outlook: Outlook, at: datetime) -> PolicyTier | None:
    """The loosest policy tier by `at`, as it is if nothing more burns."""
    better = outlook.changes_of_tier(Assumption.NOTHING_MORE_BURNS)
    reached = [change.to for change in better if change.at <= at]
    return reached[-1] if reached else outlook.policy_tier
