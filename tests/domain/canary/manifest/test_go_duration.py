"""Durations as Go's time.ParseDuration reads them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.canary.manifest.go_duration import parse_go_duration, short_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30), ("5m", 300), ("1h30m", 5400), ("1.5h", 5400), (".5s", 0.5), ("5.s", 5), ("1h0m1s", 3601),
        ("-5m", -300), ("+5m", 300), ("0", 0), ("0s", 0), ("300ms", 0.3), ("1us", 1e-6), ("1µs", 1e-6),
        ("2m3m", 300),
    ],
)  # fmt: skip
def test_what_go_reads(text: str, seconds: float) -> None:
    assert parse_go_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "a duration of Go"),
        ("60", "a unit as well, such as 60s"),
        ("1d", "Go knows no days"),
        ("2 weeks", "Go knows no days"),
        ("5min", "the units h, m or s"),
        ("30 seconds", "the units h, m or s"),
        ("5 m", "a duration of Go"),
        ("m", "a duration of Go"),
        (".s", "a duration of Go"),
        ("-", "a duration of Go"),
        ("1h ", "a duration of Go"),
        ("999999999999999h", "a duration of Go"),
        ("1h" * 100, "a duration of Go"),
        ("٣s", "a duration of Go"),
    ],
)
def test_what_go_does_not_read_says_what_is_expected(text: str, expected: str) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        parse_go_duration(text)
    assert expected in str(caught.value)


@given(st.integers(min_value=0, max_value=10**6))
def test_what_is_written_is_read_again(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert parse_go_duration(short_duration(length)) == length
