"""A manifest as a tree whose every value knows the line that it was written on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]
Scalar: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One value of a manifest: exactly one of a scalar, a list of nodes and a mapping of nodes.

    `line` and `column` count from 1 and are where the value begins; `key_line` and `key_column` where its key
    (or the dash of its list) does; `end_line` is the last one that it reaches. `text` is the scalar as it was
    written; `block` says that it is a block scalar, whose lines follow `line`.
    """

    path: Path
    line: int
    column: int
    key_line: int
    key_column: int
    scalar: Scalar = None
    items: "tuple[Node, ...] | None" = None
    fields: "Mapping[str, Node] | None" = None
    text: str = ""
    block: bool = False
    end_line: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written: `key:` alone, or null."""
        return self.items is None and self.fields is None and self.scalar is None

    @property
    def shown(self) -> str:
        """What was found, for a message."""
        if self.fields is not None:
            return "a mapping"
        if self.items is not None:
            return "a list"
        if self.scalar is None:
            return "nothing"
        if isinstance(self.scalar, bool):
            return "true" if self.scalar else "false"
        return repr(self.scalar)[:80] if isinstance(self.scalar, str) else self.text[:80]

    @property
    def where(self) -> str:
        """The path in the manifest, such as `spec.metrics[0].interval`."""
        return written_path(self.path)

    def get(self, *names: str | int) -> "Node | None":
        """The node at `names` below this one; None where there is none, or nothing but null."""
        found: Node | None = self
        for name in names:
            if found is None:
                return None
            if isinstance(name, int):
                items = found.items or ()
                found = items[name] if name < len(items) else None
            else:
                found = (found.fields or {}).get(name)
        return None if found is None or found.is_empty else found

    def each(self, *names: str | int) -> tuple["Node", ...]:
        """The items of the list at `names`; none where there is no list."""
        found = self.get(*names)
        return (found.items or ()) if found is not None else ()

    def string(self, *names: str | int) -> str | None:
        """The text at `names`; numbers and flags as they were written, None where there is no scalar."""
        found = self.get(*names)
        if found is None or found.items is not None or found.fields is not None:
            return None
        return found.scalar if isinstance(found.scalar, str) else found.text

    def walk(self) -> Iterator["Node"]:
        """This node and all below it, in the order in which they were written."""
        yield self
        for child in self.items if self.items is not None else (self.fields or {}).values():
            yield from child.walk()


class WritingFault(StrEnum):
    """What a YAML parser swallows without a word, although it is not what was meant."""

    REPEATED_KEY = "repeated_key"
    UNQUOTED_PLACEHOLDER = "unquoted_placeholder"
    KEY_NOT_TEXT = "key_not_text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Miswritten:
    """A place where a fault of writing was found; `text` is what stands there."""

    fault: WritingFault
    path: Path
    line: int
    column: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One object of Kubernetes, with the lines of its file, and the comments among them by line."""

    file: str
    root: Node
    comments: Mapping[int, str] = field(default_factory=dict)
    miswritten: tuple[Miswritten, ...] = ()
    lines: Sequence[str] = ()

    @property
    def kind(self) -> str:
        """Its kind, such as `AnalysisTemplate`; empty where it has none."""
        return self.root.string("kind") or ""

    @property
    def api_version(self) -> str:
        """Its API version, such as `argoproj.io/v1alpha1`."""
        return self.root.string("apiVersion") or ""

    @property
    def name(self) -> str:
        """Its name; what it generates names from where it has none."""
        return self.root.string("metadata", "name") or self.root.string("metadata", "generateName") or ""

    @property
    def namespace(self) -> str:
        """Its namespace; empty where it does not say one."""
        return self.root.string("metadata", "namespace") or ""

    @property
    def called(self) -> str:
        """Kind and name, such as `AnalysisTemplate/smoke-check`."""
        return f"{self.kind or '?'}/{self.name or '?'}"


def written_path(path: Path) -> str:
    """`path` as people write it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
