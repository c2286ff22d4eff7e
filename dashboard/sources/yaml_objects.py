"""YAML documents read bit by bit: the items of a list one at a time, so that a long one takes no memory.

Text stays text: a time or a date is not turned into anything. Hostile text is refused, not followed. A file
that was cut off is YAML all the same, except that `kubectl` writes the kind of a list behind its items.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

import yaml
from yaml.resolver import Resolver

from dashboard.errors import InputError
from dashboard.sources.json_objects import with_kind
from dashboard.sources.yaml_scalars import DEEPEST, LOADER, MERGE, scalar_value

#: An object has some hundred values; aliases of aliases can make any number.
_MOST_VALUES = 500_000


def yaml_objects(called: str, stream: BinaryIO) -> Iterator[Any]:
    """The documents in `stream`, which messages call `called`, and the items of lists one by one.

    Raises:
        InputError: it is not YAML in UTF-8, nested too deep, cut off, or has a key twice.
    """
    reader = _Reader()
    try:
        yield from reader.documents(yaml.parse(stream, Loader=LOADER))
    except UnicodeDecodeError as error:
        raise InputError(
            f"{called}: found bytes that are not UTF-8 ({error.reason}), expected text"
        ) from None
    except _RefusedError as error:
        raise InputError(f"{called}: {_where(reader)}{error}") from None
    except (yaml.YAMLError, RecursionError, UnicodeEncodeError) as error:
        raise InputError(
            f"{called}: {_where(reader)}found text that is neither YAML nor JSON: {_problem(error)}"
        ) from None


class _RefusedError(Exception):
    """It is YAML, but says what no object of Kubernetes does."""


def _where(reader: "_Reader") -> str:
    return f"items[{reader.count}]: " if reader.count else ""


class _Reader:
    """Builds plain values of YAML's events; `count` is how many items of lists went by."""

    def __init__(self) -> None:
        self.count = 0
        self._resolver: Any = Resolver()
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._values = 0

    def documents(self, events: Iterator[yaml.Event]) -> Iterator[Any]:
        """What each document is, or lists."""
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors, self._values = {}, 0
            elif isinstance(event, yaml.MappingStartEvent):
                yield from self._document(events)
            elif isinstance(event, yaml.SequenceStartEvent):
                yield from self._items(events)
            elif isinstance(event, yaml.NodeEvent):
                found = self._build(event, events, 1)
                if found is not None:
                    yield found

    def _document(self, events: Iterator[yaml.Event]) -> Iterator[Any]:
        """The mapping that begins here, or what it lists; its kind may stand behind its items."""
        head: dict[str, Any] = {}
        own: set[str] = set()
        is_list = False
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key, is_merge = self._key(event, own)
            value = next(events)
            if key == "items" and isinstance(value, yaml.SequenceStartEvent):
                is_list = True
                for item in self._items(events):
                    yield with_kind(item, head.get("kind"))
            else:
                _put(head, key, self._build(value, events, 2), is_merge=is_merge)
        if not is_list:
            yield head
        elif "kind" not in head:
            raise _RefusedError(
                "found a list that ends without its kind, expected `kind: List`: it is cut off"
            )

    def _items(self, events: Iterator[yaml.Event]) -> Iterator[Any]:
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                return
            self._values = 0
            item = self._build(event, events, 2)
            self.count += 1
            yield item

    def _build(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Any:
        """The value that `event` begins."""
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise yaml.YAMLError(f"an alias of nothing before it, *{event.anchor}")
            value, size = self._anchors[event.anchor]
            self._add(size)
            return value
        before = self._values
        self._add(1)
        if depth > DEEPEST:
            raise yaml.YAMLError(f"more than {DEEPEST} levels of nesting")
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = []
            while not isinstance(inner := next(events), yaml.SequenceEndEvent):
                value.append(self._build(inner, events, depth + 1))
        else:
            value, own = {}, set[str]()
            while not isinstance(inner := next(events), yaml.MappingEndEvent):
                key, is_merge = self._key(inner, own)
                _put(value, key, self._build(next(events), events, depth + 1), is_merge=is_merge)
        anchor = getattr(event, "anchor", None)
        if anchor:
            self._anchors[anchor] = (value, self._values - before)
        return value

    def _add(self, size: int) -> None:
        self._values += size
        if self._values > _MOST_VALUES:
            raise yaml.YAMLError(f"more than {_MOST_VALUES:,} values, perhaps by aliases of aliases")

    def _key(self, event: yaml.Event, own: set[str]) -> tuple[str, bool]:
        """The key that `event` is, and whether it merges another mapping; it joins `own`, the keys so far."""
        mark = event.start_mark
        where = f" (line {mark.line + 1})" if mark else ""
        if not isinstance(event, yaml.ScalarEvent):
            raise yaml.YAMLError(f"a key that is no text{where}")
        if event.value in own:
            raise _RefusedError(f"found the key {event.value[:80]!r} twice, expected it once{where}")
        own.add(event.value)
        plain = event.tag is None and event.implicit[0]
        is_merge = plain and self._resolver.resolve(yaml.ScalarNode, event.value, event.implicit) == MERGE
        return event.value, is_merge

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        tag = event.tag
        if tag is None and event.implicit[0]:
            tag = self._resolver.resolve(yaml.ScalarNode, event.value, event.implicit)
        return scalar_value(tag or "", event.value)


def _put(target: dict[str, Any], key: str, value: Any, *, is_merge: bool) -> None:
    if not is_merge:
        target[key] = value
        return
    for part in value if isinstance(value, list) else [value]:
        for name in part if isinstance(part, dict) else ():
            target.setdefault(name, part[name])


def _problem(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    text = " ".join(str(getattr(error, "problem", None) or error).split()) or type(error).__name__
    return f"{text} (line {mark.line + 1})" if mark else text
