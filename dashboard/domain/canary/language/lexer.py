"""The tokens of a condition, read as expr-lang/expr 1.17 reads them."""

import re
from dataclasses import dataclass
from enum import StrEnum

from dashboard.domain.canary.language.faults import CannotReplayError, ConditionFaultError

#: A longer condition is none that a person wrote.
MOST_CHARACTERS = 20_000

#: Words that are operators wherever they stand.
_WORDS = {"not", "in", "or", "and", "matches", "contains", "startsWith", "endsWith", "let", "if", "else"}
_NUMBER = re.compile(
    r"(?:0[xX][0-9a-fA-F_]*|0[oO][0-7_]*|0[bB][01_]*|[0-9_]*)(?:\.(?!\.)[0-9_]*)?(?:[eE][+-]?[0-9_]*)?"
)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_SIGN = re.compile(r"\?[.?]?|\|\|?|::?|\.\.?|##?|[&!=*<>][&=*]?|[,;%+\-^/]")
_BRACKETS = frozenset("()[]{}")
_SIMPLE_ESCAPES = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
}
#: Blanks to Python that Go does not count as such.
_NO_BLANKS = frozenset("\x1c\x1d\x1e\x1f")


class TokenKind(StrEnum):
    """What a token is."""

    NAME = "name"
    NUMBER = "number"
    TEXT = "text"
    OPERATOR = "operator"
    BRACKET = "bracket"
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token; `at` is where it begins, in characters from 1. `text` of a TEXT is without its quotes."""

    kind: TokenKind
    text: str
    at: int

    def __str__(self) -> str:
        return "the end" if self.kind is TokenKind.END else f"{self.text!r} at character {self.at}"


def tokens(source: str) -> tuple[Token, ...]:
    """The tokens of `source`, with an END last.

    Raises:
        ConditionFaultError: a character or a literal that the language does not have.
        CannotReplayError: the condition is too long, or has an escape that we do not read.
    """
    if len(source) > MOST_CHARACTERS:
        raise CannotReplayError(
            f"the condition has {len(source):,} characters, more than {MOST_CHARACTERS:,}"
        )
    found: list[Token] = []
    at = 0
    while at < len(source):
        if _is_blank(source[at]):
            at += 1
        elif comment := _COMMENT.match(source, at):
            at = comment.end()
        else:
            token, at = _token(source, at, found)
            found.append(token)
    found.append(Token(kind=TokenKind.END, text="", at=len(source) + 1))
    return tuple(found)


def _token(source: str, at: int, before: list[Token]) -> tuple[Token, int]:
    character = source[at]
    if character in "'\"":
        text, end = _quoted(source, at)
        return Token(kind=TokenKind.TEXT, text=text, at=at + 1), end
    if character == "`":
        text, end = _raw(source, at)
        return Token(kind=TokenKind.TEXT, text=text, at=at + 1), end
    if _begins_number(source, at):
        end = _number_end(source, at)
        return Token(kind=TokenKind.NUMBER, text=source[at:end], at=at + 1), end
    if source.startswith("/*", at):
        raise ConditionFaultError(f"the comment at character {at + 1} does not end")
    if character in _BRACKETS:
        return Token(kind=TokenKind.BRACKET, text=character, at=at + 1), at + 1
    if sign := _SIGN.match(source, at):
        return Token(kind=TokenKind.OPERATOR, text=sign.group(), at=at + 1), sign.end()
    if not _is_word(character):
        raise ConditionFaultError(f"the character {character!r} at {at + 1} has no meaning")
    end = at
    while end < len(source) and _is_word(source[end]):
        end += 1
    word = source[at:end]
    after_pointer = bool(before) and before[-1].text == "#" and before[-1].at == at
    kind = TokenKind.OPERATOR if word in _WORDS and not after_pointer else TokenKind.NAME
    return Token(kind=kind, text=word, at=at + 1), end


def _begins_number(source: str, at: int) -> bool:
    following = source[at + 1 : at + 2]
    return _is_digit(source[at]) or (source[at] == "." and bool(following) and _is_digit(following))


def _number_end(source: str, at: int) -> int:
    start = at + 1 if source[at] == "." else at
    match = _NUMBER.match(source, start)
    end = match.end() if match else start
    if end < len(source) and _is_word(source[end]):
        raise ConditionFaultError(f"{source[at : end + 1]!r} at character {at + 1} is no number")
    return end


def _quoted(source: str, start: int) -> tuple[str, int]:
    quote, at, parts = source[start], start + 1, []
    while at < len(source) and source[at] not in {quote, "\n"}:
        if source[at] != "\\":
            parts.append(source[at])
            at += 1
            continue
        escaped = source[at + 1 : at + 2]
        if escaped in {"x", "u", "U", *"01234567"} and escaped:
            raise CannotReplayError(f"the text at character {start + 1} has an escape that is not read here")
        if escaped != quote and escaped not in _SIMPLE_ESCAPES:
            raise ConditionFaultError(f"the text at character {start + 1} has an escape that does not exist")
        parts.append(_SIMPLE_ESCAPES.get(escaped, escaped))
        at += 2
    if at >= len(source) or source[at] == "\n":
        raise ConditionFaultError(f"the text at character {start + 1} does not end")
    return "".join(parts), at + 1


def _raw(source: str, start: int) -> tuple[str, int]:
    at = start + 1
    while (end := source.find("`", at)) >= 0:
        if source[end + 1 : end + 2] != "`":
            return source[start + 1 : end].replace("``", "`"), end + 1
        at = end + 2
    raise ConditionFaultError(f"the text at character {start + 1} does not end")


def _is_digit(character: str) -> bool:
    return "0" <= character <= "9"


def _is_word(character: str) -> bool:
    return character in "_$" or character.isalpha() or character.isdecimal()


def _is_blank(character: str) -> bool:
    return character.isspace() and character not in _NO_BLANKS
