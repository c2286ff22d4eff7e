"""Manifests are read with the line of every value; hostile text is refused, in bounded time."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.canary.manifest.node import Manifest, WritingFault
from dashboard.errors import InputError
from dashboard.sources.manifest import read_manifests

_TEXT = """\
# Of the team.
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: check}  # named so
spec:
  metrics:
    - name: errors
      count: 3
      interval: "30s"
      provider:
        prometheus:
          query: |
            sum(a) # no comment
            # nor this
          address: 'http://a#b'  # one
"""


def _one(text: str) -> Manifest:
    (found,) = read_manifests("a.yaml", text)
    return found


def _line(manifest: Manifest, *path: str | int) -> tuple[int, int]:
    node = manifest.root.get(*path)
    assert node is not None
    return node.line, node.column


def test_every_value_knows_its_line_and_column() -> None:
    found = _one(_TEXT)
    assert found.called == "AnalysisTemplate/check"
    assert _line(found, "metadata", "name") == (4, 18)
    assert _line(found, "spec", "metrics", 0, "count") == (8, 14)
    assert _line(found, "spec", "metrics", 0, "provider", "prometheus", "query") == (12, 18)
    query = found.root.get("spec", "metrics", 0, "provider", "prometheus", "query")
    assert query is not None
    assert (query.block, query.where) == (True, "spec.metrics[0].provider.prometheus.query")


def test_comments_are_kept_by_line_and_are_not_found_in_texts() -> None:
    assert _one(_TEXT).comments == {1: "Of the team.", 4: "named so", 15: "one"}


def test_types_are_those_of_kubernetes() -> None:
    text = 'a: 1\nb: "1"\nc: true\nd: 1.5\ne:\nf: 1:30\ng: 2026-01-01\nh: yes\n'
    fields = _one(text).root.fields or {}
    assert {name: node.scalar for name, node in fields.items()} == {
        "a": 1, "b": "1", "c": True, "d": 1.5, "e": None, "f": "1:30", "g": "2026-01-01", "h": True,
    }  # fmt: skip


def test_documents_lists_and_empty_documents_are_parted() -> None:
    text = (
        "---\n---\nkind: Rollout\n---\nkind: List\nitems:\n- kind: A\n- kind: BList\n  items: [{kind: B}]\n"
    )
    assert [manifest.kind for manifest in read_manifests("a", text)] == ["Rollout", "A", "B"]
    assert [manifest.root.line for manifest in read_manifests("a", text)] == [3, 7, 9]
    assert read_manifests("a", "") == ()
    assert read_manifests("a", "# nothing but this\n") == ()


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_json_is_read_with_lines_whatever_its_indentation(indent: str | int | None) -> None:
    document = {"kind": "List", "items": [{"kind": "Rollout", "spec": {"replicas": 3, "a": "b\t\u00e9"}}]}
    found = _one(json.dumps(document, indent=indent))
    assert found.root.get("spec", "replicas") is not None
    assert found.root.string("spec", "a") == "b\té"
    assert _line(found, "spec", "replicas")[0] == (1 if indent is None else 7)


def test_merge_keys_and_aliases_are_followed() -> None:
    found = _one("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\nc: *a\n")
    assert [found.root.string("b", "x"), found.root.string("b", "y"), found.root.string("c", "y")] == [
        "1",
        "3",
        "2",
    ]


def test_what_a_parser_swallows_is_kept() -> None:
    found = _one("a: 1\na: 2\nb: {{args.x}}\n[c]: 3\n")
    assert [(item.fault, item.line) for item in found.miswritten] == [
        (WritingFault.REPEATED_KEY, 2),
        (WritingFault.UNQUOTED_PLACEHOLDER, 3),
        (WritingFault.KEY_NOT_TEXT, 4),
    ]
    assert found.root.string("b") == "{{args.x}}"
    assert found.root.string("a") == "2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "a.yaml: line 2: found text that is not YAML"),
        ("a: {{ .Values.x }}: 1\n", "render a Helm chart before"),
        ("just text\n", "a.yaml:1: found 'just text', expected an object of Kubernetes"),
        ("- 1\n- 2\n", "a.yaml:1: found 1, expected an object of Kubernetes"),
        ("&a [*a]", "found an alias of what it is part of"),
        ("[" * 100_000, "levels of nesting"),
        ("{a: " * 5_000, "levels of nesting"),
        ("a: \x00", "not YAML"),
        ("a: " + "x" * (5 * 2**20), "characters, expected at most"),
        ("a: [" + "1," * 300_000 + "]", "values, expected fewer"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_sentence(text: str, said: str) -> None:
    began = time.process_time()
    with pytest.raises(InputError) as caught:
        read_manifests("a.yaml", text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert time.process_time() - began < 10


def test_aliases_of_aliases_end() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]" for number in range(1, 12)]
    began = time.process_time()
    with pytest.raises(InputError, match="perhaps by aliases of aliases"):
        read_manifests("a", "\n".join(lines))
    assert time.process_time() - began < 10


def test_no_tag_makes_an_object_of_python() -> None:
    found = _one(
        "a: !!python/object/apply:os.system ['touch stolen']\nb: !!binary aGk=\nc: !x y\nd: !!int none\n"
    )
    assert found.root.string("c") == "y"
    assert found.root.string("d") == "none"


_SIGNS = [
    "a: ",
    "- ",
    "\n",
    "  ",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    "|",
    ">",
    "#",
    "'",
    '"',
    ":",
    "?",
    "!!int ",
]
_WORDS = [
    "<<: ",
    "---\n",
    "...",
    "{{args.x}}",
    "\t",
    "é",
    "\u2028",
    "%",
    "kind: List\nitems:\n",
    "null",
    "0x1f",
]
_PIECES = st.sampled_from(_SIGNS + _WORDS)


@settings(max_examples=300, deadline=2_000)
@given(st.one_of(st.text(max_size=200), st.lists(_PIECES, max_size=60).map("".join)))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read_manifests("a", text)
    except InputError:
        return
    for manifest in found:
        for node in manifest.root.walk():
            assert node.line >= 1
            assert node.column >= 1
