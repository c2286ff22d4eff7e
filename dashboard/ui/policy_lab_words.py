"""What people read in the policy lab: groups of deployments, the answer, the file. Nothing here draws."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from dashboard.domain.durations import format_duration
from dashboard.domain.gate_rules import Weekday
from dashboard.domain.intervals import wilson
from dashboard.domain.policy import Policy
from dashboard.domain.policy_backtest import Ending, Share
from dashboard.domain.policy_thresholds import Thresholds, thresholds_of, with_thresholds
from dashboard.domain.slo import ServiceTier
from dashboard.reports.policy_backtest import Backtested, BacktestReport
from dashboard.ui import backtest_words as words
from dashboard.ui import format as show
from dashboard.ui.release_words import RELEASE_GLOSSARY, brief
from dashboard.ui.words import GLOSSARY, Sign


class Group(StrEnum):
    """What a policy does with a deployment, and how that one went on."""

    STOPPED = "stopped, went bad"
    MISSED = "let through, went bad"
    HELD_BACK = "held back, went well"
    PASSED = "let through, went well"
    BLOCKED_UNJUDGED = "blocked, not judged yet"
    PASSED_UNJUDGED = "let through, not judged yet"


#: A symbol and a word always, a colour only beside them.
GROUP_SIGNS: Mapping[Group, Sign] = {
    Group.STOPPED: Sign("■", Group.STOPPED.value, "blue"),
    Group.MISSED: Sign("✖", Group.MISSED.value, "red"),
    Group.HELD_BACK: Sign("▲", Group.HELD_BACK.value, "orange"),
    Group.PASSED: Sign("●", Group.PASSED.value, "green"),
    Group.BLOCKED_UNJUDGED: Sign("△", Group.BLOCKED_UNJUDGED.value, "violet"),
    Group.PASSED_UNJUDGED: Sign("○", Group.PASSED_UNJUDGED.value, "gray"),
}
_GROUPS: Mapping[tuple[bool, Ending], Group] = {
    (True, Ending.BAD): Group.STOPPED,
    (False, Ending.BAD): Group.MISSED,
    (True, Ending.GOOD): Group.HELD_BACK,
    (False, Ending.GOOD): Group.PASSED,
    (True, Ending.UNJUDGED): Group.BLOCKED_UNJUDGED,
    (False, Ending.UNJUDGED): Group.PASSED_UNJUDGED,
}

LAB_GLOSSARY = {
    "Blocked": "a check that is known does not pass: the error budget, a burn rate, an open incident, recent"
    " rollbacks, the deployment window, a freeze, an approval. Each as it was when the deployment began, with"
    " the counts as they are known today.",
    "Not known": "what no store can tell any more, such as what the pipeline found. It neither blocks nor"
    " passes here; the real gate denies what is not told.",
    "Went bad": "it failed, was rolled back, or an incident was attributed to it.",
    "Went well": "it finished, and in the day after it nothing of that happened.",
    "Interval": "with so few deployments a share could be a matter of chance: of a hundred such intervals, 95"
    " hold the true share.",
    "Cost": RELEASE_GLOSSARY["Cost"],
    "Error budget": GLOSSARY["Error budget"],
    "Burn rate": GLOSSARY["Burn rate"],
    "Policy tier": GLOSSARY["Policy tier"],
}


def group(row: Backtested) -> Group:
    """What the tried policy does with `row`, and how it went on."""
    return _GROUPS[row.other.verdict.blocks, row.ending]


def answer(report: BacktestReport, *, is_todays: bool) -> str:
    """How many deployments would have been blocked, in one sentence."""
    many = f"of {show.amount(len(report.rows), 'deployment')} to {brief(report.environment)}"
    found, today = report.other.all.blocked, report.baseline.all.blocked
    when = f"in {report.period.name}"
    if is_todays:
        return f"Today's policy would have blocked {show.number(today)} {many} {when}."
    return (
        f"{show.number(found)} {many} {when} would have been blocked (today's policy: {show.number(today)})."
    )


def figures(report: BacktestReport) -> list[tuple[str, str, str]]:
    """The three figures below the answer: what each counts, how many, and what stands beside it."""
    more, fewer = len(report.newly_blocked.rows), len(report.let_through.rows)
    return [
        _figure("Went bad: would have been stopped", Ending.BAD, report.other.bad, report.baseline.bad),
        _figure(
            "Went well: would have been held back",
            Ending.GOOD,
            report.other.good,
            report.baseline.good,
        ),
        (
            "Verdicts that change",
            show.number(more + fewer),
            f"{show.number(more)} more blocked, {show.number(fewer)} more let through",
        ),
    ]


def _figure(what: str, how: Ending, tried: Share, today: Share) -> tuple[str, str, str]:
    found = wilson(tried.blocked, tried.of)
    if found is None:
        return what, "none", f"no deployment {words.ENDINGS[how]}"
    share = show.proportion(found)
    return what, show.k_of_n(found), f"{share}; today's policy: {show.number(today.blocked)}"


def changed(report: BacktestReport) -> list[str]:
    """What became of the deployments whose verdict changes, one sentence for each way."""
    told = []
    for found, how in ((report.newly_blocked, "blocked"), (report.let_through, "let through")):
        if found.rows:
            told.append(f"{show.number(len(found.rows))} more {how}: {words.became(found)}.")
    if (wanting := report.other.wanting_approval_only) > 0:
        told.append(f"{show.amount(wanting, 'deployment')} would only have waited for an approval.")
    return told


def as_yaml(tried: Thresholds, policy: Policy) -> str:
    """The lines of `policy.yaml` that make of `policy` one with the thresholds `tried`: what differs."""
    return "\n".join(_lines(tried, thresholds_of(policy), with_thresholds(policy, tried)))


def _lines(tried: Thresholds, today: Thresholds, policy: Policy) -> Iterator[str]:
    if (tried.cautious_at, tried.protected_below) != (today.cautious_at, today.protected_below):
        bands = policy.budget.bands
        yield "error_budget:"
        yield f"  cautious_at: {show.written(bands.cautious_at)}"
        yield f"  protected_below: {show.written(bands.protected_below)}"
        yield f"  exhausted_at: {show.written(bands.exhausted_at)}"
        yield f"  minimum_coverage: {show.written(policy.budget.minimum_coverage)}"
    if (tried.fast_below, tried.slow_below) != (today.fast_below, today.slow_below):
        yield "burn_rate:"
        yield "  gate:"
        for limit in policy.burn_gate:
            warn = "" if limit.warn_from is None else f", warn_from: {show.written(limit.warn_from)}"
            window = format_duration(limit.window)
            yield f"    - {{window: {window}, below: {show.written(limit.below)}{warn}}}"
    gate = [*_gate_lines(tried, today, policy)]
    if gate:
        yield "release_gate:"
        yield from gate


def _gate_lines(tried: Thresholds, today: Thresholds, policy: Policy) -> Iterator[str]:
    rules = policy.gate
    if tried.budget_floor != today.budget_floor:
        floors = (f"{int(tier)}: {show.written(rules.budget_floor[tier])}" for tier in ServiceTier)
        yield f"  budget_floor: {{{', '.join(floors)}}}"
    if tried.rollbacks_deny_from != today.rollbacks_deny_from:
        within, warn, deny = rules.rollbacks_within, rules.rollbacks_warn_from, rules.rollbacks_deny_from
        yield f"  rollbacks: {{within: {format_duration(within)}, warn_from: {warn}, deny_from: {deny}}}"
    if tried.is_always_open != today.is_always_open:
        yield "  windows:"
        yield f'    - {{days: [{", ".join(Weekday)}], from: "00:00", until: "24:00"}}'
