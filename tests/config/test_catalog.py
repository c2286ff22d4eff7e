"""The catalogue: what the shipped one holds, and what a faulty one says."""

import json
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from dashboard.config import load_catalog
from dashboard.domain.canary.measure import Measure
from dashboard.domain.slo import Catalogue
from dashboard.paths import DEFAULT_CATALOG

_Faults = Callable[[str], list[str]]

_INDICATORS = """\
indicators:
  availability:
    good: sum(good[{{bucket}}])
    total: sum(total[{{bucket}}])
"""
_SERVICE = """\
services:
  api:
    tier: 1
    strategy: rolling
"""

#: FRAMEWORK, Services: tier, strategy, and target by indicator.
_FRAMEWORK: dict[str, tuple[int, str, dict[str, str]]] = {
    "api": (1, "progressive-canary", {"availability": "0.999", "latency": "0.99"}),
    "graphql-gateway": (1, "progressive-canary", {"availability": "0.999", "latency": "0.99"}),
    "copilot": (1, "progressive-canary", {"availability": "0.995", "latency": "0.95"}),
    "neo4j": (1, "blue-green", {"availability": "0.9999"}),
    "postgres": (1, "blue-green", {"availability": "0.999"}),
    "redis": (1, "blue-green", {"availability": "0.999"}),
    "conductor": (2, "standard-canary", {"availability": "0.995"}),
    "audit-svc": (2, "standard-canary", {"availability": "0.999"}),
    "prov-ledger": (2, "rolling", {"availability": "0.995"}),
    "worker-ingest": (2, "rolling", {"completion": "0.95"}),
    "worker-analysis": (2, "rolling", {"completion": "0.95"}),
    "websocket-server": (2, "standard-canary", {"availability": "0.995"}),
    "devtools": (3, "rolling", {"availability": "0.95"}),
    "docs": (3, "rolling", {}),
    "sandbox": (3, "rolling", {}),
    "test-runner": (3, "rolling", {}),
}


def _objective(text: str) -> str:
    return f"{_INDICATORS}{_SERVICE}    objectives:\n      - {text}\n"


def _load(path: Path, text: str) -> Catalogue:
    path.write_text(text, encoding="utf-8")
    return load_catalog(path)


def test_the_shipped_catalogue_is_the_framework_s() -> None:
    shipped = load_catalog(DEFAULT_CATALOG)
    assert list(shipped.services) == list(_FRAMEWORK)
    for name, (tier, strategy, targets) in _FRAMEWORK.items():
        service = shipped.services[name]
        assert (service.tier, service.strategy) == (tier, strategy)
        assert {item.indicator: item.target for item in service.objectives} == {
            indicator: Fraction(target) for indicator, target in targets.items()
        }
        assert {item.window for item in service.objectives} <= {timedelta(days=30)}


def test_every_shipped_indicator_is_used_and_grouped_by_service() -> None:
    shipped = load_catalog(DEFAULT_CATALOG)
    assert {item.indicator for item in shipped.objectives} == shipped.indicators.keys()
    for indicator in shipped.indicators.values():
        for query in (indicator.good, indicator.total):
            assert query.startswith("sum by (service) (increase(")
            assert "[{{bucket}}]" in query


def test_a_target_is_exactly_what_was_written(tmp_path: Path) -> None:
    for written in ("0.999", "'0.999'", "9.99e-1"):
        known = _load(tmp_path / "c.yaml", _objective(f"{{indicator: availability, target: {written}}}"))
        assert known.objectives[0].target == Fraction(999, 1000)


def test_what_may_be_left_out_has_a_default(tmp_path: Path) -> None:
    known = _load(tmp_path / "c.yaml", _objective("{indicator: availability, target: 0.9}"))
    assert known.objectives[0].window == timedelta(days=30)
    indicator = known.indicators["availability"]
    assert (indicator.service_label, indicator.scrape_interval) == ("service", timedelta(minutes=1))
    assert _load(tmp_path / "c.yaml", _INDICATORS + _SERVICE).objectives == ()


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("99.9", "found 99.9, which looks like a percentage"),
        ("99.9", "write 0.999"),
        ("99.9%", "a percentage; expected a ratio between 0 and 1 such as 0.999"),
        ("95", "write 0.95"),
        ("1", "found 1, expected a ratio above 0 and below 1"),
        ("1.0", "expected a ratio above 0 and below 1"),
        ("0", "expected a ratio above 0 and below 1"),
        ("-0.5", "expected a ratio above 0 and below 1"),
        ("100", "expected a ratio above 0 and below 1"),
        (".nan", "expected a finite number"),
        (".inf", "expected a finite number"),
        ("true", "found True, expected a number"),
        ("high", "found 'high', expected a number"),
        ("[0.9]", "expected a number"),
        ("{a: 1}", "expected a number"),
        ("", "expected a number"),
    ],
)
def test_a_wrong_target_is_told_in_one_line(catalog_faults: _Faults, target: str, words: str) -> None:
    (line,) = catalog_faults(_objective(f"{{indicator: availability, target: {target}}}"))
    assert line.startswith("catalog.yaml:10: services.api.objectives[0].target: found ")
    assert words in line


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ("36h", "found '36h', expected whole days such as 30d"),
        ("30", "found 30, expected a PromQL duration"),
        ("a month", "found 'a month', expected a PromQL duration"),
        ("0d", "above zero"),
        ("99y", "at most ten years"),
        ("[30d]", "expected a PromQL duration"),
    ],
)
def test_a_wrong_window_is_told_in_one_line(catalog_faults: _Faults, window: str, words: str) -> None:
    (line,) = catalog_faults(_objective(f"{{indicator: availability, target: 0.9, window: {window}}}"))
    assert line.startswith("catalog.yaml:10: services.api.objectives[0].window: found ")
    assert words in line


def test_whole_days_may_be_written_in_hours(tmp_path: Path) -> None:
    text = _objective("{indicator: availability, target: 0.9, window: 48h}")
    assert _load(tmp_path / "c.yaml", text).objectives[0].window == timedelta(days=2)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("tier: 1", "tier: 4", "catalog.yaml:7: services.api.tier: found 4, expected 1, 2 or 3"),
        ("tier: 1", "tier: '1'", "catalog.yaml:7: services.api.tier: found '1', expected 1, 2 or 3"),
        ("tier: 1", "tier: true", "catalog.yaml:7: services.api.tier: found True, expected 1, 2 or 3"),
        ("tier: 1", "tier: [1]", "catalog.yaml:7: services.api.tier: found [1], expected 1, 2 or 3"),
        ("tier: 1", "tier: {a: 1}", "catalog.yaml:7: services.api.tier: found {'a': 1}, expected 1, 2 or 3"),
        (
            "strategy: rolling",
            "strategy: big-bang",
            "catalog.yaml:8: services.api.strategy: found 'big-bang', exp",
        ),
        (
            "strategy: rolling",
            "strategy: [rolling]",
            "catalog.yaml:8: services.api.strategy: found ['rolling'], exp",
        ),
        (
            "    strategy: rolling\n",
            "",
            "catalog.yaml:6: services.api.strategy: found nothing, expected this key",
        ),
        (
            "    tier: 1",
            "    colour: red\n    tier: 1",
            "catalog.yaml:7: services.api.colour: found a key that is not",
        ),
        ("services:", "extra: 1\nservices:", "catalog.yaml:5: extra: found a key that is not known here"),
        ("  api:", "  a b:", "catalog.yaml:6: services.a b: found the name 'a b', expected letters"),
        ("  api:", "  a/b:", "catalog.yaml:6: services.a/b: found the name 'a/b', expected letters"),
        (
            "[{{bucket}}])\n    total",
            "[5m])\n    total",
            "catalog.yaml:3: indicators.availability.good: found a query wit",
        ),
        (
            "good: sum(good[{{bucket}}])",
            "good: 5",
            "catalog.yaml:3: indicators.availability.good: found 5, expected",
        ),
        (
            "good: sum(good[{{bucket}}])",
            "good: ''",
            "catalog.yaml:3: indicators.availability.good: found '', expected",
        ),
        (
            "    total",
            "    scrape_interval: 151s\n    total",
            "catalog.yaml:4: indicators.availability.scrape_interval: f",
        ),
        (
            "    total",
            "    service_label: a-b\n    total",
            "catalog.yaml:4: indicators.availability.service_label: found 'a-b'",
        ),
        (
            "    total",
            "    description: 5\n    total",
            "catalog.yaml:4: indicators.availability.description: found 5, exp",
        ),
    ],
)
def test_each_fault_is_one_line_with_its_place(
    catalog_faults: _Faults, old: str, new: str, expected: str
) -> None:
    text = _INDICATORS + _SERVICE
    assert old in text
    (line,) = catalog_faults(text.replace(old, new, 1))
    assert line.startswith(expected)
    assert "expected" in line


@pytest.mark.parametrize("services", ["", " []", " {}", " 5"])
def test_a_catalogue_without_services_is_one_fault(catalog_faults: _Faults, services: str) -> None:
    (line,) = catalog_faults(f"{_INDICATORS}services:{services}\n")
    assert line.startswith("catalog.yaml:5: services: found ")


def test_an_empty_entry_is_a_fault_without_the_words_of_the_code(catalog_faults: _Faults) -> None:
    (line,) = catalog_faults(f"{_INDICATORS}services:\n  api:\n")
    assert line.startswith("catalog.yaml:6: services.api: found nothing, expected ")
    assert "_Service" not in line


def test_an_unknown_indicator_is_told_with_the_known_ones(catalog_faults: _Faults) -> None:
    (line,) = catalog_faults(_objective("{indicator: speed, target: 0.9}"))
    where = "catalog.yaml:10: services.api.objectives[0].indicator"
    assert line == f"{where}: found unknown indicator 'speed', expected one of availability"


def test_a_second_objective_on_one_indicator_is_a_fault(catalog_faults: _Faults) -> None:
    twice = "{indicator: availability, target: 0.9}"
    (line,) = catalog_faults(_objective(f"{twice}\n      - {twice}"))
    assert line.startswith("catalog.yaml:11: services.api.objectives[1].indicator: found a second objective")


def test_a_repeated_key_is_told_with_both_lines(catalog_faults: _Faults) -> None:
    (line,) = catalog_faults(_INDICATORS + _SERVICE + "    tier: 2\n")
    assert line == "catalog.yaml:7: services.api.tier: found this key again on line 9, expected it once"


def test_a_repeated_service_is_a_fault(catalog_faults: _Faults) -> None:
    (line,) = catalog_faults(_INDICATORS + _SERVICE + "  api:\n    tier: 1\n    strategy: rolling\n")
    assert line.startswith("catalog.yaml:6: services.api: found this key again on line 9")


def test_all_faults_are_told_together_in_the_order_of_the_file(catalog_faults: _Faults) -> None:
    lines = catalog_faults(
        """\
indicators:
  availability:
    good: no placeholder
    total: sum(total[{{bucket}}])
services:
  api:
    tier: 9
    strategy: rolling
    strategy: rolling
    objectives:
      - {indicator: speed, target: 99}
  "b c":
    tier: 1
extra: 1
"""
    )
    assert [int(line.split(":")[1]) for line in lines] == [3, 7, 8, 11, 11, 12, 12, 14]


def test_the_longest_allowed_scrape_interval_holds_two_scrapes(tmp_path: Path) -> None:
    text = (_INDICATORS + _SERVICE).replace("    total", "    scrape_interval: 150s\n    total")
    assert _load(tmp_path / "c.yaml", text).indicators["availability"].scrape_interval == timedelta(
        seconds=150
    )


_COUNTS = """\
canary_counts:
  good: ok{pods=~"{{pod_hashes}}", code!~"(4|5).."}
  total: all{pods=~"{{pod_hashes}}"}
  namespace_label: ns
  pod_hash_label: pods
  target_label: pod
  tick: 30s
"""


def test_how_the_arms_of_canaries_are_counted_is_read(tmp_path: Path) -> None:
    found = _load(tmp_path / "c.yaml", _INDICATORS + _COUNTS + _SERVICE).canary_counts
    assert found is not None
    assert (found.namespace_label, found.pod_hash_label, found.target_label) == ("ns", "pods", "pod")
    assert (found.tick, found.total) == (timedelta(seconds=30), 'all{pods=~"{{pod_hashes}}"}')
    assert _load(tmp_path / "c.yaml", _INDICATORS + _SERVICE).canary_counts is None


_LATENCY = """\
  latency:
    fast: seconds_bucket{pods=~"{{pod_hashes}}", le="0.3"}
    total: seconds_count{pods=~"{{pod_hashes}}"}
"""


def test_latency_is_a_pair_of_counters_of_its_own(tmp_path: Path) -> None:
    found = _load(tmp_path / "c.yaml", _INDICATORS + _COUNTS + _LATENCY + _SERVICE).canary_counts
    without = _load(tmp_path / "c.yaml", _INDICATORS + _COUNTS + _SERVICE).canary_counts
    assert found is not None
    assert found.latency is not None
    assert found.by_measure[Measure.SLOW] == (
        'seconds_bucket{pods=~"{{pod_hashes}}", le="0.3"}',
        'seconds_count{pods=~"{{pod_hashes}}"}',
    )
    assert without is not None
    assert list(without.by_measure) == [Measure.ERRORS]


@pytest.mark.parametrize(
    ("fast", "threshold"),
    [
        ('request_seconds_bucket{p=~"{{pod_hashes}}", le=~"1|1.0"}', 1.0),
        ('request_seconds_bucket{p=~"{{pod_hashes}}", le=~"1|1\\\\.0"}', 1.0),
        ('request_seconds_bucket{p=~"{{pod_hashes}}", le=~"1|1[.]0"}', 1.0),
        ("request_seconds_bucket{path=\"a,le='0.5'\", le='0.3', p=~'{{pod_hashes}}'}", 0.3),
        ('{__name__="request_seconds_bucket", p=~"{{pod_hashes}}", le="0.3"}', 0.3),
        ("request_seconds_bucket{le='0.3', p=~'{{pod_hashes}}'}", 0.3),
        ('request_seconds_bucket{pod="a,b",le = "2.5",p=~"{{pod_hashes}}"}', 2.5),
        ('request_ms_bucket{p=~"{{pod_hashes}}", le="300"}', None),
        ('quick_total{p=~"{{pod_hashes}}"}', None),
    ],
)
def test_a_bucket_is_named_in_any_way_that_prometheus_takes_and_one_of_seconds_tells_the_threshold(
    tmp_path: Path, fast: str, threshold: float | None
) -> None:
    total = next((f"{name}_count{{" for name in ("request_seconds", "request_ms") if name in fast), "all{")
    text = _LATENCY.replace('seconds_bucket{pods=~"{{pod_hashes}}", le="0.3"}', json.dumps(fast))
    text = text.replace("seconds_count{", total)
    found = _load(tmp_path / "c.yaml", _INDICATORS + _COUNTS + text + _SERVICE).canary_counts
    assert found is not None
    assert found.latency is not None
    assert (found.latency.fast, found.latency.threshold) == (fast, threshold)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (', le="0.3"', "", "13: canary_counts.latency.fast: found 'seconds_bucket{pods=~"),
        (', le="0.3"', ', le!="0.3"', "13: canary_counts.latency.fast: found 'seconds_bucket{pods=~"),
        (', le="0.3"', ', handle="0.3"', "13: canary_counts.latency.fast: found 'seconds_bucket{pods=~"),
        (
            "0.3",
            "+Inf",
            "13: canary_counts.latency.fast: found the bucket le='+Inf', expected one up to a num",
        ),
        ("0.3", "300ms", "13: canary_counts.latency.fast: found the bucket le='300ms', expected one up to a"),
        ("seconds_bucket{", "rate(seconds_bucket{", "13: canary_counts.latency.fast: found 'rate("),
        (
            "{{pod_hashes}}",
            ".*",
            "13: canary_counts.latency.fast: found a counter without {{pod_hashes}}, exp",
        ),
        ('le="0.3"', 'le=~".+"', "13: canary_counts.latency.fast: found the bucket le='.+', expected one up"),
        ('le="0.3"', 'le=~"0.5|1"', "13: canary_counts.latency.fast: found the bucket le='0.5|1', expected"),
        ('le="0.3"', 'le=~"\\\\+Inf|0.5"', "13: canary_counts.latency.fast: found the bucket le='"),
        ('le="0.3"', 'le="0.3", le=~"0.3|0.30"', "13: canary_counts.latency.fast: found 'seconds_bucket{"),
        ('le="0.3"', "path=\"a,le='0.5'\"", "13: canary_counts.latency.fast: found 'seconds_bucket{"),
        ('le="0.3"', 'le="0.3" or le="0.5"', "13: canary_counts.latency.fast: found 'seconds_bucket{"),
        ('"0.3"', "0.3", "13: canary_counts.latency.fast: found 'seconds_bucket{"),
        ("seconds_bucket{", "seconds_sum{", "13: canary_counts.latency.fast: found seconds_sum, a sum of"),
        ("seconds_count{", "seconds_sum{", "14: canary_counts.latency.total: found seconds_sum, a sum of"),
        ("seconds_count{", "seconds_bucket{", "14: canary_counts.latency.total: found 'seconds_bucket{"),
        (
            "seconds_count{",
            'seconds_bucket{le="0.5", ',
            "14: canary_counts.latency.total: found 'seconds_bucket{",
        ),
        (
            "seconds_count{",
            "requests_total{",
            "14: canary_counts.latency.total: found requests_total, expected seconds_count, the count of",
        ),
        (
            "seconds_count{",
            'other_seconds_bucket{le="+Inf", ',
            "14: canary_counts.latency.total: found other_seconds_bucket, expected seconds_count, the",
        ),
        ("    total: seconds_count", "    all: seconds_count", "14: canary_counts.latency.all: found a key"),
    ],
)
def test_a_fault_of_latency_is_told_with_its_place(
    catalog_faults: _Faults, old: str, new: str, expected: str
) -> None:
    assert old in _LATENCY
    lines = catalog_faults(_INDICATORS + _COUNTS + _LATENCY.replace(old, new, 1) + _SERVICE)
    assert any(line.startswith(f"catalog.yaml:{expected}") and "expected" in line for line in lines)


@pytest.mark.parametrize(
    "fast", ['{__name__="seconds_bucket", p=~"{{pod_hashes}}"}', '{__name__=~"a|b", p=~"{{pod_hashes}}"}']
)
def test_a_name_among_the_matchers_is_no_way_around_the_bucket(catalog_faults: _Faults, fast: str) -> None:
    text = _LATENCY.replace('seconds_bucket{pods=~"{{pod_hashes}}", le="0.3"}', json.dumps(fast))
    (line,) = catalog_faults(_INDICATORS + _COUNTS + text + _SERVICE)
    assert line.startswith("catalog.yaml:13: canary_counts.latency.fast: found '{__name__")


def test_the_bucket_without_end_counts_all_requests_as_well(tmp_path: Path) -> None:
    total = 'seconds_bucket{pods=~"{{pod_hashes}}", le="+Inf"}'
    text = _LATENCY.replace('seconds_count{pods=~"{{pod_hashes}}"}', total)
    found = _load(tmp_path / "c.yaml", _INDICATORS + _COUNTS + text + _SERVICE).canary_counts
    assert found is not None
    assert found.by_measure[Measure.SLOW][1] == total


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("ok{", "rate(ok{", "6: canary_counts.good: found 'rate(ok{"),
        (
            "{{pod_hashes}}",
            ".*",
            "6: canary_counts.good: found a counter without {{pod_hashes}}, exp",
        ),
        ('(4|5).."}', '5.."}[1m]', "6: canary_counts.good: found 'ok{pods=~"),
        ("tick: 30s", "tick: 11m", "11: canary_counts.tick: found '11m', expected whole seconds from 15s to"),
        ("tick: 30s", "tick: 14s", "11: canary_counts.tick: found '14s', expected whole seconds from 15s to"),
        ("pods\n", "a-b\n", "9: canary_counts.pod_hash_label: found 'a-b', expected a Prometheus label name"),
    ],
)
def test_a_fault_of_the_counts_is_one_line_with_its_place(
    catalog_faults: _Faults, old: str, new: str, expected: str
) -> None:
    assert old in _COUNTS
    (line,) = catalog_faults(_INDICATORS + _COUNTS.replace(old, new, 1) + _SERVICE)
    assert line.startswith(f"catalog.yaml:{expected}")
    assert "expected" in line
