"""Canaries as cards: those under way with their answers, then the history with how often it was wrong."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard.domain.canary.canary import Outcome
from dashboard.domain.intervals import Proportion
from dashboard.domain.policy import Policy
from dashboard.reports.canaries import CanariesReport, CanaryRow
from dashboard.reports.canary_detail import CanaryReport
from dashboard.reports.canary_reading import NamedRun
from dashboard.reports.canary_standing import Standing, standing
from dashboard.ui import canary_answer, canary_cache, canary_filters, canary_words
from dashboard.ui import format as show
from dashboard.ui.canary_csv import COLUMNS, cells
from dashboard.ui.canary_time_words import span_words
from dashboard.ui.canary_words import HINDSIGHTS, STANDINGS, badge_of
from dashboard.ui.components import badge
from dashboard.ui.export import to_csv
from dashboard.ui.folding import unbroken
from dashboard.ui.list_page import choose_page, draw_download
from dashboard.ui.release_words import brief, some

_CARDS = _RUNNING = _ALONE = 20
_METRICS = 7
_PAST_PAGE, _OPEN_PAGE = "past_canaries", "open_canaries"
_COLUMNS = (3, 3, 3)
_RUN_COLUMNS = (2, 5)
_PLURALS = {"abort": "aborts", "pass": "passes"}


def under_way(report: CanariesReport) -> list[CanaryReport]:
    """Every canary under way in depth, the one in the gravest trouble first, then the oldest."""
    order = list(Standing)
    found = [canary_cache.canary(row.named.canary.id) for row in report.under_way]
    return sorted(found, key=lambda whole: order.index(standing(whole)))


def draw_under_way(found: Sequence[CanaryReport], policy: Policy) -> None:
    """A card with the four answers for each of `found`, which are in order of gravity."""
    if not found:
        return
    place = st.container()
    page, _ = choose_page(found, _RUNNING, _OPEN_PAGE)
    with place:
        for whole in page:
            row, look = whole.row, STANDINGS[standing(whole)]
            with st.container(border=True, gap=None):
                what, answers = st.columns(_RUN_COLUMNS, gap="small")
                with what:
                    canary_filters.canary_link(row.named.canary, label=_name(row))
                    st.markdown(unbroken("  \n".join(_under_way_lines(row))))
                told = canary_answer.answer(whole, policy)
                answers.markdown(unbroken("  \n".join([badge_of(look), *told.short_lines])))


def draw_past(report: CanariesReport, policy: Policy) -> None:
    """How often analyses were wrong, what aborted canaries, and every canary of the time."""
    if not report.past:
        if report.ever:
            st.info(f"No canary that has ended began in {brief(report.period.name)}.")
        return
    _measures(report)
    filters = canary_filters.choose_past(list(report.aborted_by))
    shown = [row for row in report.past if filters.passes(row)]
    if not shown:
        st.info("No canary passes these filters. Clear one to see more.")
        return
    place = st.container()
    page, span = choose_page(shown, _CARDS, _PAST_PAGE)
    with place:
        many = show.amount(len(shown), "canary", "canaries")
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{span}{many}**, newest first")
            draw_download(len(shown), "canaries", lambda: to_csv(COLUMNS, map(cells, shown)))
        for row in page:
            _past(row, policy.timezone)


def draw_alone(runs: Sequence[NamedRun], zone: ZoneInfo) -> None:
    """The runs that belong to no Rollout."""
    if not runs:
        return
    shown = runs[:_ALONE]
    with st.expander(f"{show.amount(len(runs), 'AnalysisRun')} of no Rollout"):
        st.table(
            {
                "Run": [brief(item.run.name, 60) for item in shown],
                "Argo's phase": [canary_words.phase_badge(item.run.phase) for item in shown],
                "Began": [
                    show.UNKNOWN if item.run.began_at is None else show.moment(item.run.began_at, zone)
                    for item in shown
                ],
                "Argo says": [brief(item.run.message or "–", 120) for item in shown],
            },
            border="horizontal",
            hide_index=True,
            alt="AnalysisRuns that belong to no Rollout, with the phase that Argo recorded",
        )
        if len(runs) > _ALONE:
            st.markdown(f"The newest {_ALONE} of {show.number(len(runs))}.")


def _name(row: CanaryRow) -> str:
    named = row.named
    return f":blue[**{brief(named.service or named.canary.name, 40)}** · details →]"


def _under_way_lines(row: CanaryRow) -> list[str]:
    canary, ladder = row.named.canary, row.ladder
    lines = [canary_words.version_words(canary)]
    outcome = canary_words.outcome_badge(Outcome.UNKNOWN if row.named.stale else canary.outcome)
    weight = ladder.weight if ladder is not None else None
    done = ""
    if ladder is not None:
        done = "" if ladder.position is None else f"step {ladder.position + 1} of {len(ladder.rungs)}, "
        if ladder.position is not None and ladder.position >= len(ladder.rungs):
            done = "all steps done, "
        done = f" :small[{done}{show.length(ladder.elapsed)} after it began]"
    lines.append(f"{outcome} {'' if weight is None else f'at **{weight} %**'}{done}")
    if row.named.service is not None:
        lines.append(f":small[policy tier {badge(row.policy_tier)}]")
        if row.pause_factor > 1:
            lines.append(f":small[△ the policy asks for pauses {row.pause_factor} times as long]")
    else:
        lines.append(f":small[none of our services · {brief(row.named.environment, 40)}]")
    return lines


def _measures(report: CanariesReport) -> None:
    """How often analyses were wrong, of how many, and how sure that is; and what aborted canaries."""
    found = report.accuracy
    left, right, third = st.columns(3, gap="small")
    with left.container(border=True):
        false = found.false_aborts, "abort", found.aborts_not_known, found.aborts_given_up
        st.markdown("  \n".join(_rate("False aborts", *false)))
    with right.container(border=True):
        st.markdown("  \n".join(_rate("Missed regressions", found.missed, "pass", found.passes_not_known)))
    with third.container(border=True):
        st.markdown("**Aborted by metric**\n\n" + _aborted_by(report))


def _aborted_by(report: CanariesReport) -> str:
    """How many canaries each metric aborted, those that aborted most first; markdown."""
    told = [f"- {brief(name, 40)}: **{count}**" for name, count in report.aborted_by.items()]
    if len(told) > _METRICS:
        # The line that counts the rest takes as much room as one of them.
        more = len(told) - _METRICS + 1
        told = [*told[: _METRICS - 1], f"- and {show.amount(more, 'metric')} more"]
    aborts = sum(row.named.canary.outcome is Outcome.ABORTED for row in report.past)
    if sum(report.aborted_by.values()) > aborts:
        told.append("\n:small[an abort may have several]")
    return "\n".join(told) or "No metric aborted a canary."


def _rate(title: str, found: Proportion | None, what: str, unknown: int, replaced: int = 0) -> list[str]:
    head = f"**{title}**"
    if found is None:
        lines = [head, f"{show.UNKNOWN}: of no {what} is it known what followed"]
    else:
        lines = [
            f"{head}: {show.proportion(found)}",
            f"{show.k_of_n(found)} {what if found.n == 1 else _PLURALS[what]} whose outcome is known",
            ":small[in brackets: the 95 % interval]",
        ]
    if unknown:
        lines.append(f":small[of {show.number(unknown)} more it is not known yet]")
    if replaced:
        told = (
            f"{show.number(replaced)} more {'was' if replaced == 1 else 'were'} replaced by another version"
        )
        lines.append(f":small[{told}: nobody knows]")
    return lines


def _past(row: CanaryRow, zone: ZoneInfo) -> None:
    canary = row.named.canary
    with st.container(border=True, gap=None):
        what, ended, after = st.columns(_COLUMNS, gap="small")
        with what:
            canary_filters.canary_link(canary, label=_name(row))
            st.markdown(f"{canary_words.version_words(canary)}  \n:small[{span_words(canary, zone)}]")
        lines = [canary_words.outcome_badge(canary.outcome)]
        if canary.decided_by:
            lines.append(f"by {some(canary.decided_by)}")
        phase = "no analysis ended" if canary.verdict is None else canary_words.phase_badge(canary.verdict)
        lines.append(f":small[{show.amount(len(canary.runs), 'analysis', 'analyses')}, {phase}]")
        ended.markdown("  \n".join(lines))
        said = row.consequence
        look = HINDSIGHTS[said.hindsight]
        # What only repeats the badge is left out.
        why = "" if said.why == look.word else f"  \n:small[{brief(said.why, 160)}]"
        after.markdown(f"{badge_of(look)}{why}")
