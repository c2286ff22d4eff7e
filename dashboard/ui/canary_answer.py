"""The answer on a canary: is it safe so far, how sure is that, how much room is left, when is it known."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard.domain.canary.room import Evidence
from dashboard.domain.canary.sequential import Verdict
from dashboard.domain.policy import Policy
from dashboard.reports.canary_detail import CanaryReport
from dashboard.reports.canary_standing import Standing, answers, is_last_chance, standing, tightest_metric
from dashboard.ui import format as show
from dashboard.ui.canary_words import (
    HINDSIGHTS,
    STANDINGS,
    badge_of,
    counts_words,
    seen_words,
    version_words,
    when_words,
)
from dashboard.ui.components import badge
from dashboard.ui.release_words import brief, some
from dashboard.ui.words import literal

_BOXES = {"red": st.error, "orange": st.warning, "green": st.success}
_SAFE = {
    Standing.UNSEEN: "Nobody knows: what follows is how it stood when it was last seen.",
    Standing.AT_RISK: "It stands, but one more bad measurement aborts it.",
    Standing.NOT_YET: "Nothing that was measured says so yet.",
    Standing.SAFE: "Yes, by everything that was measured so far.",
}
_WEAK = {Evidence.TRUNCATED: "truncated evidence", Evidence.NONE: "no evidence"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The answers, each a sentence in markdown; empty where there is nothing to say.

    One that has ended has `ended` in place of three of them.
    """

    sure: str
    safe: str = ""
    room: str = ""
    when: str = ""
    seen: str = ""
    ended: str = ""

    @property
    def lines(self) -> list[str]:
        """Those that say something, each with the question that it answers."""
        questions = {
            "What became of it?": self.ended,
            "Safe?": self.safe,
            "How sure?": self.sure,
            "Room left?": self.room,
            "When known?": self.when,
            "Last seen?": self.seen,
        }
        return [f"**{question}** {line}" for question, line in questions.items() if line]


def draw(report: CanaryReport, policy: Policy) -> None:
    """What it is, and the answer, large."""
    row = report.row
    canary, service = row.named.canary, row.named.service
    tier = badge(row.policy_tier) if service else ":gray-badge[– none of our services]"
    name = brief(service or canary.name, 60)
    st.subheader(f"{name} {tier} :small[{version_words(canary)}]", anchor=False)
    found = standing(report)
    look = STANDINGS[found]
    lines = [f"# {look.symbol} {look.word.upper()}", *answer(report, policy).lines]
    disagrees = report.errors is not None and report.errors.agreement.is_disagreement
    colour = "orange" if disagrees and look.colour == "green" else look.colour
    _BOXES.get(colour, st.info)("\n\n".join(lines))


def answer(report: CanaryReport, policy: Policy) -> Told:
    """The four answers on a canary."""
    canary = report.row.named.canary
    if not canary.outcome.is_open:
        return Told(ended=_ended(report, policy), sure=_sure(report, policy.timezone))
    return Told(
        safe=_safe(report),
        sure=_sure(report, policy.timezone),
        room=_room(report),
        when="" if report.row.named.stale else when_words(report.row.ladder, policy.timezone),
        seen=seen_words(report.row.named, report.freshness.as_of, policy.timezone),
    )


def _safe(report: CanaryReport) -> str:
    found = standing(report)
    metrics = report.row.named.canary.decided_by
    if found is Standing.TROUBLE:
        if report.errors is not None and report.errors.judgement.verdict is Verdict.FAIL:
            return "No. Its error rate is shown to be worse than stable's."
        return f"No. {some(metrics)} ended its analysis." if metrics else "No. Its analysis did not pass."
    if found is Standing.UNDECIDED:
        return f"Nobody knows: {some(metrics) if metrics else 'its analysis'} could not tell, and Argo waits."
    return _SAFE[found]


def _sure(report: CanaryReport, zone: ZoneInfo) -> str:
    """What the answer rests on: the error counts of both arms, and what Argo's metrics measured."""
    found = answers(report)
    told = []
    if report.errors is not None:
        told.append(f"Error counts: {counts_words(report.errors.judgement, zone)}.")
    if not found.answered and not found.errors:
        told.append("No metric that counts has been measured.")
    else:
        measured = (
            f"{show.amount(found.answered, 'answer')}, {show.amount(found.failed, 'failure')} among them"
        )
        also = f", {show.number(found.inconclusive)} inconclusive" if found.inconclusive else ""
        told.append(f"Argo's metrics: {measured}{also}.")
    if found.errors:
        times = "once" if found.errors == 1 else show.amount(found.errors, "time")
        told.append(f"The provider gave no answer {times}, which is no failure.")
    told += _weak_evidence(report)
    if report.errors is None:
        told.append("The error counts of canary and stable are not known, so they are not compared.")
    elif report.errors.agreement.is_disagreement:
        told.append(f"**{literal(report.errors.agreement.sentence)}**")
    return " ".join(told)


def _weak_evidence(report: CanaryReport) -> list[str]:
    """The successes that stand on less than all that was to be measured."""
    return [
        f"A success of Argo's stands on {_WEAK[found.grade]} ({brief(found.reason, 120)})."
        for found in dict.fromkeys(run.evidence for run in report.runs if run.evidence is not None)
        if found.grade is not Evidence.COMPLETE
    ]


def _room(report: CanaryReport) -> str:
    found = tightest_metric(report)
    if found is None or found.metric.room is None:
        running = any(item.run.phase is None or not item.run.phase.is_final for item in report.runs)
        return (
            "Its limits are not known." if running else "No analysis runs now, so nothing can abort it now."
        )
    last = "; **the next one that goes wrong aborts it**" if is_last_chance(found.metric) else ""
    return f"{brief(found.metric.state.name, 60)}: {found.metric.room.sentence}{last}."


def _ended(report: CanaryReport, policy: Policy) -> str:
    row = report.row
    canary = row.named.canary
    when = "" if canary.ended_at is None else f" on {show.moment(canary.ended_at, policy.timezone)}"
    by = f", by {some(canary.decided_by)}" if canary.decided_by else ""
    hindsight = badge_of(HINDSIGHTS[row.consequence.hindsight])
    word = STANDINGS[standing(report)].word
    return f"It {word}{when}{by}. In hindsight {hindsight} {brief(row.consequence.why, 160)}."
