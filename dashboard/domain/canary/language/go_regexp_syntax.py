"""The syntax of Go's regular expressions, as far as it is read here."""

from dataclasses import dataclass

from dashboard.domain.canary.language.faults import CannotReplayError, ConditionFaultError
from dashboard.domain.canary.language.go_regexp_classes import (
    LARGEST,
    PERL,
    POSIX,
    Ranges,
    others,
    with_other_cases,
)

_MOST_REPEATS = 1_000
_DEEPEST = 50

_CONTROLS = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_UNREAD_ESCAPES = frozenset("bBCQpPx01234567")
_PUNCTUATION = frozenset(r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Characters:
    """One character out of `ranges` (code points, both ends included)."""

    ranges: Ranges


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
        #: Whether case does not count (the flag i), and whether . is any character at all (s).
        self._any_case = False
        self._dot_is_all = False

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
                everything = ((0, LARGEST),)
                return Characters(ranges=everything if self._dot_is_all else ((0, 9), (11, LARGEST)))
            case "^":
                return Edge(end=False)
            case "$":
                return Edge(end=True)
            case "\\":
                return self._escape()
            case "*" | "+" | "?":
                raise self._wrong("a repetition of nothing")
            case _:
                return Characters(ranges=self._cased(((ord(character), ord(character)),)))

    def _group(self) -> Part:
        before = self._any_case, self._dot_is_all
        if self._next("?") and not self._opened():
            return Sequence(parts=())  # flags alone: they hold to the end of the group around them
        inner = self._choice()
        if not self._next(")"):
            raise self._wrong("a ( without its )")
        self._any_case, self._dot_is_all = before
        return inner

    def _opened(self) -> bool:
        """What stands between (? and the group's own text; False where the group ends there."""
        if self._next("P<") or (self._next("<") and self._pattern[self._at : self._at + 1] not in {"=", "!"}):
            name, closed, _ = self._pattern[self._at :].partition(">")
            if (
                not closed
                or not name
                or not all(sign == "_" or (sign.isascii() and sign.isalnum()) for sign in name)
            ):
                raise self._wrong("a group without a name that is one")
            self._at += len(name) + 1
            return True
        off, flags = False, 0
        while self._at < len(self._pattern):
            sign = self._take()
            if sign in ":)":
                if off and not flags:
                    break
                return sign == ":"
            if sign == "-" and not off:
                off, flags = True, 0
                continue
            if sign not in "imsU":
                break
            flags += 1
            if sign == "m" and not off:
                raise CannotReplayError("the flag m in a pattern is not read here")
            self._any_case = self._any_case if sign != "i" else not off
            self._dot_is_all = self._dot_is_all if sign != "s" else not off
        raise self._wrong("a (? that Go does not know, which has no look-ahead and no look-behind")

    def _escape(self) -> Part:
        if self._at >= len(self._pattern):
            raise self._wrong("a backslash at the end")
        character = self._take()
        if character in "Az":
            return Edge(end=character == "z")
        return Characters(ranges=self._escaped(character))

    def _cased(self, ranges: Ranges) -> Ranges:
        """`ranges` with the other cases of its letters, where case does not count."""
        return with_other_cases(ranges) if self._any_case else ranges

    def _escaped(self, character: str) -> Ranges:
        if character.lower() in PERL:
            ranges = self._cased(PERL[character.lower()])
            return tuple(others(ranges)) if character.isupper() else ranges
        if character in _CONTROLS:
            return ((_CONTROLS[character], _CONTROLS[character]),)
        if character in _PUNCTUATION:
            return ((ord(character), ord(character)),)
        digit = self._pattern[self._at : self._at + 1]
        refers = character in "1234567" and not (digit and digit in "01234567")
        if character not in _UNREAD_ESCAPES or refers:
            raise self._wrong(f"\\{character}, which Go does not know")
        raise CannotReplayError(f"\\{character} in a pattern is not read here")

    def _bracket(self) -> Part:
        negated = self._next("^")
        ranges: list[tuple[int, int]] = []
        first = True
        while first or not self._next("]"):
            if self._at >= len(self._pattern):
                raise self._wrong("a [ without its ]")
            ranges += self._named() or self._range()
            first = False
        return Characters(ranges=tuple(others(tuple(ranges))) if negated else tuple(ranges))

    def _named(self) -> Ranges:
        """A class such as [:alpha:]; nothing where none stands here."""
        if not self._pattern.startswith("[:", self._at) or ":]" not in self._pattern[self._at + 2 :]:
            return ()
        name, _, _ = self._pattern[self._at + 2 :].partition(":]")
        self._at += len(name) + 4
        if name.removeprefix("^") not in POSIX:
            raise self._wrong(f"[:{name[:20]}:], which Go does not know")
        ranges = self._cased(POSIX[name.removeprefix("^")])
        return tuple(others(ranges)) if name.startswith("^") else ranges

    def _range(self) -> Ranges:
        escaped_class = self._pattern[self._at : self._at + 2].lower() in {"\\d", "\\w", "\\s"}
        low = self._member()
        dash = self._pattern.startswith("-", self._at) and not self._pattern.startswith("-]", self._at)
        if not dash or len(low) != 1 or low[0][0] != low[0][1]:
            return low if escaped_class else self._cased(low)
        self._at += 1
        high = self._member()
        if len(high) != 1 or high[0][0] != high[0][1] or high[0][0] < low[0][0]:
            raise self._wrong("a range that runs backwards")
        return self._cased(((low[0][0], high[0][0]),))

    def _member(self) -> Ranges:
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


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4  # noqa: PLR2004 - up to 1000
