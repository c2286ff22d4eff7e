"""YAML and JSON of Kubernetes as plain values: everything is read, hostile text is refused."""

import contextlib
import io
import time
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.errors import InputError
from dashboard.sources.object_stream import ObjectStream


def _read(text: str) -> tuple[Any, ...]:
    return _of(text.encode())


def _of(body: bytes) -> tuple[Any, ...]:
    return tuple(ObjectStream("file", io.BytesIO(body)))


def test_documents_and_lists_are_read_one_by_one() -> None:
    text = "kind: A\n---\n---\nkind: List\nitems:\n- kind: B\n- kind: C\n---\nkind: RolloutList\nitems: []\n"
    assert [item["kind"] for item in _read(text)] == ["A", "B", "C"]


def test_json_is_read_as_kubectl_prints_it() -> None:
    assert _read('{"kind": "List", "items": [{"kind": "A"}]}') == ({"kind": "A"},)
    assert _read('\n[{"value": "[NaN]"}]') == ({"value": "[NaN]"},)


def test_a_time_stays_text_and_numbers_and_flags_are_values() -> None:
    (found,) = _read(
        "at: 2026-11-23T09:00:00Z\nday: 2026-11-23\ncount: 5\nratio: 0.5\non: true\nnone:\nold: 0o7"
    )
    assert found == {
        "at": "2026-11-23T09:00:00Z",
        "day": "2026-11-23",
        "count": 5,
        "ratio": 0.5,
        "on": True,
        "none": None,
        "old": "0o7",
    }


def test_anchors_and_merges_are_followed() -> None:
    assert _read("a: &x {b: 1}\nc: {<<: *x, d: 2}\n") == ({"a": {"b": 1}, "c": {"b": 1, "d": 2}},)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [", "neither YAML nor JSON"),
        ("a: !!python/object/apply:os.system ['true']", ""),
        ("[" * 100_000, "nesting that is too deep"),
        ("{" * 100_000, "not JSON"),
        ("a: " + "[" * 100 + "]" * 100, "more than 60 levels"),
        ("? [a, b]\n: 1\n", "a key that is no text"),
        ("a: &a [*a]\n", "an alias of nothing before it"),
    ],
    ids=lambda text: text[:20],
)
def test_hostile_or_broken_text_is_refused_or_plain(text: str, told: str) -> None:
    begun = time.perf_counter()
    try:
        assert _read(text) == ({"a": ["true"]},)
    except InputError as error:
        assert told
        assert told in str(error)  # noqa: PT017 - ditto
    assert time.perf_counter() - begun < 5


def test_aliases_of_aliases_are_refused_and_not_followed() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    begun = time.perf_counter()
    with pytest.raises(InputError, match="aliases of aliases"):
        _read("\n".join(lines))
    assert time.perf_counter() - begun < 30


def test_a_key_that_is_said_twice_is_refused_with_its_line() -> None:
    with pytest.raises(InputError, match=r"file: found the key 'a' twice, expected it once \(line 3\)"):
        _read("a: 1\nb: 2\na: 3\n")
    assert _read("x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  a: 3\n")[0]["y"] == {"a": 3, "b": 2}


def test_numbers_of_base_sixty_stay_text_as_they_do_to_kubectl() -> None:
    assert _read("a: 1:30\nb: 90\nc: 190:20:30.15\nd: on\n") == (
        {"a": "1:30", "b": 90, "c": "190:20:30.15", "d": True},
    )


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(InputError, match="UTF-8"):
        _of(b"a: \xff\xfe")


@settings(max_examples=300)
@given(body=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(InputError):
        assert isinstance(_of(body), tuple)


_TEXT = st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=0x7E), min_size=1, max_size=10)
_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200)
@given(document=st.dictionaries(st.sampled_from(["spec", "status", "a"]), _PLAIN, min_size=1))
def test_what_is_written_as_yaml_is_read_back(document: dict[str, Any]) -> None:
    with contextlib.suppress(yaml.YAMLError):
        assert _of(yaml.safe_dump(document, allow_unicode=True).encode()) == (document,)
