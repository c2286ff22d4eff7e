"""What people read of a judged canary: each sentence says what is known, and no number flatters."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR
from zoneinfo import ZoneInfo

import pytest

from dashboard.domain.canary.judge.classification import classify
from dashboard.domain.canary.judge.metric import Metric
from dashboard.domain.canary.judge.score import score
from dashboard.domain.canary.judgement import CanaryJudgement
from dashboard.domain.canary.sequential import ErrorRule, judge_errors
from dashboard.domain.canary.ticks import Tick
from dashboard.domain.canary.traffic_split import traffic_splits
from dashboard.ui.canary_judge_words import (
    capital,
    counts_sentence,
    judge_sentences,
    metric_sentence,
    not_yet_sentence,
    score_sentence,
    times,
    traffic_sentence,
)

_AT = datetime(2026, 11, 23, 10, 7, tzinfo=UTC)


def _ticks(bad: float, total: float, stable_bad: float, stable_total: float, minutes: int) -> list[Tick]:
    tick = Tick(
        canary_bad=bad,
        canary_total=total,
        stable_bad=stable_bad,
        stable_total=stable_total,
        at=_AT,
        weight=0.1,
    )
    return [tick] * minutes


def _told(ticks: list[Tick], rule: ErrorRule | None = None, zone: str = "UTC") -> str:
    return counts_sentence(judge_errors(ticks, rule), ZoneInfo(zone))


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (0, "0×"),
        (1, "1×"),
        (2.0, "2×"),
        (1.5, "1.5×"),
        (0.8504, "0.85×"),
        (0.0012345, "0.00123×"),
        (12.345, "12.3×"),
        (1234.5, "1,235×"),
        (2e9, "over 1,000,000×"),
    ],
)
def test_a_ratio_has_three_digits(ratio: float, expected: str) -> None:
    assert times(ratio) == expected


def test_limits_are_rounded_outward() -> None:
    assert (times(1.2345, ROUND_FLOOR), times(1.2345, ROUND_CEILING)) == ("1.23×", "1.24×")
    assert (times(0.1 + 0.2, ROUND_CEILING), times(2.9999999999999996, ROUND_FLOOR)) == ("0.3×", "3×")


@pytest.mark.parametrize(
    ("ticks", "expected"),
    [
        ([], "errors NONE: cannot judge: in no tick had both arms requests"),
        (_ticks(0, 100, 0, 900, 12), "errors NONE: cannot judge yet: no errors in 12,000 requests to both"),
        (
            _ticks(1, 100, 9, 900, 3),
            "errors NONE: cannot judge yet: 3,000 of about 22,000 requests needed to see a 2",
        ),
        (
            _ticks(1, 100, 9, 900, 25),
            "errors NONE: cannot judge yet: a 2× rise would probably have been seen, 25,000 of about 62,000",
        ),
        (_ticks(1, 100, 9, 900, 90), "errors PASS: the canary's error rate is 1× stable's (0.7"),
        (_ticks(4, 100, 9, 900, 9), "errors FAIL: the canary's error rate is 4× stable's (2."),
        (
            _ticks(1, 10, 0, 9_990, 3),
            "errors FAIL: only the canary has errors: its rate is at least",
        ),
        (_ticks(1, 1, 0, 1, 1), "errors NONE: cannot judge yet: 2 of about"),
    ],
)
def test_the_sentence_on_the_errors(ticks: list[Tick], expected: str) -> None:
    assert _told(ticks).startswith(expected)


def test_a_failure_says_since_when_and_on_how_many_requests() -> None:
    told = _told(_ticks(4, 100, 9, 900, 9))
    assert (
        ", shown on 23 Nov 10:07 UTC; 36 of 900 requests to the canary and 81 of 8,100 requests to stable"
        in told
    )
    timeless = [replace(tick, at=None) for tick in _ticks(4, 100, 9, 900, 9)]
    assert "shown on" not in _told(timeless)


def test_a_time_is_told_in_the_zone_of_those_who_read_it() -> None:
    assert "shown on 23 Nov 11:07 CET" in _told(_ticks(4, 100, 9, 900, 9), zone="Europe/Berlin")
    assert "shown on 24 Nov 00:07 +14" in _told(_ticks(4, 100, 9, 900, 9), zone="Pacific/Kiritimati")


def test_limits_tell_how_sure_each_of_them_is() -> None:
    assert "×, each limit with 95 %)" in _told(_ticks(4, 100, 9, 900, 9))
    assert "×, each limit with 99.9 %)" in _told(_ticks(4, 100, 9, 900, 9), ErrorRule(alpha=0.001))
    assert "× stable's, with 95 %" in _told(_ticks(1, 20, 0, 1_980, 5))


def test_a_limit_beyond_all_use_is_none() -> None:
    told = _told([*_ticks(0, 1, 5, 900_000, 1)])
    assert "no request of the canary failed; too few to compare" in told
    assert "0×" not in told
    assert "900,001 requests seen, far more needed than it will get to see a 2× rise" in told
    assert "stable's (at most 0.509×, with 95 %)" in _told(_ticks(0, 100, 9, 900, 10))
    assert "stable's (at least " in _told(_ticks(40, 100, 1, 900_000_000, 1))


def test_more_requests_than_usually_needed_are_told_as_that() -> None:
    """A ratio between both nulls is what neither rejects for long."""
    ticks = _ticks(245, 20_000, 200, 20_000, 9)
    rule = ErrorRule(tolerated=1.2, harmful=1.25)
    found = judge_errors(ticks, rule)
    assert found.needed_to_pass.requests is not None
    assert found.needed.seen >= found.needed_to_pass.requests
    told = not_yet_sentence(found)
    assert told.startswith("cannot judge yet: more than the about ")
    assert "requests usually needed were seen, so the ratio probably lies between 1.2× and 1.25×" in told
    same = judge_errors(ticks, ErrorRule(tolerated=1.22, harmful=1.22))
    assert "the ratio probably lies near 1.22×" in not_yet_sentence(same)


def test_without_errors_the_bound_of_the_canarys_own_rate_is_told() -> None:
    told = _told(_ticks(0, 100_000, 0, 900_000, 1))
    assert told == (
        "errors NONE: cannot judge yet: no errors in 1,000,000 requests to both;"
        " the canary's own error rate is at most 0.003 %, with 95 %"
    )


def test_a_canary_may_be_compared_with_something_else_than_stable() -> None:
    found = CanaryJudgement(errors=judge_errors(_ticks(4, 100, 9, 900, 9)))
    (told,) = judge_sentences(found, ZoneInfo("UTC"), "the previous deployment")
    assert "is 4× the previous deployment's (" in told
    assert "81 of 8,100 requests to the previous deployment failed" in told
    assert "stable" not in told


def test_a_sentence_can_begin_a_line() -> None:
    assert capital("cannot judge yet") == "Cannot judge yet"
    assert capital("") == ""


def test_names_are_told_on_one_line_that_can_be_seen() -> None:
    metric = classify(
        Metric(name="p\x1b[31m95\x9b\a\n", experiment=[1.0] * 5, control=[5.0] * 5, critical=True)
    )
    found = score([metric])
    assert found is not None
    for told in (metric_sentence(metric), score_sentence(found)):
        assert told.isprintable()
        assert "p [31m95" in told


def test_a_score_tells_which_critical_metric_it_waits_for() -> None:
    waiting = classify(Metric(name="p95", experiment=[1.0], control=[2.0], critical=True))
    good = [
        classify(Metric(name=name, experiment=[1.0] * 5, control=[1.0] * 5)) for name in ("cpu", "memory")
    ]
    found = score([waiting, *good])
    assert found is not None
    assert score_sentence(found) == "score 100 of 100, Pass; the critical p95 has too few points yet"


def test_worse_but_not_harmful_is_told_as_that() -> None:
    told = _told(_ticks(120, 10_000, 100, 10_000, 40))
    assert "below the harmful 1.5×, yet worse" in told


def test_a_failure_that_looks_better_now_is_told_as_a_past_one() -> None:
    told = _told([*_ticks(4, 100, 9, 900, 9), *_ticks(0, 100, 9, 900, 60)])
    assert told.startswith(
        "errors FAIL: it was shown to be worse on 23 Nov 10:07 UTC; over all, the canary's error rate"
    )


def test_a_pass_says_below_what() -> None:
    told = _told(_ticks(1, 100, 9, 900, 90), ErrorRule(harmful=3.0))
    assert "below the harmful 3×" in told


def test_a_metric_tells_its_shift_as_a_share_of_the_control() -> None:
    control = [100.0, 103, 98, 101, 99]
    high = classify(Metric(name="p95", experiment=[value + 25 for value in control], control=control))
    assert metric_sentence(high) == (
        "p95 High: higher than the control, which counts as failed in its group;"
        " +25.0 % of the control's median (+22.0 % … +28.0 %)"
    )
    muted = classify(Metric(name="p95", experiment=control, control=control, muted=True))
    assert metric_sentence(muted) == "p95 (muted) Pass: both sides are the same"
    few = classify(Metric(name="p95", experiment=[1.0], control=[2.0], critical=True))
    assert metric_sentence(few) == "p95 Nodata: 1 point on one side, 5 needed"
    empty = classify(Metric(name="p95", experiment=[], control=[2.0], critical=True))
    assert metric_sentence(empty) == "p95 Nodata: no measurements of the canary, which fails the canary"


@pytest.mark.parametrize(
    ("ticks", "expected"),
    [
        (
            _ticks(0, 100, 0, 900, 9),
            "10 % (9.39 … 10.6 %) of 9,000 requests, 10 % expected: it gets its weight",
        ),
        (_ticks(0, 10, 0, 990, 9), "far less than its weight"),
        (_ticks(0, 500, 0, 500, 9), "far more than its weight"),
        (
            _ticks(0, 1, 0, 10**8, 1),
            "below 0.001 % (below 0.001 %) of 100,000,001 requests",
        ),
        (_ticks(0, 1, 0, 9, 1), "too few to tell whether that is its weight"),
        (_ticks(0, 0, 0, 0, 1), "no requests, so nothing shows whether the canary gets its 10 %"),
    ],
)
def test_the_sentence_on_the_traffic(ticks: list[Tick], expected: str) -> None:
    (step,) = traffic_splits(ticks)
    assert expected in traffic_sentence(step)
