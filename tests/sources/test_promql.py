"""What is known of a PromQL query by its text alone."""

import time
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.canary.lint.promql_facts import AnswerKind, PromqlFacts, PromqlFault
from dashboard.sources.promql import read_promql

_ERRORS, _ALL = 'sum(rate(r_total{code=~"5.."}[5m]))', "sum(rate(r_total[5m]))"


def _facts(query: str) -> PromqlFacts:
    found = read_promql(query)
    assert isinstance(found, PromqlFacts), found
    return found


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        (_ALL, AnswerKind.VECTOR),
        ("1 + 2", AnswerKind.SCALAR),
        ("-scalar(sum(up))", AnswerKind.SCALAR),
        ("(time())", AnswerKind.SCALAR),
        ("vector(1)", AnswerKind.VECTOR),
        ("up[5m]", AnswerKind.RANGE),
        ("rate(up[5m])[1h:5m]", AnswerKind.RANGE),
        ('"text"', AnswerKind.TEXT),
    ],
)
def test_the_kind_of_the_answer(query: str, kind: AnswerKind) -> None:
    assert _facts(query).kind is kind


@pytest.mark.parametrize(
    ("query", "many"),
    [
        ("up", True),
        ("rate(r_total[5m])", True),
        (_ALL, False),
        ("sum by (service) (r_total)", True),
        ('sum by (service) (r_total{service="api"})', False),
        ('sum by (service) (r_total{service="api"} / s_total)', True),
        ("sum without (pod) (r_total)", True),
        ("topk(1, r_total)", False),
        ("topk(3, r_total)", True),
        ('count_values("v", up)', True),
        ("histogram_quantile(0.9, sum by (le) (rate(b_bucket[5m])))", False),
        ("histogram_quantile(0.9, sum by (le, pod) (rate(b_bucket[5m])))", True),
        ("service:errors:rate5m", False),
        (f"{_ERRORS} / {_ALL}", False),
        (f"{_ERRORS} or vector(0)", False),
        ("up or r_total", True),
        ("absent(up)", False),
        ("sum(up) * on() group_right r_total", True),
        ("r_total * on() group_left sum(up)", True),
        ("abs(sum(up))", False),
        ("up unless r_total", True),
    ],
)
def test_whether_there_can_be_many_series(query: str, many: bool) -> None:  # noqa: FBT001 - a column
    assert _facts(query).many is many


@pytest.mark.parametrize(
    ("query", "empty", "nan"),
    [
        (_ALL, True, False),
        (f"{_ALL} or vector(0)", False, False),
        (f"{_ERRORS} / {_ALL}", True, True),
        (f"{_ERRORS} / {_ALL} or vector(0)", False, True),
        (f"({_ERRORS} or vector(0)) / ({_ALL} > 0)", True, False),
        (f"{_ERRORS} / clamp_min({_ALL}, 1)", True, False),
        (f"{_ERRORS} / 60", True, False),
        (f"{_ERRORS} / 0", True, True),
        ("histogram_quantile(0.9, sum by (le) (rate(b_bucket[5m])))", True, True),
        ("histogram_quantile(0.9, sum by (le) (rate(b_bucket[5m]))) >= 0", True, False),
        ("scalar(sum(up))", False, True),
        ("scalar(vector(1))", False, False),
        ("vector(1)", False, False),
        ("absent(up)", True, False),
        ("sum(up) > bool 1", True, False),
        ("vector(1) unless up", True, False),
        ("1 / 3", False, False),
    ],
)
def test_whether_there_can_be_no_answer_or_nan(query: str, empty: bool, nan: bool) -> None:  # noqa: FBT001 - columns
    facts = _facts(query)
    assert (facts.empty, facts.nan) == (empty, nan)


def test_what_stands_in_for_a_missing_series() -> None:
    assert _facts(f"{_ERRORS} / {_ALL} or vector(0)").fallback == 0.0
    assert _facts(f"({_ALL} or on() vector(1))").fallback == 1.0
    assert _facts(f"({_ERRORS} or vector(0)) / {_ALL}").fallback is None
    assert _facts("up or r_total").fallback is None


def test_what_leaves_out_the_healthy_series() -> None:
    assert _facts(f"{_ALL} > 5").drops == ">"
    assert _facts("absent(up)").drops == "absent"
    assert _facts(f"{_ALL} > bool 5").drops is None
    assert _facts(f"{_ERRORS} / ({_ALL} > 0)").drops is None


def test_quantiles_windows_and_labels() -> None:
    facts = _facts('histogram_quantile(0.9, sum(rate(b_bucket{le="1", job="x"}[90s])))')
    assert facts.quantile_without_le
    assert facts.windows == (timedelta(seconds=90),)
    assert facts.buckets == ('le="1"',)
    assert facts.labels == (("le", "1"), ("job", "x"))
    assert facts.metrics == ("b_bucket",)
    assert not _facts("histogram_quantile(0.9, sum(rate(native[5m])))").quantile_without_le
    assert not _facts("histogram_quantile(0.9, sum without (pod) (rate(b_bucket[5m])))").quantile_without_le


@pytest.mark.parametrize(
    ("query", "whole"),
    [
        (f"{_ERRORS} / {_ALL}", 1.0),
        (f"1 - {_ERRORS} / {_ALL}", 1.0),
        (f"100 * ({_ERRORS} / {_ALL})", 100.0),
        (f"{_ERRORS} / {_ALL} * 100", 100.0),
        (f"({_ERRORS} or vector(0)) / ({_ALL} > 0) / 0.001", 1000.0),
        (f"{_ERRORS} / {_ALL} or vector(0)", 1.0),
        (_ERRORS, None),
        ("sum(up) / count(up)", None),
        ("histogram_quantile(0.9, rate(b_bucket[5m])) / histogram_quantile(0.9, rate(b_bucket[5m]))", None),
        (f"5 - {_ERRORS} / {_ALL}", None),
    ],
)
def test_a_share_of_requests_is_known_as_one(query: str, whole: float | None) -> None:
    assert _facts(query).ratio == whole


@pytest.mark.parametrize(
    "query", ["", "sum(", "rate(up)", 'up{a=~"("}', "up{", "sum(up))", "up[5mm]", "foo(up)"]
)
def test_what_does_not_parse_says_why(query: str) -> None:
    found = read_promql(query)
    assert isinstance(found, PromqlFault)
    assert found.message
    assert not found.unchecked


@pytest.mark.parametrize(
    "query", ["(" * 100_000, "-" * 9_000 + "up", "sum(" * 400, "+".join(["up"] * 400), "x" * 30_000]
)
def test_what_is_too_large_is_not_parsed(query: str) -> None:
    began = time.monotonic()
    found = read_promql(query)
    assert isinstance(found, PromqlFault)
    assert found.unchecked
    assert time.monotonic() - began < 1


_SIGNS = ["(", ")", "[5m]", "{", "}", ",", "/", "-", ">", "@", "'", '"', "[", ":", 'a="b"', "1", "0.9", "5m"]
_NAMES = [
    "sum",
    "rate",
    "up",
    "by",
    "or",
    "vector",
    "bool",
    "le",
    "histogram_quantile",
    "offset",
    "end()",
    "on",
]
_WORDS = st.sampled_from([*_SIGNS, *_NAMES, "group_left", "unless"])


@settings(max_examples=300, deadline=2_000)
@given(st.one_of(st.text(max_size=100), st.lists(_WORDS, max_size=40).map(" ".join)))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert isinstance(read_promql(text), PromqlFacts | PromqlFault)
