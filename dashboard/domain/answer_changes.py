"""When a release decision becomes another one by itself: windows, freezes, exceptions, budgets, rollbacks."""

from collections.abc import Iterator
from dataclasses import replace

from dashboard.domain.closures import AHEAD, WINDOW_CLOSES, closures
from dashboard.domain.deployment_window import Span, is_open, next_opening, open_spans
from dashboard.domain.freezes import Freeze
from dashboard.domain.outlook import Outlook, floor_moment, tier_moment
from dashboard.domain.release_decision import ChangeAt

WINDOW_OPENS = "the deployment window opens"
FREE = "the deployment window is open and no freeze stands"
ROLLBACKS_OLD = "so many rollbacks are old enough not to count"


def answer_changes(outlook: Outlook) -> tuple[ChangeAt, ...]:
    """Everything that may change the answer, in order of time; nothing that lies in the past.

    A forecast that is due now is told: the data that it rests on is some minutes old.
    """
    found = {
        (change.at, change.what, change.assuming): change
        for change in _all(outlook)
        if change.at > outlook.now or (change.assuming is not None and change.at == outlook.now)
    }
    for change in _closing(outlook):
        key = (change.at, change.what, change.assuming)
        fact = found.get((change.at, change.what, None))
        if fact is not None and not fact.closes:  # it matters as the forecast that it closes something
            del found[fact.at, fact.what, None]
        known = found.get(key, change)
        found[key] = replace(known, closes=tuple(dict.fromkeys((*known.closes, *change.closes))))
    return tuple(sorted(found.values(), key=lambda change: (change.at, change.assuming is not None)))


def _closing(outlook: Outlook) -> Iterator[ChangeAt]:
    """What first closes each check that passes now: for sure, and by forecast."""
    first: set[tuple[str, bool]] = set()
    for item in sorted(closures(outlook), key=lambda item: item.begin.at):
        key = (item.code, item.begin.assuming is None)
        check = outlook.checks.get(item.code)
        if check is None or not check.passes or key in first or (item.code, True) in first:
            continue
        first.add(key)
        begin = item.begin
        yield ChangeAt(at=begin.at, what=begin.what, closes=(item.code,), assuming=begin.assuming)


def _all(outlook: Outlook) -> Iterator[ChangeAt]:
    if outlook.asks("approval.window"):
        yield from _window(outlook)
    if outlook.asks("approval.freeze"):
        yield from _freezes(outlook)
    yield from _expiring(outlook)
    moments = []
    if outlook.asks("slo.change_type"):
        moments += [tier_moment(change) for change in outlook.tier_changes]
    if outlook.asks("slo.budget_remaining") and outlook.floor_change is not None:
        moments.append(floor_moment(outlook.floor_change))
    for moment in moments:
        yield ChangeAt(at=moment.at, what=moment.what, assuming=moment.assuming)
    until = outlook.too_many_rollbacks_until
    if until is not None and outlook.asks("slo.rollbacks"):
        yield ChangeAt(at=until, what=ROLLBACKS_OLD)


def _expiring(outlook: Outlook) -> Iterator[ChangeAt]:
    """Exceptions that this release passes by, and approvals where any is asked for."""
    for lift in outlook.lifts:
        if lift.until is not None and lift.id in outlook.used:
            yield ChangeAt(at=lift.until, what=f"exception {lift.id} expires")
    for item in outlook.approvals if outlook.needs_approval else ():
        if item.until is not None:
            yield ChangeAt(at=item.until, what=item.what)


def _window(outlook: Outlook) -> Iterator[ChangeAt]:
    now, zone, tier, rules = outlook.now, outlook.zone, outlook.service_tier, outlook.rules.windows
    if is_open(rules, tier, now, zone):
        spans = open_spans(rules, tier, zone, Span(start=now, end=now + AHEAD))
        if spans and spans[0].end < now + AHEAD:
            yield ChangeAt(at=spans[0].end, what=WINDOW_CLOSES)
    closed = [Span(start=freeze.start, end=freeze.end) for freeze in outlook.freezes]
    opening = next_opening(rules, tier, zone, (), now)
    free = next_opening(rules, tier, zone, closed, now)
    if opening is not None and opening > now:
        yield ChangeAt(at=opening, what=WINDOW_OPENS)
    if free is not None and free != opening and outlook.asks("approval.freeze"):
        yield ChangeAt(at=free, what=FREE)


def _freezes(outlook: Outlook) -> Iterator[ChangeAt]:
    """When freezes begin and end; of those that follow each other without a gap the first and the last."""
    now = outlook.now
    for row in _rows(outlook):
        last = max(row, key=lambda freeze: freeze.end)
        if row[0].start <= now:
            yield ChangeAt(at=last.end, what=f"the freeze {last.id} ends")
        elif row[0].start <= now + AHEAD:
            yield ChangeAt(at=row[0].start, what=f"the freeze {row[0].id} begins")


def _rows(outlook: Outlook) -> Iterator[list[Freeze]]:
    """Freezes without a gap between them; one that an exception lifts stands alone, for it closes nothing."""
    row: list[Freeze] = []
    for freeze in sorted(outlook.freezes, key=lambda freeze: freeze.start):
        if outlook.lifted_until("approval.freeze", freeze.id) is not None:
            yield [freeze]
        elif row and freeze.start > max(item.end for item in row):
            yield row
            row = [freeze]
        else:
            row.append(freeze)
    if row:
        yield row
