"""JSON documents read bit by bit: the items of a list one at a time, so that a long one takes no memory.

A file of ten thousand objects is a hundred megabytes; each object is read whole and let go again.
"""

import codecs
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

from dashboard.errors import InputError
from dashboard.sources.json_faults import CUT_OFF, is_cut_off

#: Kubernetes keeps no object above 1.5 MB; printed with blanks it is some times that.
MOST_CHARACTERS = 16 * 2**20
_CHUNK = 256 * 2**10
#: How near to the end of what was read a fault may lie that is only a lack of more.
_MARGIN = 16
#: What stands between documents of YAML, of which JSON is a form.
_PARTING = "---"


def _refuse(constant: str) -> Any:
    raise ValueError(f"found {constant}, which is not JSON")


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        repeated = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(_twice(repeated))
    return made


def _twice(key: str) -> str:
    return f"the key {key[:80]!r} twice, expected it once"


_DECODER = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=_mapping)


def json_objects(called: str, stream: BinaryIO) -> Iterator[Any]:
    """The documents in `stream`, which messages call `called`, and the items of lists one by one.

    A list is an object with `items`, as `kubectl` prints it, or a bare array. `---` may part documents.

    Raises:
        InputError: it is not JSON in UTF-8, has a key twice, or one object in it is too large.
    """
    reader = _Reader(called, stream)
    try:
        while found := reader.peek():
            if found == "{":
                yield from _document(reader)
            elif found == "[":
                yield from _items(reader)
            elif not reader.passes_over(_PARTING):
                raise reader.wrong(f"{found!r}, expected an object")
    except RecursionError:
        raise reader.wrong("nesting that is too deep, expected a few levels") from None


def _document(reader: "_Reader") -> Iterator[Any]:
    """The object that stands here, or what it lists; its kind may stand behind its items."""
    reader.take("{")
    head: dict[str, Any] = {}
    size, is_list = 0, False
    while reader.peek() != "}":
        key, length = reader.value()
        if not isinstance(key, str):
            raise reader.wrong("a key that is not text, expected text")
        reader.take(":")
        if key in head or (key == "items" and is_list):
            raise reader.wrong(_twice(key))
        if key == "items" and reader.peek() == "[":
            is_list = True
            kind = head.get("kind")
            for item in _items(reader):
                yield with_kind(item, kind)
        else:
            head[key], more = reader.value()
            size += length + more
            if size > MOST_CHARACTERS:
                raise reader.wrong(f"an object of more than {MOST_CHARACTERS:,} characters, expected less")
        if reader.peek() != "}":
            reader.take(",")
    reader.take("}")
    if not is_list:
        yield head


def _items(reader: "_Reader") -> Iterator[Any]:
    reader.take("[")
    while reader.peek() != "]":
        item, _ = reader.value()
        reader.count += 1
        yield item
        if reader.peek() != "]":
            reader.take(",")
    reader.take("]")


def with_kind(item: Any, kind: Any) -> Any:
    """`item` of a list of `kind`: the API names the kind of its items in the list alone, at times."""
    named = isinstance(kind, str) and kind.removesuffix("List")
    if named and isinstance(item, dict) and "kind" not in item:
        return {"kind": named, **item}
    return item


class _Reader:
    """Text of a stream, of which a little is held; `count` is how many items of lists went by."""

    def __init__(self, called: str, stream: BinaryIO) -> None:
        self.count = 0
        self._called = called
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._text, self._at = "", 0
        self._ended = False

    def peek(self) -> str:
        """The next character that is no blank, which stays; empty at the end."""
        while True:
            for position in range(self._at, len(self._text)):
                if self._text[position] not in " \t\r\n":
                    self._at = position
                    return self._text[position]
            self._at = len(self._text)
            if not self._more():
                return ""

    def take(self, expected: str) -> None:
        """Pass over the character `expected`."""
        found = self.peek()
        if found != expected:
            raise self.wrong(f"{found!r}, expected {expected!r}" if found else "its end, expected more")
        self._at += 1

    def passes_over(self, text: str) -> bool:
        """Pass over `text`, if that is what stands here next."""
        self.peek()
        while len(self._text) - self._at < len(text) and self._more():
            pass
        found = self._text.startswith(text, self._at)
        self._at += len(text) if found else 0
        return found

    def value(self) -> tuple[Any, int]:
        """The value that stands here, and how many characters it takes."""
        if not self.peek():
            raise self.wrong("its end, expected a value")
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                cut = is_cut_off(self._text, error)
                if not self._is_cut(error) or not self._more():
                    raise self.wrong(CUT_OFF if cut else f"text that is not JSON: {error.msg}") from None
                continue
            except ValueError as error:  # NaN, a number of thousands of digits, or a key twice
                told = str(error)
                said = told if told.startswith("the key") else f"a value that cannot be read: {told}"
                raise self.wrong(said) from None
            if end == len(self._text) and self._more():
                continue  # a number may go on
            length = end - self._at
            self._at = end
            return found, length

    def wrong(self, found: str) -> InputError:
        """The error that something else was `found` than expected."""
        where = f"items[{self.count}]: " if self.count else ""
        return InputError(f"{self._called}: {where}found {found}")

    def _is_cut(self, error: json.JSONDecodeError) -> bool:
        return error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - _MARGIN

    def _more(self) -> bool:
        """Read on; what was passed over is let go. False at the end of the stream."""
        if self._ended:
            return False
        held = len(self._text) - self._at
        if held > MOST_CHARACTERS:
            raise self.wrong(f"an object of more than {MOST_CHARACTERS:,} characters, expected less")
        # As much again as is held, so that a large object is not begun too often.
        chunk = self._stream.read(max(_CHUNK, held))
        self._ended = not chunk
        try:
            read = self._decode(chunk, final=self._ended)
        except UnicodeDecodeError as error:
            raise self.wrong(f"bytes that are not UTF-8 ({error.reason}), expected text") from None
        self._text, self._at = self._text[self._at :] + read, 0
        return bool(read) or not self._ended
