"""Fields of Argo's objects, read one by one; what is wrong is named with its path."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.domain.canary.manifest.placeholders import resolved
from dashboard.errors import InputError
from dashboard.sources.event_document import shown

_LONGEST_TEXT = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """A mapping of a document. `where` is its path, with the file before it; null counts as not there."""

    where: str
    values: Mapping[str, Any]

    def at(self, name: str) -> str:
        """The path of the field `name`."""
        return f"{self.where}.{name}"

    def part(self, *names: str) -> "Fields":
        """The mapping at `names`, from the first that is there; an empty one where there is none."""
        for name in names:
            value = self.values.get(name)
            if value is not None:
                return fields(self.at(name), value)
        return Fields(where=self.at(names[0]), values={})

    def parts(self, *names: str) -> tuple["Fields", ...]:
        """The mappings of the list at the first of `names` that is there."""
        return tuple(fields(where, value) for where, value in self.items(*names))

    def items(self, *names: str) -> Iterator[tuple[str, Any]]:
        """The entries of the list at the first of `names` that is there, with their paths."""
        for name in names:
            value = self.values.get(name)
            if value is None:
                continue
            if not isinstance(value, list):
                raise InputError(f"{self.at(name)}: found {shown(value)}, expected a list")
            for index, item in enumerate(value):
                yield f"{self.at(name)}[{index}]", item
            return

    def text(self, *names: str) -> str:
        """The text at the first of `names` that is there, empty where there is none; numbers as text."""
        for name in names:
            value = self.values.get(name)
            if value is None:
                continue
            if isinstance(value, dict | list):
                raise InputError(f"{self.at(name)}: found {shown(value)}, expected text")
            text = without_halves(scalar_text(value))
            if len(text) > _LONGEST_TEXT:
                raise InputError(
                    f"{self.at(name)}: found {len(text):,} characters, expected at most {_LONGEST_TEXT:,}"
                )
            return text
        return ""

    def has(self, *names: str) -> bool:
        """Whether one of `names` is there."""
        return any(self.values.get(name) is not None for name in names)

    def filled(self, arguments: Mapping[str, str], *names: str) -> str:
        """As `text`, with arguments filled in.

        Raises:
            InputError: an argument has no value.
        """
        text, left = resolved(self.text(*names), arguments)
        if left:
            name = next(name for name in names if self.values.get(name) is not None)
            tags = ", ".join("{{" + tag + "}}" for tag in sorted(left))
            raise InputError(
                f"{self.at(name)}: found {tags}, expected arguments that have a value (--arg NAME=VALUE)"
            )
        return text


def fields(where: str, value: object) -> Fields:
    """`value` as a mapping.

    Raises:
        InputError: it is none.
    """
    if not isinstance(value, dict):
        raise InputError(f"{where}: found {shown(value)}, expected a mapping")
    return Fields(where=where, values=value)


def without_halves(text: str) -> str:
    """`text` with question marks for halves of pairs of surrogates, which are no text."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def scalar_text(value: object) -> str:
    """A scalar as its text: JSON's words for flags, and numbers without a needless fraction."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
