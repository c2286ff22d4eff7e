"""Until when a yes holds and a no lasts, in words, for pages and commands alike. Nothing here draws."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dashboard.domain.gate_rules import CHECKS
from dashboard.domain.release_decision import ChangeAt, Check, Decision, NotBefore
from dashboard.domain.tier_forecast import Assumption
from dashboard.ui import format as show
from dashboard.ui import gate_words
from dashboard.ui.words import joined, literal

#: The source of checks whose evidence only a pipeline has.
_BY_PIPELINE = "input"
_MINUTE, _SHORT = timedelta(minutes=1), timedelta(minutes=5)
#: What may be another by any later time: old errors leave the windows of burn rates, incidents end.
_UNFORESEEN = frozenset(
    code for code in CHECKS if code.startswith(("slo.fast_", "slo.slow_", "slo.incidents_"))
)
_APPROVALS = "approval.approvals"
_NEVER = "It does not open by itself at a known time."


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A few sentences in plain text, the most important words first."""

    lead: str
    rest: str

    @property
    def text(self) -> str:
        """All of it, for a terminal."""
        return f"{self.lead}{self.rest}"

    @property
    def markdown(self) -> str:
        """All of it, its lead bold, for a page."""
        return f"**{literal(self.lead)}**{literal(self.rest)}" if self.lead else literal(self.rest)


def outlook(decision: Decision, zone: ZoneInfo, *, waits: bool = False) -> Said:
    """Until when an answer stands: a yes, a no, or what is known where it `waits` for evidence only."""
    if decision.allow:
        return holds(decision, zone)
    return _passes(decision, zone) if waits else lasts(decision, zone)


def holds(decision: Decision, zone: ZoneInfo) -> Said:
    """Until when a yes holds at most, and what ends it: a forecast is said to be one, a fact as a fact.

    A burn rate, an incident or a new freeze, of which nobody knows before, may end it earlier.
    """
    first, sure = decision.holds_until, decision.holds_at_most_until
    if decision.emergency.used:
        return Said(
            lead="This yes is good for this one release.", rest=" An override is asked for each time."
        )
    if first is None:
        return Said(lead="No time is known at which this yes ends by itself.", rest="")
    said = _until("This yes", "holds at most", first, decision.as_of, zone)
    if sure is None or sure is first:
        return said
    at = show.day_moment(sure.at, zone, decision.as_of)
    return Said(lead=said.lead, rest=f"{said.rest} In any case it ends on {at}: {sure.what}.")


def held(decision: Decision, zone: ZoneInfo) -> str | None:
    """Until when a yes of the past held as far as was known then; None where no time was known."""
    first, sure = decision.holds_until, decision.holds_at_most_until
    if first is None:
        return None
    forecast = "" if first.assuming is None else ", by forecast"
    if first.at <= decision.as_of:
        told = f"As was known then, it could end any moment{forecast}: {first.what}."
    else:
        until = show.full_moment(first.at, zone)
        told = f"As was known then, it held at most until {until}{forecast}: {first.what}."
    if sure is None or sure is first:
        return told
    return f"{told} In any case it was to end on {show.full_moment(sure.at, zone)}: {sure.what}."


def lasts(decision: Decision, zone: ZoneInfo) -> Said:
    """Until when at least a no lasts, which of its reasons are over then, and which are not."""
    found, now = decision.not_before, decision.as_of
    if found is None:
        return Said(lead="", rest=_NEVER)
    failing = [check for gate in decision.gates for check in gate.checks if not check.passes]
    over = [
        check.code for check in failing if check.code != found.check and check.code not in found.then_still
    ]
    lead, told = _no_until(found, now, zone)
    if over:
        told += f" Over by then, too: {_named(over, failing)}."
    return Said(lead=lead, rest=f"{told}{_then(decision, found, failing)}")


def _then(decision: Decision, found: NotBefore, failing: Sequence[Check]) -> str:
    """What else is in the way at the earliest end of a no: known, not known, or by a forecast."""
    untold = _untold(failing)
    unknown = [code for code in found.then_still if code in _UNFORESEEN or code in untold]
    known = [code for code in found.then_still if code not in unknown]
    worse = [
        code
        for change in decision.changes_at
        if change.assuming is Assumption.CURRENT_PACE and change.at <= found.at
        for code in change.closes
        if code not in found.then_still
    ]
    told = f" Then still in the way: {_named(known, failing)}." if known else ""
    told += f" Not known then: {_named(unknown, failing)}." if unknown else ""
    told += f" At the current pace then also in the way: {_named(worse, failing)}." if worse else ""
    return told or " Nothing else that is known now is in the way then."


def _no_until(found: NotBefore, now: datetime, zone: ZoneInfo) -> tuple[str, str]:
    """The lead and the first sentence of a no: its earliest end, and what happens then."""
    if found.at <= now:
        forecast = "" if found.assuming is None else ", by forecast"
        what = "Part of this no" if found.then_still else "This no"
        return f"{what} may end any moment now{forecast}", f": {found.what}."
    at, span = show.day_moment(found.at, zone, now), f" ({_span(found.at - now)} from now)"
    if found.check == _APPROVALS:
        return f"No until {at}, by forecast, unless it is approved before", f"{span}: {found.what}."
    is_bound = bool(found.then_still) or found.assuming is not None
    return f"No until{' at least' if is_bound else ''} {at}", f"{span}: {found.what}."


def change_at(at: datetime, what: str, now: datetime, zone: ZoneInfo) -> str:
    """When an answer changes: `in 2 h 10 min (24 Nov 09:00 UTC): the deployment window opens`."""
    when = f"in {show.length(at - now)}" if at > now else "any moment now"
    return f"{when} ({show.moment(at, zone, now)}): {what}"


def _passes(decision: Decision, zone: ZoneInfo) -> Said:
    first = decision.passes_until
    if first is None:
        return Said(lead="No time is known at which what passes here ends by itself.", rest="")
    return _until("What is known here", "passes", first, decision.as_of, zone)


def _until(subject: str, verb: str, change: ChangeAt, now: datetime, zone: ZoneInfo) -> Said:
    forecast = "" if change.assuming is None else ", by forecast"
    if change.at <= now:
        return Said(lead=f"{subject} may end any moment now{forecast}", rest=f": {change.what}.")
    at, span = show.day_moment(change.at, zone, now), _span(change.at - now)
    return Said(lead=f"{subject} {verb} until {at}{forecast}", rest=f" ({span} from now): {change.what}.")


def _span(length: timedelta) -> str:
    """A length without the seconds that no forecast is good for, unless it is short."""
    return show.length(length if length < _SHORT else length // _MINUTE * _MINUTE)


def _untold(failing: Iterable[Check]) -> frozenset[str]:
    """The checks whose evidence a pipeline has not told."""
    return frozenset(check.code for check in failing if check.seen is None and check.source == _BY_PIPELINE)


def _named(codes: Iterable[str], failing: Iterable[Check]) -> str:
    """The names of checks; all that a pipeline has not told is one thing."""
    untold = _untold(failing)
    listed = list(dict.fromkeys(codes))
    names = [gate_words.check_phrase(code) for code in listed if code not in untold]
    if untold & set(listed):
        names.append("the pipeline's evidence")
    return joined(names)
