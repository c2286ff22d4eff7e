"""The PromQL of metrics: does it parse, and is its answer what the condition takes it for?"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from dashboard.domain.canary.lint.finding import Finding, Place, at_character, at_value, finding
from dashboard.domain.canary.lint.promql_facts import AnswerKind, PromqlFacts, PromqlFault
from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.domain.canary.manifest.analysis import Analysis, Metric
from dashboard.domain.canary.manifest.go_duration import short_duration
from dashboard.domain.canary.manifest.node import Node
from dashboard.domain.canary.manifest.placeholders import resolved

#: Reads PromQL; the parser is no part of the domain.
PromqlReader = Callable[[str], PromqlFacts | PromqlFault]

_INDEXED = re.compile(r"\bresult\s*(?:\?\.)?\[\s*-?\d+\s*\]|\bfirst\s*\(\s*result\s*\)")
_WHOLE = re.compile(r"\b(?:all|any|none|one|max|min|sum|mean|median|filter|map|count|reduce)\s*\(\s*result\b")
_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}")
_RANGE = re.compile(r"\[\s*$")
_RANGE_UNIT = re.compile(r"[a-z]+")


def query_of(metric: Metric) -> Node | None:
    """Where the PromQL of `metric` is; None where it asks another provider."""
    if metric.provider != "prometheus" or metric.asked is None:
        return None
    found = metric.asked.get("query")
    return found if found is not None and isinstance(found.scalar, str) else None


def facts_of(
    metric: Metric, read: PromqlReader, values: Mapping[str, str]
) -> PromqlFacts | PromqlFault | None:
    """What is known of the query of `metric`; None where it has none."""
    node = query_of(metric)
    if node is None:
        return None
    text, left = resolved(str(node.scalar), values)
    found = read(_probed(text) if left else text)
    whole = _PLACEHOLDER.fullmatch(text.strip()) is not None
    if whole or (isinstance(found, PromqlFault) and "{{" in _without_texts(text)):
        return PromqlFault(message="what arguments without a value stand for is not known", unchecked=True)
    return found


def lint_query(
    analysis: Analysis, read: PromqlReader, scrape_interval: timedelta | None
) -> Iterator[Finding]:
    """What is wrong with the queries of `analysis`; `scrape_interval` is how far samples are apart."""
    for metric in analysis.metrics:
        node, facts = query_of(metric), facts_of(metric, read, analysis.values)
        if node is None or facts is None:
            continue
        if isinstance(facts, PromqlFault):
            yield _fault(metric, node, facts)
            continue
        yield from _answer(metric, node, facts)
        yield from _samples(metric, node, facts, scrape_interval)


def _fault(metric: Metric, node: Node, fault: PromqlFault) -> Finding:
    place = at_value(metric.manifest, node)
    if not fault.unchecked:
        return finding(RuleId.PROMQL_UNREADABLE, place, f"the query of {metric.name}: {fault.message}")
    message = f"the query of {metric.name} was not checked: {fault.message}"
    return finding(RuleId.PROMQL_NOT_CHECKED, place, message)


def _answer(metric: Metric, node: Node, facts: PromqlFacts) -> Iterator[Finding]:
    place = at_value(metric.manifest, node)
    ranged = metric.asked is not None and metric.asked.get("rangeQuery") is not None
    if facts.kind in {AnswerKind.RANGE, AnswerKind.TEXT}:
        message = f"the query of {metric.name} answers a {facts.kind.value}, expected a vector or a scalar"
        mend = "Wrap it in a function over a range, such as rate(…) or avg_over_time(…)."
        yield finding(
            RuleId.PROMQL_TYPE, place, message, mend=mend if facts.kind is AnswerKind.RANGE else None
        )
        return
    conditions = f"{metric.success or ''} {metric.failure or ''}"
    if facts.many and not ranged and _INDEXED.search(conditions) and not _WHOLE.search(conditions):
        message = f"the query of {metric.name} may answer several series; the condition looks at one of them"
        yield finding(RuleId.FIRST_OF_MANY, place, message)
    if facts.drops is not None and not ranged:
        message = f"the query of {metric.name} ends with {facts.drops}: the answer is empty when all is well"
        if facts.drops not in {"absent", "absent_over_time"}:
            message = (
                f"the query of {metric.name} ends with a comparison ({facts.drops}): others are left out"
            )
        yield finding(RuleId.COMPARISON_FILTERS, _near(metric, node, facts.drops), message)
    if facts.quantile_without_le:
        message = f"the query of {metric.name} takes a quantile of buckets that were summed without le"
        yield finding(RuleId.QUANTILE_WITHOUT_LE, _near(metric, node, "histogram_quantile"), message)


def _samples(metric: Metric, node: Node, facts: PromqlFacts, apart: timedelta | None) -> Iterator[Finding]:
    for bucket in dict.fromkeys(facts.buckets):
        label, _, value = bucket.replace('"', "").partition("=")
        message = f"the query of {metric.name} matches {bucket}, which Prometheus 3 stores as {value}.0"
        mend = f'Match both: {label}=~"{value}|{value}.0".'
        yield finding(RuleId.BUCKET_LABEL_WHOLE, _near(metric, node, bucket), message, mend=mend)
    if apart is None:
        return
    for window in dict.fromkeys(facts.windows):
        if window < 2 * apart:
            needed = short_duration(2 * apart)
            message = (
                f"the query of {metric.name} looks back {short_duration(window)}: less than two scrapes"
                f" at an interval of {short_duration(apart)}, expected {needed} or more"
            )
            mend = f"Look back {short_duration(4 * apart)}, which survives a lost scrape."
            yield finding(RuleId.RATE_WINDOW_SHORT, at_value(metric.manifest, node), message, mend=mend)


def _near(metric: Metric, node: Node, text: str) -> Place:
    """Where the query has `text`; where it begins if it has it nowhere."""
    start = str(node.scalar).find(text)
    if start < 0:
        return at_value(metric.manifest, node)
    return at_character(metric.manifest, node, start)


def _without_texts(query: str) -> str:
    return re.sub(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`', '""', query)


def _probed(query: str) -> str:
    """`query` with what an argument may stand for: a length in [ ], a number or the name of a label else."""
    parts = re.split(r"\{\{.*?\}\}", query, flags=re.DOTALL)
    probed = parts[0]
    for part in parts[1:]:
        if _RANGE.search(probed):
            probed += "5" if _RANGE_UNIT.match(part) else "5m"
        else:
            probed += "1" if _stands_alone(probed, part) else "x"
        probed += part
    return probed


def _stands_alone(before: str, after: str) -> bool:
    """Whether a placeholder between `before` and `after` is a value, not part of a word or a text."""
    inside_text = _without_texts(before).count('"') % 2 == 1
    joined = before[-1:].isalnum() or before[-1:] == "_" or after[:1].isalnum() or after[:1] in {"_", "{"}
    return not inside_text and not joined and before.rstrip()[-1:] not in {"{", ","}
