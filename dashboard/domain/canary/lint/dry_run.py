"""Dry runs: rules that fit nothing, and metrics that are said to warn only, but block."""

import re
from collections.abc import Iterator, Sequence

from dashboard.domain.canary.language.faults import CannotReplayError, ConditionFaultError
from dashboard.domain.canary.language.go_regexp import compile_regexp, found_in
from dashboard.domain.canary.lint.finding import Finding, Place, at_key, at_value, finding
from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.domain.canary.manifest.analysis import Analysis, Metric
from dashboard.domain.canary.manifest.node import Manifest, Node

_WARNING = re.compile(r"\bwarn(?:s|ing|ings)?\b", re.IGNORECASE)
_ONLY = re.compile(r"\b(?:only|just|but|not|no|never|without|instead|rather|merely)\b|n't\b", re.IGNORECASE)
_HARMLESS = re.compile(
    r"\b(?:advisory|informational|info[ -]only|non[ -]?blocking|not[ -]blocking|never blocks|report[ -]only"
    r"|(?:does not|doesn't|must not|should not|will not|won't|do not|don't) (?:abort|fail|block|stop)\w*"
    r"|observe[ -]only|dry[ -]?run|shadow)\b",
    re.IGNORECASE,
)
_SHORT = 4  # Words: a comment that says no more than "warning" means just that.
_DENIED = re.compile(
    r"\b(?:not|no|never|isn't|rather than|instead of|without)\W+(?:\w+ +){0,3}$", re.IGNORECASE
)


def lint_dry_run(analysis: Analysis) -> Iterator[Finding]:
    """What is wrong with the dry runs of `analysis`, and the retention rules, which fit metrics likewise."""
    names = [metric.name for metric in analysis.metrics]
    root = analysis.manifest.root
    if not root.each("spec", "templates"):
        for rules in ("dryRun", "measurementRetention"):
            yield from lint_metric_rules(analysis.manifest, root.each("spec", rules), names)
    if analysis.metrics and all(metric.dry_run for metric in analysis.metrics):
        place = at_key(analysis.manifest, root.get("spec", "dryRun") or root)
        yield finding(RuleId.DRY_RUN_ONLY, place, "found all metrics in dryRun: whatever they say, it passes")
    for metric in analysis.metrics:
        if not metric.dry_run and (said := _said_to_warn(metric)) is not None:
            message = f"found {said} at metric {metric.name}, which blocks: no dryRun names it"
            mend = f"Add dryRun: [{{metricName: {metric.name}}}] beside metrics, or drop the words."
            place = at_value(metric.manifest, metric.node.get("name") or metric.node)
            yield finding(RuleId.WARNS_BUT_BLOCKS, place, message, mend=mend)


def lint_metric_rules(manifest: Manifest, rules: Sequence[Node], names: Sequence[str]) -> Iterator[Finding]:
    """Whether each of `rules`, which name metrics by a pattern, fits one of `names`."""
    seen: dict[str, Node] = {}
    for rule in rules:
        pattern = rule.string("metricName")
        node = rule.get("metricName")
        if pattern is None or node is None or not names:
            continue
        place = at_value(manifest, node)
        if pattern in seen:
            message = f"found metricName {pattern!r} again, it is on line {seen[pattern].line} as well"
            yield finding(RuleId.DRY_RUN_WITHOUT_MATCH, place, message, mend="Keep one of them.")
        seen.setdefault(pattern, node)
        answers = {found_in(pattern, name) for name in names}
        if True not in answers:
            yield _without_match(place, pattern, names, certain=answers == {False})


def _without_match(place: Place, pattern: str, names: Sequence[str], *, certain: bool) -> Finding:
    said = f"found metricName {pattern[:80]!r}"
    try:
        compile_regexp(pattern)
    except ConditionFaultError as error:
        return finding(RuleId.DRY_RUN_WITHOUT_MATCH, place, f"{said}, which fits no metric: {error}")
    except CannotReplayError as error:
        return finding(RuleId.PATTERN_NOT_CHECKED, place, f"{said} was not checked: {error}")
    if not certain:
        return finding(RuleId.PATTERN_NOT_CHECKED, place, f"{said} was not checked: the names are too long")
    message = f"{said}, which fits no metric, expected one of {', '.join(names[:8])}"
    return finding(RuleId.DRY_RUN_WITHOUT_MATCH, place, message)


def fits(pattern: str, name: str) -> bool:
    """Whether a rule's pattern is found in a metric's name; one that we cannot read is taken to be."""
    return found_in(pattern, name) is not False


def _said_to_warn(metric: Metric) -> str | None:
    """The words that say that `metric` only warns: in its name, or in a comment beside or above it."""
    spelt = re.sub(r"[-_.]", " ", metric.name)
    if (match := _WARNING.search(spelt) or _HARMLESS.search(spelt)) is not None:
        return f"the name's {match[0]!r}"
    for line in _lines_about(metric):
        comment = metric.manifest.comments[line]
        if _says_harmless(comment):
            return f"the comment {comment[:60]!r} on line {line}"
    return None


def _says_harmless(comment: str) -> bool:
    match = _HARMLESS.search(comment)
    if match is None and (_ONLY.search(comment) or len(comment.split()) <= _SHORT):
        match = _WARNING.search(comment)
    return match is not None and not _DENIED.search(comment[: match.start()])


def _lines_about(metric: Metric) -> Iterator[int]:
    """The lines with comments on `metric`: its own, above its conditions and limits, and right above it."""
    comments, node = metric.manifest.comments, metric.node
    above = node.key_line - 1
    while above in comments:
        yield above
        above -= 1
    fields = node.fields or {}
    provider = fields.get("provider")
    lines = [(child.key_line, child.key_line) for name, child in fields.items() if name != "provider"]
    first = min((first for first, _ in lines), default=node.line)
    last = max((last for _, last in lines), default=node.line)
    if provider is not None and first < provider.key_line < last:
        spans: list[range] = [range(first, provider.key_line), range(last, last + 1)]
    else:
        spans = [range(first, last + 1)]
    yield from (line for span in spans for line in span if line in comments)
