"""What a lint finds: which rule, how bad, where, the exact fault and its mend."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.domain.canary.lint.rules import RULES, Severity
from dashboard.domain.canary.manifest.node import Manifest, Node, Path, written_path
from dashboard.domain.canary.manifest.scalar_place import places_in_scalar

__all__ = [
    "Finding",
    "Place",
    "Severity",
    "at_character",
    "at_characters",
    "at_key",
    "at_line",
    "at_value",
    "finding",
]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """A place in a file: lines and columns count from 1, `path` is that in the object called `called`."""

    file: str
    line: int
    column: int
    called: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault, told with what really happens because of it (`message`) and how to put it right (`mend`)."""

    rule: RuleId
    severity: Severity
    place: Place
    message: str
    mend: str

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """Sorts findings as they are read: by file, line, column, then rule."""
        return (self.place.file, self.place.line, self.place.column, self.rule.value, self.message)


def finding(
    rule: RuleId, place: Place, message: str, *, mend: str | None = None, severity: Severity | None = None
) -> Finding:
    """A finding of `rule`; its severity and mend are the rule's own where none is given."""
    known = RULES[rule]
    return Finding(
        rule=rule,
        severity=severity or known.severity,
        place=place,
        message=" ".join(message.split()),
        mend=" ".join((mend or known.mend).split()),
    )


def at_key(manifest: Manifest, node: Node) -> Place:
    """Where the key of `node` is."""
    return _place(manifest, node.key_line, node.key_column, node.path)


def at_value(manifest: Manifest, node: Node) -> Place:
    """Where the value of `node` is."""
    return _place(manifest, node.line, node.column, node.path)


def at_character(manifest: Manifest, node: Node, start: int) -> Place:
    """Where the character `start` of the scalar of `node` is, which may be some lines below its first one."""
    return at_characters(manifest, node, [start])[0]


def at_characters(manifest: Manifest, node: Node, starts: Sequence[int]) -> list[Place]:
    """Where each of the characters `starts`, which rise, of the scalar of `node` is."""
    places = places_in_scalar(manifest.lines, node, starts)
    return [_place(manifest, line, column, node.path) for line, column in places]


def at_line(manifest: Manifest, line: int, column: int, path: Path) -> Place:
    """A place told by its line."""
    return _place(manifest, line, column, path)


def _place(manifest: Manifest, line: int, column: int, path: Path) -> Place:
    return Place(
        file=manifest.file, line=line, column=column, called=manifest.called, path=written_path(path)
    )
