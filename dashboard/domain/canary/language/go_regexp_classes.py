"""Classes of characters in Go's regular expressions, as ranges of code points with both ends included."""

from collections.abc import Iterator, Mapping

from dashboard.domain.canary.language.faults import CannotReplayError

Ranges = tuple[tuple[int, int], ...]
#: The last code point.
LARGEST = 0x10FFFF

DIGITS: Ranges = ((48, 57),)
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACES: Ranges = ((9, 10), (12, 13), (32, 32))
PERL = {"d": DIGITS, "w": _WORD, "s": _SPACES}
POSIX: Mapping[str, Ranges] = {
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "alpha": ((65, 90), (97, 122)),
    "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 31), (127, 127)),
    "digit": DIGITS,
    "graph": ((33, 126),),
    "lower": ((97, 122),),
    "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)),
    "upper": ((65, 90),),
    "word": _WORD,
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}
#: Letters beyond ASCII that are another case of one in it: the long s and the sign of kelvin.
_OTHER_CASES = {ord("s"): 0x17F, ord("k"): 0x212A}
_LAST_ASCII = 127


def with_other_cases(ranges: Ranges) -> Ranges:
    """`ranges` and the other cases of the letters in them.

    Raises:
        CannotReplayError: there are letters beyond ASCII.
    """
    if any(high > _LAST_ASCII for _, high in ranges):
        raise CannotReplayError("letters beyond ASCII without regard to case are not read here")
    letters = {code for low, high in ranges for code in range(low, high + 1) if chr(code).isalpha()}
    cases = {ord(chr(code).swapcase()) for code in letters}
    cases |= {_OTHER_CASES[code] for code in letters | cases if code in _OTHER_CASES}
    return (*ranges, *((code, code) for code in sorted(cases)))


def others(ranges: Ranges) -> Iterator[tuple[int, int]]:
    """The code points that are in none of `ranges`."""
    at = 0
    for low, high in sorted(ranges):
        if low > at:
            yield at, low - 1
        at = max(at, high + 1)
    if at <= LARGEST:
        yield at, LARGEST
