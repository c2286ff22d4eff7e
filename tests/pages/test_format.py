"""A number on the screen never looks better than it is."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from dashboard.ui import format as show
from dashboard.ui.words import literal

EDGES = (Fraction(1, 2), Fraction(1, 5), Fraction(0))


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (Fraction(1), "100 %"),
        (Fraction(9999, 10000), "99.9 %"),
        (Fraction(1, 2), "50 %"),
        (Fraction(500001, 1000000), "50.0001 %"),
        (Fraction(500000001, 1000000000), "just above 50 %"),
        (Fraction(499999, 1000000), "49.9 %"),
        (Fraction(1, 5), "20 %"),
        (Fraction(199999, 1000000), "19.9 %"),
        (Fraction(1, 100000), "0.001 %"),
        (Fraction(0), "0 %"),
        (Fraction(-1, 100000), "−0.1 %"),
        (Fraction(-124, 1000), "−12.4 %"),
        (Fraction(-5944, 1000), "−595 %"),
        (None, "unknown"),
    ],
)
def test_a_budget_is_rounded_down_and_never_onto_an_edge(share: Fraction | None, shown: str) -> None:
    assert show.budget(share, EDGES) == shown


def test_a_shown_budget_is_in_the_same_tier_as_the_exact_one() -> None:
    for step in range(-300, 1300):
        for exact in (Fraction(step, 1000), Fraction(step, 1000) + Fraction(1, 700_000)):
            text = show.budget(exact, EDGES)
            shown = Fraction(text.removesuffix(" %").replace("−", "-")) / 100
            assert shown <= exact
            assert [shown > edge for edge in EDGES] == [exact > edge for edge in EDGES], text


@pytest.mark.parametrize(
    ("rate", "shown"),
    [
        (Fraction(0), "0×"),
        (Fraction(1, 100000), "0.01×"),
        (Fraction(144, 10), "14.4×"),
        (Fraction(144001, 10000), "14.41×"),
        (Fraction(10001, 10), "1,001×"),
        (None, "unknown"),
    ],
)
def test_a_burn_rate_is_rounded_up(rate: Fraction | None, shown: str) -> None:
    assert show.burn(rate) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.0, "0 %"),
        (Fraction(1, 3), "33.4 %"),
        (0.0001234, "0.0124 %"),
        (Fraction(1, 10**12), "0.000001 %"),
        (None, "unknown"),
    ],
)
def test_a_share_of_bad_events_is_rounded_up(share: Fraction | float | None, shown: str) -> None:
    assert show.percent(share) == shown


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        (timedelta(minutes=5), "5 min"),
        (timedelta(days=30), "30 d"),
        (timedelta(hours=3, minutes=20, seconds=59), "3 h 20 min"),
        (timedelta(days=2, minutes=5), "2 d"),
        (timedelta(0), "0 s"),
        (None, "unknown"),
    ],
)
def test_a_duration_has_its_two_largest_units(span: timedelta | None, shown: str) -> None:
    assert show.length(span) == shown


def test_a_time_names_its_zone_on_both_sides_of_a_clock_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert show.moment(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), berlin) == "25 Oct 02:30 CEST"
    assert show.moment(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), berlin) == "25 Oct 02:30 CET"
    assert show.full_moment(datetime(2026, 11, 23, tzinfo=UTC), berlin) == "Mon 23 Nov 2026, 01:00 CET"


def test_coverage_below_everything_never_reads_as_everything() -> None:
    assert show.covered(Fraction(8639, 8640)) == "99.9 %"
    assert show.covered(Fraction(1)) == "100 %"


def test_literal_text_loses_its_markup() -> None:
    assert literal("*a* [b](c) :red[d]") == r"\*a\* \[b\]\(c\) \:red\[d\]"


def test_a_number_for_a_file_is_exact_and_without_separators() -> None:
    found = [show.written(Fraction(text)) for text in ("0", "0.5", "1000", "1/8", "0.000001", "-0.25")]
    assert found == ["0", "0.5", "1000", "0.125", "0.000001", "-0.25"]
