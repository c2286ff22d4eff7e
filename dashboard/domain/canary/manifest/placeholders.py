"""Placeholders for arguments, `{{args.NAME}}`, as Argo Rollouts replaces them when a run is created."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_TAG = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_ARGUMENT = "args."


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholder:
    """What stands between `{{` and `}}`; `argument` is the name after `args.`, None where it names none."""

    tag: str
    argument: str | None
    start: int


def placeholders(text: str) -> Iterator[Placeholder]:
    """The placeholders in `text`."""
    for match in _TAG.finditer(text):
        tag = match[1].strip()
        named = tag.removeprefix(_ARGUMENT) if tag.startswith(_ARGUMENT) else None
        yield Placeholder(tag=tag, argument=named, start=match.start())


def resolved(text: str, values: Mapping[str, str]) -> tuple[str, frozenset[str]]:
    """`text` with the arguments that have a value replaced, and the tags that are left."""
    left: set[str] = set()

    def replace(match: re.Match[str]) -> str:
        tag = match[1].strip()
        value = values.get(tag.removeprefix(_ARGUMENT)) if tag.startswith(_ARGUMENT) else None
        if value is None:
            left.add(tag)
            return match[0]
        return value

    return _TAG.sub(replace, text), frozenset(left)
