"""Durations as Prometheus writes them (`5m`, `1h30m`, `30d`), and as people read them (`1 h 30 min`)."""

import re
from datetime import timedelta
from functools import cache

_UNIT_SECONDS = {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(
    r"(?:(?P<y>\d+)y)?(?:(?P<w>\d+)w)?(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+)s)?"
)
_WRITTEN = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_READ = ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min"), (timedelta(seconds=1), "s"))
_READ_UNITS = 2
_LONGEST = timedelta(days=366 * 10)


def parse_duration(text: str) -> timedelta:
    """The positive length that `text` names, in the syntax of PromQL (whole seconds and longer units).

    Raises:
        ValueError: with what was found and what is expected.
    """
    match = _DURATION.fullmatch(text)
    if not text or match is None:
        raise ValueError(f"found {text!r}, expected a PromQL duration such as 5m, 1h or 30d")
    seconds = sum(int(count) * _UNIT_SECONDS[unit] for unit, count in match.groupdict().items() if count)
    if not 0 < seconds <= _LONGEST.total_seconds():
        raise ValueError(f"found {text!r}, expected a duration above zero and of at most ten years")
    return timedelta(seconds=seconds)


@cache
def format_duration(length: timedelta) -> str:
    """`length` in the shortest PromQL form: 30 days is `30d`, 90 minutes is `1h30m`."""
    rest = int(length.total_seconds())
    parts = []
    for unit, seconds in _WRITTEN.items():
        count, rest = divmod(rest, seconds)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def readable(span: timedelta) -> str:
    """`span` in its two largest units, rounded down: `2 d 4 h`, `35 min`."""
    parts: list[str] = []
    rest = max(span, timedelta(0))
    for size, unit in _READ:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
        if len(parts) == _READ_UNITS or (parts and not count):
            break
    return " ".join(parts) or "0 s"


def readable_age(age: timedelta) -> str:
    """How old something is, rounded up: an age over a limit never reads as equal to it.

    In whole minutes, and in whole hours from a day on.
    """
    if age < _MINUTE:
        return "less than 1 min"
    grain = _HOUR if age >= _DAY else _MINUTE
    return readable(-(-age // grain) * grain)
