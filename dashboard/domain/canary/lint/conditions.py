"""Conditions: do they parse, do they fit what the provider answers, and can they make a difference?"""

import re
from collections.abc import Iterator, Mapping

from dashboard.domain.canary.language.faults import CannotReplayError, ConditionFaultError
from dashboard.domain.canary.language.parser import parse
from dashboard.domain.canary.lint.answers import MINDS_EMPTY, MINDS_NAN, lint_answers
from dashboard.domain.canary.lint.condition_trials import (
    Conditions,
    below_zero,
    between,
    conditions_of,
    kind_of,
    measured,
    names_negative,
    phase_of,
    sampled,
    trials,
)
from dashboard.domain.canary.lint.condition_types import (
    CONDITION_NAMES,
    first_condition,
    lint_types,
    not_checked,
    shown,
    type_error,
    written,
)
from dashboard.domain.canary.lint.finding import Finding, at_key, at_value, finding
from dashboard.domain.canary.lint.promql_facts import PromqlFacts, PromqlFault
from dashboard.domain.canary.lint.provider import DECIDE_THEMSELVES
from dashboard.domain.canary.lint.query import PromqlReader, facts_of
from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.domain.canary.lint.rules import Severity
from dashboard.domain.canary.manifest.analysis import Analysis, Metric
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.condition import ValueKind, holds, judge

_TEXTS = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`')
_WORDS = re.compile(r"\b(?:AND|OR)\b")
_SINGLE_EQUALS = re.compile(r"(?<![=!<>])=(?![=~])")


def lint_conditions(analysis: Analysis, read: PromqlReader) -> Iterator[Finding]:
    """What is wrong with the conditions of `analysis`."""
    for metric in analysis.metrics:
        if metric.provider in DECIDE_THEMSELVES or metric.provider is None:
            continue
        conditions = conditions_of(metric, analysis.values)
        if conditions is None:
            yield _untried(metric) if metric.success or metric.failure else _none(metric)
            continue
        faults = [found for name in CONDITION_NAMES for found in _syntax(metric, conditions, name)]
        yield from faults
        if faults:
            continue
        facts = facts_of(metric, read, analysis.values)
        kind = kind_of(metric, facts)
        if kind is None:
            node, text = first_condition(metric), conditions.success or conditions.failure
            why = f"what {metric.provider} answers with is not known here; it does parse"
            yield not_checked(metric, node, text, why)
            continue
        faults = list(lint_types(metric, conditions, kind))
        yield from faults
        if not faults and kind is not ValueKind.JSON:
            yield from _sense(metric, conditions, kind, facts)


def _none(metric: Metric) -> Finding:
    message = f"found no condition of {metric.name}: whatever is measured, it succeeds"
    place = at_value(metric.manifest, metric.node.get("name") or metric.node)
    severity = Severity.INFO if metric.dry_run else Severity.ERROR
    return finding(RuleId.NO_CONDITION, place, message, severity=severity)


def _untried(metric: Metric) -> Finding:
    node = first_condition(metric)
    why = ValueError("it is too long, or goes round too often")
    return not_checked(metric, node, metric.success or metric.failure or "", why)


def _syntax(metric: Metric, conditions: Conditions, name: str) -> Iterator[Finding]:
    node, text = metric.node.get(name), written(conditions, name)
    if node is None or not text:
        return
    place = at_value(metric.manifest, node)
    try:
        parse(text)
    except ConditionFaultError as error:
        single = _SINGLE_EQUALS.search(_TEXTS.sub('""', text))
        if single is not None:
            message = f"found = in {shown(text)}, which compares nothing"
            equal = f"Write {shown(_SINGLE_EQUALS.sub('==', text))}."
            yield finding(RuleId.SINGLE_EQUALS, place, message, mend=equal)
        else:
            cut = not node.block and node.line in metric.manifest.comments
            quoted = "Put it in quotes: YAML takes what follows a space and # as a comment."
            mend = quoted if cut else _readable(text, str(error))
            yield finding(RuleId.CONDITION_UNREADABLE, place, f"found {shown(text)}: {error}", mend=mend)
    except CannotReplayError as error:
        yield not_checked(metric, node, text, error)


def _readable(text: str, error: str) -> str | None:
    """How a condition that does not parse is put right, where the fault tells it."""
    wanted = re.search(r"found the end, expected ([)\]}:,])$", error)
    if wanted is not None:
        return f"Add what is missing at the end: {wanted[1]}"
    if error.endswith("expected a value"):
        return "Write what it is compared with at the end, such as result[0] < 0.05."
    if _WORDS.search(_TEXTS.sub('""', text)):
        return "Write && (or and) instead of AND, || (or or) instead of OR."
    return None


def _sense(
    metric: Metric, conditions: Conditions, kind: ValueKind, facts: PromqlFacts | PromqlFault | None
) -> Iterator[Finding]:
    found = trials(conditions, kind, sampled(conditions))
    phases = set(found.values())
    if Phase.CANNOT_REPLAY in phases:
        node = first_condition(metric)
        why = judge(conditions.success, conditions.failure, measured(kind, 1.0)).message
        text = conditions.success or conditions.failure
        yield not_checked(metric, node, text, CannotReplayError(why))
        return
    if phases == {Phase.ERROR}:
        why = judge(conditions.success, conditions.failure, measured(kind, 1.0)).message
        yield type_error(metric, conditions, f"with any number it fails: {why}", kind)
        return
    if not conditions.probed:
        negative = facts.negative if isinstance(facts, PromqlFacts) else None
        if negative is None and names_negative(conditions):
            negative = True
        yield from _difference(metric, conditions, kind, found, negative=negative)
    yield from lint_answers(metric, conditions, kind, facts)


def _difference(
    metric: Metric,
    conditions: Conditions,
    kind: ValueKind,
    found: dict[tuple[float, ...], Phase],
    *,
    negative: bool | None,
) -> Iterator[Finding]:
    """What the conditions tell apart; `negative` says whether numbers below zero can be answered."""
    node = first_condition(metric)
    place = at_value(metric.manifest, node)
    below = trials(conditions, kind, below_zero(conditions))
    if negative:
        found = below | found
    phases = set(found.values()) - {Phase.ERROR}
    if len(phases) == 1 and all(len(numbers) == 1 for numbers in found) and not _minds_nothing(conditions):
        (only,) = phases
        text = conditions.success or conditions.failure
        differs = set(below.values()) - {Phase.ERROR} != phases
        message = f"found {shown(text)}: any number{' of zero or more' if differs else ''} is {only.value}"
        certain = only is Phase.SUCCESSFUL and (negative is False or not differs)
        severity = Severity.ERROR if certain else Severity.WARNING
        yield finding(RuleId.CONDITION_CONSTANT, place, message, severity=severity)
        return
    if not (conditions.success and conditions.failure):
        return
    both = [numbers for numbers in found if _both_hold(conditions, kind, numbers)]
    if both:
        message = f"found both conditions true of {_answer(both[0])}: it is a failure"
        yield finding(RuleId.CONDITIONS_OVERLAP, at_key(metric.manifest, node), message)
    gap = _gap(conditions, kind, found)
    if gap is not None:
        message = f"found neither condition true of {_answer(gap)}: the rollout waits for a person"
        yield finding(RuleId.CONDITIONS_LEAVE_A_GAP, at_key(metric.manifest, node), message)


def _gap(
    conditions: Conditions, kind: ValueKind, found: Mapping[tuple[float, ...], Phase]
) -> tuple[float, ...] | None:
    """An answer between others that are decided, of which neither condition is true; None without any.

    Above (and below) all that is decided, both conditions leave the answer out on purpose.
    """
    open_to = [numbers for numbers, phase in found.items() if phase is Phase.INCONCLUSIVE]
    if any(len(numbers) > 1 for numbers in found):
        return next(iter(open_to), None)
    decided = [numbers for numbers, phase in found.items() if phase in {Phase.SUCCESSFUL, Phase.FAILED}]
    if not decided:
        return next(iter(open_to), None)
    lowest, highest = min(decided), max(decided)
    inside = [numbers for numbers in open_to if (lowest < numbers or numbers == (0.0,)) and numbers < highest]
    if not inside:
        return None
    middle = [number for number in between(conditions) if min(inside) <= (number,) <= max(inside)]
    whole = [number for number in middle if phase_of(conditions, kind, number) is Phase.INCONCLUSIVE]
    return (whole[0],) if whole else inside[0]


def _minds_nothing(conditions: Conditions) -> bool:
    """Whether what the conditions ask is whether there is an answer at all, and a number."""
    return MINDS_EMPTY.search(conditions.text) is not None or MINDS_NAN.search(conditions.text) is not None


def _both_hold(conditions: Conditions, kind: ValueKind, numbers: tuple[float, ...]) -> bool:
    value = measured(kind, *numbers)
    try:
        return holds(conditions.success, value) and holds(conditions.failure, value)
    except (ConditionFaultError, CannotReplayError):
        return False


def _answer(numbers: tuple[float, ...]) -> str:
    return ", ".join(repr(number) for number in numbers)
