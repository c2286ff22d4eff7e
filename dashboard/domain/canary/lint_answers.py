"""When nothing is measured: an empty answer, NaN, a fallback. Fail-closed, or fail-open?"""

import re
from collections.abc import Iterator
from math import nan

from dashboard.domain.canary.backtest import RETRY_INTERVAL
from dashboard.domain.canary.condition import ValueKind, judge
from dashboard.domain.canary.condition_trials import Conditions, measured, phase_of
from dashboard.domain.canary.go_duration import short_duration
from dashboard.domain.canary.lint_analysis import Metric
from dashboard.domain.canary.lint_finding import Finding, Place, at_value, finding
from dashboard.domain.canary.lint_query import query_of
from dashboard.domain.canary.lint_rule_ids import RuleId
from dashboard.domain.canary.lint_rules import Severity
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.promql_facts import PromqlFacts, PromqlFault

#: Words of a condition that asks whether there is an answer, and whether it is a number.
MINDS_EMPTY = re.compile(
    r"\blen\s*\(|\bisNil\s*\(|\?\?|\bdefault\s*\(|\bfirst\s*\(|\bcount\s*\(|==\s*\[\s*\]|\bnil\b"
)
MINDS_NAN = re.compile(r"\bisNaN\s*\(")


def lint_answers(
    metric: Metric, conditions: Conditions, kind: ValueKind, facts: PromqlFacts | PromqlFault | None
) -> Iterator[Finding]:
    """What the conditions of `metric` say when there is nothing to judge."""
    known = facts if isinstance(facts, PromqlFacts) else None
    if known is None or known.empty:
        yield from _empty(metric, conditions, kind)
    if known is not None and known.nan:
        yield from _nan(metric, conditions, kind)
    if known is not None and known.fallback is not None and not conditions.probed:
        yield from _fallback(metric, conditions, kind, known.fallback)


def errors_in_a_row(metric: Metric) -> str:
    """How many errors end `metric`, and how far apart Argo takes them, whatever its interval is."""
    return f"{metric.errors_to_abort} in a row, {short_duration(RETRY_INTERVAL)} apart,"


def _place(metric: Metric) -> Place:
    node = metric.node.get("successCondition") or metric.node.get("failureCondition") or metric.node
    return at_value(metric.manifest, node)


def _empty(metric: Metric, conditions: Conditions, kind: ValueKind) -> Iterator[Finding]:
    if kind is ValueKind.SCALAR and metric.provider == "prometheus":
        return
    said = judge(conditions.success, conditions.failure, measured(kind))
    if said.phase is Phase.ERROR:
        message = (
            f"{metric.name}: an empty answer (no traffic, a metric that is not there) is an Error"
            f" (fail-closed): {said.message}; {errors_in_a_row(metric)} abort the rollout"
        )
        severity = Severity.INFO if metric.dry_run else Severity.WARNING
        yield finding(
            RuleId.EMPTY_ANSWER_ERRORS,
            _place(metric),
            message,
            mend=_guard(conditions, kind),
            severity=severity,
        )
    elif said.phase is Phase.SUCCESSFUL:
        minded = MINDS_EMPTY.search(conditions.text) is not None
        how = "as its condition says" if minded else "without a word of it"
        message = (
            f"{metric.name}: an empty answer (no traffic, a metric that is not there) is Successful, {how}"
            " (fail-open): a canary that nobody measures is promoted"
        )
        open_by_mistake = None if not minded and not metric.dry_run else Severity.INFO
        yield finding(
            RuleId.EMPTY_ANSWER_PASSES,
            _place(metric),
            message,
            mend=_guard(conditions, kind),
            severity=open_by_mistake,
        )


def _guard(conditions: Conditions, kind: ValueKind) -> str:
    if kind is ValueKind.SCALAR:
        return (
            "Say what no data means: default(result, N) is N then; let N be a failure to fail without data."
        )
    if conditions.success:
        guarded = " ".join(f"len(result) > 0 && ({conditions.success})".split())
        return (
            f"To fail without data: successCondition: {guarded[:160]}; to go on: `or vector(…)` in the query."
        )
    guarded = " ".join(f"len(result) == 0 || ({conditions.failure})".split())
    return f"To fail without data: failureCondition: {guarded[:160]}"


def _nan(metric: Metric, conditions: Conditions, kind: ValueKind) -> Iterator[Finding]:
    if phase_of(conditions, kind, nan) is not Phase.SUCCESSFUL:
        return
    minded = MINDS_NAN.search(conditions.text) is not None
    why = "as its condition says" if minded else "since NaN is never above a limit"
    message = f"{metric.name}: NaN (0 of 0 requests) is Successful, {why} (fail-open)"
    severity = Severity.INFO if minded or metric.dry_run else None
    whole = "result[0]" if kind is ValueKind.VECTOR else "result"
    mend = f"Add isNaN({whole}) || to failureCondition, or judge by successCondition, which NaN never meets."
    if conditions.success:
        mend = f"Add !isNaN({whole}) && to successCondition."
    yield finding(RuleId.NAN_ANSWER_PASSES, _place(metric), message, mend=mend, severity=severity)


def _fallback(metric: Metric, conditions: Conditions, kind: ValueKind, number: float) -> Iterator[Finding]:
    query = query_of(metric)
    if query is None or phase_of(conditions, kind, number) is not Phase.SUCCESSFUL:
        return
    message = (
        f"{metric.name}: `or vector({number:g})` makes a missing series {number:g}, which is Successful:"
        " with a wrong label or a renamed metric every canary passes"
    )
    severity = Severity.INFO if metric.dry_run else None
    yield finding(RuleId.MISSING_DATA_PASSES, at_value(metric.manifest, query), message, severity=severity)
