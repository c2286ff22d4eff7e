"""Objects with the right fields and any values in them: every rule takes whatever stands there."""

import json
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.canary.lint.traffic import Traffic
from dashboard.domain.canary.manifest.fields import RESOURCES
from dashboard.domain.canary.manifest.shape import Kind, Shape
from dashboard.reports.canary_lint import lint_report

_NUMBERS = [
    0,
    1,
    -1,
    3,
    2**31 - 1,
    10**20,
    "9999999999999999",
    "2147483647",
    1.5,
    True,
    False,
    None,
    "100%",
    "200",
    "3",
]
_LENGTHS = ["30s", "1000h", "2500000h", "1d", "-5m", "60", "0", "1h1h"]
_CONDITIONS = [
    "result[0] < 0.02",
    "result < 1",
    "len(result) > 0",
    "result = 1",
    "result == 200",
    "result[",
    "true",
]
_QUERIES = ["sum(rate(a[5m])) / sum(rate(b[5m]))", "rate(a", "up[5m]", "scalar(up)", '"x"', "up > 1"]
_TEXTS = ["", "x", "{{args.x}}", "{{ x }}", "http://a", "a:9090", "Latest", "prometheus", ".*", "("]
_VALUES: list[Any] = [
    *_NUMBERS,
    *_LENGTHS,
    *_CONDITIONS,
    *_QUERIES,
    *_TEXTS,
    [],
    {},
    [[]],
    [{}],
    {"a": {}},
    ["a"],
]


def _made(chance: random.Random, shape: Shape) -> Any:
    if chance.random() < 0.12:
        return chance.choice(_VALUES)
    if shape.kind is Kind.GROUP:
        return {name: _made(chance, inner) for name, inner in shape.fields.items() if chance.random() < 0.6}
    if shape.kind is Kind.LIST:
        return [_made(chance, replace(shape, kind=Kind.GROUP)) for _ in range(chance.randint(0, 3))]
    return chance.choice(_VALUES)


@settings(max_examples=400, deadline=5_000)
@given(st.integers(0, 2**32))
def test_any_values_in_known_fields_are_linted(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - examples, not secrets
    documents = []
    for _ in range(chance.randint(1, 3)):
        kind = chance.choice(list(RESOURCES))
        made = _made(chance, RESOURCES[kind])
        whole = made if isinstance(made, dict) else {}
        name = {"name": chance.choice(["x", "y"])}
        documents.append(
            json.dumps(whole | {"kind": kind, "apiVersion": "argoproj.io/v1alpha1", "metadata": name})
        )
    traffic = Traffic(
        requests_per_second=chance.choice([1e-9, 1.0, 1e9]), error_ratio=chance.choice([None, 0.0, 1.0])
    )
    report = lint_report(
        {"a.yaml": "\n---\n".join(documents)}, scrape_interval=timedelta(seconds=30), traffic=traffic
    )
    assert list(report.findings) == sorted(report.findings, key=lambda finding: finding.order)
    assert all(finding.message and finding.mend for finding in report.findings)
