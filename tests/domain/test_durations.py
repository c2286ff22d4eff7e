"""Durations in PromQL's syntax, and ages as people read them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.durations import format_duration, parse_duration, readable, readable_age

_SECOND = timedelta(seconds=1)


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


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(0), "less than 1 min"),
        (timedelta(seconds=-5), "less than 1 min"),
        (timedelta(minutes=19), "19 min"),
        (timedelta(minutes=19, seconds=40), "20 min"),
        (timedelta(hours=1, minutes=59, microseconds=1), "2 h"),
        (timedelta(days=1, minutes=1), "1 d 1 h"),
    ],
)
def test_an_age_is_rounded_up(age: timedelta, text: str) -> None:
    assert readable_age(age) == text


@given(
    limit=st.timedeltas(timedelta(seconds=1), timedelta(days=40)).map(lambda span: span - span % _SECOND),
    beyond=st.timedeltas(timedelta(microseconds=1), timedelta(days=1)),
)
def test_an_age_over_a_limit_never_reads_as_the_limit(limit: timedelta, beyond: timedelta) -> None:
    assert readable_age(limit + beyond) != readable(limit)
