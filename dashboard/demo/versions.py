"""Semantic versions that lead from one release of the demo to the next."""

import re
from typing import NamedTuple

import numpy as np

#: How a version is written: major.minor.patch.
VERSION = r"^(\d+)\.(\d+)\.(\d+)$"

_PATTERN = re.compile(VERSION)
_MINOR_SHARE = 0.3


class Version(NamedTuple):
    """A version, ordered as versions are."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def is_feature(self) -> bool:
        """Whether it is the first of its major.minor."""
        return self.patch == 0


def parse_version(text: str) -> Version:
    """The version that `text` writes.

    Raises:
        ValueError: it writes none.
    """
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise ValueError(f"found {text!r}, expected a version such as 4.17.2")
    return Version(*map(int, match.groups()))


def onwards(low: Version, count: int, random: np.random.Generator) -> list[Version]:
    """`count` versions above `low`, one after the other: now a patch, now a minor."""
    found: list[Version] = []
    for is_minor in (random.random(count) < _MINOR_SHARE).tolist():
        major, minor, patch = found[-1] if found else low
        found.append(Version(major, minor + 1, 0) if is_minor else Version(major, minor, patch + 1))
    return found


def leading_to(low: Version, high: Version, count: int, random: np.random.Generator) -> list[Version]:
    """`count` versions above `low` in ascending order, of which the last is `high`.

    Raises:
        ValueError: there are not so many between them.
    """
    same_minor = low[:2] == high[:2]
    first_patch = low.patch + 1 if same_minor else 0
    last = [Version(high.major, high.minor, patch) for patch in range(first_patch, high.patch + 1)]
    rest = count - len(last)
    if rest <= 0:
        return last[-count:] if count else []
    if same_minor or low > high:
        raise ValueError(f"found no {count} versions after {low} up to {high}, expected them farther apart")
    if low.major < high.major:
        return [*onwards(low, rest, random), *last]
    minors = list(range(low.minor + 1, high.minor))
    if not minors:
        return [Version(low.major, low.minor, low.patch + step) for step in range(1, rest + 1)] + last
    if rest < len(minors):
        minors = sorted(random.choice(minors, size=rest, replace=False).tolist())
    spare = random.multinomial(rest - len(minors), [1 / len(minors)] * len(minors)).tolist()
    between = [
        Version(low.major, minor, patch)
        for minor, more in zip(minors, spare, strict=True)
        for patch in range(1 + more)
    ]
    return [*between, *last]
