"""The sequential verdict on error counts: what it says, when, and how many requests it still needs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf, log
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.canary.evidence import running_log_e
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.sample_size import POWER, needed_above, needed_below
from dashboard.domain.canary.sequential import (
    LARGEST_E,
    ErrorRule,
    Verdict,
    is_shown_worse,
    judge_errors,
    rule_for,
)
from dashboard.domain.canary.ticks import Arm, Tick, compared, looks_cumulated
from dashboard.domain.canary.time_ahead import verdict_ahead
from dashboard.ui.canary_judge_words import not_yet_sentence

_START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def _tick(bad: float, total: float, stable_bad: float, stable_total: float, minute: int = 0) -> Tick:
    return Tick(
        canary_bad=bad,
        canary_total=total,
        stable_bad=stable_bad,
        stable_total=stable_total,
        at=_START + timedelta(minutes=minute),
    )


def _course(bad: float, total: float, stable_bad: float, stable_total: float, minutes: int) -> list[Tick]:
    return [_tick(bad, total, stable_bad, stable_total, minute) for minute in range(minutes)]


@st.composite
def _ticks(draw: st.DrawFn) -> Tick:
    canary, stable = draw(st.integers(0, 10**5)), draw(st.integers(0, 10**5))
    return _tick(draw(st.integers(0, canary)), canary, draw(st.integers(0, stable)), stable)


def test_a_canary_with_four_times_the_errors_fails_and_says_when() -> None:
    ticks = _course(4, 200, 9, 1_800, 10)
    found = judge_errors(ticks)
    assert found.verdict is Verdict.FAIL
    assert found.failed_tick == 1
    assert found.failed_at == _START + timedelta(minutes=1)
    assert judge_errors(ticks[:1]).verdict is Verdict.NONE
    assert judge_errors(ticks[:2]).verdict is Verdict.FAIL
    assert found.ratio.value == pytest.approx(4)
    assert 2 < found.ratio.low < 4 < (found.ratio.high or 0) < 8


def test_a_canary_like_its_sibling_passes_once_there_is_enough_traffic() -> None:
    few, many = (judge_errors(_course(1, 200, 9, 1_800, minutes)) for minutes in (20, 60))
    assert (few.verdict, many.verdict) == (Verdict.NONE, Verdict.PASS)
    assert many.e_value_pass >= 20
    assert (many.ratio.high or 9) < 1.5


def test_what_is_still_needed_is_told_with_what_there_was() -> None:
    found = judge_errors(_course(1, 100, 9, 900, 9))
    assert found.verdict is Verdict.NONE
    assert found.needed.ratio == 2
    assert found.needed.seen == 9_000
    assert 15_000 < (found.needed.requests or 0) < 30_000
    assert (found.needed_to_pass.requests or 0) > (found.needed.requests or 0)


def test_no_errors_at_all_are_no_verdict_and_no_number() -> None:
    found = judge_errors(_course(0, 200, 0, 1_800, 60))
    assert found.verdict is Verdict.NONE
    assert found.e_value == pytest.approx(1)
    assert (found.ratio.value, found.ratio.low, found.ratio.high) == (None, 0, None)
    assert (found.needed.requests, found.needed.seen) == (None, 120_000)
    assert (found.canary.rate, found.stable.rate) == (0, 0)


def test_without_an_error_the_canarys_own_rate_is_bounded_at_all_looks() -> None:
    """The chance of no error in n requests is 5 % at the bound, which the rule of three puts at 3 ÷ n."""
    found = judge_errors(_course(0, 200, 3, 1_800, 50))
    assert found.rate_below == pytest.approx(1 - 0.05 ** (1 / 10_000), rel=1e-9)
    assert found.rate_below == pytest.approx(3 / 10_000, rel=0.01)
    assert judge_errors(_course(1, 200, 3, 1_800, 50)).rate_below is None
    assert judge_errors([]).rate_below is None


def test_counts_since_the_beginning_are_told_from_those_of_each_tick() -> None:
    cumulated = [_tick(2 * k, 100 * k, 9 * k, 900 * k) for k in range(1, 7)]
    assert looks_cumulated(cumulated)
    assert not looks_cumulated(cumulated[:4])
    assert not looks_cumulated(_course(2, 100, 9, 900, 60))
    assert not looks_cumulated([*cumulated, _tick(2, 100, 9, 900)])
    climbing = [_tick(0, 10 * k, 0, 1_000 - 10 * k) for k in range(1, 60)]
    assert not looks_cumulated(climbing)


def test_without_a_tick_there_is_nothing_to_say() -> None:
    found = judge_errors([])
    assert (found.verdict, found.e_value, found.needed.seen) == (Verdict.NONE, 1, 0)
    assert found.canary.rate is None


def test_only_ticks_in_which_both_had_requests_are_compared() -> None:
    alone = _course(0, 0, 50, 2_000, 30)
    ticks = _course(4, 200, 9, 1_800, 10)
    found, expected = judge_errors([*alone, *ticks]), judge_errors(ticks)
    assert found.stable == expected.stable == Arm(bad=90, total=18_000)
    assert found.e_value == expected.e_value
    assert found.failed_tick == 31


def test_the_compared_ticks_keep_their_positions() -> None:
    ticks = [_tick(0, 0, 5, 10), _tick(1, 10, 1, 10), _tick(1, 10, 0, 0), _tick(2, 10, 1, 10)]
    assert compared(ticks) == {1: ticks[1], 3: ticks[3]}


def test_errors_of_the_canary_alone_have_a_lower_limit_but_no_upper_one() -> None:
    found = judge_errors(_course(1, 20, 0, 1_980, 5))
    assert found.verdict is Verdict.FAIL
    assert found.ratio.value is None
    assert found.ratio.low > 5
    assert found.ratio.high is None


def test_a_failure_stands_when_it_looks_better_later() -> None:
    ticks = [*_course(4, 200, 9, 1_800, 10), *_course(0, 200, 9, 1_800, 60)]
    found = judge_errors(ticks)
    assert found.verdict is Verdict.FAIL
    assert found.e_value < 20 < found.e_value_most
    assert found.failed_tick == 1


def test_a_pass_must_hold_now_and_gives_way_to_a_failure() -> None:
    good = _course(1, 200, 9, 1_800, 60)
    courses = [judge_errors([*good, *_course(4, 200, 9, 1_800, worse)]).verdict for worse in (0, 5, 60)]
    assert courses == [Verdict.PASS, Verdict.NONE, Verdict.FAIL]


def test_worse_but_less_than_harmful_is_a_failure_unless_it_is_tolerated() -> None:
    ticks = _course(120, 10_000, 100, 10_000, 20)
    assert judge_errors(ticks).verdict is Verdict.FAIL
    assert judge_errors(ticks, ErrorRule(tolerated=1.3)).verdict is Verdict.PASS


def test_evidence_beyond_all_floats_is_told_as_the_largest() -> None:
    found = judge_errors([_tick(10**9, 10**9, 0, 10**9)])
    assert (found.verdict, found.e_value) == (Verdict.FAIL, LARGEST_E)


@given(ticks=st.lists(_ticks(), max_size=6))
def test_swapping_the_arms_mirrors_the_judgement(ticks: list[Tick]) -> None:
    rule = ErrorRule(tolerated=0.8, harmful=1.25)
    there = judge_errors(ticks, rule)
    back = judge_errors([tick.mirrored for tick in ticks], rule)
    assert back.e_value == pytest.approx(there.e_value_pass, rel=1e-6)
    assert back.e_value_pass == pytest.approx(there.e_value, rel=1e-6)
    assert (back.canary, back.stable) == (there.stable, there.canary)
    if there.ratio.high is not None:
        assert back.ratio.low == pytest.approx(1 / there.ratio.high, rel=1e-6)


@given(ticks=st.lists(_ticks(), max_size=6))
def test_the_verdict_agrees_with_the_limits_of_the_ratio(ticks: list[Tick]) -> None:
    found = judge_errors(ticks)
    if found.verdict is Verdict.PASS:
        assert (found.ratio.high or 9) <= 1.5 * (1 + 1e-9)
    if found.ratio.low > 1 + 1e-9:
        assert found.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alpha": 0.0}, "alpha: found 0.0"),
        ({"alpha": 1.0}, "alpha: found 1.0"),
        ({"tolerated": 0.0}, "tolerated: found 0.0"),
        ({"harmful": 0.9}, "harmful: found 0.9, expected at least tolerated, 1"),
        ({"rise": 1.0}, "rise: found 1.0, expected more than tolerated, 1"),
        ({"unchanged": 1.5}, "unchanged: found 1.5"),
        ({"alpha": float("nan")}, "alpha: found nan"),
        ({"least_ticks": 0}, "least_ticks: found 0, expected 1 or more"),
    ],
)
def test_a_rule_that_contradicts_itself_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ErrorRule(**change)


def test_slow_requests_of_one_or_two_ticks_fail_nothing_and_those_of_three_do() -> None:
    quiet, pause = _course(2, 200, 18, 1_800, 10), _course(180, 200, 18, 1_800, 3)
    rule = rule_for(Measure.SLOW)
    for ticks in (pause[:1], [*quiet, *pause[:1]], [*pause[:2], *quiet]):
        found = judge_errors(ticks, rule)
        assert (found.verdict, found.ratio.low) == (Verdict.NONE, 1.0), "one limit and the verdict agree"
        assert not is_shown_worse(ticks, rule)
        assert judge_errors(ticks).verdict is Verdict.FAIL, "as errors they would"
    found = judge_errors(_course(180, 200, 18, 1_800, 5), rule)
    assert (found.verdict, found.failed_tick) == (Verdict.FAIL, 3), "no rise has the whole weight"
    assert found.ratio.low > 1
    assert is_shown_worse([*_course(180, 200, 18, 1_800, 4), *quiet], rule)


def test_a_pause_does_not_hide_a_canary_that_is_slower_after_it() -> None:
    slower = _course(6, 200, 18, 1_800, 12)
    for paused in (0, 40, 100, 200):
        found = judge_errors([_tick(paused, 200, 18, 1_800), *slower], rule_for(Measure.SLOW))
        assert found.verdict is Verdict.FAIL
        assert found.failed_tick is not None
        assert found.failed_tick <= 9


def test_a_pause_of_stable_passes_nothing() -> None:
    ticks = [*_course(4, 200, 18, 1_800, 2), _tick(4, 200, 198, 1_800)]
    found = judge_errors(ticks, rule_for(Measure.SLOW))
    assert judge_errors(ticks).verdict is Verdict.PASS, "as errors they would"
    assert found.verdict is Verdict.NONE
    assert found.ratio.high is None or found.ratio.high >= found.rule.harmful


def test_what_too_few_ticks_show_is_held_back_and_told_so() -> None:
    pause = _course(180, 200, 18, 1_800, 2)
    found = judge_errors(pause, rule_for(Measure.SLOW))
    assert (found.verdict, found.held_back) == (Verdict.NONE, True)
    assert verdict_ahead(pause, found) is None
    assert "it looks worse, but too few ticks show it, as where a pod pauses" in not_yet_sentence(found)
    assert not judge_errors(pause).held_back
    assert not judge_errors(_course(2, 200, 18, 1_800, 9), rule_for(Measure.SLOW)).held_back


@given(st.lists(_ticks(), max_size=20), st.integers(1, 5))
def test_evidence_from_more_ticks_is_never_more_and_needs_so_many(ticks: list[Tick], least: int) -> None:
    rule = ErrorRule(least_ticks=least)
    compared_ticks = list(compared(ticks).values())
    whole = running_log_e(compared_ticks, 1.0)
    part = running_log_e(compared_ticks, 1.0, rule.most_of_a_tick)
    assert all(mine <= all_of_it + 1e-9 for mine, all_of_it in zip(part, whole, strict=True))
    assert all(found < rule.enough for found in part[: least - 1])


def test_errors_are_judged_as_before_and_slow_requests_by_three_ticks_at_least() -> None:
    chosen = ErrorRule(alpha=0.01, harmful=2.0)
    assert rule_for(Measure.ERRORS, chosen) == chosen
    assert rule_for(Measure.SLOW, chosen) == replace(chosen, least_ticks=3)
    assert rule_for(Measure.ERRORS).most_of_a_tick == inf


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((-1, 10, 0, 10), "canary_bad: found -1"),
        ((11, 10, 0, 10), "canary_bad: found 11, expected from 0 to canary_total, which is 10"),
        ((0, 10, 0, -1), "stable_total: found -1"),
        ((0, float("inf"), 0, 1), "canary_total: found inf"),
        (
            (0, 2e15, 0, 1),
            "canary_total: found 2000000000000000.0, expected a number of requests from 0 to 1e.15",
        ),
        ((0, 10, float("nan"), 10), "stable_bad: found nan"),
    ],
)
def test_impossible_counts_are_refused(counts: tuple[float, float, float, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _tick(*counts)


def test_a_weight_is_a_share() -> None:
    with pytest.raises(ValueError, match=r"weight: found 10, expected a share from 0 to 1"):
        Tick(canary_bad=0, canary_total=1, stable_bad=0, stable_total=1, weight=10)


@pytest.mark.parametrize(("share", "ratio"), [(0.1, 2.0), (0.5, 2.0), (0.1, 4.0)])
def test_as_many_requests_as_needed_show_the_rise_with_the_promised_chance(
    share: float, ratio: float
) -> None:
    """At least that chance, since it may have been shown earlier already; not much more."""
    random = np.random.default_rng(80)
    requests, rate, runs = 2_000, 0.005, 300
    canary = int(requests * share)
    arms = Arm(bad=canary * rate, total=canary), Arm(bad=(requests - canary) * rate, total=requests - canary)
    needed = needed_above(*arms, 1.0, ratio, 0.05).requests
    assert needed is not None
    looks = round(needed / requests)
    found = 0
    for _ in range(runs):
        bad = random.binomial(canary, rate * ratio, looks).tolist()
        stable_bad = random.binomial(requests - canary, rate, looks).tolist()
        ticks = [_tick(a, canary, b, requests - canary) for a, b in zip(bad, stable_bad, strict=True)]
        found += max(running_log_e(ticks, 1.0)) >= log(20)
    assert POWER - 0.06 < found / runs < POWER + 0.12


def test_what_a_rise_needs_mirrors_what_a_pass_needs() -> None:
    canary, stable = Arm(bad=5, total=1_000), Arm(bad=45, total=9_000)
    there = needed_above(canary, stable, 1.0, 2.0, 0.05)
    back = needed_below(stable, canary, 1.0, 0.5, 0.05)
    assert back.requests == there.requests


@pytest.mark.parametrize(
    ("canary", "stable"),
    [
        (Arm(bad=0, total=100), Arm(bad=0, total=100)),
        (Arm(bad=0, total=0), Arm(bad=5, total=100)),
        (Arm(bad=5, total=100), Arm(bad=0, total=0)),
    ],
)
def test_without_errors_or_without_an_arm_nobody_knows_what_is_needed(canary: Arm, stable: Arm) -> None:
    assert needed_above(canary, stable, 1.0, 2.0, 0.05).requests is None


def test_a_larger_rise_needs_fewer_requests() -> None:
    canary, stable = Arm(bad=5, total=1_000), Arm(bad=45, total=9_000)
    needed = [needed_above(canary, stable, 1.0, ratio, 0.05).requests or 0 for ratio in (1.2, 1.5, 2, 4, 10)]
    assert needed == sorted(needed, reverse=True)
    assert needed[-1] > 0
