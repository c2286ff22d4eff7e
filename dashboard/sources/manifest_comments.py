"""The comments of a YAML text by line: parsers drop them, yet they say what a metric is meant to do."""

from collections.abc import Iterator, Sequence

import yaml


def comments_of(text: str, documents: Sequence[yaml.Node]) -> dict[int, str]:
    """The comment on each line that has one, without its sign; lines count from 1."""
    if "#" not in text:
        return {}
    inside: set[int] = set()
    ends: dict[int, int] = {}
    for scalar in _scalars(documents):
        first, last = scalar.start_mark.line, scalar.end_mark.line
        if scalar.style in {"|", ">"}:
            inside.update(range(first + 1, last if scalar.end_mark.column == 0 else last + 1))
            continue
        inside.update(range(first + 1, last))
        ends[last] = max(ends.get(last, 0), scalar.end_mark.column)
    found = {}
    for number, line in enumerate(text.splitlines()):
        if number not in inside and (comment := _comment(line, ends.get(number, 0))) is not None:
            found[number + 1] = comment
    return found


def _comment(line: str, begins: int) -> str | None:
    at = line.find("#", begins)
    if at < 0 or (at > 0 and not line[at - 1].isspace()):
        return None
    return line[at:].lstrip("#").strip()


def _scalars(documents: Sequence[yaml.Node]) -> Iterator[yaml.ScalarNode]:
    """Each scalar once, however often aliases name it."""
    seen: set[int] = set()
    waiting = list(documents)
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            waiting.extend(part for pair in node.value for part in pair)
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
        elif isinstance(node, yaml.ScalarNode):
            yield node
