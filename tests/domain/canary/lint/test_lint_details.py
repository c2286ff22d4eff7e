"""What the findings of single rules say, and what they leave alone."""

import time
from datetime import timedelta

import pytest

from dashboard.domain.canary.lint.traffic import Traffic
from dashboard.reports.canary_lint import lint_report
from tests.domain.canary.lint.templates import (
    GUARDED,
    RATIO,
    analysis_template,
    canary_rollout,
    findings_of,
    only_finding,
)


@pytest.mark.parametrize(
    ("written", "mend"),
    [
        ("failurelimit: 2", "Write failureLimit."),
        ("failure_limit: 2", "Write failureLimit."),
        ("failureLimt: 2", "Write failureLimit."),
        ("maxFailures: 2", "Write failureLimit."),
        ("sucessCondition: x", "Write successCondition."),
        ("dryRun: []", "Move it to spec (4 columns to the left)."),
        ("query: up", "Move it to spec.metrics[].provider."),
        ("zzz: 1", "Known here: "),
    ],
)
def test_an_unknown_field_is_put_where_it_belongs(written: str, mend: str) -> None:
    assert only_finding(analysis_template(GUARDED, written), "unknown-field").mend.startswith(mend)


@pytest.mark.parametrize(
    ("written", "mend"),
    [
        ("interval: 60", "Write it with its unit: 60s."),
        ("successCondition: true", 'Write it in quotes: "true".'),
        ("count: true", "Write it as the finding says."),
    ],
)
def test_a_wrong_type_is_told_with_what_to_write(written: str, mend: str) -> None:
    assert only_finding(analysis_template(written), "wrong-type").mend == mend


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (f"{RATIO} or vector(0)", True),
        ("(sum(rate(errors_total[5m])) or vector(0)) / (sum(rate(requests_total[5m])) > 0)", False),
        (f"{RATIO} or vector(1)", False),
    ],
)
def test_a_fallback_that_passes_is_told_and_one_that_fails_is_not(query: str, told: bool) -> None:  # noqa: FBT001 - a column
    assert bool(findings_of(analysis_template(GUARDED, query=query), "missing-data-passes")) is told


@pytest.mark.parametrize(
    ("comment", "told"),
    [
        ("# warn only", True),
        ("# Warning", True),
        ("# This one does not block the release.", True),
        ("# informational", True),
        ("# not just a warning: this stops the rollout for good", False),
        ("# pages someone when the warning threshold of one percent is reached", False),
        ("# errors of the canary", False),
    ],
)
def test_a_comment_that_says_only_a_warning_is_taken_at_its_word(comment: str, told: bool) -> None:  # noqa: FBT001 - a column
    text = analysis_template(f"count: 1  {comment}", GUARDED)
    assert bool(findings_of(text, "warns-but-blocks")) is told


def test_a_hostile_pattern_of_a_dry_run_takes_no_time() -> None:
    text = analysis_template(GUARDED, name="a" * 60, spec='  dryRun: [{metricName: "(a+)+$b"}]\n')
    assert findings_of(text, "dry-run-without-match")


def test_a_rate_window_is_checked_only_where_the_scrape_interval_is_known() -> None:
    text = analysis_template(GUARDED, query=RATIO.replace("5m", "1m"))
    assert findings_of(text, "rate-window-short") == []
    assert findings_of(text, "rate-window-short", scrape_interval=timedelta(seconds=30)) == []
    assert findings_of(text, "rate-window-short", scrape_interval=timedelta(seconds=31))


def test_templates_that_name_templates_are_followed_without_end() -> None:
    def naming(name: str, other: str) -> str:
        return (
            "---\napiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\n"
            f"metadata: {{name: {name}}}\nspec: {{templates: [{{templateName: {other}}}]}}\n"
        )

    text = (
        naming("a", "b")
        + naming("b", "a")
        + naming("c", "check")
        + "---\n"
        + analysis_template("interval: 30s", GUARDED)
    )
    steps = "[{setWeight: 10}, {analysis: {templates: [{templateName: a}, {templateName: c}]}}]"
    assert "metric errors of check" in only_finding(text + canary_rollout(steps), "endless-analysis").message


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [
        ("[a-z]+-rate", None),
        ("^(error-rate|cpu)+$", None),
        ("[[:alpha:]]+", None),
        ("(?i)ERROR", None),
        ("(?!x).*", "dry-run-without-match"),
        ("latency", "dry-run-without-match"),
        (r"\\bword", "pattern-not-checked"),
    ],
)
def test_a_pattern_fits_as_go_finds_it(pattern: str, rule: str | None) -> None:
    text = analysis_template(GUARDED, name="error-rate", spec=f'  dryRun: [{{metricName: "{pattern}"}}]\n')
    told = {
        finding.rule.value
        for finding in lint_report({"a.yaml": text}).findings
        if finding.rule.value in {"dry-run-without-match", "pattern-not-checked"}
    }
    assert told == ({rule} if rule else set())


@pytest.mark.parametrize("interval", ["10s", "1m", "1h"])
def test_errors_follow_each_other_by_ten_seconds_whatever_the_interval(interval: str) -> None:
    text = analysis_template("successCondition: result < 1", f"interval: {interval}", "count: 3")
    assert "5 in a row, 10s apart, abort the rollout" in only_finding(text, "vector-compared").message
    text = analysis_template("successCondition: result[0] < 1", f"interval: {interval}", "count: 3")
    assert "5 in a row, 10s apart, abort the rollout" in only_finding(text, "empty-answer-errors").message


_QUERY = 'sum(rate(x{a="{{args.foo}}"}[5m]))'


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [
        ("query: |\n            sum(rate(\n              x{a='{{args.foo}}'}[5m]))\n", 3, 20),
        ("query: >-\n            sum(rate(\n              x{a='{{args.foo}}'}[5m]))\n", 3, 20),
        (
            "query: >+\n\n            sum(up)\n            /\n\n            sum(x{a='{{args.foo}}'})\n\n",
            6,
            22,
        ),
        ("query: |2-\n              sum(x{a='{{args.foo}}'})\n", 2, 24),
        ("query: sum(rate(\n            x{a='{{args.foo}}'}[5m]))\n", 2, 18),
        ('query: "sum(rate(\n            x{a=\\"{{args.foo}}\\"}[5m]))"\n', 2, 19),
        ("query: 'sum(rate(\n            x{a=''{{args.foo}}''}[5m]))'\n", 2, 19),
        ('query: "sum(x{b=\\"\\x41\\u0041\\ta\\", \\\n            a=\\"{{args.foo}}\\"})"\n', 2, 17),
        ("query: &q sum(x{a='{{args.foo}}'})\n", 1, 18),
    ],
)
def test_a_placeholder_is_found_where_it_stands(written: str, line: int, column: int) -> None:
    head = analysis_template(GUARDED, query="up").split("          query:")[0]
    found = only_finding(f"{head}          {written}", "argument-undeclared")
    first = len(head.splitlines())
    assert (found.place.line - first, found.place.column) == (line, column)


def test_many_placeholders_in_one_text_take_their_time_once() -> None:
    began = time.process_time()
    findings_of(analysis_template(GUARDED, query="{{args.a}}" * 20_000), "argument-undeclared")
    assert time.process_time() - began < 20, "a walk from the beginning for each takes minutes"


@pytest.mark.parametrize(
    ("query", "mend"),
    [
        (f"{RATIO} or vector(0)", "In a ratio put the fallback on the numerator alone"),
        ("sum(increase(restarts_total[5m])) or vector(0)", "Leave the fallback out"),
        ("max(drift_score) or vector(0)", "Leave the fallback out"),
    ],
)
def test_a_fallback_goes_to_the_numerator_only_where_there_is_one(query: str, mend: str) -> None:
    assert only_finding(analysis_template(GUARDED, query=query), "missing-data-passes").mend.startswith(mend)


def test_windows_that_share_requests_have_both_figures() -> None:
    """60 requests, 2 errors fail one: 3.7 %; 10 of them on their own with one allowed failure: 5.1 %."""
    traffic = Traffic(requests_per_second=0.2, error_ratio=0.005)
    shared = only_finding(
        analysis_template(GUARDED, "interval: 1m", "count: 10", "failureLimit: 2"),
        "false-abort",
        traffic=traffic,
    )
    assert "if each measurement saw requests of its own, and 3.7 % if all saw the same ones" in shared.message
    assert "(windows of 5m every 1m share them)" in shared.message
    assert "failureLimit" not in shared.mend, "with all of the same requests another limit changes nothing"
    apart = findings_of(
        analysis_template(GUARDED, "interval: 5m", "count: 10", "failureLimit: 2"),
        "false-abort",
        traffic=traffic,
    )
    assert apart == []
