"""The policy lab: the answer, the strip, the deployments with their verdicts, and the file to write."""

from collections.abc import Callable, Mapping

import streamlit as st

from dashboard.domain.policy import Policy
from dashboard.domain.policy_thresholds import Thresholds, thresholds_of, with_thresholds
from dashboard.reports.past_judgement import Judgement
from dashboard.reports.policy_backtest import Backtested, BacktestReport
from dashboard.ui import backtest_words as words
from dashboard.ui import format as show
from dashboard.ui.charts import CHART_CONFIG
from dashboard.ui.components import incident_link
from dashboard.ui.list_page import choose_page
from dashboard.ui.policy_lab_strip import MOST_MARKS, lanes_of, legend, strip, strip_alt
from dashboard.ui.policy_lab_words import Group, answer, as_yaml, changed, figures, group
from dashboard.ui.release_filters import deployment_link
from dashboard.ui.release_words import brief, change, outcome, outcome_badge
from dashboard.ui.words import literal

#: Names in the address that no other page has.
_LANES_PAGE, _CARDS_PAGE, _LIST = "strips", "verdicts", "verdict"
_LANES = _CARDS = 20
_COLUMNS = (2.6, 3.6, 3.6, 2.6)
_CHANGING = "Verdict changes"
_LISTS: Mapping[str, Callable[[Backtested], bool]] = {
    _CHANGING: lambda row: row.changes,
    "Blocked": lambda row: row.other.verdict.blocks,
    "Stopped, went bad": lambda row: group(row) is Group.STOPPED,
    "Held back, went well": lambda row: group(row) is Group.HELD_BACK,
    "Let through, went bad": lambda row: group(row) is Group.MISSED,
}


def draw_answer(report: BacktestReport, policy: Policy, tried: Thresholds) -> None:
    """The answer in one sentence, its three figures, what became of what changes, and what is not known."""
    is_todays = tried == thresholds_of(policy)
    st.subheader(answer(report, is_todays=is_todays), anchor=False)
    for column, (what, many, beside) in zip(st.columns(3, gap="small"), figures(report), strict=True):
        with column, st.container(border=True, gap=None):
            st.markdown(literal(what))
            st.subheader(literal(many), anchor=False)
            st.markdown(f":small[{literal(beside)}]")
    if is_todays:
        st.markdown("Change a threshold below to see which of these would have gone another way.")
    lines = [f"**{literal(line)}**" for line in changed(report)]
    lines += [f":small[{literal(doubt)}]" for doubt in words.doubts(report)]
    st.markdown("  \n".join(lines))


def draw_strip(report: BacktestReport, policy: Policy) -> None:
    """Every deployment on the line of its service, twenty services at a time."""
    lanes = lanes_of(report.rows)
    st.markdown("**Every deployment: what the thresholds do with it, and how it went on**")
    place = st.container()
    names, span = choose_page(list(lanes), _LANES, _LANES_PAGE)
    shown = {name: lanes[name] for name in names}
    rows = [row for name in names for row in lanes[name]]
    with place:
        st.plotly_chart(
            strip(shown, report.period, policy.timezone, dark=st.context.theme.type == "dark"),
            config=dict(CHART_CONFIG),
            alt=strip_alt(rows, report.period),
        )
        st.markdown("  \n".join([legend(rows), *_below(len(rows), f"{span}{len(lanes)}" if span else "")]))


def draw_list(report: BacktestReport, policy: Policy, tried: Thresholds) -> None:
    """The deployments of one list, newest first: both verdicts, how they went on, and what they cost."""
    chosen = st.segmented_control(
        "Deployments", list(_LISTS), default=_CHANGING, required=True, key=_LIST, bind="query-params"
    )
    name = chosen or _CHANGING
    rows = [row for row in report.rows if _LISTS[name](row)]
    if not rows:
        others = "The other lists have what is blocked, and what went bad."
        st.markdown(f"No verdict changes. {others}" if name == _CHANGING else f"None: {name.lower()}.")
        return
    place = st.container()
    page, span = choose_page(rows, _CARDS, _CARDS_PAGE)
    with place:
        many = show.amount(len(rows), "deployment")
        st.markdown(f"**{span}{many}**, newest first")
        other = None if tried == thresholds_of(policy) else with_thresholds(policy, tried)
        for row in page:
            _card(row, policy, other)


def draw_file(policy: Policy, tried: Thresholds) -> None:
    """What to write into the policy file to have these thresholds."""
    text = as_yaml(tried, policy)
    if not text:
        return
    with st.expander("Take these thresholds over"):
        st.markdown("Merge these lines into your `policy.yaml`; what they leave out stays as it is.")
        st.code(text, language=None, wrap_lines=True)
        st.markdown("The same answer in a terminal, also for other spans:")
        st.code("reliability policy backtest --policy other.yaml", language=None, wrap_lines=True)


def _below(drawn: int, span: str) -> list[str]:
    told = []
    if drawn > MOST_MARKS:
        told.append(
            f":small[Drawn are {show.number(MOST_MARKS)} of {show.amount(drawn, 'deployment')}: those whose"
            " verdict changes, those that are blocked or went bad, then the newest.]"
        )
    if span:
        told.append(f":small[Services {span}, those with changed verdicts first]")
    return told


def _card(row: Backtested, today: Policy, tried: Policy | None) -> None:
    release, deployment = row.row.release, row.row.release.deployment
    with st.container(border=True, gap=None):
        what, first, second, ended = st.columns(_COLUMNS, gap="small")
        with what:
            deployment_link(row.row)
            when = show.moment(deployment.began_at, today.timezone)
            st.markdown(f"{when}  \n:small[{literal(change(release))}, tier {int(row.service.tier)}]")
        if tried is None:
            first.markdown(_verdict("Today", row, row.baseline, today))
        else:
            first.markdown(_verdict("Tried", row, row.other, tried))
            is_told = row.baseline.verdict.not_known == row.other.verdict.not_known
            second.markdown(_verdict("Today", row, row.baseline, today, with_not_known=not is_told))
        with ended:
            st.markdown(f"{outcome_badge(outcome(release))}  \n:small[{literal(words.spent(row))}]")
            for name in release.incidents:
                incident_link(name, label=f":blue[**{brief(name, 40)}**]")


def _verdict(
    name: str, row: Backtested, found: Judgement, policy: Policy, *, with_not_known: bool = True
) -> str:
    """The verdict of a policy and its reasons; markdown."""
    blocks = found.verdict.blocks
    badge = ":orange-badge[✕ blocked]" if blocks else ":green-badge[✓ let through]"
    lines = [f"{name} {badge}", *(literal(reason) for reason in words.reasons(row, found, policy))]
    if found.verdict.lifted:
        lines.append(f":small[{literal(words.lifted(found.verdict))}]")
    if with_not_known and (missing := words.not_known(found.verdict)):
        lines.append(f":small[not known: {literal(missing)}]")
    return "  \n".join(lines)


def nothing_in(report: BacktestReport) -> None:
    """Say that the period has no deployment of these services."""
    st.info(f"No deployment of these services to {brief(report.environment)} in {report.period.name}.")
