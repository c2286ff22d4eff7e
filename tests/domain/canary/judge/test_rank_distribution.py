"""The exact null distributions of the Mann-Whitney statistic, against counting every arrangement."""

from collections import Counter
from itertools import combinations
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dashboard.domain.canary.judge.rank_distribution import with_ties, without_ties


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 5), (3, 4), (5, 5), (6, 2)])
def test_without_ties_every_arrangement_is_counted(n: int, m: int) -> None:
    found = without_ties(n, m)
    counted = Counter(sum(chosen) - n * (n + 1) // 2 for chosen in combinations(range(1, n + m + 1), n))
    assert found.arrangements == comb(n + m, n) == sum(counted.values())
    for value in range(-1, n * m + 1):
        at_most = sum(count for u, count in counted.items() if u <= value)
        assert found.at_most(value) == at_most / found.arrangements
        assert found.at_least(value + 1) == (found.arrangements - at_most) / found.arrangements


@given(n=st.integers(1, 5), more=st.lists(st.integers(0, 4), min_size=2, max_size=6))
def test_with_ties_every_choice_is_counted(n: int, more: list[int]) -> None:
    values = [*more, *range(n)]
    doubled = [2 * sum(v < value for v in values) + values.count(value) + 1 for value in values]
    found = with_ties(Counter(doubled), n)
    counted = Counter(sum(chosen) for chosen in combinations(doubled, n))
    assert found.arrangements == sum(counted.values())
    for value in range(sum(doubled) + 1):
        assert found.at_most(value) == sum(count for s, count in counted.items() if s <= value) / comb(
            len(values), n
        )


def test_ties_that_are_none_give_the_distribution_without_ties() -> None:
    n, m = 7, 9
    tied = with_ties(Counter(2 * rank for rank in range(1, n + m + 1)), n)
    for u in range(n * m + 1):
        assert tied.at_most(2 * u + n * (n + 1)) == without_ties(n, m).at_most(u)


def test_large_samples_are_exact_to_the_last_arrangement() -> None:
    found = without_ties(60, 60)
    assert found.at_most(3_600) == 1
    assert found.at_most(0) == 1 / comb(120, 60)
    assert found.at_most(1_800) - found.at_most(1_799) == pytest.approx(
        found.at_least(1_800) - found.at_least(1_801), rel=1e-9
    )
    # SciPy's own exact test counts by a recursion.
    below = stats.mannwhitneyu(range(60), [v + 20.5 for v in range(60)], alternative="less", method="exact")
    assert found.at_most(int(below.statistic)) == pytest.approx(below.pvalue, rel=1e-9)
