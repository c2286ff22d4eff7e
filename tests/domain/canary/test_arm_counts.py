"""Two queries' answers become ticks: what of them is known, what is not, and what the weight was."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.canary.arm_counts import (
    ArmAnswers,
    ArmCounters,
    LatencyCounters,
    counted_ticks,
    tick_ends,
)
from dashboard.domain.canary.measure import Measure
from tests.canary_states import state
from tests.rollout_objects import moment

_TICK = timedelta(minutes=2)
_ENDS = tick_ends(moment(0), moment(10), _TICK)
_STABLE = ArmAnswers(good=dict.fromkeys(_ENDS, 900.0), total=dict.fromkeys(_ENDS, 900.0))


def arm(total: float, good: float | None, *, at: int = 0) -> ArmAnswers:
    """An arm that was counted at one tick."""
    return ArmAnswers(total={_ENDS[at]: total}, good={} if good is None else {_ENDS[at]: good})


def test_a_tick_lies_wholly_within_the_canary() -> None:
    began, until = moment(0) + timedelta(seconds=1), moment(6) - timedelta(seconds=1)
    assert [datetime.fromtimestamp(end, tz=UTC) for end in tick_ends(began, until, _TICK)] == [moment(4)]
    assert list(tick_ends(moment(0), moment(4), _TICK)) == [moment(m).timestamp() for m in (2, 4)]
    assert not tick_ends(moment(9), moment(4), _TICK)


@given(
    st.floats(0, 5_000, allow_nan=False),
    st.floats(0, 5_000, allow_nan=False),
    st.integers(10, 600),
)
def test_ticks_never_reach_beyond_what_they_are_of(start: float, length: float, seconds: int) -> None:
    began = moment(0) + timedelta(seconds=start)
    until, tick = began + timedelta(seconds=length), timedelta(seconds=seconds)
    for end in tick_ends(began, until, tick):
        end_at = datetime.fromtimestamp(end, tz=UTC)
        assert began <= end_at - tick
        assert end_at <= until


def test_both_arms_are_counted() -> None:
    (tick,) = counted_ticks(arm(100, 97.5), _STABLE, _ENDS, _TICK, ()).ticks
    assert (tick.canary_bad, tick.canary_total, tick.stable_bad, tick.stable_total) == (2.5, 100, 0, 900)
    assert tick.at == moment(2)


def test_an_arm_without_a_series_is_unknown_and_not_without_requests() -> None:
    assert counted_ticks(ArmAnswers(), _STABLE, _ENDS, _TICK, ()).ticks == ()
    (tick,) = counted_ticks(arm(0, 0, at=1), _STABLE, _ENDS, _TICK, ()).ticks
    assert (tick.canary_total, tick.at) == (0, moment(4))


def test_a_canary_that_never_answered_well_failed_all_its_requests() -> None:
    (tick,) = counted_ticks(arm(40, None), _STABLE, _ENDS, _TICK, ()).ticks
    assert (tick.canary_bad, tick.canary_total) == (40, 40)


def test_an_arm_without_the_bucket_has_other_buckets_and_is_not_slow_in_all_its_requests() -> None:
    lost = counted_ticks(arm(40, None), _STABLE, _ENDS, _TICK, (), Measure.SLOW)
    assert (lost.ticks, lost.doubtful_from) == ((), _ENDS[0])
    (tick,) = counted_ticks(arm(40, 0), _STABLE, _ENDS, _TICK, (), Measure.SLOW).ticks
    assert (tick.canary_bad, tick.canary_total) == (40, 40)
    (idle,) = counted_ticks(arm(0, None), _STABLE, _ENDS, _TICK, (), Measure.SLOW).ticks
    assert idle.canary_total == 0


def test_a_query_that_finds_no_good_request_of_either_arm_is_taken_to_be_wrong() -> None:
    without = ArmAnswers(total=_STABLE.total)
    assert counted_ticks(arm(40, None), without, _ENDS, _TICK, ()).ticks == ()


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=5, max_size=5))
def test_whatever_a_histogram_says_its_slow_requests_are_those_of_no_bucket_up_to_the_threshold(
    counts: list[tuple[int, int]],
) -> None:
    timed = {end: float(fast + slow) for end, (fast, slow) in zip(_ENDS, counts, strict=True)}
    fast = {end: float(fast) for end, (fast, _) in zip(_ENDS, counts, strict=True)}
    found = counted_ticks(ArmAnswers(good=fast, total=timed), _STABLE, _ENDS, _TICK, (), Measure.SLOW)
    assert [(tick.canary_bad, tick.canary_total) for tick in found.ticks] == [
        (slow, fast + slow) for fast, slow in counts
    ]
    assert found.doubtful_from is None


def test_counts_of_before_there_was_latency_are_known_by_the_same_digest() -> None:
    plain = ArmCounters(
        good="a", total="b", namespace_label="ns", pod_hash_label="hash", target_label="pod", tick=_TICK
    )
    timed = replace(plain, latency=LatencyCounters(fast="c", total="d"))
    other = replace(plain, latency=LatencyCounters(fast="c2", total="d"))
    # The digest that a store holds of these counters since before there was latency.
    assert plain.digest == "5981a4b6ab80f3f4"
    assert len({plain.digest, timed.digest, other.digest}) == 3
    assert list(timed.by_measure.values()) == [("a", "b"), ("c", "d")]


@pytest.mark.parametrize(
    ("total", "good"), [(nan, 1), (inf, 1), (-1, 0), (100, nan), (100, -1), (100, 100.1), (2e15, 1)]
)
def test_what_can_be_no_count_is_unknown(total: float, good: float) -> None:
    assert counted_ticks(arm(total, good), _STABLE, _ENDS, _TICK, ()).ticks == ()


def test_sums_of_floats_that_are_a_breath_apart_are_no_errors() -> None:
    (tick,) = counted_ticks(arm(100, 100 + 1e-9), _STABLE, _ENDS, _TICK, ()).ticks
    assert (tick.canary_bad, tick.canary_total) == (0, 100)


def test_the_weight_is_known_of_ticks_in_which_it_stood_still() -> None:
    states = [state(at=0, step=1, version=1), state(at=5, step=4, version=2), state(at=8, step=4, version=3)]
    whole = ArmAnswers(total=dict.fromkeys(_ENDS, 90.0), good=dict.fromkeys(_ENDS, 90.0))
    ticks = counted_ticks(whole, _STABLE, _ENDS, _TICK, states).ticks
    assert [tick.weight for tick in ticks] == [0.1, 0.1, None, 0.5, 0.5]


def test_what_is_not_known_or_has_nothing_good_is_to_be_read_again_from_its_first_tick_on() -> None:
    whole = dict.fromkeys(_ENDS, 90.0)
    without_good = ArmAnswers(total=whole, good={end: 90.0 for end in _ENDS if end != _ENDS[2]})
    assert counted_ticks(without_good, _STABLE, _ENDS, _TICK, ()).doubtful_from == _ENDS[2]
    with_a_gap = ArmAnswers(total={end: 90.0 for end in _ENDS if end != _ENDS[1]}, good=whole)
    assert counted_ticks(with_a_gap, _STABLE, _ENDS, _TICK, ()).doubtful_from == _ENDS[1]
    known = ArmAnswers(total=whole, good=whole)
    assert counted_ticks(known, _STABLE, _ENDS, _TICK, ()).doubtful_from is None
