"""The chance that a good canary is aborted, against counting it out."""

from math import comb

import pytest

from dashboard.domain.canary.lint.false_abort import FailsAt, false_abort, more_than, threshold


def _above(limit: float) -> FailsAt:
    return lambda share: share > limit


def _counted(limit: int, trials: int, chance: float) -> float:
    return sum(
        comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(limit + 1, trials + 1)
    )


@pytest.mark.parametrize(
    ("limit", "trials", "chance"), [(0, 3, 0.1), (1, 5, 0.3), (4, 5, 0.9), (0, 1, 0.5), (2, 40, 0.01)]
)
def test_more_than_a_limit_is_the_sum_over_what_is_more(limit: int, trials: int, chance: float) -> None:
    assert more_than(limit, trials, chance) == pytest.approx(_counted(limit, trials, chance), rel=1e-12)
    assert more_than(trials, trials, chance) == 0.0


def test_three_requests_a_measurement_abort_by_one_error() -> None:
    """At 0.5 % true errors and a limit of 2 %: 1 − 0.995³ a measurement, 1 − 0.995⁹ over three of them."""
    found = false_abort(_above(0.02), requests=3, ratio=0.005, measurements=3, failure_limit=0)
    assert found is not None
    assert found.errors == 1
    assert found.one == pytest.approx(1 - 0.995**3)
    assert found.chance == pytest.approx(1 - 0.995**9)


def test_a_limit_counts_in_whole_errors() -> None:
    """Above 2 % of 100 requests is 3 errors; from 2 % on it is 2."""
    above = false_abort(_above(0.02), requests=100, ratio=0.005, measurements=1, failure_limit=0)
    at_least = false_abort(
        lambda share: share >= 0.02, requests=100, ratio=0.005, measurements=1, failure_limit=0
    )
    assert above is not None
    assert at_least is not None
    assert (above.errors, at_least.errors) == (3, 2)
    assert above.one == pytest.approx(_counted(2, 100, 0.005), rel=1e-9)
    assert at_least.one == pytest.approx(_counted(1, 100, 0.005), rel=1e-9)


def test_a_failure_limit_and_more_requests_make_it_rarer() -> None:
    def chance(requests: int, limit: int) -> float:
        found = false_abort(_above(0.02), requests=requests, ratio=0.005, measurements=5, failure_limit=limit)
        assert found is not None
        return found.chance

    assert chance(50, 0) > chance(50, 1) > chance(50, 2)
    assert chance(10_000, 0) < 1e-9
    assert chance(10**12, 0) < 1e-9


def test_what_fails_at_every_share_or_at_none_has_no_chance() -> None:
    assert false_abort(lambda _: True, requests=5, ratio=0.1, measurements=1, failure_limit=0) is None
    assert false_abort(lambda _: False, requests=5, ratio=0.1, measurements=1, failure_limit=0) is None
    assert threshold(lambda _: False) is None
    assert threshold(_above(0.02)) == pytest.approx(0.02)
