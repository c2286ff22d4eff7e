"""Manifests of Kubernetes in YAML or JSON, with the line of every value; hostile text is refused.

Many documents a file, and lists as `kubectl get -o yaml` prints them. The text is read as `kubectl` reads it:
YAML 1.1, merge keys, the last of a repeated key.
"""

import re
from collections.abc import Iterator
from functools import partial

import yaml

from dashboard.domain.canary.manifest.node import Manifest, Miswritten, Node, Path, WritingFault
from dashboard.errors import InputError
from dashboard.sources.manifest_comments import comments_of
from dashboard.sources.yaml_scalars import LOADER, MERGE, NULL, require_shallow, scalar_value

#: A Kubernetes object is at most about 1.5 MB; a cluster's templates are some hundred of 5 KB.
_MOST_CHARACTERS = 2 * 2**20
_MOST_NODES = 200_000
#: What ends a line for YAML.
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


def read_manifests(file: str, text: str) -> tuple[Manifest, ...]:
    """The objects in `text`, which came from `file`; those of a list one by one.

    Raises:
        InputError: it is no YAML, has another shape than objects, or is too large or too deep to be one.
    """
    if len(text) > _MOST_CHARACTERS:
        raise InputError(f"{file}: found {len(text):,} characters, expected at most {_MOST_CHARACTERS:,}")
    if text.lstrip()[:1] in {"{", "["}:
        text = text.replace("\t", " ")  # JSON may be indented by tabs, which YAML does not allow.
    try:
        require_shallow(text, _MOST_NODES)
        documents = [node for node in yaml.compose_all(text, Loader=LOADER) if not _is_empty(node)]
        comments = comments_of(text, documents)
        builder = _Builder()
        lines = _BREAK.split(text)
        manifests = [
            Manifest(file=file, root=root, comments=comments, miswritten=miswritten, lines=lines)
            for document in documents
            for root, miswritten in builder.objects(document)
        ]
    except (yaml.YAMLError, RecursionError, UnicodeEncodeError) as error:
        raise InputError(f"{file}: {_problem(error, text)}") from None
    for manifest in manifests:
        if manifest.root.fields is None:
            found = manifest.root.shown
            raise InputError(f"{file}:{manifest.root.line}: found {found}, expected an object of Kubernetes")
    return tuple(manifests)


def _is_empty(node: yaml.Node | None) -> bool:
    return node is None or node.tag == NULL


class _Builder:
    """Turns YAML's nodes into ours; counts them, since aliases of aliases can make any number."""

    def __init__(self) -> None:
        self._built = 0
        self._open: set[int] = set()
        self._miswritten: list[Miswritten] = []

    def objects(self, document: yaml.Node) -> Iterator[tuple[Node, tuple[Miswritten, ...]]]:
        """The object that `document` is, or those that it lists."""
        for node in _listed(document) or [document]:
            if isinstance(node, yaml.MappingNode) and (inner := _listed(node)) is not None:
                yield from ((self._build(item, (), item), self._taken()) for item in inner)
            else:
                yield self._build(node, (), node), self._taken()

    def _taken(self) -> tuple[Miswritten, ...]:
        taken, self._miswritten = tuple(self._miswritten), []
        return taken

    def _build(self, node: yaml.Node, path: Path, key: yaml.Node) -> Node:
        self._built += 1
        if self._built > _MOST_NODES:
            raise yaml.YAMLError(
                f"found more than {_MOST_NODES:,} values, perhaps by aliases of aliases, expected fewer"
            )
        if id(node) in self._open:
            raise yaml.YAMLError("found an alias of what it is part of, expected an end")
        self._open.add(id(node))
        try:
            return self._of_kind(node, path, key)
        finally:
            self._open.discard(id(node))

    def _of_kind(self, node: yaml.Node, path: Path, key: yaml.Node) -> Node:
        made = partial(
            Node,
            path=path,
            line=node.start_mark.line + 1,
            column=node.start_mark.column + 1,
            key_line=key.start_mark.line + 1,
            key_column=key.start_mark.column + 1,
            end_line=node.end_mark.line + 1,
        )
        if isinstance(node, yaml.MappingNode):
            if (placeholder := _placeholder(node)) is not None:
                self._tell(WritingFault.UNQUOTED_PLACEHOLDER, path, node, placeholder)
                return made(scalar=placeholder, text=placeholder)
            return made(fields=self._fields(node, path))
        if isinstance(node, yaml.SequenceNode):
            items = [self._build(item, (*path, index), item) for index, item in enumerate(node.value)]
            return made(items=tuple(items))
        assert isinstance(node, yaml.ScalarNode)  # noqa: S101 - YAML has these three kinds of nodes
        return made(
            scalar=scalar_value(node.tag, node.value), text=node.value, block=node.style in {"|", ">"}
        )

    def _fields(self, node: yaml.MappingNode, path: Path) -> dict[str, Node]:
        merged: dict[str, Node] = {}
        own: dict[str, Node] = {}
        for key, value in node.value:
            if key.tag == MERGE:
                for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    if isinstance(source, yaml.MappingNode):
                        merged = {**(self._build(source, path, key).fields or {}), **merged}
                continue
            if not isinstance(key, yaml.ScalarNode):
                self._tell(WritingFault.KEY_NOT_TEXT, path, key, "a key that is no text")
                continue
            if key.value in own:
                self._tell(WritingFault.REPEATED_KEY, (*path, key.value), key, str(own[key.value].key_line))
            own[key.value] = self._build(value, (*path, key.value), key)
        return {**merged, **own}

    def _tell(self, fault: WritingFault, path: Path, node: yaml.Node, text: str) -> None:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        self._miswritten.append(Miswritten(fault=fault, path=path, line=line, column=column, text=text))


def _listed(node: yaml.Node) -> list[yaml.Node] | None:
    """The items of a List of Kubernetes, or of a bare list of objects; None of anything else."""
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if not isinstance(node, yaml.MappingNode):
        return None
    fields = {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
    kind, items = fields.get("kind"), fields.get("items")
    listed = isinstance(kind, yaml.ScalarNode) and kind.value.endswith("List")
    return list(items.value) if listed and isinstance(items, yaml.SequenceNode) else None


def _placeholder(node: yaml.MappingNode) -> str | None:
    """What was written, where an unquoted `{{args.x}}` was read as a mapping of a mapping."""
    if not node.flow_style or len(node.value) != 1:
        return None
    key = node.value[0][0]
    if not isinstance(key, yaml.MappingNode) or len(key.value) != 1:
        return None
    inner = key.value[0][0]
    return f"{{{{{inner.value}}}}}" if isinstance(inner, yaml.ScalarNode) else None


def _problem(error: Exception, text: str) -> str:
    if isinstance(error, RecursionError):
        return "found nesting that is too deep, expected a few levels"
    mark = getattr(error, "problem_mark", None)
    problem = " ".join(str(getattr(error, "problem", None) or error).split())
    if mark is None:
        return problem if problem.startswith("found") else f"found text that is not YAML: {problem}"
    said = f"line {mark.line + 1}: found text that is not YAML: {problem}"
    near = text.splitlines()[max(0, mark.line - 1) : mark.line + 1]
    if any("{{" in line for line in near):
        said += "; quote what holds {{ }}, and render a Helm chart before (helm template)"
    return said
