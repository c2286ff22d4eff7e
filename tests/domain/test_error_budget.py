"""Error budgets: the framework's worked numbers, exactly, and what must hold for any numbers."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain import error_budget
from dashboard.domain.event_counts import EventCounts
from dashboard.domain.policy_tier import PolicyTier
from tests.histories import BANDS, UNITS, vectors

_BUDGETS = vectors("error_budget.tsv")
_RATIOS = st.fractions(min_value=Fraction(1, 100_000), max_value=Fraction(1, 2), max_denominator=100_000)


def _counts(good: int, total: int) -> EventCounts:
    return EventCounts(good=good * UNITS, total=total * UNITS, buckets=1)


def _remaining(row: dict[str, str]) -> Fraction:
    return error_budget.remaining(_counts(int(row["good"]), int(row["total"])), 1 - Fraction(row["target"]))


@pytest.mark.parametrize("row", _BUDGETS, ids=lambda row: f"{row['good']} of {row['total']}")
def test_remaining_is_the_worked_number(row: dict[str, str]) -> None:
    remaining = _remaining(row)
    if row["source"] == "SRE Workbook ch. 2":  # the book prints a rounded figure
        assert float(remaining) == pytest.approx(float(row["remaining"]), abs=1e-12)
    else:
        assert remaining == Fraction(row["remaining"])


@pytest.mark.parametrize("row", _BUDGETS, ids=lambda row: f"{row['good']} of {row['total']}")
def test_tier_is_the_worked_one(row: dict[str, str]) -> None:
    assert BANDS.tier_of(_remaining(row)) == row["policy_tier"]


def test_all_worked_budgets_are_read() -> None:
    assert len(_BUDGETS) == 16


@pytest.mark.parametrize(
    ("remaining", "tier"),
    [
        (Fraction(1, 2) + Fraction(1, 10**30), PolicyTier.NORMAL),
        (Fraction(1, 2), PolicyTier.CAUTIOUS),
        (Fraction(1, 2) - Fraction(1, 10**30), PolicyTier.CAUTIOUS),
        (Fraction(1, 5) + Fraction(1, 10**30), PolicyTier.CAUTIOUS),
        (Fraction(1, 5), PolicyTier.CAUTIOUS),
        (Fraction(1, 5) - Fraction(1, 10**30), PolicyTier.PROTECTED),
        (Fraction(1, 10**30), PolicyTier.PROTECTED),
        (Fraction(0), PolicyTier.EXHAUSTED),
        (Fraction(-1, 10**30), PolicyTier.EXHAUSTED),
        (Fraction(-(10**6)), PolicyTier.EXHAUSTED),
    ],
)
def test_an_edge_is_exact_on_both_sides(remaining: Fraction, tier: PolicyTier) -> None:
    assert BANDS.tier_of(remaining) is tier


def test_one_unit_beyond_half_the_budget_is_cautious_and_one_short_of_it_is_normal() -> None:
    total = 10_000_000 * UNITS
    tiers = [
        BANDS.tier_of(
            error_budget.remaining(EventCounts(good=total - bad, total=total, buckets=1), Fraction(1, 1000))
        )
        for bad in (5000 * UNITS - 1, 5000 * UNITS, 5000 * UNITS + 1)
    ]
    assert tiers == [PolicyTier.NORMAL, PolicyTier.CAUTIOUS, PolicyTier.CAUTIOUS]


def test_no_traffic_has_spent_nothing() -> None:
    assert error_budget.remaining(_counts(0, 0), Fraction(1, 1000)) == 1
    assert error_budget.cost_of_one_failure(_counts(0, 0), Fraction(1, 1000)) is None


def test_a_total_outage_spends_one_over_the_allowed_ratio() -> None:
    assert error_budget.remaining(_counts(0, 7), Fraction(1, 1000)) == 1 - 1000


@given(total=st.integers(1, 10**12), bad=st.integers(0, 10**12), ratio=_RATIOS)
def test_one_more_failure_costs_what_is_said(total: int, bad: int, ratio: Fraction) -> None:
    bad %= total
    before = error_budget.remaining(_counts(total - bad, total), ratio)
    after = error_budget.remaining(_counts(total - bad - 1, total), ratio)
    assert before - after == error_budget.cost_of_one_failure(_counts(total, total), ratio)
    assert after < before


@given(
    total=st.integers(1, 10**15),
    bads=st.tuples(st.integers(0, 10**15), st.integers(0, 10**15)),
    ratio=_RATIOS,
)
def test_more_bad_events_never_leave_more_budget_nor_a_looser_tier(
    total: int, bads: tuple[int, int], ratio: Fraction
) -> None:
    fewer, more = sorted(bad % (total + 1) for bad in bads)
    left = [
        error_budget.remaining(EventCounts(good=total - bad, total=total, buckets=1), ratio)
        for bad in (fewer, more)
    ]
    assert left[1] <= left[0]
    assert BANDS.tier_of(left[1]).severity >= BANDS.tier_of(left[0]).severity


@given(left=st.fractions(), less=st.fractions(min_value=0))
def test_a_lower_budget_never_gives_a_looser_tier(left: Fraction, less: Fraction) -> None:
    assert BANDS.tier_of(left - less).severity >= BANDS.tier_of(left).severity


@pytest.mark.parametrize(("buckets", "share"), [(0, "0"), (259, "259/288"), (288, "1")])
def test_coverage_is_measured_over_expected_buckets(buckets: int, share: str) -> None:
    counts = EventCounts(good=0, total=0, buckets=buckets)
    assert error_budget.coverage(counts, timedelta(days=1)) == Fraction(share)
