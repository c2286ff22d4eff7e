"""Lengths of time as Go reads them, which is how Argo Rollouts reads `interval`, `initialDelay` and pauses.

Go's units end at the hour: `1d` and `1w`, which Prometheus knows, are none of Go's, and a number without a
unit is no duration either.
"""

import re
from datetime import timedelta

#: A thousand years: longer ones are not told apart, so that sums of lengths have an end.
LONGEST = timedelta(days=365_000)
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}
_PART = re.compile(r"([0-9]*\.?[0-9]*)(ms|us|µs|μs|ns|h|m|s)")
_LONGEST_TEXT = 100
_LONGEST_SECONDS = 2**63 / 1e9
_FOREIGN = re.compile(r"[0-9.]+\s*(d|day|days|w|week|weeks|y|mo)$", re.IGNORECASE)
_WORDY = re.compile(r"[0-9.]+\s*(sec|secs|seconds?|min|mins|minutes?|hrs?|hours?)$", re.IGNORECASE)


def parse_go_duration(text: str) -> timedelta:
    """The length that `text` names, which may be zero or negative.

    Raises:
        ValueError: with what was found and what is expected.
    """
    rest, sign = text, 1.0
    if rest[:1] in {"+", "-"} and rest:
        sign, rest = (-1.0 if rest[0] == "-" else 1.0), rest[1:]
    if rest == "0":
        return timedelta()
    seconds, at = 0.0, 0
    while rest and at < len(rest) <= _LONGEST_TEXT:
        part = _PART.match(rest, at)
        if part is None or not part[1].strip("."):
            break
        seconds += float(part[1]) * _UNITS[part[2]]
        at = part.end()
    if not rest or at < len(rest) or seconds > _LONGEST_SECONDS:
        raise ValueError(f"found {text[:40]!r}, expected {_expected(rest)}")
    return timedelta(seconds=sign * seconds)


def _expected(text: str) -> str:
    if text.isdigit():
        return f"a unit as well, such as {text[:20]}s"
    if _FOREIGN.fullmatch(text):
        return "hours, minutes or seconds, such as 24h: Go knows no days"
    if _WORDY.fullmatch(text):
        return "the units h, m or s, such as 90s"
    return "a duration of Go, such as 30s, 5m or 1h30m"


def length_of(seconds: float) -> timedelta:
    """`seconds` as a length, of at most `LONGEST`."""
    return timedelta(seconds=min(seconds, LONGEST.total_seconds()))


def short_duration(length: timedelta) -> str:
    """`length` as Go would write it without its zeros: 90 seconds is `1m30s`."""
    if length >= LONGEST:
        return "a thousand years or more"
    seconds = length.total_seconds()
    whole = int(seconds)
    if whole != seconds:
        return f"{seconds:g}s"
    hours, rest = divmod(abs(whole), 3600)
    minutes, rest = divmod(rest, 60)
    parts = [f"{count}{unit}" for count, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if count]
    return ("-" if whole < 0 else "") + ("".join(parts) or "0s")
