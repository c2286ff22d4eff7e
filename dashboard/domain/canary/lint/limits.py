"""Counts, limits and intervals: what Argo refuses, and what can never fail."""

from collections.abc import Iterator, Mapping

from dashboard.domain.canary.lint.finding import Finding, at_key, at_value, finding
from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.domain.canary.manifest.analysis import Analysis, Metric
from dashboard.domain.canary.manifest.go_duration import parse_go_duration
from dashboard.domain.canary.manifest.node import Manifest, Node
from dashboard.domain.canary.manifest.placeholders import resolved
from dashboard.domain.canary.manifest.whole_number import LARGEST, whole_number

_LENGTHS = ("interval", "initialDelay")
_NUMBERS = ("count", "failureLimit", "inconclusiveLimit", "consecutiveErrorLimit", "consecutiveSuccessLimit")


def lint_limits(analysis: Analysis) -> Iterator[Finding]:
    """What is wrong with the numbers of `analysis`."""
    seen: dict[str, Metric] = {}
    for metric in analysis.metrics:
        for name in _LENGTHS:
            yield from lint_duration(metric.manifest, metric.node.get(name), analysis.values)
        for name in _NUMBERS:
            yield from _number(metric, name, analysis.values)
        yield from _interval(metric)
        yield from _limits(metric)
        first = seen.setdefault(metric.name, metric)
        if first is not metric and metric.name:
            message = f"found metric {metric.name} again, it is on line {first.node.line} as well"
            place = at_value(metric.manifest, metric.node.get("name") or metric.node)
            yield finding(RuleId.METRIC_NAME_TWICE, place, message)


def lint_duration(manifest: Manifest, node: Node | None, values: Mapping[str, str]) -> Iterator[Finding]:
    """Whether Go can read the duration at `node`."""
    if node is None or not isinstance(node.scalar, str):
        return
    text, left = resolved(node.scalar, values)
    if left:
        return
    try:
        parse_go_duration(text)
    except ValueError as error:
        yield finding(RuleId.DURATION_UNREADABLE, at_value(manifest, node), f"{node.where}: {error}")


def _number(metric: Metric, name: str, values: Mapping[str, str]) -> Iterator[Finding]:
    node = metric.node.get(name)
    if node is None or isinstance(node.scalar, int) or not isinstance(node.scalar, str):
        return
    text, left = resolved(node.scalar, values)
    if not left and whole_number(text) is None:
        message = (
            f"found {text[:40]!r} at {node.where}, expected a whole number of at most {LARGEST:,}:"
            " Argo reads it as 0"
        )
        yield finding(RuleId.NUMBER_UNREADABLE, at_value(metric.manifest, node), message)


def _interval(metric: Metric) -> Iterator[Finding]:
    count, interval = metric.node.get("count"), metric.node.get("interval")
    if metric.count is not None and metric.count > 1 and interval is None and count is not None:
        message = f"found {metric.count} measurements of {metric.name} and no interval, expected one"
        yield finding(RuleId.COUNT_WITHOUT_INTERVAL, at_value(metric.manifest, count), message)
    if interval is not None and metric.interval is not None and metric.interval.total_seconds() <= 0:
        message = f"found an interval of {interval.text}, expected one above zero"
        yield finding(RuleId.INTERVAL_NOT_POSITIVE, at_value(metric.manifest, interval), message)


def _limits(metric: Metric) -> Iterator[Finding]:
    yield from _negative(metric)
    unlimited = metric.node.get("failureLimit")
    if metric.failure_limit == -1 and unlimited is not None and not metric.success_limit:
        message = (
            "found failureLimit -1, which switches it off, and no consecutiveSuccessLimit: nothing fails"
        )
        mend = "Add consecutiveSuccessLimit, or give failureLimit zero or more."
        yield finding(RuleId.LIMIT_NEVER_REACHED, at_value(metric.manifest, unlimited), message, mend=mend)
    taken = metric.measurements
    if taken is None or taken < 0:
        return
    for name, limit in (
        ("failureLimit", metric.failure_limit),
        ("inconclusiveLimit", metric.inconclusive_limit),
    ):
        node = metric.node.get(name)
        if node is None or limit is None or limit <= 0:
            continue
        place, times = at_value(metric.manifest, node), _times(taken)
        if limit > taken and metric.node.get("count") is not None:
            message = f"found {name} {limit} and {times}, expected a limit of less"
            yield finding(RuleId.LIMIT_ABOVE_COUNT, place, message)
        elif limit >= taken and name == "failureLimit" and not metric.success_limit:
            message = (
                f"found failureLimit {limit} and {times}: it fails with more than {limit} failures, so never"
            )
            mend = f"Lower failureLimit to at most {taken - 1}."
            yield finding(RuleId.LIMIT_NEVER_REACHED, place, message, mend=mend)


def _negative(metric: Metric) -> Iterator[Finding]:
    numbers = (
        ("count", metric.count, 0),
        ("failureLimit", metric.failure_limit, -1),
        ("inconclusiveLimit", metric.inconclusive_limit, 0),
        ("consecutiveErrorLimit", metric.error_limit, 0),
        ("consecutiveSuccessLimit", metric.success_limit, 0),
    )
    for name, value, least in numbers:
        node = metric.node.get(name)
        if node is not None and value is not None and value < least:
            message = f"found {name} {value}, expected zero or more"
            if name == "count":
                message += ": the metric ends after its first measurement, whatever that says"
            yield finding(RuleId.LIMIT_NEGATIVE, at_value(metric.manifest, node), message)


def _times(count: int) -> str:
    return "1 measurement" if count == 1 else f"{count} measurements"


def lint_providers(analysis: Analysis) -> Iterator[Finding]:
    """An analysis that measures nothing, a metric that asks nobody, or more than one."""
    spec = analysis.manifest.root.get("spec")
    if not analysis.metrics and spec is not None and not spec.each("templates"):
        yield finding(
            RuleId.NO_METRICS, at_key(analysis.manifest, spec), "found no metric, expected one or more"
        )
    for metric in analysis.metrics:
        place = at_key(metric.manifest, metric.node.get("provider") or metric.node)
        known = metric.node.get("provider")
        if not metric.providers and (known is None or not known.fields):
            yield finding(RuleId.NO_PROVIDER, place, f"found no provider of {metric.name}, expected one")
        elif len(metric.providers) > 1:
            names = " and ".join(dict.fromkeys(metric.providers))
            message = f"found {names} as providers of {metric.name}, expected one"
            yield finding(RuleId.SEVERAL_PROVIDERS, place, message)
