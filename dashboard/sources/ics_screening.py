"""A first look at an iCalendar file, line by line: what would be lost or take forever is refused.

The parser mends what is broken, so that a file that was cut off loses its last events without a word, and it
expands time zones while it reads. Nobody's freeze may be lost, and no file may keep a release gate waiting.
Source: RFC 5545, sections 3.1, 3.3.10 and 3.6.
"""

import re
from collections.abc import Iterator

_MOST_EVENTS = 2_000
_MOST_ZONE_PARTS = 500
_DEEPEST = 5
_LONGEST_RULE = 300
#: How often a freeze may recur; time zones change by the year.
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_FREQUENCY = re.compile(r"FREQ=([A-Z]*)")
_WITHIN_A_DAY = re.compile(r"BYHOUR|BYMINUTE|BYSECOND")
_NO_STEP = re.compile(r"INTERVAL=\s*[+-]?0*(;|$)")
_ZONE_PARTS = ("STANDARD", "DAYLIGHT")
_LINE_END = re.compile(r"\r?\n")


def screen(text: str) -> int:
    """How many events `text` holds, after a look at all its lines.

    Raises:
        ValueError: it is no calendar, was cut off, or is of a kind that cannot be expanded in bounded time;
            names the line.
    """
    inside: list[str] = []
    begun: list[str] = []
    for number, line in _logical_lines(text):
        name = re.split("[:;]", line, maxsplit=1)[0].upper()
        value = line.rpartition(":")[2].strip().upper()
        if name == "BEGIN":
            _require_place(number, value, inside)
            inside.append(value)
            begun.append(value)
        elif name == "END":
            if not inside or inside[-1] != value:
                expected = f"END:{inside[-1]}" if inside else "nothing to end here"
                raise ValueError(f"line {number}: found END:{value[:40]}, expected {expected}")
            inside.pop()
        else:
            _require_harmless(number, name, line, inside)
    if inside:
        raise ValueError(
            f"found the end of the file inside {inside[-1]}, expected END:{inside[-1]} before it"
        )
    if not begun:
        raise ValueError("found no calendar, expected an iCalendar file: BEGIN:VCALENDAR")
    for names, most in ((("VEVENT",), _MOST_EVENTS), (_ZONE_PARTS, _MOST_ZONE_PARTS)):
        found = sum(map(begun.count, names))
        if found > most:
            raise ValueError(f"found {found:,} of {' and '.join(names)}, expected at most {most:,}")
    return begun.count("VEVENT")


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines with the number at which each begins; a line that begins with white space goes on."""
    begun, parts = 1, list[str]()
    for number, raw in enumerate(_LINE_END.split(text), start=1):
        if raw[:1] in (" ", "\t") and parts:
            parts.append(raw[1:])
            continue
        if any(parts):
            yield begun, "".join(parts)
        begun, parts = number, [raw]
    if any(parts):
        yield begun, "".join(parts)


def _require_place(number: int, component: str, inside: list[str]) -> None:
    if (component == "VCALENDAR") != (not inside):
        found = f"found BEGIN:{component[:40]}, expected an iCalendar file"
        raise ValueError(f"line {number}: {found}: BEGIN:VCALENDAR with events in it")
    if component == "VEVENT" and inside != ["VCALENDAR"]:
        raise ValueError(f"line {number}: found an event inside {inside[-1]}, expected it in a calendar")
    if len(inside) >= _DEEPEST:
        raise ValueError(f"line {number}: found more than {_DEEPEST} levels, expected a calendar with events")


def _require_harmless(number: int, name: str, line: str, inside: list[str]) -> None:
    if not inside:
        found = f"found {line[:40]!r}, expected an iCalendar file"
        raise ValueError(f"line {number}: {found}: BEGIN:VCALENDAR")
    if name == "EXRULE":
        raise ValueError(f"line {number}: found EXRULE, expected EXDATE: it is no longer of the standard")
    if name == "RRULE":
        _require_slow(number, line[len(name) :].upper(), inside[-1])


def _require_slow(number: int, rule: str, component: str) -> None:
    """Refuse a rule that gives more than one occurrence a day, or never comes to its next one."""
    allowed = ("YEARLY",) if component in _ZONE_PARTS else _FREQUENCIES
    found = _FREQUENCY.findall(rule)
    if len(found) != 1 or found[0] not in allowed:
        expected = f"expected one of {', '.join(allowed)}"
        raise ValueError(f"line {number}: RRULE: found {', '.join(found)[:40] or 'no FREQ'}, {expected}")
    if _WITHIN_A_DAY.search(rule):
        raise ValueError(f"line {number}: RRULE: found a time of day in the rule, expected it in DTSTART")
    if _NO_STEP.search(rule):
        raise ValueError(f"line {number}: RRULE: found an INTERVAL of 0, expected at least 1")
    if len(rule) > _LONGEST_RULE:
        raise ValueError(
            f"line {number}: RRULE: found {len(rule)} characters, expected at most {_LONGEST_RULE}"
        )
