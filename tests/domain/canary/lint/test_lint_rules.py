"""Each rule by a good and a bad example (`examples/RULE.yaml`): `# <--` marks the lines it finds."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.domain.canary.lint.rules import RULES, Severity
from dashboard.domain.canary.lint.traffic import Traffic
from dashboard.reports.canary_lint import LintReport, lint_report

_EXAMPLES = Path(__file__).parent / "examples"
_MARK = "# <--"
_DOCS = Path(__file__).parents[4] / "docs" / "canary-lint.md"
_TRAFFIC = Traffic(requests_per_second=0.05, error_ratio=0.005)


def _example(rule: RuleId) -> tuple[str, str]:
    text = (_EXAMPLES / f"{rule.value}.yaml").read_text(encoding="utf-8")
    good, bad = text.removeprefix("#: good\n").split("#: bad\n")
    return good, bad


def _linted(rule: RuleId, text: str) -> LintReport:
    return lint_report(
        {"example.yaml": text},
        scrape_interval=timedelta(seconds=60),
        traffic=_TRAFFIC if rule is RuleId.FALSE_ABORT else None,
    )


@pytest.mark.parametrize("rule", list(RuleId))
def test_the_bad_example_is_found_on_the_marked_lines_and_on_no_other(rule: RuleId) -> None:
    _, bad = _example(rule)
    marked = {number for number, line in enumerate(bad.splitlines(), start=1) if _MARK in line}
    found = [finding for finding in _linted(rule, bad).findings if finding.rule is rule]
    assert {finding.place.line for finding in found} == marked
    for finding in found:
        assert finding.message
        assert finding.mend
        assert "\n" not in finding.message


@pytest.mark.parametrize("rule", list(RuleId))
def test_the_good_example_is_free_of_errors_and_of_the_rule(rule: RuleId) -> None:
    good, _ = _example(rule)
    report = _linted(rule, good)
    assert [finding for finding in report.findings if finding.rule is rule] == []
    assert [finding for finding in report.findings if finding.severity is Severity.ERROR] == []


def test_every_rule_has_an_example_and_every_example_a_rule() -> None:
    assert {path.stem for path in _EXAMPLES.glob("*.yaml")} == {rule.value for rule in RuleId}
    assert list(RULES) == list(RuleId)


def test_an_argument_without_value_is_for_information_only_where_no_rollout_is_given() -> None:
    template = """\
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: t}
spec:
  args: [{name: service}]
  metrics:
    - name: m
      successCondition: result[0] >= 0.9
      provider: {prometheus: {address: "http://p", query: 'up{service="{{args.service}}"}'}}
"""
    rollout = """\
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: r}
spec:
  strategy: {canary: {analysis: {templates: [{templateName: t}]}}}
"""
    rule = RuleId.ARGUMENT_WITHOUT_VALUE
    told = [
        {finding.severity for finding in _linted(rule, text).findings if finding.rule is rule}
        for text in (template, template + rollout)
    ]
    assert told == [{Severity.INFO}, {Severity.ERROR}]
    assert f"| `{rule.value}` | error; info in a template linted without a Rollout" in _DOCS.read_text(
        "utf-8"
    )


def test_the_documentation_tells_every_rule_as_the_code_does() -> None:
    rows = re.findall(
        r"^\| `([a-z0-9-]+)` \| (\w+)(?:; [^|]+)? \| (.*?) \| (.*?) \|$",
        _DOCS.read_text("utf-8"),
        re.MULTILINE,
    )
    told = {name: (severity, what, mend) for name, severity, what, mend in rows}
    known = {
        rule.value: (entry.severity.value, _cell(entry.what), _cell(entry.mend))
        for rule, entry in RULES.items()
    }
    assert told == known
    assert list(told) == list(known), "in the order of the rules"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
