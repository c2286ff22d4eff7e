"""When a check of the release gate is not passed, by what is known of the time to come."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dashboard.domain.deployment_window import Span, open_spans, without
from dashboard.domain.outlook import END_OF_TIME, Moment, Outlook, floor_moment, tier_moment
from dashboard.domain.tier_forecast import Assumption

#: How far ahead the window is looked at, and all freezes but the first: for later there is the calendar.
AHEAD = timedelta(days=14)
WINDOW_CLOSES = "the deployment window closes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """The check `code` is not passed from `begin` on, up to `end`; None where nobody knows until when."""

    code: str
    begin: Moment
    end: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether the check is not passed at `at`; at its end it is."""
        return self.begin.at <= at and (self.end is None or at < self.end)


def closures(outlook: Outlook) -> Iterator[Closure]:
    """All closures from now on, of facts and of forecasts at the current pace.

    An exception puts one off until it expires. Of what is better if nothing more burns nothing is assumed.
    """
    yield from _window(outlook)
    yield from _freezes(outlook)
    yield from _budget(outlook)
    yield from _waived(outlook)
    yield from _approvals(outlook)


def _put_off(outlook: Outlook, closure: Closure, freeze: str | None = None) -> Iterator[Closure]:
    """`closure` from when no exception lifts it any more, if it lasts so long: by forecast, and for sure."""
    begins = {_put_off_to(outlook.lifted_until(closure.code, freeze), closure.begin)}
    if closure.begin.assuming is None:
        begins.add(_put_off_to(outlook.lifted_until(closure.code, freeze, by_forecast=False), closure.begin))
    for begin in sorted(begins, key=lambda moment: moment.at):
        if begin.at < (END_OF_TIME if closure.end is None else closure.end):
            yield Closure(code=closure.code, begin=begin, end=closure.end)


def _put_off_to(lifted: Moment | None, begin: Moment) -> Moment:
    """The later of both; what is a forecast remains one when an exception that lifts it expires."""
    if lifted is None or lifted.at <= begin.at:
        return begin
    return replace(lifted, assuming=lifted.assuming or begin.assuming)


def _window(outlook: Outlook) -> Iterator[Closure]:
    if not outlook.asks("approval.window"):
        return
    ahead = Span(start=outlook.now, end=outlook.now + AHEAD)
    is_open = open_spans(outlook.rules.windows, outlook.service_tier, outlook.zone, ahead)
    for span in without([ahead], is_open):
        begin = Moment(at=span.start, what=WINDOW_CLOSES)
        yield from _put_off(outlook, Closure(code="approval.window", begin=begin, end=span.end))


def _freezes(outlook: Outlook) -> Iterator[Closure]:
    for freeze in outlook.freezes if outlook.asks("approval.freeze") else ():
        begin = Moment(at=freeze.start, what=f"the freeze {freeze.id} begins")
        closure = Closure(code="approval.freeze", begin=begin, end=freeze.end)
        yield from _put_off(outlook, closure, freeze.id)


def _budget(outlook: Outlook) -> Iterator[Closure]:
    change = outlook.floor_change
    if change is not None and not change.met and outlook.asks("slo.budget_remaining"):
        closure = Closure(code="slo.budget_remaining", begin=floor_moment(change), end=None)
        yield from _put_off(outlook, closure)
    if outlook.asks("slo.change_type"):
        for worse in outlook.changes_of_tier(Assumption.CURRENT_PACE):
            if not outlook.allows(worse.to):
                closure = Closure(code="slo.change_type", begin=tier_moment(worse), end=None)
                yield from _put_off(outlook, closure)
                return


def _waived(outlook: Outlook) -> Iterator[Closure]:
    """What an exception lifts now comes back when it expires; only the age of rollbacks is known before."""
    for code, check in outlook.checks.items():
        if check.waived_by is None or code.startswith("approval."):
            continue
        end = outlook.too_many_rollbacks_until if code == "slo.rollbacks" else None
        begin = Moment(at=outlook.now, what="")
        yield from _put_off(outlook, Closure(code=code, begin=begin, end=end))


def _approvals(outlook: Outlook) -> Iterator[Closure]:
    """When approvals are no longer enough: they expire, or a stricter tier that is forecast asks for more."""
    expiring = [Moment(at=item.until, what=item.what) for item in outlook.approvals if item.until is not None]
    for forecasts in ((), tuple(outlook.changes_of_tier(Assumption.CURRENT_PACE))):
        moments = sorted([*expiring, *map(tier_moment, forecasts)], key=lambda moment: moment.at)
        for moment in moments:
            reached = [change.to for change in forecasts if change.at <= moment.at]
            if not outlook.is_approved(reached[-1] if reached else outlook.policy_tier, moment.at):
                yield Closure(code="approval.approvals", begin=moment, end=None)
                break
