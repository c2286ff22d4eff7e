"""What a place of a Kubernetes resource may hold: text, a number, a group of fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    WHOLE = "a whole number"
    WHOLE_OR_TEXT = "a whole number, or text that is one"
    FLAG = "true or false"
    TEXTS = "a list of texts"
    TEXT_BY_NAME = "a mapping of texts"
    GROUP = "a mapping"
    LIST = "a list of mappings"
    ANYTHING = "anything"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a place of a resource may hold; `fields` are those of a group, or of each item of a list."""

    kind: Kind
    fields: Mapping[str, "Shape"] = field(default_factory=dict)
    required: frozenset[str] = frozenset()


TEXT, WHOLE, FLAG = Shape(kind=Kind.TEXT), Shape(kind=Kind.WHOLE), Shape(kind=Kind.FLAG)
COUNT, TEXTS = Shape(kind=Kind.WHOLE_OR_TEXT), Shape(kind=Kind.TEXTS)
TEXT_BY_NAME, ANYTHING = Shape(kind=Kind.TEXT_BY_NAME), Shape(kind=Kind.ANYTHING)


def group(required: str = "", /, **fields: Shape) -> Shape:
    """A mapping with `fields`, of which those named in `required` (parted by spaces) must be there."""
    return Shape(kind=Kind.GROUP, fields=MappingProxyType(fields), required=frozenset(required.split()))


def each(item: Shape) -> Shape:
    """A list of such mappings."""
    return Shape(kind=Kind.LIST, fields=item.fields, required=item.required)
