"""Any JSON value, and documents that are broken somewhere."""

import random
from typing import Any

from tests.policy.releases import Document, release

#: Texts that are blank, look like something else, or break a careless engine.
TEXTS = (
    *("", " ", "\t\n", "\r", "x", "INC-1", "sre-lead", "2026-11-23T10:00:00Z", "2026-11-23T10:00:00.5Z"),
    *("2026-11-23T10:00:00+00:00", "2026-11-23", "10:00:00", "10:00", "25:00:00", "10:00:00\n", "Monday"),
    *(
        "ünïcødé ✓ \U0001f680",
        "\"'\\",
        "\\u00e4",
        "\\n",
        "a\x00b",
        "\x00",
        "\u00a0",
        "\u2028",
        "$(x)`y`{{z}}",
    ),
)
_OTHERS: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, -0.5, 2.5, 0.000001, 99.999999, 10**9, 10**12, 123456.789012),
    *([], [None], [[1]], [{}], {}, {"a": {"b": [None]}}, "pass", "0"),
)


def paths(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every part of `value`, but not of the whole."""
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [path for key, item in items for path in ((*before, key), *paths(item, (*before, key)))]


_KEYS = sorted(
    {key for path in paths(release()) for key in path if isinstance(key, str)}
    | {
        "id",
        "type",
        "freeze",
        "start",
        "end",
        "services",
        "environments",
        "role",
        "code",
        "",
        "ä",
        '"',
        "\x00",
    }
)


def junk(rng: random.Random, depth: int = 4) -> Any:
    """Any JSON value."""
    if depth == 0 or rng.random() < 0.5:
        return rng.choice((*_OTHERS, *TEXTS))
    if rng.random() < 0.5:
        return [junk(rng, depth - 1) for _ in range(rng.randrange(4))]
    return {rng.choice(_KEYS): junk(rng, depth - 1) for _ in range(rng.randrange(6))}


def junk_object(rng: random.Random) -> Document:
    """A JSON object whose keys may be those of an input."""
    return {rng.choice(_KEYS): junk(rng) for _ in range(rng.randrange(12))}


def broken(rng: random.Random, document: Document) -> None:
    """Remove or replace a part of `document`."""
    *before, last = rng.choice(paths(document) or [("service",)])
    at: Any = document
    for key in before:
        at = at[key]
    if rng.random() < 0.4:
        at.pop(last, None) if isinstance(at, dict) else at.pop(last)
    else:
        at[last] = junk(rng, 2)
