"""Objects one by one from JSON and YAML: lists, documents, pipes, and text that is hostile or cut off."""

import io
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.errors import InputError
from dashboard.sources import json_objects
from dashboard.sources.object_stream import ObjectStream

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=15,
)
OBJECTS = st.dictionaries(st.text(max_size=8).filter(lambda name: name != "items"), VALUES, max_size=5)


class Dribble(io.RawIOBase):
    """A pipe that gives a few bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__()
        self._data = io.BytesIO(data)
        self._size = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return self._data.read(min(self._size, size) if size >= 0 else self._size)


def objects(data: bytes | str, size: int = 2**20) -> list[Any]:
    body = data.encode() if isinstance(data, str) else data
    return list(ObjectStream("file", Dribble(body, size)))  # type: ignore[arg-type]  # it reads as a stream does


@settings(max_examples=60, deadline=None)
@given(items=st.lists(OBJECTS, max_size=5), size=st.integers(1, 400), indent=st.sampled_from([None, 2]))
def test_the_items_of_a_json_list_come_one_by_one_however_it_is_cut(
    items: list[dict[str, Any]], size: int, indent: int | None
) -> None:
    listed = json.dumps({"apiVersion": "v1", "items": items, "kind": "List"}, indent=indent)
    assert objects(listed, size) == items


@settings(max_examples=40, deadline=None)
@given(items=st.lists(OBJECTS, max_size=4), size=st.integers(1, 400))
def test_the_items_of_a_yaml_list_come_one_by_one_however_it_is_cut(
    items: list[dict[str, Any]], size: int
) -> None:
    listed = yaml.safe_dump({"apiVersion": "v1", "items": items, "kind": "List"})
    assert objects(listed, size) == items


def test_documents_after_each_other_are_all_read() -> None:
    assert objects('{"kind": "A"}\n[{"kind": "B"}]{"items": [{"kind": "C"}]}') == [
        {"kind": "A"},
        {"kind": "B"},
        {"kind": "C"},
    ]
    assert objects("kind: A\n---\n# nothing\n---\n- kind: B\n---\nitems:\n- kind: C\nkind: List\n") == [
        {"kind": "A"},
        {"kind": "B"},
        {"kind": "C"},
    ]


def test_json_documents_may_be_parted_as_yaml_s_are() -> None:
    assert objects('{"kind": "A"}\n---\n{"kind": "B"}\n---\n', 3) == [{"kind": "A"}, {"kind": "B"}]


def test_yaml_may_begin_with_a_brace() -> None:
    assert objects("{kind: A, n: 1}\n---\nkind: B\n") == [{"kind": "A", "n": 1}, {"kind": "B"}]
    assert objects("[{kind: A}]") == [{"kind": "A"}]


@pytest.mark.parametrize("cut", range(16, 200, 7))
def test_a_list_of_yaml_that_is_cut_off_is_refused_wherever_that_is(cut: int) -> None:
    whole = yaml.safe_dump(
        {"apiVersion": "v1", "items": [{"name": f"n{n}"} for n in range(25)], "kind": "List"}
    )
    with pytest.raises(InputError, match=r"ends without its kind|neither YAML nor JSON|twice"):
        objects(whole[:cut])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[{"a": 1}, {"a": {"b": 1, "b": 2}}]',
            r"file: items\[1\]: found the key 'b' twice, expected it once",
        ),
        ('{"a": 1, "a": 2}', "file: found the key 'a' twice, expected it once"),
        ('{"items": [], "items": []}', "file: found the key 'items' twice"),
        ("a: 1\na: 2\n", r"file: found the key 'a' twice, expected it once \(line 2\)"),
        ("- b: 1\n- c:\n    d: 1\n    d: 1\n", r"file: items\[1\]: found the key 'd' twice.*line 4"),
    ],
)
def test_a_key_that_stands_twice_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        objects(text)


def test_a_list_within_a_list_is_opened() -> None:
    inner = {"kind": "RolloutList", "items": [{"kind": "Rollout"}]}
    assert objects(json.dumps({"kind": "List", "items": [inner]})) == [{"kind": "Rollout"}]


def test_the_items_of_a_list_that_names_their_kind_alone_have_it() -> None:
    assert objects('{"kind": "RolloutList", "items": [{"metadata": {}}]}') == [
        {"kind": "Rollout", "metadata": {}}
    ]
    assert objects("kind: RolloutList\nitems:\n- metadata: {}\n") == [{"kind": "Rollout", "metadata": {}}]


def test_times_dates_and_odd_words_of_yaml_stay_text() -> None:
    (found,) = objects(
        'a: 2026-11-20T10:00:00Z\nb: 2026-11-20\nc: "1"\nd: 1\ne: 0.5\nf: yes\ng: 1:30\nh: !!python/x y\n'
    )
    assert found == {
        "a": "2026-11-20T10:00:00Z",
        "b": "2026-11-20",
        "c": "1",
        "d": 1,
        "e": 0.5,
        "f": True,
        "g": "1:30",
        "h": "y",
    }


def test_merge_keys_and_aliases_of_yaml_are_followed() -> None:
    (found,) = objects("base: &b {x: 1, y: 2}\nown: {<<: *b, y: 3}\nagain: *b\n")
    assert found == {"base": {"x": 1, "y": 2}, "own": {"x": 1, "y": 3}, "again": {"x": 1, "y": 2}}


def test_a_byte_order_mark_is_passed_over() -> None:
    assert objects(b'\xef\xbb\xbf{"kind": "A"}') == [{"kind": "A"}]
    assert objects(b"\xef\xbb\xbfkind: A\n") == [{"kind": "A"}]


def test_nothing_gives_nothing() -> None:
    assert objects("") == objects(" \n") == objects("# only a remark\n") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"items": [{"a": 1}, {"a": }]}', r"file: items\[1\]: found text that is not JSON: Expecting value"),
        ('{"items": [{"a": 1}', "found its end, expected more"),
        ('{"items": [{"a": "cut', r"in the middle of JSON \(was it cut off\?\)"),
        ('{"items": [{"a": tru', "was it cut off"),
        ('{"items": [{"a": 1}, {', "was it cut off"),
        ('{"a": 1} trailing', "found 't', expected an object"),
        ('{"a" 1}', "found '1', expected ':'"),
        ("{1: 2}", "a key that is not text"),
        ('{"a": NaN}', "found NaN, which is not JSON"),
        ('{"a": ' + "9" * 5000 + "}", "a value that cannot be read"),
        (b'{"a": "\xff"}', "bytes that are not UTF-8"),
        ('{"items": [' + '{"a":' * 100_000, "nesting that is too deep|expected more|not JSON"),
        ("a: [1\n", r"neither YAML nor JSON: .*line 2"),
        ("a: *nowhere\n", "an alias of nothing|neither YAML"),
        ("? [a]\n: b\n", "a key that is no text"),
        ("a: " + "[" * 100_000, "more than 60 levels of nesting"),
        (b"a: \xff\n", "UTF-8|neither YAML nor JSON"),
        ("a: \x00\n", "neither YAML nor JSON"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(text: str | bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        objects(text)


def test_aliases_of_aliases_are_not_followed_for_ever() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(InputError, match="aliases of aliases"):
        objects("\n".join(lines))


def test_an_object_that_is_too_large_is_refused_without_reading_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_objects, "MOST_CHARACTERS", 100_000)
    endless = io.BytesIO(b'{"items": [{"a": "' + b"x" * 3_000_000)
    stream = ObjectStream("file", endless)
    with pytest.raises(InputError, match="an object of more than 100,000 characters"):
        list(stream)
    assert stream.position < 1_500_000


def test_a_long_list_takes_no_more_memory_than_a_short_one() -> None:
    def items(count: int) -> Iterator[bytes]:
        yield b'{"items": ['
        for number in range(count):
            yield (b"," if number else b"") + json.dumps({"n": number, "fill": "x" * 2_000}).encode()
        yield b"]}"

    def peak(count: int) -> int:
        data = io.BytesIO(b"".join(items(count)))
        tracemalloc.start()
        assert sum(1 for _ in ObjectStream("file", data)) == count
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(5_000) < 2 * peak(500)
