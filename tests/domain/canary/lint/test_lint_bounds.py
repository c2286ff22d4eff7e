"""Numbers and files as large as they may be: the lint ends, soon, and tells what is too large."""

import time

import pytest

from dashboard.domain.canary.lint.traffic import Traffic
from dashboard.reports.canary_lint import LintReport, lint_report

_RATIO = 'sum(rate(a{c=~"5.."}[2m])) / sum(rate(a[2m]))'


def _template(*fields: str) -> str:
    lines = "".join(f"    {field}\n" for field in fields)
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: check}\n"
        f"spec:\n  metrics:\n  - name: errors\n{lines}"
        "    successCondition: len(result) > 0 && result[0] < 0.05\n"
        f"    provider: {{prometheus: {{address: 'http://a', query: '{_RATIO}'}}}}\n---\n"
    )


def _rollout(
    pauses: int = 1, pause: str = "10m", name: str = "api", metadata: str = "", of: str = "check"
) -> str:
    steps = ", ".join(f"{{pause: {{duration: {pause}}}}}" for _ in range(pauses))
    analysis = f"{{templates: [{{templateName: {of}}}]}}"
    return (
        f"apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {{name: {name}{metadata}}}\nspec:\n"
        "  selector: {matchLabels: {app: api}}\n  strategy:\n    canary:\n"
        f"      analysis: {analysis}\n"
        f"      steps: [{{setWeight: 50}}, {steps}, {{analysis: {analysis}}}]\n---\n"
    )


def _linted(text: str, traffic: Traffic | None = None) -> LintReport:
    return lint_report({"a.yaml": text}, traffic=traffic)


def _messages(report: LintReport, rule: str) -> list[str]:
    return [finding.message for finding in report.findings if finding.rule.value == rule]


@pytest.mark.parametrize("count", ["2147483647", '"2147483647"'])
@pytest.mark.parametrize("interval", ["1000h", "2500000h"])
def test_an_analysis_of_more_than_a_thousand_years_is_told_as_that(count: str, interval: str) -> None:
    report = _linted(
        _template(f"interval: {interval}", f"count: {count}", "initialDelay: 2500000h") + _rollout()
    )
    (told,) = _messages(report, "analysis-longer-than-pause")
    assert "takes a thousand years or more" in told


def test_pauses_of_more_than_a_thousand_years_are_no_crash() -> None:
    report = _linted(_template("interval: 1m", "count: 3") + _rollout(pauses=12_000, pause="2500000h"))
    assert _messages(report, "analysis-longer-than-pause") == []


@pytest.mark.parametrize(
    ("count", "rule"),
    [
        ('"2147483648"', "number-unreadable"),
        ('"9999999999999999"', "number-unreadable"),
        ("2147483648", "wrong-type"),
        ("-2147483649", "wrong-type"),
    ],
)
def test_a_count_of_more_than_32_bits_is_told(count: str, rule: str) -> None:
    (told,) = _messages(_linted(_template("interval: 1m", f"count: {count}")), rule)
    assert "2,147,483,647" in told


def test_a_limit_that_makes_false_aborts_rare_is_found_among_millions() -> None:
    """A walk through all limits would take hours."""
    began = time.process_time()
    report = _linted(
        _template("interval: 2m", "count: 100000000", "failureLimit: 1"),
        Traffic(requests_per_second=5, error_ratio=0.04),
    )
    (found,) = [finding for finding in report.findings if finding.rule.value == "false-abort"]
    assert "failureLimit " in found.mend
    assert time.process_time() - began < 20


def _many(number: int) -> str:
    head = "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\n"
    template = head + "metadata: {{name: t{0}}}\nspec: {{}}\n---\n"
    return "".join(template.format(at) + _rollout(name=f"r{at}", of=f"t{at}") for at in range(number))


def test_the_time_for_many_files_grows_as_their_number_does() -> None:
    def seconds(number: int) -> float:
        text, began = _many(number), time.process_time()
        _linted(text)
        return time.process_time() - began

    seconds(10)
    assert seconds(1_200) / seconds(150) < 20, (
        "eight times the objects; looking at all for each takes 64 times"
    )


@pytest.mark.parametrize(
    ("namespace", "found"), [("", True), (", namespace: a", True), (", namespace: b", False)]
)
def test_a_template_is_looked_for_in_the_namespace_of_the_rollout(namespace: str, found: bool) -> None:  # noqa: FBT001 - a column
    template = _template("interval: 1m", "count: 3").replace("{name: check}", "{name: check, namespace: a}")
    unknown = _messages(_linted(template + _rollout(metadata=namespace)), "template-unknown")
    assert (unknown == []) is found
    assert all("in namespace b" in message for message in unknown)


def test_of_templates_in_two_namespaces_that_of_the_rollout_is_meant() -> None:
    endless, ending = _template("interval: 1m"), _template("interval: 1m", "count: 3")
    text = endless.replace("{name: check}", "{name: check, namespace: b}")
    text += ending.replace("{name: check}", "{name: check, namespace: a}")
    assert _messages(_linted(text + _rollout(metadata=", namespace: a")), "endless-analysis") == []
    assert _messages(_linted(text + _rollout(metadata=", namespace: b")), "endless-analysis")
