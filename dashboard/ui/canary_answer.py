"""The answer on a canary: is it safe so far, how sure is that, how much room is left, when is it known."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard.domain.canary.ladder import Place, times_contradict
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.rollouts import StepKind
from dashboard.domain.policy import Policy
from dashboard.reports.canary_detail import CanaryReport
from dashboard.reports.canary_standing import (
    answers,
    last_chances,
    standing,
    tightest_metric,
    undecided_metrics,
)
from dashboard.ui import format as show
from dashboard.ui.canary_evidence import weak_evidence
from dashboard.ui.canary_safe_words import safe_words
from dashboard.ui.canary_time_words import verdict_words, when_words
from dashboard.ui.canary_words import (
    HINDSIGHTS,
    STANDINGS,
    agreement_words,
    argo_badge,
    badge_of,
    counts_words,
    room_words,
    seen_words,
    verdict_badge,
    version_words,
)
from dashboard.ui.components import badge
from dashboard.ui.folding import unbroken
from dashboard.ui.release_words import brief, some
from dashboard.ui.words import literal

_BOXES = {"red": st.error, "orange": st.warning, "green": st.success}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The answers, each a sentence in markdown; empty where there is nothing to say.

    One that has ended has `ended` in place of three of them. `sure_in_short` is for a card of a list.
    """

    sure: str
    sure_in_short: str = ""
    safe: str = ""
    room: str = ""
    when: str = ""
    seen: str = ""
    ended: str = ""

    @property
    def head(self) -> str:
        """The answer that matters most."""
        return self.ended or self.safe

    @property
    def lines(self) -> list[str]:
        """What its page says below that: the others, each with the question that it answers."""
        questions = {
            "How sure?": self.sure,
            "Room left?": self.room,
            "When known?": self.when,
            "Last seen?": self.seen,
        }
        return [f"**{question}** {line}" for question, line in questions.items() if line]

    @property
    def short_lines(self) -> list[str]:
        """All of it for a card of a list, where what it rests on is told in short."""
        rest = {
            "How sure?": self.sure_in_short,
            "Room left?": self.room,
            "When known?": self.when,
            "Last seen?": self.seen,
        }
        small = (f":small[**{question}** {line}]" for question, line in rest.items() if line)
        question = "Safe? " if self.safe else ""
        return [f"**{question}{self.head}**", *small]


def draw(report: CanaryReport, policy: Policy) -> None:
    """What it is, and the answer, large."""
    row = report.row
    canary, service = row.named.canary, row.named.service
    tier = (
        f":small[policy tier] {badge(row.policy_tier)}" if service else ":gray-badge[– none of our services]"
    )
    name = brief(service or canary.name, 60)
    st.subheader(f"{name} {tier} :small[{version_words(canary)}]", anchor=False)
    found = standing(report)
    look = STANDINGS[found]
    told = answer(report, policy)
    question = "Safe?" if told.safe else "What became of it?"
    # The verdict and its sentence stand out; what they rest on is read after them.
    lines = [f"# {look.symbol} {look.word.upper()}", f"#### {question} {told.head}", *told.lines]
    disagrees = report.beside_argo is not None and report.beside_argo[1].is_disagreement
    colour = "orange" if disagrees and look.colour == "green" else look.colour
    _BOXES.get(colour, st.info)(unbroken("\n\n".join(lines)))


def answer(report: CanaryReport, policy: Policy) -> Told:
    """The four answers on a canary."""
    canary = report.row.named.canary
    if not canary.outcome.is_open:
        return Told(ended=_ended(report, policy), sure=_sure(report, policy.timezone))
    return Told(
        safe=safe_words(report),
        sure=_sure(report, policy.timezone),
        sure_in_short=_sure_in_short(report),
        room=_room(report),
        when="" if report.row.named.stale else _when(report, policy),
        seen=seen_words(report.row.named, report.freshness.as_of, policy.timezone),
    )


def _when(report: CanaryReport, policy: Policy) -> str:
    """When it is through, and when its counts can tell."""
    ladder, now = report.row.ladder, report.freshness.as_of
    told = [when_words(ladder, policy.timezone, report.analyses_ahead, now)]
    told += [
        verdict_words(found.verdict_ahead, measure)
        for measure, found in report.compared.items()
        if found.verdict_ahead is not None
    ]
    return " ".join(told)


def _sure(report: CanaryReport, zone: ZoneInfo) -> str:
    """What the answer rests on: the counts of both arms, and what Argo's metrics measured."""
    found, is_open = answers(report), report.row.named.canary.outcome.is_open
    told = []
    if report.errors is not None:
        told.append(f"Error counts: {counts_words(report.errors.judgement, zone, is_open=is_open)}.")
    if report.slow is not None:
        words = counts_words(report.slow.judgement, zone, Measure.SLOW, is_open=is_open)
        told.append(f"Slow requests: {words}.")
    if not found.answered and not found.errors:
        told.append(f"No metric that counts {'has been' if is_open else 'was'} measured.")
    else:
        measured = (
            f"{show.amount(found.answered, 'measurement')}, {show.amount(found.failed, 'failure')} among them"
        )
        also = f", {show.number(found.inconclusive)} inconclusive" if found.inconclusive else ""
        told.append(f"Argo's metrics: {measured}{also}.")
    if found.errors:
        times = "once" if found.errors == 1 else show.amount(found.errors, "time")
        told.append(f"The provider gave no answer {times}, which is no failure.")
    told += weak_evidence(report.runs)
    if report.errors is None:
        told.append("The error counts of canary and stable are not known, so they are not compared.")
    elif report.slow is None:
        counted = "counted, but nothing was found" if report.seeks_slow else "not counted"
        told.append(f"Latency is {counted}: whether it is slower is not known.")
    if report.beside_argo is not None and report.beside_argo[1].is_disagreement:
        measure, agreement = report.beside_argo
        told.append(f"**{literal(agreement_words(agreement, measure, is_open=is_open))}**")
    return " ".join(told)


def _sure_in_short(report: CanaryReport) -> str:
    """The verdicts of the counts, and how much Argo has measured."""
    found = answers(report)
    counts = "error counts not known"
    if report.errors is not None:
        counts = f"error counts {verdict_badge(report.errors.judgement.verdict)}"
    if report.slow is not None:
        counts += f" · slow requests {verdict_badge(report.slow.judgement.verdict)}"
    elif report.errors is not None:
        counts += f" · latency not {'found' if report.seeks_slow else 'counted'}"
    failed = show.amount(found.failed, "failure")
    return f"{counts} · {show.amount(found.answered, 'measurement')}, {failed} · {argo_badge(report)}"


def _room(report: CanaryReport) -> str:
    if undecided := undecided_metrics(report):
        # What may go wrong beside it is not what it waits for.
        return "; ".join(f"{brief(one.state.name, 60)}: {room_words(one)}" for one in undecided if one.room)
    found = tightest_metric(report)
    if found is None or found.metric.room is None:
        running = any(item.run.phase is None or not item.run.phase.is_final for item in report.runs)
        return "Its limits are not known." if running else _without_analysis(report)
    last = last_chances(report)
    told = [
        f"{brief(one.metric.state.name, 60)}: {one.metric.room.sentence}"
        for one in (last or (found,))
        if one.metric.room is not None
    ]
    aborts = "; **the next one that goes wrong aborts it**" if last else ""
    return f"{'; '.join(told)}{aborts}."


def _without_analysis(report: CanaryReport) -> str:
    """What stands in the way of an abort while no analysis is known to run: never a promise."""
    ladder, ended = report.row.ladder, {item.run.step_index for item in report.runs}
    if ladder is None:
        return "No analysis is known to run; its steps are not known."
    analyses = [rung for rung in ladder.rungs if rung.step.kind in {StepKind.ANALYSIS, StepKind.EXPERIMENT}]
    here = next((rung for rung in analyses if rung.place is Place.CURRENT), None)
    if here is not None and here.index not in ended:
        return "It stands at an analysis whose run is not known, so its room is not known either."
    runs = "No analysis runs at this step" if here is None else "The analysis of this step has ended"
    ahead = next((rung for rung in analyses if rung.place is Place.TO_COME), None)
    following = "none is ahead" if ahead is None else f"the next is step {ahead.index + 1}"
    return f"{runs}; {following}. Argo still aborts it when its pods are not ready in time."


def _ended(report: CanaryReport, policy: Policy) -> str:
    row = report.row
    canary = row.named.canary
    when = "" if canary.ended_at is None else f" on {show.moment(canary.ended_at, policy.timezone)}"
    if times_contradict(canary):
        when = ", at a time before it began: its times contradict"
    by = f", by {some(canary.decided_by)}" if canary.decided_by else ""
    look = HINDSIGHTS[row.consequence.hindsight]
    why = f": {brief(row.consequence.why, 160)}" if row.consequence.why != look.word else ""
    word = STANDINGS[standing(report)].word
    return f"It {word}{when}{by}. In hindsight: {badge_of(look)}{why}."
