"""The score of a canary: Kayenta's ScorerSuite, and what must hold for any metrics."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.canary.judge.classification import Classification, MetricJudgement, classify
from dashboard.domain.canary.judge.metric import Metric
from dashboard.domain.canary.judge.score import ScoreJudgement, ScoreThresholds, ScoreVerdict, score
from tests.histories import vectors

_ROWS = [row for row in vectors("canary_judge.tsv") if row["what"] == "score"]
_SAME = classify(Metric(name="m", experiment=[1.0] * 5, control=[1.0] * 5))
_WORDS = {word.lower(): word for word in Classification}
_ANY = st.lists(st.sampled_from(sorted(_WORDS)), min_size=1, max_size=8)


def _metrics(text: str) -> list[MetricJudgement]:
    """`pass,critical high in b` is a pass in the group a, and a critical high in the group b."""
    found = []
    for place, told in enumerate(text.lower().split(",")):
        parts = re.fullmatch(r"(critical |muted )?(\w+)(?: in ([\w+]+))?", told.strip())
        assert parts is not None
        flag, word, groups = parts.groups()
        found.append(
            replace(
                _SAME,
                name=f"m{place}",
                classification=_WORDS[word],
                reason=word,
                critical=flag == "critical ",
                muted=flag == "muted ",
                groups=tuple((groups or "a").split("+")),
            )
        )
    return found


def _score(metrics: Sequence[MetricJudgement], weights: dict[str, float] | None = None) -> ScoreJudgement:
    found = score(metrics, weights)
    assert found is not None
    return found


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row["experiment"])
def test_the_score_is_the_worked_one(row: dict[str, str]) -> None:
    assert _score(_metrics(row["experiment"])).score == float(row["detail"])


@pytest.mark.parametrize(
    ("metrics", "weights", "expected"),
    [
        ("pass", {}, 100),
        ("high", {}, 0),
        ("low", {}, 0),
        ("nodata", {}, 0),
        ("pass, pass, nodata in b", {}, 100),
        ("pass, high", {}, 50),
        ("pass, high, low", {}, 33.33),
        ("pass, pass, high in b", {"a": 75, "b": 25}, 75),
        ("pass, high, high in b", {"a": 50, "b": 50}, 25),
        ("pass, nodata, high in b", {"a": 50, "b": 50}, 50),
        ("pass, critical high", {}, 0),
        ("low, critical pass", {}, 50),
        ("pass, critical nodata", {}, 0),
        ("high, low, pass, high in b", {"a": 15, "b": 85}, 5),
        ("pass, nodatafailmetric", {}, 50),
        ("pass, pass in b, high in c", {"a": 60}, 80),
        ("pass in a+b, high in b", {"a": 50, "b": 50}, 75),
        ("pass, muted high", {}, 100),
        ("pass, muted nodata, muted nodata", {}, 100),
    ],
)
def test_the_score_is_that_of_kayentas_scorer(
    metrics: str, weights: dict[str, float], expected: float
) -> None:
    assert _score(_metrics(metrics), weights).score == expected


def test_a_score_that_a_rule_made_0_says_which() -> None:
    assert _score(_metrics("pass, critical high")).reason == "the critical metric m1: high"
    assert _score(_metrics("pass, nodata")).reason == "1 of 2 metrics have no data"
    assert _score(_metrics("high")).reason is None


def test_a_critical_metric_with_too_few_points_is_waited_for_and_fails_nothing() -> None:
    waiting = classify(
        Metric(name="p95", experiment=[1.0, 2, 3], control=[1.0, 2, 3.1], groups=("a",), critical=True)
    )
    found = _score([waiting, *_metrics("pass, pass, pass, high")])
    assert (found.score, found.verdict, found.reason) == (75, ScoreVerdict.MARGINAL, None)
    assert (found.awaited, found.early) == ("p95", False)
    alone = _score([waiting])
    assert (alone.verdict, alone.reason, alone.early) == (
        ScoreVerdict.FAIL,
        "1 of 1 metrics have no data",
        True,
    )
    assert not _score([waiting, *_metrics("critical high")]).early
    worse = _score([waiting, *_metrics("high")])
    assert (worse.score, worse.verdict, worse.reason, worse.early) == (0, ScoreVerdict.FAIL, None, False)
    assert _score(_metrics("pass")).awaited is None


def test_without_metrics_there_is_no_score() -> None:
    assert score([]) is None
    assert score(_metrics("muted pass")) is None


@pytest.mark.parametrize(
    ("passed", "of", "verdict"),
    [
        (20, 20, ScoreVerdict.PASS),
        (19, 20, ScoreVerdict.PASS),
        (18, 20, ScoreVerdict.MARGINAL),
        (15, 20, ScoreVerdict.MARGINAL),
        (14, 20, ScoreVerdict.FAIL),
    ],
)
def test_thresholds_belong_to_the_better_side(passed: int, of: int, verdict: ScoreVerdict) -> None:
    metrics = _metrics(", ".join(["pass"] * passed + ["high"] * (of - passed)))
    assert _score(metrics).verdict is verdict


def test_a_group_tells_what_its_score_is_made_of() -> None:
    found = _score(_metrics("pass, high, nodata, nodata in b, pass, pass"), {"a": 60})
    of_a, of_b = found.groups
    assert (of_a.name, of_a.passed, of_a.counted, of_a.metrics, of_a.weight) == ("a", 3, 4, 5, 60)
    assert (of_a.score, of_b.score, of_b.weight) == (75, None, 40)
    assert found.score == 85  # 60 × 0.75, and the group without data takes nothing away


@pytest.mark.parametrize("weights", [{"a": 60.0, "b": 41.0}, {"a": -1.0}])
def test_weights_that_are_no_shares_of_100_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="group weights: found"):
        score(_metrics("pass"), weights)


@pytest.mark.parametrize(("passing", "marginal"), [(75, 95), (101, 50), (95, -1)])
def test_thresholds_out_of_order_are_refused(passing: float, marginal: float) -> None:
    with pytest.raises(ValueError, match="score thresholds: found"):
        ScoreThresholds(passing=passing, marginal=marginal)


@given(words=_ANY)
def test_a_score_is_from_0_to_100_and_another_pass_never_lowers_it(words: list[str]) -> None:
    metrics = _metrics(", ".join(words))
    found = _score(metrics)
    assert 0 <= found.score <= 100
    assert _score([*metrics, *_metrics("pass")]).score >= found.score


@given(words=_ANY)
def test_a_critical_failure_is_0_whatever_the_others_are(words: list[str]) -> None:
    assert _score(_metrics(", ".join([*words, "critical low"]))).score == 0
