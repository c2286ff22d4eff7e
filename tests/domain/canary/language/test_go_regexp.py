"""Go's regular expressions."""

import contextlib
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.canary.language.faults import CannotReplayError, ConditionFaultError
from dashboard.domain.canary.language.go_regexp import compile_regexp


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (".*", "success-rate", True),
        ("test.*", "a test", True),
        ("^test.*$", "a test", False),
        ("total-5xx-errors", "total-5xx-errors", True),
        ("^(a|b)+$", "abab", True),
        ("^a{2,3}$", "aaaa", False),
        ("^a{2,}$", "aaaa", True),
        ("a{,3}", "a{,3}", True),
        ("[^a-c]", "abc", False),
        ("[]a]", "]", True),
        ("[a-]", "-", True),
        (r"^\d+\.\d$", "12.5", True),
        (r"^\S+\s\w$", "ab c", True),
        ("^.$", "\n", False),
        ("a$", "a\n", False),
        ("", "", True),
        ("x*?y", "xxy", True),
        ("(?:ab)+c", "ababc", True),
        ("[a-z]+-rate", "error-rate", True),
        ("^(latency|cpu)+$", "latency", True),
        ("^[[:alpha:]]+$", "latency", True),
        ("^[[:^alpha:]_]+$", "12_3", True),
        ("^[^[:digit:]]$", "7", False),
        ("(?i)^ERRORS$", "errors", True),
        ("(?i)^[a-c]$", "B", True),
        ("(?i)^[^a]$", "A", False),
        ("(?i)^\\w$", "\u017f", True),
        ("^\\w$", "\u017f", False),
        ("^(?i:a)b$", "Ab", True),
        ("^(?i:a)b$", "AB", False),
        ("a(?i)b|c", "C", True),
        ("(?s)^.$", "\n", True),
        ("(?i-i)a", "A", False),
        ("(?P<name>a)+b", "aab", True),
        ("(?<name>a)+b", "aab", True),
    ],
)
def test_a_pattern_finds_what_it_says(pattern: str, text: str, found: bool) -> None:  # noqa: FBT001 - a column
    assert compile_regexp(pattern).found_in(text) is found


#: What other engines know and Go does not.
_UNKNOWN = [
    "(?!x).*",
    "(?=x)",
    "(?<=x)y",
    "(?<!x)y",
    "(?>x)",
    "(?#x)",
    "(?P=x)",
    "(?x)a",
    "(?i-)a",
    r"(a)\1",
    r"\Z",
    r"\y",
    "[[:letter:]]",
]


@pytest.mark.parametrize(
    "pattern", ["(", ")", "[a", "*", "a**", "a\\", "[b-a]", "a{3,2}", "a{1001}", "+a", *_UNKNOWN]
)
def test_what_is_no_pattern_of_go_is_a_fault(pattern: str) -> None:
    with pytest.raises(ConditionFaultError):
        compile_regexp(pattern)


@pytest.mark.parametrize("pattern", ["(?m)^a", r"\bword", r"\pL", r"\x41", r"\101", "(?i)\u00e9", "a" * 2000])
def test_what_is_not_read_here_is_not_guessed(pattern: str) -> None:
    with pytest.raises(CannotReplayError):
        compile_regexp(pattern)


def test_no_pattern_hangs() -> None:
    begun = time.process_time()
    assert not compile_regexp("^(a*)*(a|aa)*b$").found_in("a" * 3_000)
    assert time.process_time() - begun < 3


_ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"\w", "^", "$", "1"])
_PATTERNS = st.recursive(
    _ATOMS,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,2}"])).map(lambda p: f"(?:{p[0]}){p[1]}")
        | st.tuples(inner, inner).map("".join)
        | st.tuples(inner, inner).map(lambda p: f"(?:{p[0]}|{p[1]})")
    ),
    max_leaves=6,
)


@given(pattern=_PATTERNS, text=st.text(alphabet="ab1-", max_size=8))
def test_it_finds_what_another_engine_finds(pattern: str, text: str) -> None:
    other = re.search(pattern.replace("$", r"\Z"), text, re.ASCII)
    assert compile_regexp(pattern).found_in(text) is (other is not None)


@given(pattern=st.text(max_size=30), text=st.text(max_size=30))
def test_any_pattern_is_read_or_refused(pattern: str, text: str) -> None:
    with contextlib.suppress(ConditionFaultError, CannotReplayError):
        assert compile_regexp(pattern).found_in(text) in {True, False}
