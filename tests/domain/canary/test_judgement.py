"""The one verdict over error counts, metrics and traffic."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.canary.judge.classification import MetricJudgement, classify
from dashboard.domain.canary.judge.metric import Metric
from dashboard.domain.canary.judge.score import score
from dashboard.domain.canary.judgement import CanaryJudgement
from dashboard.domain.canary.sequential import Verdict, judge_errors
from dashboard.domain.canary.ticks import Tick

_CONTROL = [1.0, 2, 3, 4, 5, 6]
_GOOD = classify(Metric(name="good", experiment=_CONTROL, control=_CONTROL))
_BAD = classify(Metric(name="bad", experiment=[value + 50 for value in _CONTROL], control=_CONTROL))
_EARLY = classify(Metric(name="early", experiment=[9.0], control=[1.0], critical=True))
_EARLY_PLAIN = classify(Metric(name="early", experiment=[9.0], control=[1.0]))
_EMPTY = classify(Metric(name="empty", experiment=[], control=_CONTROL))


def _errors(bad: float, minutes: int) -> list[Tick]:
    return [Tick(canary_bad=bad, canary_total=1_000, stable_bad=10, stable_total=1_000)] * minutes


_PASSING, _FAILING, _OPEN = _errors(10, 30), _errors(40, 30), _errors(10, 2)


@pytest.mark.parametrize(
    ("ticks", "metrics", "expected"),
    [
        (None, [], Verdict.NONE),
        (_PASSING, [], Verdict.PASS),
        (_FAILING, [], Verdict.FAIL),
        (_OPEN, [], Verdict.NONE),
        (None, [_GOOD], Verdict.PASS),
        (None, [_BAD], Verdict.FAIL),
        (None, [_EMPTY], Verdict.FAIL),
        (None, [_EARLY], Verdict.NONE),
        (None, [_EARLY, _GOOD], Verdict.NONE),
        (None, [_EARLY, _BAD], Verdict.FAIL),
        (None, [_EARLY, _EMPTY], Verdict.FAIL),
        (None, [_EARLY, *[_GOOD] * 8, _BAD], Verdict.NONE),
        (None, [_EARLY, *[_GOOD] * 8], Verdict.NONE),
        (None, [_EARLY_PLAIN, *[_GOOD] * 8], Verdict.PASS),
        (None, [*[_EARLY] * 9, *[_GOOD] * 8, _BAD], Verdict.NONE),
        (None, [*[_EARLY_PLAIN] * 9, *[_GOOD] * 8, _BAD], Verdict.NONE),
        (None, [*[_EARLY] * 9, _GOOD, _BAD], Verdict.FAIL),
        (None, [_EARLY, _GOOD, _GOOD, replace(_BAD, critical=True)], Verdict.FAIL),
        (None, [replace(_EARLY, muted=True), _GOOD], Verdict.PASS),
        (None, [_GOOD] * 8 + [_BAD], Verdict.NONE),  # 88.89 is marginal
        (_PASSING, [_GOOD], Verdict.PASS),
        (_PASSING, [_BAD], Verdict.FAIL),
        (_FAILING, [_GOOD], Verdict.FAIL),
        (_OPEN, [_GOOD], Verdict.NONE),
        (_OPEN, [_BAD], Verdict.FAIL),
        (_PASSING, [_EARLY], Verdict.NONE),
    ],
)
def test_the_verdict_of_all(
    ticks: list[Tick] | None, metrics: list[MetricJudgement], expected: Verdict
) -> None:
    found = CanaryJudgement(
        errors=None if ticks is None else judge_errors(ticks), metrics=tuple(metrics), score=score(metrics)
    )
    assert found.verdict is expected


@pytest.mark.parametrize(
    ("errors", "slow", "expected"),
    [
        (_PASSING, _PASSING, Verdict.PASS),
        (_PASSING, _FAILING, Verdict.FAIL),
        (_FAILING, _PASSING, Verdict.FAIL),
        (_PASSING, _OPEN, Verdict.NONE),
        (_OPEN, _PASSING, Verdict.NONE),
    ],
)
def test_slow_requests_fail_a_canary_that_fails_nothing(
    errors: list[Tick], slow: list[Tick], expected: Verdict
) -> None:
    found = CanaryJudgement(errors=judge_errors(errors), slow=judge_errors(slow))
    assert found.verdict is expected


_COUNTS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8)


def _ticks(counts: list[tuple[int, int]]) -> list[Tick]:
    return [
        Tick(canary_bad=canary, canary_total=1_000, stable_bad=stable, stable_total=1_000)
        for canary, stable in counts
    ]


@given(_COUNTS, _COUNTS)
def test_neither_measure_hides_what_the_other_shows(
    errors: list[tuple[int, int]], slow: list[tuple[int, int]]
) -> None:
    one, other = judge_errors(_ticks(errors)), judge_errors(_ticks(slow))
    found = CanaryJudgement(errors=one, slow=other).verdict
    assert (found is Verdict.FAIL) == (Verdict.FAIL in {one.verdict, other.verdict})
    assert (found is Verdict.PASS) == ({one.verdict, other.verdict} == {Verdict.PASS})
    assert found is CanaryJudgement(errors=other, slow=one).verdict
    assert CanaryJudgement(errors=one).verdict is one.verdict
