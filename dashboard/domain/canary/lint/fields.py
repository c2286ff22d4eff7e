"""Fields that Argo does not know where they stand, that are missing, or that have another type."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache

from dashboard.domain.canary.lint.finding import Finding, at_key, at_value, finding
from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.domain.canary.manifest.fields import RESOURCES
from dashboard.domain.canary.manifest.node import Manifest, Node
from dashboard.domain.canary.manifest.shape import Kind, Shape
from dashboard.domain.canary.manifest.whole_number import LARGEST, SMALLEST

_CLOSE = 0.75
_LENGTHS = frozenset({"interval", "initialDelay", "requestTimeout"})
#: What fields were called before Argo Rollouts 0.7, and in other tools' words.
_FORMER_NAMES: Mapping[str, str] = {
    "maxFailures": "failureLimit",
    "maxInconclusive": "inconclusiveLimit",
    "maxConsecutiveErrors": "consecutiveErrorLimit",
    "inputs": "args",
    "arguments": "args",
    "threshold": "failureLimit",
}


def lint_fields(manifest: Manifest) -> Iterator[Finding]:
    """What is wrong with the fields of `manifest`, whose kind is one that is linted."""
    yield from _group(manifest, manifest.root, RESOURCES[manifest.kind])
    metadata = manifest.root.get("metadata")
    if metadata is not None and not manifest.name:
        yield finding(
            RuleId.MISSING_FIELD, at_key(manifest, metadata), "found no name, expected metadata.name"
        )


def _group(manifest: Manifest, node: Node, shape: Shape) -> Iterator[Finding]:
    fields = node.fields or {}
    for name in sorted(shape.required):
        if node.get(name) is None:
            where = fields.get(name)
            place = at_value(manifest, node) if where is None else at_key(manifest, where)
            inside = f" in {node.where}" if node.path else ""
            yield finding(RuleId.MISSING_FIELD, place, f"found no {name}{inside}, expected one")
    for name, value in fields.items():
        known = shape.fields.get(name)
        if known is None:
            yield _unknown(manifest, value, name, shape)
        elif not value.is_empty:
            yield from _value(manifest, value, known)


def _value(manifest: Manifest, node: Node, shape: Shape) -> Iterator[Finding]:
    wrong = _misfit(node, shape.kind)
    if wrong is not None:
        mend = _rewritten(node, shape.kind)
        message = f"found {node.shown} at {node.where}, expected {wrong}"
        yield finding(RuleId.WRONG_TYPE, at_value(manifest, node), message, mend=mend)
        return
    if shape.kind is Kind.GROUP:
        yield from _group(manifest, node, shape)
    elif shape.kind is Kind.LIST:
        for item in node.items or ():
            if item.fields is None:
                message = f"found {item.shown} at {item.where}, expected a mapping"
                yield finding(RuleId.WRONG_TYPE, at_value(manifest, item), message)
            else:
                yield from _group(manifest, item, shape)
    elif shape.kind in {Kind.TEXTS, Kind.TEXT_BY_NAME}:
        for item in node.items or (node.fields or {}).values():
            if not isinstance(item.scalar, str):
                message = f"found {item.shown} at {item.where}, expected text"
                mend = _rewritten(item, Kind.TEXT)
                yield finding(RuleId.WRONG_TYPE, at_value(manifest, item), message, mend=mend)


def _misfit(node: Node, kind: Kind) -> str | None:
    """What is expected instead of `node`; None where it fits."""
    scalar = node.scalar
    whole = isinstance(scalar, int) and not isinstance(scalar, bool)
    fits = {
        Kind.TEXT: isinstance(scalar, str),
        Kind.WHOLE: whole,
        Kind.WHOLE_OR_TEXT: whole or isinstance(scalar, str),
        Kind.FLAG: isinstance(scalar, bool),
        Kind.TEXTS: node.items is not None,
        Kind.TEXT_BY_NAME: node.fields is not None,
        Kind.GROUP: node.fields is not None,
        Kind.LIST: node.items is not None,
        Kind.ANYTHING: True,
    }
    if not fits[kind]:
        return kind.value
    numbered = kind in {Kind.WHOLE, Kind.WHOLE_OR_TEXT}
    if isinstance(scalar, int) and whole and numbered and not SMALLEST <= scalar <= LARGEST:
        return f"a whole number of at most {LARGEST:,}"
    return None


def _rewritten(node: Node, kind: Kind) -> str | None:
    """How `node` is written so that it fits, where that is plain."""
    if node.text:
        return _rewritten_scalar(node, kind)
    if kind is Kind.LIST and node.fields is not None:
        return "Make it a list: put a dash before its first field."
    if kind is Kind.GROUP and node.items is not None:
        return "Make it a mapping: leave out the dash."
    return None


def _rewritten_scalar(node: Node, kind: Kind) -> str | None:
    name, text = (node.path or ("",))[-1], node.text[:40]
    if kind is Kind.TEXT:
        unit = name in _LENGTHS and isinstance(node.scalar, int)
        return f"Write it with its unit: {text}s." if unit else f'Write it in quotes: "{text}".'
    if kind in {Kind.WHOLE, Kind.FLAG} and isinstance(node.scalar, str):
        plain = node.scalar.strip()
        if plain.lstrip("-").isdigit() or plain in {"true", "false"}:
            return f"Write it without quotes: {plain[:40]}."
    if kind is Kind.GROUP and name == "pause":
        return f"Write pause: {{duration: {text}}}."
    return None


def _unknown(manifest: Manifest, node: Node, name: str, shape: Shape) -> Finding:
    here = _place(node.path[:-1])
    message = f"found {name} in {here or 'the object'}, where it is not known"
    mend = f"Known here: {', '.join(sorted(shape.fields)[:14])}."
    meant = _meant(name, shape.fields)
    homes = _homes(manifest.kind).get(name, ())
    if meant is not None:
        message, mend = f"{message}; did you mean {meant}?", f"Write {meant}."
    elif homes:
        home = max(homes, key=lambda at: (_shared(at, here), -len(at)))
        message = f"{message}: it belongs in {home or 'the object'}"
        mend = f"Move it to {home or 'the top of the object'}{_indented(manifest, node, home)}."
    elif (elsewhere := _meant(name, _homes(manifest.kind))) is not None:
        home = max(_homes(manifest.kind)[elsewhere], key=lambda at: (_shared(at, here), -len(at)))
        message = f"{message}; did you mean {elsewhere} of {home or 'the object'}?"
        mend = f"Write {elsewhere}, in {home or 'the top of the object'}."
    return finding(RuleId.UNKNOWN_FIELD, at_key(manifest, node), message, mend=mend)


def _meant(name: str, known: Mapping[str, object]) -> str | None:
    """The one of `known` that `name` is likely to mean."""
    former = _FORMER_NAMES.get(name)
    if former in known:
        return former
    lowered = {field.lower().replace("_", ""): field for field in known}
    plain = name.lower().replace("_", "").replace("-", "")
    if plain in lowered:
        return lowered[plain]
    close = get_close_matches(plain[:80], lowered, n=1, cutoff=_CLOSE)
    return lowered[close[0]] if close else None


def _indented(manifest: Manifest, node: Node, home: str) -> str:
    """By how much the line is to be moved, where the home is one that the field stands inside of."""
    for depth in range(len(node.path) - 1, -1, -1):
        if _place(node.path[:depth]) != home:
            continue
        parent = manifest.root.get(*node.path[:depth]) if depth else manifest.root
        first = next(iter((parent.fields or {}).values()), None) if parent is not None else None
        by = node.key_column - first.key_column if first is not None else 0
        if by > 0:
            return f" ({by} columns to the left)"
    return ""


def _place(path: tuple[str | int, ...]) -> str:
    return "".join("[]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _shared(one: str, other: str) -> int:
    """How many steps two places have in common."""
    steps = zip(one.split("."), other.split("."), strict=False)
    return next((number for number, (left, right) in enumerate(steps) if left != right), _steps(one, other))


def _steps(one: str, other: str) -> int:
    """The number of steps of the shorter of two places."""
    return min(len(one.split(".")), len(other.split(".")))


@cache
def _homes(kind: str) -> Mapping[str, tuple[str, ...]]:
    """All places of a resource by the name of the field that they have."""
    found: dict[str, list[str]] = {}
    waiting = [("", RESOURCES[kind])]
    while waiting:
        at, shape = waiting.pop(0)
        for name, inner in shape.fields.items():
            found.setdefault(name, []).append(at)
            below = f"{at}.{name}".lstrip(".") + ("[]" if inner.kind is Kind.LIST else "")
            waiting.append((below, inner))
    return {name: tuple(places) for name, places in found.items()}
