"""Go's regular expressions: what `matches` and the metric names of `dryRun` are written in.

A pattern becomes a small automaton that reads a text once, so that no pattern can hang (Python's own engine
backtracks). Unicode classes, word borders and `^` of each line (the flag m) are left out.
"""

from functools import lru_cache

from dashboard.domain.canary.language.faults import CannotReplayError, ConditionFaultError
from dashboard.domain.canary.language.go_regexp_syntax import (
    Characters,
    Choice,
    Edge,
    Part,
    Repeat,
    Sequence,
    read_pattern,
)

_MOST_STATES = 5_000
_MOST_CHARACTERS = 1_000
#: Characters × states that are gone through, which takes less than a second.
_MOST_WORK = 300_000


class Regexp:
    """A compiled pattern."""

    def __init__(self, pattern: str) -> None:
        #: What each state waits for, and where it leads; a state of None leads on without a character.
        self._waits: list[Characters | Edge | None] = []
        self._leads: list[tuple[int, ...]] = []
        self._start = self._built(read_pattern(pattern), self._state(None, ()))

    def found_in(self, text: str) -> bool:
        """Whether the pattern matches anywhere in `text`.

        Raises:
            CannotReplayError: it would take too long to tell.
        """
        if len(text) * len(self._waits) > _MOST_WORK:
            raise CannotReplayError("the pattern is too large for a text of this length")
        states: set[int] = set()
        for at in range(len(text) + 1):
            self._reach(self._start, states, at, len(text))
            if 0 in states:
                return True
            if at < len(text):
                states = self._step(states, ord(text[at]), at + 1, len(text))
        return False

    def _step(self, states: set[int], code: int, at: int, length: int) -> set[int]:
        reached: set[int] = set()
        for state in states:
            wait = self._waits[state]
            if isinstance(wait, Characters) and any(low <= code <= high for low, high in wait.ranges):
                self._reach(self._leads[state][0], reached, at, length)
        return reached

    def _reach(self, state: int, states: set[int], at: int, length: int) -> None:
        left = [state]
        while left:
            current = left.pop()
            if current in states:
                continue
            wait = self._waits[current]
            if isinstance(wait, Edge) and at != (length if wait.end else 0):
                continue
            states.add(current)
            if not isinstance(wait, Characters):
                left += self._leads[current]

    def _state(self, wait: Characters | Edge | None, leads: tuple[int, ...]) -> int:
        if len(self._waits) >= _MOST_STATES:
            raise CannotReplayError("the pattern is too large")
        self._waits.append(wait)
        self._leads.append(leads)
        return len(self._waits) - 1

    def _built(self, part: Part, following: int) -> int:
        """The state that begins `part` and leads to `following`."""
        match part:
            case Characters() | Edge():
                return self._state(part, (following,))
            case Sequence(parts=parts):
                for item in reversed(parts):
                    following = self._built(item, following)
                return following
            case Choice(parts=parts):
                return self._state(None, tuple(self._built(item, following) for item in parts))
            case Repeat(part=inner, least=least, most=most):
                return self._repeated(inner, least, most, following)

    def _repeated(self, part: Part, least: int, most: int | None, following: int) -> int:
        if most is None:
            loop = self._state(None, ())
            self._leads[loop] = (self._built(part, loop), following)
            following = loop
        else:
            end = following
            for _ in range(most - least):
                following = self._state(None, (self._built(part, following), end))
        for _ in range(least):
            following = self._built(part, following)
        return following


def found_in(pattern: str, text: str) -> bool | None:
    """Whether Go finds `pattern` in `text`: not where it is no pattern of Go's; None where we cannot tell."""
    try:
        return compile_regexp(pattern).found_in(text)
    except ConditionFaultError:
        return False
    except CannotReplayError:
        return None


@lru_cache(maxsize=256)
def compile_regexp(pattern: str) -> Regexp:
    """`pattern`, ready to be looked for.

    Raises:
        ConditionFaultError: it is no pattern of Go's.
        CannotReplayError: it uses what is not read here.
    """
    if len(pattern) > _MOST_CHARACTERS:
        raise CannotReplayError(
            f"the pattern has {len(pattern):,} characters, more than {_MOST_CHARACTERS:,}"
        )
    return Regexp(pattern)
