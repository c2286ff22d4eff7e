"""When nothing is measured: an empty answer, NaN, a fallback. Fail-closed, or fail-open?"""

import re
from collections.abc import Iterator
from math import nan

from dashboard.domain.canary.lint.condition_trials import Conditions, measured, phase_of
from dashboard.domain.canary.lint.finding import Finding, Place, at_value, finding
from dashboard.domain.canary.lint.promql_facts import PromqlFacts, PromqlFault
from dashboard.domain.canary.lint.query import query_of
from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.domain.canary.lint.rules import Severity
from dashboard.domain.canary.manifest.analysis import Metric
from dashboard.domain.canary.manifest.go_duration import short_duration
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.backtest import RETRY_INTERVAL
from dashboard.domain.canary.replay.condition import ValueKind, judge

#: Words of a condition that asks whether there is an answer, and whether it is a number.
MINDS_EMPTY = re.compile(
    r"\blen\s*\(|\bisNil\s*\(|\?\?|\bdefault\s*\(|\bfirst\s*\(|\bcount\s*\(|==\s*\[\s*\]|\bnil\b"
)
_NAN_STOPS = {
    Phase.FAILED: "a canary without traffic counts as a bad one, and more than failureLimit abort it",
    Phase.INCONCLUSIVE: "a rollout of a canary without traffic waits for a person",
}
MINDS_NAN = re.compile(r"\bisNaN\s*\(")


def lint_answers(
    metric: Metric, conditions: Conditions, kind: ValueKind, facts: PromqlFacts | PromqlFault | None
) -> Iterator[Finding]:
    """What the conditions of `metric` say when there is nothing to judge."""
    known = facts if isinstance(facts, PromqlFacts) else None
    if known is None or known.empty:
        yield from _empty(metric, conditions, kind)
    if known is not None and known.nan:
        yield from _nan(metric, conditions, kind, known)
    if known is not None and known.fallback is not None and not conditions.probed:
        yield from _fallback(metric, conditions, kind, known, known.fallback)


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


def _nan(metric: Metric, conditions: Conditions, kind: ValueKind, facts: PromqlFacts) -> Iterator[Finding]:
    phase = phase_of(conditions, kind, nan)
    minded = MINDS_NAN.search(conditions.text) is not None
    if phase in _NAN_STOPS and facts.zero_by_zero and not minded:
        yield _nan_stops(metric, conditions, kind, phase)
    if phase is not Phase.SUCCESSFUL:
        return
    why = "as its condition says" if minded else "since NaN is never above a limit"
    message = f"{metric.name}: NaN (0 of 0 requests) is Successful, {why} (fail-open)"
    severity = Severity.INFO if minded or metric.dry_run else None
    whole = "result[0]" if kind is ValueKind.VECTOR else "result"
    mend = f"Add isNaN({whole}) || to failureCondition, or judge by successCondition, which NaN never meets."
    if conditions.success:
        mend = f"Add !isNaN({whole}) && to successCondition."
    yield finding(RuleId.NAN_ANSWER_PASSES, _place(metric), message, mend=mend, severity=severity)


def _nan_stops(metric: Metric, conditions: Conditions, kind: ValueKind, phase: Phase) -> Finding:
    whole = "result[0]" if kind is ValueKind.VECTOR else "result"
    message = (
        f"{metric.name}: NaN (0 of 0 requests) is {phase.value}, since NaN is neither above nor below a limit"
        f" (fail-closed): {_NAN_STOPS[phase]}"
    )
    mend = "Let 0 of 0 be no answer: divide by (… > 0), and decide what an empty answer means."
    if conditions.success and not conditions.failure:
        mend += f" To go on without traffic: isNaN({whole}) || in successCondition."
    severity = Severity.INFO if metric.dry_run else None
    return finding(RuleId.NAN_ANSWER_FAILS, _place(metric), message, mend=mend, severity=severity)


def _fallback(
    metric: Metric, conditions: Conditions, kind: ValueKind, facts: PromqlFacts, number: float
) -> Iterator[Finding]:
    query = query_of(metric)
    if query is None or phase_of(conditions, kind, number) is not Phase.SUCCESSFUL:
        return
    message = (
        f"{metric.name}: `or vector({number:g})` makes a missing series {number:g}, which is Successful:"
        " with a wrong label or a renamed metric every canary passes"
    )
    severity = Severity.INFO if metric.dry_run else None
    mend = None
    if not facts.divides:
        mend = (
            "Leave the fallback out, and let the condition decide what no series means: len(result) > 0 && …"
        )
    yield finding(
        RuleId.MISSING_DATA_PASSES, at_value(metric.manifest, query), message, mend=mend, severity=severity
    )
