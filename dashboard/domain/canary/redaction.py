"""What must not be kept: the values of secrets, wherever an object of Argo's may carry them.

What an object declares as secret is masked in all that is kept of it, in every form in which it may be
written down again (`secret_encodings`). Beside that, what stands where secrets stand or has their form is
masked though nobody declared it (`secret_marks`).
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from dashboard.domain.canary.analysis import RecordedMeasurement
from dashboard.domain.canary.analysis_runs import AnalysisRunState, MetricState, SeenMeasurement
from dashboard.domain.canary.rollouts import CanaryStep, CurrentRun, PauseCondition, RolloutState
from dashboard.domain.canary.secret_encodings import pattern_of
from dashboard.domain.canary.secret_marks import (
    MASK,
    is_secret,
    is_telling_field,
    without_forms,
    without_marked,
    without_named,
    without_paths,
)

#: Shorter values are no secret to anybody, and are found in any text; so are those that any field may have.
_SHORTEST = 3
_ORDINARY = re.compile(r"\d{1,3}|true|false|none|null|\*+", re.IGNORECASE)
#: A line of a key, say, that is quoted by itself.
_LONG_LINE = 8
_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}")
_SCHEME = re.compile(r"(?:Bearer|Basic|Token|ApiKey)\s+(\S+)", re.IGNORECASE)
_PASSWORD = re.compile(r"://[^/\s:@]*:(\S+)@")
#: Without one of these nothing in a text is told apart.
_PROSE = re.compile(r"[:=\s_-]|eyJ|AKIA|ASIA|AIza|SG\.|hvs\.")

_State = TypeVar("_State", RolloutState, AnalysisRunState)
_Mask = Callable[["Redaction", str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """Masks secrets that are `known` (None: there are none), and those that give themselves away."""

    known: re.Pattern[str] | None = None

    def name(self, text: str) -> str:
        """A name or a label: what is known, and what has the form of a secret."""
        return without_forms(self._without_known(text))

    def expression(self, text: str) -> str:
        """A query or a condition: that, and what follows `token=` and its like."""
        return without_named(self._without_known(text))

    def prose(self, text: str) -> str:
        """A message or an answer: that and more, and no more of an address than its host."""
        if self.known is None and text.isascii() and not _PROSE.search(text):
            return text  # nearly all that is measured is a number
        return without_paths(without_marked(self._without_known(text)))

    def of(self, state: _State) -> _State:
        """All of `state` but the names by which Kubernetes knows objects: those are no secrets."""
        masked: _State = self._masked(state, Redaction.name)
        return masked

    def _without_known(self, text: str) -> str:
        return text if self.known is None else self.known.sub(MASK, text)

    def _masked(self, value: Any, mask: _Mask) -> Any:
        if isinstance(value, Enum):
            return value
        if isinstance(value, str):
            return mask(self, value)
        if isinstance(value, tuple | list):
            return type(value)(self._masked(item, mask) for item in value)
        if isinstance(value, Mapping):
            return {self._masked(key, mask): self._masked(inner, mask) for key, inner in value.items()}
        found = {}
        for field, its_mask in FIELDS.get(type(value), {}).items():
            old = getattr(value, field)
            new = self._masked(old, its_mask)
            if new != old:
                found[field] = new
        return replace(value, **found) if found else value


#: The fields that hold text of people or of programs, and what kind of text; all else is a name by which
#: Kubernetes knows an object, a word of Argo's, a number or a time.
FIELDS: Mapping[type, Mapping[str, _Mask]] = {
    RolloutState: {
        "names": Redaction.name,
        "environment": Redaction.name,
        "steps": Redaction.name,
        "background": Redaction.name,
        "pauses": Redaction.name,
        "message": Redaction.prose,
        "images": Redaction.name,
        "current_runs": Redaction.name,
    },
    CanaryStep: {"templates": Redaction.name},
    PauseCondition: {"reason": Redaction.name},
    CurrentRun: {"message": Redaction.prose},
    AnalysisRunState: {
        "names": Redaction.name,
        "environment": Redaction.name,
        "message": Redaction.prose,
        "spec": Redaction.expression,
        "metrics": Redaction.name,
    },
    MetricState: {"name": Redaction.name, "message": Redaction.prose, "measurements": Redaction.name},
    SeenMeasurement: {"taken": Redaction.name},
    RecordedMeasurement: {"value": Redaction.prose, "message": Redaction.prose},
}


def redaction_of(secrets: Iterable[str], public: Collection[str] = ()) -> Redaction:
    """A redaction that knows `secrets`; what is also `public`, as the name of the object is, is none."""
    known = {
        secret
        for secret in secrets
        if len(secret) >= _SHORTEST and secret not in public and not _ORDINARY.fullmatch(secret)
    }
    return Redaction(known=pattern_of(frozenset(known)))


def secrets_in(document: object) -> Iterator[str]:
    """The secrets that the plain values of `document` declare: those of arguments, headers and environments.

    Such are values with a name that tells of a secret, of that form, or that come from a Secret; and fields
    such as `clientSecret`.
    """
    left = [document]
    while left:
        part = left.pop()
        if isinstance(part, list):
            left.extend(part)
        elif isinstance(part, dict):
            left.extend(part.values())
            yield from _declared(part)


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """Prose without `secrets`, and without what gives itself away."""
    return redaction_of(secrets).prose(text)


def _declared(part: Mapping[str, Any]) -> Iterator[str]:
    value, origin = part.get("value"), part.get("valueFrom")
    if _is_scalar(value):
        name = part.get("name", part.get("key"))
        hidden = isinstance(origin, dict) and origin.get("secretKeyRef") is not None
        if hidden or is_secret(name if isinstance(name, str) else "", str(value)):
            yield from _spellings(str(value))
    for name, inner in part.items():
        if isinstance(inner, str) and is_telling_field(name):
            yield from _spellings(inner)


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _spellings(value: str) -> Iterator[str]:
    """`value` and what of it may stand alone: lines of a key, a token without its scheme, a password."""
    found = [value.strip(), *(line.strip() for line in value.splitlines() if len(line.strip()) >= _LONG_LINE)]
    found += [match[1] for pattern in (_SCHEME, _PASSWORD) for match in pattern.finditer(value)]
    for one in found:
        if not _PLACEHOLDER.fullmatch(one):
            yield one.encode("utf-8", "replace").decode("utf-8")
