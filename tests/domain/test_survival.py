"""Survival curves: a published one, and what must hold for any."""

from statistics import median_low

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.survival import Survival, kaplan_meier

_TIMES = st.lists(st.integers(0, 60).map(float), max_size=30)


def _curve(ended: list[float], still_open: list[float]) -> Survival:
    found = kaplan_meier(ended, still_open)
    assert found is not None
    return found


def _by_hand(ended: list[float], still_open: list[float]) -> list[tuple[float, float]]:
    """The product over the times at which something ended of 1 − ended ÷ at risk."""
    share, steps = 1.0, []
    for time in sorted(set(ended)):
        share *= 1 - ended.count(time) / sum(age >= time for age in ended + still_open)
        steps.append((time, share))
    return steps


def test_the_remissions_of_freireich_et_al_have_their_published_curve() -> None:
    # Freireich et al. 1963, Blood 21:699: weeks of remission under 6-MP.
    weeks = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    over = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    found = _curve(
        [float(week) for week, is_over in zip(weeks, over, strict=True) if is_over],
        [float(week) for week, is_over in zip(weeks, over, strict=True) if not is_over],
    )
    assert (found.n, found.open, found.median) == (21, 12, 23)
    assert [(time, round(share, 4)) for time, share in found.steps] == [
        (6, 0.8571),
        (7, 0.8067),
        (10, 0.7529),
        (13, 0.6902),
        (16, 0.6275),
        (22, 0.5378),
        (23, 0.4482),
    ]


def test_nothing_has_no_curve() -> None:
    assert kaplan_meier([], []) is None


def test_when_all_are_open_nothing_is_known_but_their_number() -> None:
    assert kaplan_meier([], [5.0, 7.0]) == Survival(n=2, open=2, median=None, steps=())


def test_the_median_is_unknown_while_more_than_half_last() -> None:
    assert _curve([10.0], [20.0, 30.0]).median is None


def test_what_is_open_at_the_very_age_at_which_another_ends_is_still_at_risk() -> None:
    assert _curve([10.0], [10.0]).steps == ((10.0, 0.5),)


def test_one_that_ended_is_its_own_median() -> None:
    assert _curve([0.0], []) == Survival(n=1, open=0, median=0.0, steps=((0.0, 0.0),))


@given(ended=_TIMES.filter(bool), still_open=_TIMES)
def test_the_curve_is_the_product_of_the_shares_that_last(
    ended: list[float], still_open: list[float]
) -> None:
    found = _curve(ended, still_open)
    expected = _by_hand(ended, still_open)
    assert [time for time, _ in found.steps] == [time for time, _ in expected]
    assert [share for _, share in found.steps] == pytest.approx([share for _, share in expected], abs=1e-12)


@given(ended=_TIMES.filter(bool))
def test_with_nothing_open_the_median_is_that_of_the_durations(ended: list[float]) -> None:
    assert _curve(ended, []).median == median_low(ended)


@given(ended=_TIMES, still_open=_TIMES.filter(bool))
def test_what_is_still_open_never_makes_things_look_shorter(
    ended: list[float], still_open: list[float]
) -> None:
    closed_only = kaplan_meier(ended, [])
    both = _curve(ended, still_open)
    if closed_only is not None and both.median is not None:
        assert closed_only.median is not None
        assert both.median >= closed_only.median


@pytest.mark.parametrize(("ended", "still_open"), [([-1.0], []), ([1.0], [float("nan")])])
def test_what_is_no_duration_is_refused(ended: list[float], still_open: list[float]) -> None:
    with pytest.raises(ValueError, match="expected a duration in seconds"):
        kaplan_meier(ended, still_open)
