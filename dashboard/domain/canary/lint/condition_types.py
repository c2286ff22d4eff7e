"""Conditions beside the Go value that their provider answers with: which fail on whatever it says."""

import re
from collections.abc import Iterator

from dashboard.domain.canary.language import go_types
from dashboard.domain.canary.language.faults import CannotReplayError, ConditionFaultError
from dashboard.domain.canary.lint.answers import errors_in_a_row
from dashboard.domain.canary.lint.condition_trials import Conditions, body_trials, phase_of
from dashboard.domain.canary.lint.finding import Finding, at_value, finding
from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.domain.canary.manifest.analysis import Metric
from dashboard.domain.canary.manifest.node import Node
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.condition import ValueKind, fault_of

CONDITION_NAMES = ("successCondition", "failureCondition")
_BARE_RESULT = re.compile(r"\bresult\b(?!\s*(?:\??\.|\[|\())")
_FIRST_RESULT = re.compile(r"\bresult\s*\[\s*0\s*\]")
#: Functions of a whole list, whose argument is the result itself.
_OF_LIST = re.compile(
    r"\b(?:len|all|any|none|one|filter|map|count|sum|mean|median|min|max|first|last|find\w*|reduce|sort\w*"
    r"|groupBy|isNil|default)\s*\(\s*$"
)
_DEFAULT = re.compile(r"\bdefault\s*\(\s*result\s*(?:\[\s*0\s*\])?\s*,\s*[^(),]*\)")
_SAYS_DEFAULT = re.compile(r"\bdefault\s*\(")
_WHOLE_DEFAULT = (
    "default looks at the whole result, whatever it is given, and an empty list is not nil: it never replaces"
)
_MENDS = {
    ValueKind.VECTOR: (
        "The result is a list of numbers: compare one, such as result[0] < 0.05, or all(result, # < 0.05)."
    ),
    ValueKind.SCALAR: "The result is one number: compare it alone, such as result < 0.05.",
    ValueKind.JSON: (
        "Compare a field with a value of its own type, such as result.value < 5; asFloat(…) reads text."
    ),
}
_ONE_NAME = "There is one name in a condition: result. Write it instead, or put a text in quotes."
_RESULTS = "The result is a list of results: compare their numbers, such as all(result[0].Values, # < 0.05)."


def written(conditions: Conditions, name: str) -> str:
    """The condition in the field `name`; empty where it is not there."""
    return conditions.success if name == "successCondition" else conditions.failure


def first_condition(metric: Metric) -> Node:
    """The first condition of `metric`, which has one."""
    return next(node for name in CONDITION_NAMES if (node := metric.node.get(name)) is not None)


def shown(text: str) -> str:
    """A condition in a message."""
    plain = " ".join(text.split())
    return f"`{plain}`" if len(plain) <= 120 else f"`{plain[:119]}…`"  # noqa: PLR2004 - a line of a terminal


def not_checked(metric: Metric, node: Node, text: str, why: object) -> Finding:
    """That nothing is said of the condition `text`, and why."""
    message = f"{shown(text)} was not checked: {why}"
    return finding(RuleId.CONDITION_NOT_CHECKED, at_value(metric.manifest, node), message)


def lint_types(metric: Metric, conditions: Conditions, kind: ValueKind) -> Iterator[Finding]:
    """Conditions of `metric` that fail on whatever its provider answers, as a value of `kind`."""
    if kind is ValueKind.JSON:
        yield from _body(metric, conditions)
        return
    own = go_types.FLOATS if kind is ValueKind.VECTOR else go_types.FLOAT
    for name in CONDITION_NAMES:
        node, text = metric.node.get(name), written(conditions, name)
        if node is None or not text:
            continue
        try:
            fault = fault_of(text, own)
            if fault is not None:
                yield _misfit(metric, node, text, fault, kind)
        except CannotReplayError as error:
            yield not_checked(metric, node, text, error)


def _misfit(metric: Metric, node: Node, text: str, fault: str, kind: ValueKind) -> Finding:
    """What is wrong with the condition `text`, which does not compile for a result of `kind`."""
    place, ends = at_value(metric.manifest, node), _ends(metric)
    if kind is ValueKind.VECTOR:
        for mended in (_BARE_RESULT.sub("result[0]", text), _indexed(text)):
            if mended != text and fault_of(mended, go_types.FLOATS) is None:
                message = f"found {shown(text)} on a query that answers a vector: {fault}; {ends}"
                return finding(RuleId.VECTOR_COMPARED, place, message, mend=f"Write {shown(mended)}.")
    elif fault_of(text, go_types.FLOATS) is None:
        message = f"found {shown(text)} on an answer that is one number: {fault}; {ends}"
        mend = f"Write {shown(_FIRST_RESULT.sub('result', text))}."
        return finding(RuleId.SCALAR_INDEXED, place, message, mend=mend)
    mend = _ONE_NAME if "is not known; Argo gives" in fault else _MENDS[kind]
    return finding(RuleId.CONDITION_TYPE_ERROR, place, f"found {shown(text)}: {fault}; {ends}", mend=mend)


def _indexed(text: str) -> str:
    """`text` with result[0] for each result that is compared, not handed to a function of a list."""
    return _BARE_RESULT.sub(
        lambda match: match[0] if _OF_LIST.search(text[: match.start()]) else "result[0]", text
    )


def _body(metric: Metric, conditions: Conditions) -> Iterator[Finding]:
    """The same of a result whose shape only the provider knows."""
    of_cloud = metric.provider == "cloudWatch"
    node, text = first_condition(metric), conditions.success or conditions.failure
    tried = body_trials(conditions, of_cloud=of_cloud)
    phases = {judged.phase for judged in tried}
    if not phases:
        said = "results" if of_cloud else "its body"
        yield not_checked(metric, node, text, f"{said} could say too many things to try; it does parse")
    elif Phase.CANNOT_REPLAY in phases:
        why = next(judged.message for judged in tried if judged.phase is Phase.CANNOT_REPLAY)
        yield not_checked(metric, node, text, why)
    elif phases == {Phase.ERROR}:
        says = (
            "whatever CloudWatch answers, which is a list of results"
            if of_cloud
            else "whatever the body says"
        )
        yield type_error(
            metric, conditions, f"it fails {says}: {tried[0].message}", ValueKind.JSON, of_cloud=of_cloud
        )


def type_error(
    metric: Metric, conditions: Conditions, why: str, kind: ValueKind, *, of_cloud: bool = False
) -> Finding:
    """That the conditions of `metric` fail at each measurement, and why."""
    text = conditions.success or conditions.failure
    mend = _RESULTS if of_cloud else _MENDS[kind]
    if "is not known; Argo gives" in why:
        mend = _ONE_NAME
    if kind is not ValueKind.SCALAR and _SAYS_DEFAULT.search(text):
        why = (
            f"{why} ({_WHOLE_DEFAULT} a field or an element)"
            if kind is ValueKind.JSON
            else (f"{why} ({_WHOLE_DEFAULT} an empty answer)")
        )
        mend = _without_default(conditions, kind) or mend
    message = f"found {shown(text)}: {why}; {_ends(metric)}"
    return finding(
        RuleId.CONDITION_TYPE_ERROR, at_value(metric.manifest, first_condition(metric)), message, mend=mend
    )


def _without_default(conditions: Conditions, kind: ValueKind) -> str | None:
    """The condition with a guard instead of default(result, …), where that is one that can be evaluated."""
    if kind is not ValueKind.VECTOR:
        return "Write result.NAME ?? 0 for a field that may not be there."
    guard = "len(result) > 0 && " if conditions.success else "len(result) == 0 || "
    text = guard + _DEFAULT.sub("result[0]", conditions.success or conditions.failure)
    mended = Conditions(
        success=text if conditions.success else "", failure="" if conditions.success else text, probed=False
    )
    try:
        runs = phase_of(mended, kind, 0.5) not in {Phase.ERROR, Phase.CANNOT_REPLAY}
    except (CannotReplayError, ConditionFaultError):
        runs = False
    return f"Write {shown(text)}." if runs else None


def _ends(metric: Metric) -> str:
    return f"each measurement is an Error, and {errors_in_a_row(metric)} abort the rollout"
