"""Objects of Kubernetes as plain values: YAML or JSON as `kubectl` prints them, several documents and lists.

Text stays text: a time or a date is not turned into anything. Hostile text is refused, not followed.
"""

from collections.abc import Iterator
from typing import Any

import orjson
import yaml

from dashboard.errors import InputError
from dashboard.sources.yaml_scalars import DEEPEST, LOADER, MERGE, require_shallow, scalar_value, yaml_fault

#: A cluster's export of ten thousand runs is some hundred megabytes; a text that is larger is none.
_MOST_BYTES = 512 * 2**20
_MOST_YAML_BYTES = 32 * 2**20
_MOST_NODES = 500_000


def read_objects(called: str, body: bytes) -> tuple[Any, ...]:
    """The documents in `body`; the items of a list of Kubernetes (`kind: List`, `…List`) one by one.

    `called` is what messages call it. A document may be any value: what it should be, the caller checks.

    Raises:
        InputError: it is neither JSON nor YAML in UTF-8, says a key of YAML twice, is too large, or nested
            too deep.
    """
    if len(body) > _MOST_BYTES:
        raise InputError(f"{called}: found {len(body):,} bytes, expected at most {_MOST_BYTES:,}")
    document = _json(body)
    documents = _yaml(called, body) if document is _NO_JSON else (document,)
    return tuple(item for one in documents if one is not None for item in _items(one))


_NO_JSON = object()


def _json(body: bytes) -> Any:
    if body.lstrip()[:1] not in {b"{", b"["}:
        return _NO_JSON
    try:
        document = orjson.loads(body)
    except ValueError:
        return _NO_JSON
    return document if _is_shallow(document) else _NO_JSON


def _is_shallow(document: Any) -> bool:
    left = [(document, 1)]
    while left:
        value, depth = left.pop()
        if depth > DEEPEST:
            return False
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        left += [(item, depth + 1) for item in inner if isinstance(item, dict | list)]
    return True


def _yaml(called: str, body: bytes) -> tuple[Any, ...]:
    if len(body) > _MOST_YAML_BYTES:
        raise InputError(
            f"{called}: found {len(body):,} bytes of YAML, expected JSON or at most {_MOST_YAML_BYTES:,}"
        )
    try:
        text = body.decode("utf-8-sig")
        require_shallow(text, _MOST_NODES)
        builder = _Builder()
        return tuple(
            builder.build(node) for node in yaml.compose_all(text, Loader=LOADER) if node is not None
        )
    except UnicodeDecodeError as error:
        raise InputError(
            f"{called}: found bytes that are not UTF-8 ({error.reason}), expected text"
        ) from None
    except _KeyTwiceError as error:
        raise InputError(f"{called}: {error}") from None
    except (yaml.YAMLError, RecursionError, UnicodeEncodeError) as error:
        raise InputError(f"{called}: found text that is neither YAML nor JSON: {yaml_fault(error)}") from None


class _KeyTwiceError(Exception):
    """A mapping says a key twice, so that one of its values would be dropped without a word."""


class _Builder:
    """Makes plain values of YAML's nodes; counts them, as aliases of aliases can make any number."""

    def __init__(self) -> None:
        self._made = 0
        self._open: set[int] = set()

    def build(self, node: yaml.Node) -> Any:
        self._made += 1
        if self._made > _MOST_NODES:
            raise yaml.YAMLError(f"more than {_MOST_NODES:,} values, perhaps by aliases of aliases")
        if isinstance(node, yaml.ScalarNode):
            return scalar_value(node.tag, node.value)
        if id(node) in self._open:
            raise yaml.YAMLError("a value that contains itself")
        self._open.add(id(node))
        built = (
            self._mapping(node)
            if isinstance(node, yaml.MappingNode)
            else [self.build(item) for item in node.value]
        )
        self._open.discard(id(node))
        return built

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        inherited: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.YAMLError(f"a key that is no text (line {key.start_mark.line + 1})")
            if key.tag == MERGE:
                merged = self.build(value)
                for part in merged if isinstance(merged, list) else [merged]:
                    inherited = {**part, **inherited} if isinstance(part, dict) else inherited
            elif str(key.value) in own:
                where = f"line {key.start_mark.line + 1}"
                raise _KeyTwiceError(f"{where}: found the key {key.value[:80]!r} twice, expected it once")
            else:
                own[str(key.value)] = self.build(value)
        return {**inherited, **own}


def _items(document: Any) -> Iterator[Any]:
    is_list = isinstance(document, dict) and str(document.get("kind", "")).endswith("List")
    items = document.get("items") if is_list else None
    if isinstance(items, list):
        yield from items
    else:
        yield document
