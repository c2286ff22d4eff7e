"""Arguments: declared, used, given a value; and placeholders that are none."""

from collections.abc import Iterator
from difflib import get_close_matches

from dashboard.domain.canary.lint.finding import Finding, Place, at_characters, at_key, finding
from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.domain.canary.lint.rules import Severity
from dashboard.domain.canary.manifest.analysis import Analysis, Argument
from dashboard.domain.canary.manifest.node import Manifest
from dashboard.domain.canary.manifest.placeholders import Placeholder, placeholders

#: Names and their length; comparing takes its time.
_MOST_COMPARED, _LONGEST_COMPARED = 50, 50


def lint_arguments(analysis: Analysis, *, given_elsewhere: bool) -> Iterator[Finding]:
    """What is wrong with the arguments of `analysis`.

    `given_elsewhere` says that a Rollout at hand uses the template: then that is where values are looked for.
    """
    declared: dict[str, Argument] = {}
    for argument in analysis.arguments:
        first = declared.setdefault(argument.name, argument)
        if first is not argument:
            message = f"found argument {argument.name} again, it is on line {first.node.line} as well"
            yield finding(RuleId.ARGUMENT_TWICE, _named(analysis.manifest, argument), message)
        if argument.value is not None and argument.referenced:
            message = f"found value and valueFrom of argument {argument.name}, expected one of them"
            yield finding(RuleId.ARGUMENT_WITH_BOTH, _named(analysis.manifest, argument), message)
    used: dict[str, Place] = {}
    for place, placeholder in _used(analysis):
        if placeholder.argument is None:
            yield _unknown(place, placeholder, declared)
        else:
            used.setdefault(placeholder.argument, place)
    yield from (_undeclared(place, name, declared) for name, place in used.items() if name not in declared)
    whole = analysis.metrics and not analysis.manifest.root.each("spec", "templates")
    for name, argument in declared.items():
        if name not in used and whole:
            message = f"found argument {name}, and no metric uses it"
            yield finding(RuleId.ARGUMENT_UNUSED, _named(analysis.manifest, argument), message)
        elif not argument.has_value and not given_elsewhere and name in used:
            yield _valueless(analysis.manifest, argument)


def _undeclared(place: Place, name: str, declared: dict[str, Argument]) -> Finding:
    message = f"found {{{{args.{name}}}}}, and no argument of that name is declared"
    mend = f"Declare it: args: [{{name: {name}}}]."
    near = [known for known in declared if len(known) <= _LONGEST_COMPARED][:_MOST_COMPARED]
    close = get_close_matches(name, near, n=1) if len(name) <= _LONGEST_COMPARED else []
    if close:
        message, mend = f"{message}; did you mean {close[0]}?", f"Write {{{{args.{close[0]}}}}}."
    return finding(RuleId.ARGUMENT_UNDECLARED, place, message, mend=mend)


def _valueless(manifest: Manifest, argument: Argument) -> Finding:
    if manifest.kind == "AnalysisRun":
        severity, who = Severity.ERROR, "a run has nobody to give it one"
    else:
        severity, who = Severity.INFO, "each Rollout must give one, or the run cannot be created"
    message = f"found argument {argument.name} without a value: {who}"
    mend = f"Give it a default value, or see that each Rollout's analysis gives {argument.name}."
    place = _named(manifest, argument)
    return finding(RuleId.ARGUMENT_WITHOUT_VALUE, place, message, mend=mend, severity=severity)


def _unknown(place: Place, placeholder: Placeholder, declared: dict[str, Argument]) -> Finding:
    bare = placeholder.tag.removeprefix("inputs.").removeprefix(".").strip()
    message = f"found {{{{{placeholder.tag[:60]}}}}}, expected {{{{args.NAME}}}}"
    mend = f"Write {{{{args.{bare}}}}}." if bare in declared else None
    if placeholder.tag.startswith((".Values", ".Release", "include ", "$", "-", "`")):
        mend = "Render the Helm chart before (helm template)."
    return finding(RuleId.PLACEHOLDER_UNKNOWN, place, message, mend=mend)


def _used(analysis: Analysis) -> Iterator[tuple[Place, Placeholder]]:
    for metric in analysis.metrics:
        for node in metric.node.walk():
            if isinstance(node.scalar, str) and "{{" in node.scalar:
                found = list(placeholders(node.scalar))
                places = at_characters(metric.manifest, node, [placeholder.start for placeholder in found])
                yield from zip(places, found, strict=True)


def _named(manifest: Manifest, argument: Argument) -> Place:
    return at_key(manifest, argument.node.get("name") or argument.node)
