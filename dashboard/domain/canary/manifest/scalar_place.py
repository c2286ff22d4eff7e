"""Where a character of a scalar stands in the file: folding and quoting move it."""

from collections.abc import Iterator, Sequence

from dashboard.domain.canary.manifest.node import Node

#: How many characters follow the backslash and the letter of an escape of YAML.
_CODED = {"x": 2, "u": 4, "U": 8}
_BLANK_ESCAPES = frozenset("nNtLP_ ")


def places_in_scalar(lines: Sequence[str], node: Node, starts: Sequence[int]) -> list[tuple[int, int]]:
    """Line and column, from 1, of the characters `starts` of `node` in `lines`, those of its file.

    `starts` rise. Folding and indentation change blanks alone, so the characters that are none are counted.
    Where the file has another character at the place that was found, it is the place of the scalar.
    """
    text, places, before = str(node.scalar), [], 0
    written = _written(lines, node)
    there = next(written, None)
    for start in starts:
        for _ in range(sum(not character.isspace() for character in text[before:start])):
            there = next(written, None)
        before = start
        found = there is not None and there[2] == text[start : start + 1]
        places.append(there[:2] if there is not None and found else (node.line, node.column))
    return places


def _written(lines: Sequence[str], node: Node) -> Iterator[tuple[int, int, str]]:
    """The characters of the scalar that are not blank, as they stand in the file, with line and column."""
    first, column = (node.line + 1, 1) if node.block else (node.line, node.column)
    opening = lines[first - 1][column - 1 : column] if first <= len(lines) else ""
    quote = opening if not node.block and opening in {'"', "'"} else ""
    column += len(quote)
    for number in range(first, min(node.end_line, len(lines)) + 1):
        line = lines[number - 1]
        at = column - 1 if number == first else 0
        while at < len(line):
            character, width = line[at], 1
            if quote == "'" and line.startswith("''", at):
                width = 2
            elif quote == '"' and character == "\\":
                character = line[at + 1 : at + 2]
                width = 2 + _CODED.get(character, 0)
                character = " " if character in _BLANK_ESCAPES else character
            if character.strip():
                yield number, at + 1, character
            at += width
