"""When a closed gate opens and an open one closes, in words. Nothing here draws."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from dashboard.domain.release_decision import Decision
from dashboard.reports.release_openings import Outlook
from dashboard.ui import format as show
from dashboard.ui import gate_words
from dashboard.ui.words import literal

#: What happens when a check passes by itself.
_HAPPENS: Mapping[str, str] = {
    "approval.window": "the deployment window opens",
    "approval.freeze": "no freeze stands any more",
    "slo.change_type": "the policy tier allows it, if nothing more burns",
    "slo.rollbacks": "the recent rollbacks are old enough not to count",
}


def opens(outlook: Outlook, now: datetime, zone: ZoneInfo) -> str:
    """When a release may go that may not now; markdown."""
    if outlook.before is None or outlook.code is None:
        return "It does not open by itself at a known time."
    span, at = show.length(outlook.before - now), show.moment(outlook.before, zone)
    when = f"**Opens in {span}**" if outlook.certain else f"**Not before {span} from now**"
    also = "" if outlook.certain else "; what else is closed does not open by itself"
    return f"{when} ({at}): {_HAPPENS[outlook.code]}{also}."


def first_change(decision: Decision, zone: ZoneInfo) -> str:
    """What changes an answer first by itself; markdown."""
    if not decision.changes_at:
        return "No time is known at which this changes by itself."
    first = decision.changes_at[0]
    span, at = show.length(first.at - decision.as_of), show.moment(first.at, zone)
    return f"First change **in {span}** ({at}): {literal(first.what)}."


def check_phrase(code: str) -> str:
    """The name of a check inside a sentence; abbreviations keep their letters."""
    name = gate_words.CHECK_NAMES.get(code, code)
    return name if name[:2].isupper() else f"{name[:1].lower()}{name[1:]}"
