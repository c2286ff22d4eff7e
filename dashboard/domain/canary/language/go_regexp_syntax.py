"""The syntax of Go's regular expressions, as far as it is read here."""

from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.domain.canary.language.faults import CannotReplayError, ConditionFaultError

_MOST_REPEATS = 1_000
_DEEPEST = 50
_LARGEST = 0x10FFFF

_Ranges = tuple[tuple[int, int], ...]

_DIGITS: _Ranges = ((48, 57),)
_WORD: _Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACES: _Ranges = ((9, 10), (12, 13), (32, 32))
_CLASSES = {"d": _DIGITS, "w": _WORD, "s": _SPACES}
_CONTROLS = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_PUNCTUATION = frozenset(r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Characters:
    """One character out of `ranges` (code points, both ends included)."""

    ranges: _Ranges


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """The beginning or the end of the text."""

    end: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """One part after another."""

    parts: "tuple[Part, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of several parts."""

    parts: "tuple[Part, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """A part again and again; `most` is None where there is no end."""

    part: "Part"
    least: int
    most: int | None


Part = Characters | Edge | Sequence | Choice | Repeat


def read_pattern(pattern: str) -> "Part":
    """What `pattern` is made of.

    Raises:
        ConditionFaultError: it is no pattern of Go's.
        CannotReplayError: it uses what is not read here.
    """
    return _Reader(pattern).whole()


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._nesting = 0

    def whole(self) -> Part:
        part = self._choice()
        if self._at < len(self._pattern):
            raise self._wrong("a ) without its (")
        return part

    def _choice(self) -> Part:
        self._nesting += 1
        if self._nesting > _DEEPEST:
            raise CannotReplayError("the pattern nests too deep")
        parts = [self._sequence()]
        while self._next("|"):
            parts.append(self._sequence())
        self._nesting -= 1
        return parts[0] if len(parts) == 1 else Choice(parts=tuple(parts))

    def _sequence(self) -> Part:
        parts: list[Part] = []
        while self._at < len(self._pattern) and self._pattern[self._at] not in "|)":
            parts.append(self._repeats(self._atom()))
        return Sequence(parts=tuple(parts))

    def _repeats(self, part: Part) -> Part:
        bounds = self._bounds()
        if bounds is None:
            return part
        self._next("?")  # lazy: it finds the same texts
        if self._bounds() is not None:
            raise self._wrong("two repetitions of one thing")
        least, most = bounds
        return Repeat(part=part, least=least, most=most)

    def _bounds(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._next(sign):
                return bounds
        if self._at >= len(self._pattern) or self._pattern[self._at] != "{":
            return None
        inside, closed, _ = self._pattern[self._at + 1 :].partition("}")
        least, comma, most = inside.partition(",")
        if not closed or not _digits(least) or (most and not _digits(most)):
            return None  # a { that begins no repetition stands for itself
        self._at += len(inside) + 2
        low = int(least)
        high = low if not comma else int(most) if most else None
        if max(low, high or 0) > _MOST_REPEATS or (high is not None and high < low):
            raise self._wrong("a repetition out of range")
        return low, high

    def _atom(self) -> Part:  # noqa: PLR0911 - one case for each sign
        character = self._take()
        match character:
            case "(":
                return self._group()
            case "[":
                return self._bracket()
            case ".":
                return Characters(ranges=((0, 9), (11, _LARGEST)))
            case "^":
                return Edge(end=False)
            case "$":
                return Edge(end=True)
            case "\\":
                return self._escape()
            case "*" | "+" | "?":
                raise self._wrong("a repetition of nothing")
            case _:
                return _one(ord(character))

    def _group(self) -> Part:
        if self._next("?") and not self._next(":"):
            raise CannotReplayError("flags and names of groups in a pattern are not read here")
        inner = self._choice()
        if not self._next(")"):
            raise self._wrong("a ( without its )")
        return inner

    def _escape(self) -> Part:
        if self._at >= len(self._pattern):
            raise self._wrong("a backslash at the end")
        character = self._take()
        if character in "Az":
            return Edge(end=character == "z")
        return Characters(ranges=self._escaped(character))

    def _escaped(self, character: str) -> _Ranges:
        if character.lower() in _CLASSES:
            ranges = _CLASSES[character.lower()]
            return tuple(_others(ranges)) if character.isupper() else ranges
        if character in _CONTROLS:
            return ((_CONTROLS[character], _CONTROLS[character]),)
        if character in _PUNCTUATION:
            return ((ord(character), ord(character)),)
        raise CannotReplayError(f"\\{character} in a pattern is not read here")

    def _bracket(self) -> Part:
        others = self._next("^")
        ranges: list[tuple[int, int]] = []
        first = True
        while first or not self._next("]"):
            if self._at >= len(self._pattern):
                raise self._wrong("a [ without its ]")
            if self._pattern.startswith("[:", self._at):
                raise CannotReplayError("[: :] in a pattern is not read here")
            ranges += self._range()
            first = False
        return Characters(ranges=tuple(_others(tuple(ranges))) if others else tuple(ranges))

    def _range(self) -> _Ranges:
        low = self._member()
        dash = self._pattern.startswith("-", self._at) and not self._pattern.startswith("-]", self._at)
        if not dash or len(low) != 1 or low[0][0] != low[0][1]:
            return low
        self._at += 1
        high = self._member()
        if len(high) != 1 or high[0][0] != high[0][1] or high[0][0] < low[0][0]:
            raise self._wrong("a range that runs backwards")
        return ((low[0][0], high[0][0]),)

    def _member(self) -> _Ranges:
        if self._at >= len(self._pattern):
            raise self._wrong("a [ without its ]")
        character = self._take()
        if character != "\\":
            return ((ord(character), ord(character)),)
        if self._at >= len(self._pattern):
            raise self._wrong("a backslash at the end")
        return self._escaped(self._take())

    def _take(self) -> str:
        self._at += 1
        return self._pattern[self._at - 1]

    def _next(self, text: str) -> bool:
        found = self._pattern.startswith(text, self._at)
        self._at += len(text) if found else 0
        return found

    def _wrong(self, what: str) -> ConditionFaultError:
        return ConditionFaultError(f"the pattern {self._pattern[:80]!r} has {what}")


def _one(code: int) -> Part:
    return Characters(ranges=((code, code),))


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4  # noqa: PLR2004 - up to 1000


def _others(ranges: _Ranges) -> Iterator[tuple[int, int]]:
    """The code points that are in none of `ranges`."""
    at = 0
    for low, high in sorted(ranges):
        if low > at:
            yield at, low - 1
        at = max(at, high + 1)
    if at <= _LARGEST:
        yield at, _LARGEST
