"""Reading a YAML file so that nothing in it is lost: a repeated key is a fault, the last one does not win."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.constructor import SafeConstructor

from dashboard.errors import ConfigurationError

_Model = TypeVar("_Model", bound=BaseModel)
_Path = tuple[str | int, ...]
#: A catalogue of ten thousand services has fewer values; aliases of aliases can make any number of them.
_MOST_NODES = 500_000
#: Levels of nesting; ours need six, and libyaml crashes on a hundred thousand.
_DEEPEST = 50
#: libyaml's parser where PyYAML was built with it: a thousand services take seconds without.
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: Stands for a value that YAML could not make, which is told when it is met.
_UNREADABLE = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong in a file: where (path in the file), what was found, what is expected."""

    where: _Path
    message: str


def load_document(
    path: Path,
    model: type[_Model],
    check: Callable[[dict[str, Any]], list[Fault]],
    *,
    complete: Callable[[dict[str, Any]], dict[str, Any]] = dict,
) -> _Model:
    """The file at `path` as `model`.

    `check` adds the faults that cross from one field to another. It sees the document as it was written, not
    the model, so that they are told together with those of single fields. `complete` fills in what the file
    may leave out.

    Raises:
        ConfigurationError: names the file and every fault in it, one a line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: found no such file, expected a YAML file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read as UTF-8 text: {error}") from error
    lines: dict[_Path, int] = {}
    faults: list[Fault] = []
    try:
        _require_shallow(text)
        node = yaml.compose(text, Loader=_LOADER)
        document = None if node is None else _build(node, (), lines, faults)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path}: found text that is not YAML: {_yaml_problem(error)}") from error
    except RecursionError:
        raise ConfigurationError(f"{path}: found nesting that is too deep, expected a few levels") from None
    value: _Model | None = None
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path}: found {_shown(document)}, expected a mapping at the top")
    document = complete(document)
    try:
        value = model.model_validate(document)
    except ValidationError as error:
        faults += [_from_pydantic(item) for item in error.errors() if item["input"] is not _UNREADABLE]
    faults += check(document)
    if faults:
        raise ConfigurationError(
            "\n".join(_sentence(path, fault, lines) for fault in _ordered(faults, lines))
        )
    assert value is not None  # noqa: S101 - no fault means that the model was built
    return value


def parts(document: Any, *names: str) -> dict[str, Any]:
    """The mapping at `names` of a document that may hold anything; empty where there is no mapping."""
    for name in names:
        document = document.get(name) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}


def _require_shallow(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise RecursionError


def _build(node: yaml.Node, at: _Path, lines: dict[_Path, int], faults: list[Fault]) -> Any:
    lines.setdefault(at, node.start_mark.line + 1)
    if len(lines) > _MOST_NODES:
        raise yaml.YAMLError(f"more than {_MOST_NODES:,} values, perhaps by aliases of aliases")
    if isinstance(node, yaml.MappingNode):
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
            if key in built:
                line = key_node.start_mark.line + 1
                message = f"found this key again on line {line}, expected it once"
                faults.append(Fault(where=(*at, key), message=message))
                continue
            lines[(*at, key)] = key_node.start_mark.line + 1
            built[key] = _build(value_node, (*at, key), lines, faults)
        return built
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*at, index), lines, faults) for index, item in enumerate(node.value)]
    try:
        return SafeConstructor().construct_object(node)
    except yaml.YAMLError:
        raise
    except Exception:  # noqa: BLE001 - PyYAML's constructors fail in many ways on a scalar that is none
        faults.append(
            Fault(where=at, message=f"found {node.value[:80]!r}, expected a value that YAML can read")
        )
        return _UNREADABLE


def _from_pydantic(item: Any) -> Fault:
    where: _Path = item["loc"]
    kind, found = item["type"], _shown(item["input"])
    if kind == "extra_forbidden":
        return Fault(where=where, message="found a key that is not known here, expected none of that name")
    if kind == "missing":
        return Fault(where=where, message="found nothing, expected this key")
    if kind in _SHAPES:
        return Fault(where=where, message=f"found {found}, expected {_SHAPES[kind]}")
    message = str(item["msg"]).removeprefix("Value error, ")
    if "found" in message:
        return Fault(where=where, message=message)
    return Fault(where=where, message=f"found {found}, expected {_expected(message)}")


_SHAPES = {
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "list_type": "a list",
    "string_type": "text",
    "int_type": "a whole number",
}


def _expected(message: str) -> str:
    lowered = message[0].lower() + message[1:]
    for prefix in ("input should be ", "input should "):
        lowered = lowered.removeprefix(prefix)
    return lowered


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else repr(value)[:80]


def _ordered(faults: list[Fault], lines: dict[_Path, int]) -> list[Fault]:
    return sorted(faults, key=lambda fault: _line(fault.where, lines))


def _line(where: _Path, lines: dict[_Path, int]) -> int:
    return next((lines[where[:depth]] for depth in range(len(where), -1, -1) if where[:depth] in lines), 1)


def _sentence(path: Path, fault: Fault, lines: dict[_Path, int]) -> str:
    shown = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault.where).lstrip(".")
    return _one_line(f"{path}:{_line(fault.where, lines)}: {shown or 'top'}: {fault.message}")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _yaml_problem(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return _one_line(f"{problem} (line {mark.line + 1})" if mark else problem)
