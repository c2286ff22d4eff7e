"""A backtest: the templates' own PromQL, asked of a real Prometheus over a past time."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashboard.config import PrometheusSettings
from dashboard.sources.prometheus import Prometheus
from dashboard.sources.prometheus_answer import AnswerError
from tests.cli.command import run
from tests.real_prometheus import CounterSeries, PrometheusServer, history_served

_START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_BROKEN = _START + timedelta(minutes=10)
_END = _START + timedelta(minutes=30)

_TEMPLATE = """\
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: success-rate}
spec:
  args: [{name: service}]
  metrics:
  - name: success-rate
    interval: 1m
    failureLimit: 2
    successCondition: result[0] >= 0.95
    provider:
      prometheus:
        address: http://prometheus:9090
        query: |
          sum(rate(requests_total{service="{{args.service}}",code!~"5.."}[2m]))
            / sum(rate(requests_total{service="{{args.service}}"}[2m]))
  - name: empty-answer
    interval: 1m
    count: 2
    successCondition: len(result) == 0
    provider: {prometheus: {query: 'nothing{service="{{args.service}}"}'}}
  - name: scalar-answer
    interval: 1m
    count: 2
    successCondition: result > 0
    provider: {prometheus: {query: scalar(vector(1))}}
"""


def _counter(code: str, per_minute_before: float, per_minute_after: float) -> CounterSeries:
    begin = _START - timedelta(minutes=10)
    times = np.arange(begin.timestamp(), _END.timestamp() + 1, 15.0)
    rates = np.where(times <= _BROKEN.timestamp(), per_minute_before, per_minute_after) / 4
    labels = {"service": "api", "code": code}
    return CounterSeries(name="requests_total", labels=labels, timestamps=times, values=np.cumsum(rates))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    """A Prometheus whose service `api` begins to fail at 09:10: from none to one request in five."""
    series = [_counter("200", 100, 80), _counter("500", 0, 20)]
    with history_served(series, tmp_path_factory.mktemp("prometheus")) as running:
        yield running


def _backtest(
    server: PrometheusServer, tmp_path: Path, *arguments: object, code: int, template: str = _TEMPLATE
) -> dict[str, Any]:
    path = tmp_path / "template.yaml"
    path.write_text(template, encoding="utf-8")
    ended = run(
        *("canary", "evaluate", "--template", path, "--prometheus", server.url, "--arg", "service=api"),
        *("--from", "2026-11-23T09:00:00Z", "--json", *arguments),
    )
    assert ended.code == code, ended.err
    document: dict[str, Any] = json.loads(ended.out)
    return document


def test_a_backtest_fails_where_argo_would_have_failed(server: PrometheusServer, tmp_path: Path) -> None:
    document = _backtest(server, tmp_path, "--to", "2026-11-23T09:30:00Z", code=1)
    assert document["phase"] == "Failed"
    rate, empty, scalar = document["metrics"]
    assert rate["reason"] == "failed (3) > failureLimit (2)"
    times = [item["at"][11:16] for item in rate["measurements"] if item["phase"] == "Failed"]
    assert times == ["09:11", "09:12", "09:13"]
    assert rate["measurements"][0] | {"message": ""} == {
        "phase": "Successful",
        "message": "",
        "value": "[1]",
        "at": "2026-11-23T09:00:00+00:00",
        "counted": True,
        "source": "replayed",
        "recordedPhase": None,
    }
    assert [item["value"] for item in empty["measurements"]] == ["[]", "[]"]
    assert [item["value"] for item in scalar["measurements"]] == ["1", "1"]
    assert (empty["phase"], scalar["phase"]) == ("Successful", "Successful")


def test_an_analysis_that_has_not_ended_is_told_to_stop_at_the_end(
    server: PrometheusServer, tmp_path: Path
) -> None:
    document = _backtest(server, tmp_path, "--to", "2026-11-23T09:08:00Z", code=0)
    assert (document["phase"], document["reason"]) == ("Successful", "the run was told to stop")
    assert document["notes"] == []


def test_a_count_that_the_end_comes_before_is_told(server: PrometheusServer, tmp_path: Path) -> None:
    document = _backtest(server, tmp_path, "--to", "2026-11-23T09:00:30Z", code=0)
    assert document["notes"] == [
        "empty-answer: stopped by --to after 1 of 2 measurements",
        "scalar-answer: stopped by --to after 1 of 2 measurements",
    ]


def test_a_query_over_a_range_is_not_asked_at_one_time(server: PrometheusServer, tmp_path: Path) -> None:
    ranged = "rangeQuery: {start: 'now() - duration(\"1h\")', end: now(), step: 1m}"
    template = _TEMPLATE.replace("query: scalar(vector(1))", f"query: vector(1), {ranged}")
    document = _backtest(server, tmp_path, "--to", "2026-11-23T09:08:00Z", code=0, template=template)
    assert document["notes"] == ["scalar-answer: not asked, it asks over a range (rangeQuery)"]
    assert [metric["name"] for metric in document["metrics"]] == ["success-rate", "empty-answer"]


def test_a_comparison_with_the_vector_itself_is_five_errors_ten_seconds_apart(
    server: PrometheusServer, tmp_path: Path
) -> None:
    template = _TEMPLATE.replace("result[0] >= 0.95", "result >= 0.95")
    document = _backtest(server, tmp_path, "--to", "2026-11-23T09:08:00Z", code=1, template=template)
    assert document["phase"] == "Error"
    times = [item["at"][14:19] for item in document["metrics"][0]["measurements"]]
    assert times == ["00:00", "00:10", "00:20", "00:30", "00:40"]


def test_a_query_that_prometheus_refuses_is_an_error_of_the_measurement(
    server: PrometheusServer, tmp_path: Path
) -> None:
    template = _TEMPLATE.replace("scalar(vector(1))", "'sum('")
    document = _backtest(server, tmp_path, "--to", "2026-11-23T09:01:00Z", code=1, template=template)
    (scalar,) = [metric for metric in document["metrics"] if metric["name"] == "scalar-answer"]
    assert scalar["phase"] == "Error"
    assert "parse error" in scalar["measurements"][0]["message"]


def test_an_answer_that_is_a_matrix_is_none_that_argo_knows(server: PrometheusServer) -> None:
    client = Prometheus(PrometheusSettings(url=server.url))
    with pytest.raises(AnswerError, match="found an answer of type 'matrix', expected a vector or a scalar"):
        client.measured("requests_total[1m]", _START)
    client.close()


def test_an_argument_without_a_value_stops_a_backtest(server: PrometheusServer, tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(_TEMPLATE, encoding="utf-8")
    span = ("--from", "2026-11-23T09:00:00Z", "--to", "2026-11-23T09:01:00Z")
    ended = run("canary", "evaluate", "--template", path, "--prometheus", server.url, *span)
    assert ended.code == 2
    assert (
        "success-rate: found args.service in its query, expected arguments with values (--arg)" in ended.err
    )


def test_a_prometheus_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(_TEMPLATE, encoding="utf-8")
    span = ("--from", "2026-11-23T09:00:00Z", "--to", "2026-11-23T09:01:00Z", "--arg", "service=api")
    ended = run("canary", "evaluate", "--template", path, "--prometheus", "http://127.0.0.1:9", *span)
    assert (ended.code, ended.out) == (3, "")
