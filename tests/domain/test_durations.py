"""Durations in PromQL's syntax."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("5m", timedelta(minutes=5)),
        ("1h30m", timedelta(minutes=90)),
        ("30d", timedelta(days=30)),
        ("4w", timedelta(days=28)),
        ("1y", timedelta(days=365)),
        ("90s", timedelta(seconds=90)),
    ],
)
def test_promql_durations_are_read(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "5", "m", "5 m", "5m ", "-5m", "0m", "1.5h", "30m1h", "5M", "100ms", "11y", "9" * 5000 + "d"]
)
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S+ \S+"):
        parse_duration(text)


@given(seconds=st.integers(1, 366 * 10 * 86_400))
def test_a_written_duration_reads_back_the_same(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert parse_duration(format_duration(length)) == length


@pytest.mark.parametrize(
    ("length", "text"),
    [(timedelta(days=30), "30d"), (timedelta(minutes=90), "1h30m"), (timedelta(0), "0s")],
)
def test_the_shortest_form_is_written(length: timedelta, text: str) -> None:
    assert format_duration(length) == text
