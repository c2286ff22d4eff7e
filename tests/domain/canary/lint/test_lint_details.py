"""What the findings of single rules say, and what they leave alone."""

import time
from datetime import timedelta

import pytest

from dashboard.domain.canary.lint.finding import Finding
from dashboard.domain.canary.lint.traffic import Traffic
from dashboard.reports.canary_lint import lint_report

_RATIO = "sum(rate(errors_total[5m])) / (sum(rate(requests_total[5m])) > 0)"


def _template(*fields: str, query: str = _RATIO, name: str = "errors", spec: str = "") -> str:
    lines = "".join(f"      {field}\n" for field in fields)
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: check}\n"
        f"spec:\n{spec}  metrics:\n    - name: {name}\n{lines}      provider:\n        prometheus:\n"
        f"          address: http://prometheus\n          query: >-\n            {query}\n"
    )


def _rollout(steps: str, canary: str = "") -> str:
    return (
        "---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: api}\nspec:\n"
        "  selector: {matchLabels: {app: api}}\n  strategy:\n    canary:\n"
        "      canaryService: api-canary\n      stableService: api-stable\n"
        f"      trafficRouting: {{nginx: {{stableIngress: api}}}}\n{canary}      steps: {steps}\n"
    )


def _found(
    text: str, rule: str, *, scrape_interval: timedelta | None = None, traffic: Traffic | None = None
) -> list[Finding]:
    report = lint_report({"a.yaml": text}, scrape_interval=scrape_interval, traffic=traffic)
    return [finding for finding in report.findings if finding.rule.value == rule]


def _only(text: str, rule: str, *, traffic: Traffic | None = None) -> Finding:
    (found,) = _found(text, rule, traffic=traffic)
    return found


_GUARDED = "successCondition: len(result) > 0 && result[0] < 0.02"


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
    assert _only(_template(_GUARDED, written), "unknown-field").mend.startswith(mend)


@pytest.mark.parametrize(
    ("written", "mend"),
    [
        ("interval: 60", "Write it with its unit: 60s."),
        ("successCondition: true", 'Write it in quotes: "true".'),
        ("count: true", "Write it as the finding says."),
    ],
)
def test_a_wrong_type_is_told_with_what_to_write(written: str, mend: str) -> None:
    assert _only(_template(written), "wrong-type").mend == mend


def test_a_pause_with_a_bare_duration_is_told_with_what_to_write() -> None:
    found = _only(_rollout("[{setWeight: 10}, {pause: 60s}]"), "wrong-type")
    assert found.mend == "Write pause: {duration: 60s}."


@pytest.mark.parametrize(
    ("condition", "mended"),
    [
        ("result < 0.02", "`result[0] < 0.02`"),
        ("result >= 0.95 && result <= 1", "`result[0] >= 0.95 && result[0] <= 1`"),
        ("0.02 > result", "`0.02 > result[0]`"),
    ],
)
def test_a_compared_vector_is_mended(condition: str, mended: str) -> None:
    found = _only(_template(f"successCondition: {condition}", "interval: 10s", "count: 3"), "vector-compared")
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
    report = lint_report({"a.yaml": _template(condition, query=query)})
    told = {finding.rule.value for finding in report.findings}
    assert {rule for rule in told if rule.startswith("empty-")} == ({empty} if empty else set())
    assert {rule for rule in told if rule.startswith("nan-")} == ({nan} if nan else set())


def test_what_is_asked_for_by_name_is_for_information_only() -> None:
    deliberate = _only(
        _template("successCondition: len(result) == 0 || result[0] < 0.02"), "empty-answer-passes"
    )
    unaware = _only(_template('successCondition: "all(result, # < 0.02)"'), "empty-answer-passes")
    assert (deliberate.severity.value, unaware.severity.value) == ("info", "error")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (f"{_RATIO} or vector(0)", True),
        ("(sum(rate(errors_total[5m])) or vector(0)) / (sum(rate(requests_total[5m])) > 0)", False),
        (f"{_RATIO} or vector(1)", False),
    ],
)
def test_a_fallback_that_passes_is_told_and_one_that_fails_is_not(query: str, told: bool) -> None:  # noqa: FBT001 - a column
    assert bool(_found(_template(_GUARDED, query=query), "missing-data-passes")) is told


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
    text = _template(f"count: 1  {comment}", _GUARDED)
    assert bool(_found(text, "warns-but-blocks")) is told


def test_a_hostile_pattern_of_a_dry_run_takes_no_time() -> None:
    text = _template(_GUARDED, name="a" * 60, spec='  dryRun: [{metricName: "(a+)+$b"}]\n')
    assert _found(text, "dry-run-without-match")


def test_a_number_in_a_body_may_be_compared_with_a_status_like_number() -> None:
    def web(condition: str, path: str) -> str:
        return (
            "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: check}\n"
            "spec:\n  metrics:\n"
            f"    - name: a\n      successCondition: {condition}\n      provider: {{web: {{url: 'http://a'{path}}}}}\n"
        )

    assert _only(web("result == 200", ""), "web-status-compared").severity.value == "error"
    assert (
        _only(web("result == 200", ", jsonPath: '{$.status}'"), "web-status-compared").severity.value
        == "warning"
    )
    assert _found(web("result < 500", ", jsonPath: '{$.milliseconds}'"), "web-status-compared") == []
    assert _found(web("result.latency < 500", ""), "web-status-compared") == []


def test_the_canary_sees_the_share_of_the_smallest_weight_that_runs_the_template() -> None:
    query = (
        'sum(rate(e_total{hash="{{args.hash}}"}[1m])) / (sum(rate(r_total{hash="{{args.hash}}"}[1m])) > 0)'
    )
    template = _template(_GUARDED, query=query, spec="  args: [{name: hash}]\n")
    analysis = (
        "{analysis: {templates: [{templateName: check}],"
        " args: [{name: hash, valueFrom: {podTemplateHashValue: Latest}}]}}"
    )
    rollout = _rollout(f"[{{setWeight: 10}}, {analysis}, {{setWeight: 50}}, {analysis}]")
    traffic = Traffic(requests_per_second=10, error_ratio=0.005)
    found = _only(template + rollout, "false-abort", traffic=traffic)
    assert "10 % of them the canary's at weight 10 of api" in found.message
    assert "a measurement over 1m sees 60 requests, and 2 errors fail it" in found.message
    alone = _found(
        _template(_GUARDED), "false-abort", traffic=Traffic(requests_per_second=1000, error_ratio=0.005)
    )
    assert alone == []


def test_a_condition_that_yaml_cut_short_is_told_so() -> None:
    found = _only(_template("successCondition: all(result, # < 0.02)"), "condition-unreadable")
    assert "quotes" in found.mend


def test_a_rate_window_is_checked_only_where_the_scrape_interval_is_known() -> None:
    text = _template(_GUARDED, query=_RATIO.replace("5m", "1m"))
    assert _found(text, "rate-window-short") == []
    assert _found(text, "rate-window-short", scrape_interval=timedelta(seconds=30)) == []
    assert _found(text, "rate-window-short", scrape_interval=timedelta(seconds=31))


@pytest.mark.parametrize(
    ("canary", "said"),
    [
        ("      scaleDownDelaySeconds: 30\n      dynamicStableScale: true\n", "dynamicStableScale beside"),
        ("      maxSurge: 0\n      maxUnavailable: 0%\n", "maxSurge and maxUnavailable of 0"),
    ],
)
def test_a_strategy_that_argo_refuses_is_told(canary: str, said: str) -> None:
    assert said in _only(_rollout("[{setWeight: 10}]", canary), "strategy-refused").message


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ("{blueGreen: {activeService: a, previewService: a}}", "which activeService is already"),
        ("{canary: {canaryService: a, stableService: a}}", "which canaryService is already"),
        ("{canary: {trafficRouting: {nginx: {}}, canaryService: a}}", "no stableService"),
        ("{canary: {steps: [{setCanaryScale: {weight: 5}}]}}", "setCanaryScale without trafficRouting"),
        ("{}", "neither canary nor blueGreen"),
        (
            "{canary: {trafficRouting: {managedRoutes: [{name: a}]}, steps: [{setMirrorRoute: {name: b}}]}}",
            "which managedRoutes does not name",
        ),
    ],
)
def test_other_strategies_that_argo_refuses_are_told(strategy: str, said: str) -> None:
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: api}\n"
        f"spec: {{selector: {{matchLabels: {{app: api}}}}, strategy: {strategy}}}\n"
    )
    assert said in _only(text, "strategy-refused").message


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
        + _template("interval: 30s", _GUARDED)
    )
    steps = "[{setWeight: 10}, {analysis: {templates: [{templateName: a}, {templateName: c}]}}]"
    assert "metric errors of check" in _only(text + _rollout(steps), "endless-analysis").message


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
    text = _template(_GUARDED, name="error-rate", spec=f'  dryRun: [{{metricName: "{pattern}"}}]\n')
    told = {
        finding.rule.value
        for finding in lint_report({"a.yaml": text}).findings
        if finding.rule.value in {"dry-run-without-match", "pattern-not-checked"}
    }
    assert told == ({rule} if rule else set())


@pytest.mark.parametrize(
    ("condition", "query", "severity"),
    [
        ("successCondition: result[0] >= 0", _RATIO, "error"),
        ("successCondition: result[0] >= -0.05", _RATIO, "error"),
        ("failureCondition: result[0] < -0.05", _RATIO, "error"),
        ("successCondition: result[0] >= 0", "max(temperature_celsius)", "warning"),
        ("successCondition: result[0] >= 0", f"1 - {_RATIO}", "warning"),
        ("successCondition: result[0] > -1", "max(temperature_celsius)", None),
        ("successCondition: result[0] >= 0", f"{_RATIO} - max(other_ratio)", None),
        ("successCondition: result[0] >= -0.05", f"{_RATIO} - {_RATIO}", None),
        ("failureCondition: result[0] < -0.05", f"{_RATIO} - {_RATIO}", None),
        ("successCondition: result[0] > -1", "max(delta(temperature[5m]))", None),
        ("successCondition: result[0] >= -5", "min(deriv(temperature[5m]))", None),
        ("successCondition: abs(result[0]) >= 0", "max(delta(temperature[5m]))", "error"),
    ],
)
def test_a_threshold_at_or_below_zero_is_constant_only_where_nothing_is_below(
    condition: str, query: str, severity: str | None
) -> None:
    found = _found(_template(condition, query=query), "condition-constant")
    assert [finding.severity.value for finding in found] == ([severity] if severity else [])


@pytest.mark.parametrize(
    "canary",
    ["      replicaProgressThreshold: {type: Percent, value: 90}\n"],
)
def test_the_fields_of_the_newest_canary_are_known(canary: str) -> None:
    steps = "[{setWeight: 10}, {plugin: {name: a, config: {b: c}, disabled: true}}]"
    assert _found(_rollout(steps, canary), "unknown-field") == []


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
    found = _found(_web(condition), "web-status-compared")
    assert [finding.severity.value for finding in found] == ([severity] if severity else [])


def test_the_comparison_with_a_status_is_quoted_whole() -> None:
    assert (
        'found `result == "200"` on the web provider'
        in _only(_web('result == "200"'), "web-status-compared").message
    )


@pytest.mark.parametrize("interval", ["10s", "1m", "1h"])
def test_errors_follow_each_other_by_ten_seconds_whatever_the_interval(interval: str) -> None:
    text = _template("successCondition: result < 1", f"interval: {interval}", "count: 3")
    assert "5 in a row, 10s apart, abort the rollout" in _only(text, "vector-compared").message
    text = _template("successCondition: result[0] < 1", f"interval: {interval}", "count: 3")
    assert "5 in a row, 10s apart, abort the rollout" in _only(text, "empty-answer-errors").message


@pytest.mark.parametrize(
    ("replicas", "weight", "surge", "said"),
    [
        (1, 50, "", None),
        (2, 50, "", None),
        (5, 10, "", "of 5 replicas Argo makes 1 of 6 pods the canary, or 17 % of the traffic"),
        (
            5,
            10,
            "      maxSurge: 0\n",
            "of 5 replicas Argo makes 1 of 5 pods the canary, or 20 % of the traffic",
        ),
        (5, 10, '      maxSurge: "0%"\n', "1 of 5 pods"),
        (10, 7, "", None),
        (10, 1, "", "1 of 11 pods the canary, or 9 %"),
        (1, 50, "      maxSurge: 0\n", "of 1 replica Argo makes 1 of 1 pods the canary, or 100 %"),
        (1, 25, "", "1 of 2 pods the canary, or 50 %"),
        (3, 50, "", None),
        (2, 99, "", None),
    ],
)
def test_the_pods_of_a_weight_are_those_that_argo_makes(
    replicas: int, weight: int, surge: str, said: str | None
) -> None:
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: api}\nspec:\n"
        f"  replicas: {replicas}\n  selector: {{matchLabels: {{app: api}}}}\n  strategy:\n    canary:\n"
        f"{surge}      steps: [{{setWeight: {weight}}}]\n"
    )
    found = _found(text, "weight-needs-routing")
    assert bool(found) is bool(said)
    assert all(said in finding.message for finding in found if said)


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
    text = _template(f'successCondition: "{success}"', f'failureCondition: "{failure}"')
    found = _found(text, "conditions-leave-a-gap")
    assert bool(found) is bool(named)
    assert all(f"neither condition true of {named}:" in finding.message for finding in found)


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
    head = _template(_GUARDED, query="up").split("          query:")[0]
    found = _only(f"{head}          {written}", "argument-undeclared")
    first = len(head.splitlines())
    assert (found.place.line - first, found.place.column) == (line, column)


def test_many_placeholders_in_one_text_take_their_time_once() -> None:
    began = time.process_time()
    _found(_template(_GUARDED, query="{{args.a}}" * 20_000), "argument-undeclared")
    assert time.process_time() - began < 20, "a walk from the beginning for each takes minutes"


def test_nan_beside_two_conditions_waits_for_a_person() -> None:
    query = "sum(rate(errors_total[5m])) / sum(rate(requests_total[5m]))"
    text = _template(
        "successCondition: len(result) > 0 && result[0] < 0.02",
        "failureCondition: len(result) == 0 || result[0] >= 0.02",
        query=query,
    )
    found = _only(text, "nan-answer-fails")
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
    ("strategy", "said"),
    [
        ("{canary: null}", "neither canary nor blueGreen"),
        ("{canary: null, blueGreen: {activeService: a}}", None),
    ],
)
def test_a_strategy_of_null_is_none(strategy: str, said: str | None) -> None:
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: api}\n"
        f"spec: {{selector: {{matchLabels: {{app: api}}}}, strategy: {strategy}}}\n"
    )
    found = _found(text, "strategy-refused")
    assert bool(found) is bool(said)
    assert all(said in finding.message for finding in found if said)


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
    assert _only(_template(f'successCondition: "{condition}"'), rule).mend.startswith(mend)


def test_what_default_looks_at_is_told() -> None:
    vector = _only(_template("successCondition: default(result, 0) < 0.05"), "condition-type-error")
    assert "it never replaces an empty answer" in vector.message
    body = _only(_web("default(result.value, 0) < 5"), "condition-type-error")
    assert "it never replaces a field or an element" in body.message
    assert body.mend == "Write result.NAME ?? 0 for a field that may not be there."


@pytest.mark.parametrize(
    ("query", "mend"),
    [
        (f"{_RATIO} or vector(0)", "In a ratio put the fallback on the numerator alone"),
        ("sum(increase(restarts_total[5m])) or vector(0)", "Leave the fallback out"),
        ("max(drift_score) or vector(0)", "Leave the fallback out"),
    ],
)
def test_a_fallback_goes_to_the_numerator_only_where_there_is_one(query: str, mend: str) -> None:
    assert _only(_template(_GUARDED, query=query), "missing-data-passes").mend.startswith(mend)


def test_windows_that_share_requests_have_both_figures() -> None:
    """60 requests, 2 errors fail one: 3.7 %; 10 of them on their own with one allowed failure: 5.1 %."""
    traffic = Traffic(requests_per_second=0.2, error_ratio=0.005)
    shared = _only(
        _template(_GUARDED, "interval: 1m", "count: 10", "failureLimit: 2"), "false-abort", traffic=traffic
    )
    assert "if each measurement saw requests of its own, and 3.7 % if all saw the same ones" in shared.message
    assert "(windows of 5m every 1m share them)" in shared.message
    assert "failureLimit" not in shared.mend, "with all of the same requests another limit changes nothing"
    apart = _found(
        _template(_GUARDED, "interval: 5m", "count: 10", "failureLimit: 2"), "false-abort", traffic=traffic
    )
    assert apart == []
