"""Objects of Kubernetes from a file or a pipe, JSON or YAML as `kubectl` prints them, one at a time."""

import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from dashboard.sources.json_objects import json_objects
from dashboard.sources.yaml_objects import yaml_objects

_BLANKS = b" \t\r\n"
_MARK = b"\xef\xbb\xbf"  # which some editors put before UTF-8
_LOOKED_AT = 4096
#: YAML has braces and brackets too, but lets words in them go without quotes.
_FLOW_OF_YAML = re.compile(rb"[\[\s]*\{\s*[A-Za-z_'#&]")


class ObjectStream:
    """The objects in `stream`; `position` is how many bytes of it were read so far.

    `is_blank` says, once it was read, that there was nothing in it but blanks.
    """

    def __init__(self, called: str, stream: BinaryIO) -> None:
        self.position = 0
        self.is_blank = False
        self._called = called
        self._stream = io.BufferedReader(_Counted(self, stream), _LOOKED_AT)

    def __iter__(self) -> Iterator[Any]:
        """Each object; those in a list one by one. A value that is no object is given as it is.

        Raises:
            InputError: it is neither JSON nor YAML, in UTF-8.
        """
        read = json_objects if self._begins_like_json() else yaml_objects
        for item in read(self._called, self._stream):
            yield from _flat(item)

    def _begins_like_json(self) -> bool:
        start = self._stream.peek(_LOOKED_AT).removeprefix(_MARK).lstrip(_BLANKS)
        self.is_blank = not start
        return start[:1] in {b"{", b"["} and not _FLOW_OF_YAML.match(start)


class _Counted(io.RawIOBase):
    """A stream that counts what is read of it."""

    def __init__(self, owner: ObjectStream, stream: BinaryIO) -> None:
        super().__init__()
        self._owner = owner
        self._inner = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self._inner.read(len(buffer))
        buffer[: len(data)] = data
        self._owner.position += len(data)
        return len(data)


def _flat(item: Any) -> Iterator[Any]:
    """The items of a list within a list, else `item`."""
    is_list = isinstance(item, dict) and str(item.get("kind", "")).endswith("List")
    inner = item.get("items") if is_list else None
    if isinstance(inner, list):
        for one in inner:
            yield from _flat(one)
    else:
        yield item
