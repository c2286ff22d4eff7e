"""What is said of conditions: what they decide of no data, and how they are mended."""

import pytest

from dashboard.reports.canary_lint import lint_report
from tests.domain.canary.lint.templates import (
    RATIO,
    analysis_template,
    findings_of,
    only_finding,
)


@pytest.mark.parametrize(
    ("condition", "mended"),
    [
        ("result < 0.02", "`result[0] < 0.02`"),
        ("result >= 0.95 && result <= 1", "`result[0] >= 0.95 && result[0] <= 1`"),
        ("0.02 > result", "`0.02 > result[0]`"),
    ],
)
def test_a_compared_vector_is_mended(condition: str, mended: str) -> None:
    found = only_finding(
        analysis_template(f"successCondition: {condition}", "interval: 10s", "count: 3"), "vector-compared"
    )
    assert mended in found.mend
    assert "5 in a row, 10s apart, abort the rollout" in found.message


@pytest.mark.parametrize(
    ("condition", "empty", "nan"),
    [
        ("successCondition: result[0] < 0.02", "empty-answer-errors", "nan-answer-fails"),
        ("successCondition: len(result) > 0 && result[0] < 0.02", None, "nan-answer-fails"),
        ("successCondition: len(result) == 0 || result[0] < 0.02", "empty-answer-passes", "nan-answer-fails"),
        (
            "successCondition: isNaN(result[0]) || result[0] < 0.02",
            "empty-answer-errors",
            "nan-answer-passes",
        ),
        ("successCondition: len(result) > 0 && !isNaN(result[0]) && result[0] < 0.02", None, None),
        ("failureCondition: result[0] > 0.02", "empty-answer-errors", "nan-answer-passes"),
        ('successCondition: "all(result, # < 0.02)"', "empty-answer-passes", "nan-answer-fails"),
        ('failureCondition: "any(result, # > 0.02)"', "empty-answer-passes", "nan-answer-passes"),
        ("failureCondition: len(result) == 0 || !(result[0] < 0.02)", None, "nan-answer-fails"),
    ],
)
def test_what_no_data_and_nan_do_is_what_argo_does(
    condition: str, empty: str | None, nan: str | None
) -> None:
    query = "sum(rate(errors_total[5m])) / sum(rate(requests_total[5m]))"
    report = lint_report({"a.yaml": analysis_template(condition, query=query)})
    told = {finding.rule.value for finding in report.findings}
    assert {rule for rule in told if rule.startswith("empty-")} == ({empty} if empty else set())
    assert {rule for rule in told if rule.startswith("nan-")} == ({nan} if nan else set())


def test_what_is_asked_for_by_name_is_for_information_only() -> None:
    deliberate = only_finding(
        analysis_template("successCondition: len(result) == 0 || result[0] < 0.02"), "empty-answer-passes"
    )
    unaware = only_finding(
        analysis_template('successCondition: "all(result, # < 0.02)"'), "empty-answer-passes"
    )
    assert (deliberate.severity.value, unaware.severity.value) == ("info", "error")


def test_a_number_in_a_body_may_be_compared_with_a_status_like_number() -> None:
    def web(condition: str, path: str) -> str:
        return (
            "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: check}\n"
            "spec:\n  metrics:\n"
            f"    - name: a\n      successCondition: {condition}\n      provider: {{web: {{url: 'http://a'{path}}}}}\n"
        )

    assert only_finding(web("result == 200", ""), "web-status-compared").severity.value == "error"
    assert (
        only_finding(web("result == 200", ", jsonPath: '{$.status}'"), "web-status-compared").severity.value
        == "warning"
    )
    assert findings_of(web("result < 500", ", jsonPath: '{$.milliseconds}'"), "web-status-compared") == []
    assert findings_of(web("result.latency < 500", ""), "web-status-compared") == []


def test_a_condition_that_yaml_cut_short_is_told_so() -> None:
    found = only_finding(analysis_template("successCondition: all(result, # < 0.02)"), "condition-unreadable")
    assert "quotes" in found.mend


@pytest.mark.parametrize(
    ("condition", "query", "severity"),
    [
        ("successCondition: result[0] >= 0", RATIO, "error"),
        ("successCondition: result[0] >= -0.05", RATIO, "error"),
        ("failureCondition: result[0] < -0.05", RATIO, "error"),
        ("successCondition: result[0] >= 0", "max(temperature_celsius)", "warning"),
        ("successCondition: result[0] >= 0", f"1 - {RATIO}", "warning"),
        ("successCondition: result[0] > -1", "max(temperature_celsius)", None),
        ("successCondition: result[0] >= 0", f"{RATIO} - max(other_ratio)", None),
        ("successCondition: result[0] >= -0.05", f"{RATIO} - {RATIO}", None),
        ("failureCondition: result[0] < -0.05", f"{RATIO} - {RATIO}", None),
        ("successCondition: result[0] > -1", "max(delta(temperature[5m]))", None),
        ("successCondition: result[0] >= -5", "min(deriv(temperature[5m]))", None),
        ("successCondition: abs(result[0]) >= 0", "max(delta(temperature[5m]))", "error"),
    ],
)
def test_a_threshold_at_or_below_zero_is_constant_only_where_nothing_is_below(
    condition: str, query: str, severity: str | None
) -> None:
    found = findings_of(analysis_template(condition, query=query), "condition-constant")
    assert [finding.severity.value for finding in found] == ([severity] if severity else [])


def _web(condition: str, path: str = "") -> str:
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: check}\n"
        "spec:\n  metrics:\n"
        f"    - name: a\n      successCondition: '{condition}'\n"
        f"      provider: {{web: {{url: 'http://a'{path}}}}}\n"
    )


@pytest.mark.parametrize(
    ("condition", "severity"),
    [
        ("result == 200", "error"),
        ("result != 204", "error"),
        ('result == "200"', "error"),
        ("200 == result", "error"),
        ("result in [200, 201]", "error"),
        ("result == 404", "warning"),
        ("result.code == 200", "warning"),
        ("result.statusCode == 200", "warning"),
        ('result.status != "500"', "warning"),
        ("result >= 100", None),
        ("result < 500", None),
        ("500 > result", None),
        ("result.status >= 200", None),
        ("result == 2000", None),
        ("result == 200.5", None),
        ("result.count == 200", None),
        ('result in ["ok", "up"]', None),
    ],
)
def test_only_what_is_a_status_for_sure_is_an_error(condition: str, severity: str | None) -> None:
    found = findings_of(_web(condition), "web-status-compared")
    assert [finding.severity.value for finding in found] == ([severity] if severity else [])


def test_the_comparison_with_a_status_is_quoted_whole() -> None:
    assert (
        'found `result == "200"` on the web provider'
        in only_finding(_web('result == "200"'), "web-status-compared").message
    )


_GUARDS = "len(result) == 1 && result[0] >= 0 && result[0] <= 1"


@pytest.mark.parametrize(
    ("success", "failure", "named"),
    [
        ("result[0] < 0.01", "result[0] > 0.05", "0.03"),
        ("result[0] >= 0.95", "result[0] < 0.9", "0.925"),
        (f"{_GUARDS} && result[0] >= 0.95", f"{_GUARDS} && result[0] < 0.95", None),
        (f"{_GUARDS} && result[0] >= 0.95", f"{_GUARDS} && result[0] < 0.9", "0.925"),
        ("result[0] > 0 && result[0] < 0.05", "result[0] >= 0.05", "0.0"),
        ("result[0] < 0.05", "result[0] > 0.05", "0.05"),
    ],
)
def test_a_gap_is_told_by_a_value_in_it_and_not_beyond_the_guards(
    success: str, failure: str, named: str | None
) -> None:
    text = analysis_template(f'successCondition: "{success}"', f'failureCondition: "{failure}"')
    found = findings_of(text, "conditions-leave-a-gap")
    assert bool(found) is bool(named)
    assert all(f"neither condition true of {named}:" in finding.message for finding in found)


def test_nan_beside_two_conditions_waits_for_a_person() -> None:
    query = "sum(rate(errors_total[5m])) / sum(rate(requests_total[5m]))"
    text = analysis_template(
        "successCondition: len(result) > 0 && result[0] < 0.02",
        "failureCondition: len(result) == 0 || result[0] >= 0.02",
        query=query,
    )
    found = only_finding(text, "nan-answer-fails")
    assert "NaN (0 of 0 requests) is Inconclusive" in found.message
    assert found.severity.value == "warning"
    assert "divide by (… > 0)" in found.mend


def _asking(provider: str, condition: str) -> str:
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: check}\n"
        f"spec:\n  metrics:\n    - name: a\n      successCondition: '{condition}'\n"
        f"      provider: {{{provider}}}\n"
    )


_CLOUD = "cloudWatch: {metricDataQueries: [{id: a, expression: b}]}"


@pytest.mark.parametrize(
    ("provider", "condition", "rule"),
    [
        ("newRelic: {query: a}", "result > 3", "condition-not-checked"),
        ("wavefront: {query: a}", "result > 3", "condition-not-checked"),
        ("plugin: {a/b: {c: d}}", "result > 3", "condition-not-checked"),
        ("web: {url: 'http://a'}", 'toJSON(result) contains "ok"', "condition-not-checked"),
        ("web: {url: 'http://a'}", "result.a.b.c > 3", "condition-not-checked"),
        ("web: {url: 'http://a'}", "result.a > 3", None),
        (_CLOUD, "result < 10", "condition-type-error"),
        (_CLOUD, "result[0] < 10", "condition-type-error"),
        (_CLOUD, "all(result[0].Values, {# < 10})", None),
        (_CLOUD, "len(result) > 0 && result[0].Values[0] < 10", None),
        (_CLOUD, "result[0].Timestamps[0] != nil", "condition-not-checked"),
        ("graphite: {address: 'http://a', query: b}", "result < 10", "vector-compared"),
        ("graphite: {address: 'http://a', query: b}", "len(result) > 0 && result[0] < 10", None),
    ],
)
def test_what_a_provider_answers_with_is_known_or_told(
    provider: str, condition: str, rule: str | None
) -> None:
    text = _asking(provider, condition)
    told = {finding.rule.value for finding in lint_report({"a.yaml": text}).findings}
    assert told - {"web-body-not-json"} == ({rule} if rule else set())


@pytest.mark.parametrize(
    ("condition", "rule", "mend"),
    [
        (
            "len(result) > 0 && result < 0.05",
            "vector-compared",
            "Write `len(result) > 0 && result[0] < 0.05`.",
        ),
        ("isNaN(result) || result[0] < 1", "vector-compared", "Write `isNaN(result[0]) || result[0] < 1`."),
        ("default(result, 0) < 0.05", "condition-type-error", "Write `len(result) > 0 && result[0] < 0.05`."),
        ("result.x < 1", "condition-type-error", "The result is a list of numbers: "),
        ("answer < 1", "condition-type-error", "There is one name in a condition: result."),
        ("(result[0] < 1", "condition-unreadable", "Add what is missing at the end: )"),
        ("result[0] <", "condition-unreadable", "Write what it is compared with at the end"),
        ("result[0] < 1 AND result[0] > 0", "condition-unreadable", "Write && (or and) instead of AND"),
    ],
)
def test_a_condition_is_mended_by_what_is_wrong_with_it(condition: str, rule: str, mend: str) -> None:
    assert only_finding(analysis_template(f'successCondition: "{condition}"'), rule).mend.startswith(mend)


def test_what_default_looks_at_is_told() -> None:
    vector = only_finding(
        analysis_template("successCondition: default(result, 0) < 0.05"), "condition-type-error"
    )
    assert "it never replaces an empty answer" in vector.message
    body = only_finding(_web("default(result.value, 0) < 5"), "condition-type-error")
    assert "it never replaces a field or an element" in body.message
    assert body.mend == "Write result.NAME ?? 0 for a field that may not be there."
