"""What must not be kept: the values of secrets, wherever an object of Argo's may carry them.

What an object declares as secret is masked in all that is kept of it, in every form in which it may be
written down again (`secret_encodings`). Beside that, what stands where secrets stand or has their form is
masked though nobody declared it (`secret_marks`). What is a secret by its name alone may be an ordinary word,
so it is not looked for in queries and conditions.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from dashboard.domain.canary.analysis_runs import AnalysisRunState, MetricState, SeenMeasurement
from dashboard.domain.canary.redaction.answers import is_json, masked_answer
from dashboard.domain.canary.redaction.encodings import Forms, forms_of
from dashboard.domain.canary.redaction.marks import (
    is_random,
    is_secret,
    is_telling_value,
    without_forms,
    without_links,
    without_marked,
    without_paths,
    without_quoted,
)
from dashboard.domain.canary.redaction.names import is_plain, is_telling_field
from dashboard.domain.canary.replay.analysis import MASK, RecordedMeasurement
from dashboard.domain.canary.rollouts import CanaryStep, CurrentRun, PauseCondition, RolloutState

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
_Mask = Callable[["Redaction", Any], Any]

#: Metrics are called by names in what was measured too, and have to be masked as they are there.
_NAMES = frozenset({"name", "metricName"})
#: Arguments are put into conditions and queries, by their names.
_EXPRESSIONS = frozenset({"args"})
#: The words of Argo's in what an analysis measures, as it is stored.
_WORDS = frozenset(
    {
        "metrics",
        "args",
        "name",
        "value",
        "valueFrom",
        "secretKeyRef",
        "dryRun",
        "metricName",
        "provider",
        "query",
    }
    | {
        "prometheus",
        "web",
        "job",
        "interval",
        "initialDelay",
        "count",
        "successCondition",
        "failureCondition",
    }
    | {"failureLimit", "inconclusiveLimit", "consecutiveErrorLimit", "consecutiveSuccessLimit"}
    | {"maxFailures", "maxInconclusive", "maxConsecutiveErrors"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredSecret:
    """A value that an object declares as secret; `certain` is false where its name alone tells so."""

    text: str
    certain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """Masks secrets that are `known` (None: there are none), and those that give themselves away.

    `certain` are those of `known` that are masked in queries and conditions too.
    """

    known: Forms | None = None
    certain: Forms | None = None

    def name(self, text: str) -> str:
        """A name or a label: what is known, and what has the form of a secret."""
        return without_forms(_without(self.known, text))

    def metric(self, text: str) -> str:
        """The name of a metric: what is certain, as several that are masked would be one."""
        return without_forms(_without(self.certain, text))

    def expression(self, text: str) -> str:
        """A query or a condition: what is certain, and what has the form of a secret."""
        return without_quoted(_without(self.certain, text))

    def prose(self, text: str) -> str:
        """A message: what is known, what stands where secrets do, and of an address all but its host."""
        if self.known is None and text.isascii() and not _PROSE.search(text):
            return text  # nearly all that is measured is a number
        return without_paths(without_marked(_without(self.known, text)))

    def answer(self, text: str) -> str:
        """What was measured: in JSON text alone is masked, but for what is certain; else as prose."""
        text = _without(self.certain, text)
        return masked_answer(text, self._answered) if is_json(text) else self.prose(text)

    def spec(self, spec: Mapping[str, Any]) -> Mapping[str, Any]:
        """What an analysis measures; Argo's own words in it stay, as nobody could read it without them."""
        found: Mapping[str, Any] = self._specified("", spec)
        return found

    def _answered(self, text: str) -> str:
        return without_links(without_marked(_without(self.known, text)))

    def _specified(self, field: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            given = value.get("value") if field in _EXPRESSIONS else None
            if isinstance(given, str) and is_secret(str(value.get("name", "")), given):
                value = {**value, "value": MASK}
            return {
                name if name in _WORDS else self.metric(name): self._specified(
                    field if field in _EXPRESSIONS else name, inner
                )
                for name, inner in value.items()
            }
        if isinstance(value, list):
            return [self._specified(field, item) for item in value]
        if isinstance(value, str):
            return self.metric(value) if field in _NAMES else self.expression(value)
        return value

    def of(self, state: _State) -> _State:
        """All of `state` but the names by which Kubernetes knows objects: those are no secrets."""
        masked: _State = self._masked(state, Redaction.name)
        return masked

    def _masked(self, value: Any, mask: _Mask) -> Any:
        if isinstance(value, Enum):
            return value
        if isinstance(value, str):
            return mask(self, value)
        if isinstance(value, tuple | list):
            return type(value)(self._masked(item, mask) for item in value)
        if isinstance(value, Mapping):
            return mask(self, value)
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
        "spec": Redaction.spec,
        "metrics": Redaction.name,
    },
    MetricState: {"name": Redaction.metric, "message": Redaction.prose, "measurements": Redaction.name},
    SeenMeasurement: {"taken": Redaction.name},
    RecordedMeasurement: {"value": Redaction.answer, "message": Redaction.prose},
}


def redaction_of(
    secrets: Iterable[str], public: Collection[str] = (), *, by_name: Iterable[str] = ()
) -> Redaction:
    """A redaction that knows `secrets`, and those `by_name` alone.

    What is also `public`, as the name of the object is, is none.
    """
    certain = frozenset(_worth_masking(secrets, public))
    known = certain | frozenset(_worth_masking(by_name, public))
    return Redaction(known=forms_of(known), certain=forms_of(certain))


def redaction_from(secrets: Collection[DeclaredSecret], public: Collection[str]) -> Redaction:
    """A redaction that knows what an object declares, where `public` is none."""
    return redaction_of(
        (secret.text for secret in secrets if secret.certain),
        public,
        by_name=(secret.text for secret in secrets if not secret.certain),
    )


def secrets_in(document: object) -> Iterator[DeclaredSecret]:
    """The secrets that the plain values of `document` declare: those of arguments, headers and environments.

    Such are values that come from a Secret, or have the form of one, or look as nobody makes them up and have
    a name that tells of a secret; not as certain other values with such a name. And fields such as
    `clientSecret`.
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


def _without(forms: Forms | None, text: str) -> str:
    return text if forms is None else forms.masked(text, MASK)


def _worth_masking(secrets: Iterable[str], public: Collection[str]) -> Iterator[str]:
    for secret in secrets:
        if len(secret) >= _SHORTEST and secret not in public and not _ORDINARY.fullmatch(secret):
            yield secret


def _declared(part: Mapping[str, Any]) -> Iterator[DeclaredSecret]:
    value, origin = part.get("value"), part.get("valueFrom")
    if _is_scalar(value):
        name, text = part.get("name", part.get("key")), str(value)
        hidden = isinstance(origin, dict) and origin.get("secretKeyRef") is not None
        if hidden or is_secret(name if isinstance(name, str) else "", text):
            yield from _spellings(text, certain=hidden or is_telling_value(text))
    for name, inner in part.items():
        if isinstance(inner, str) and is_telling_field(name) and not is_plain(inner):
            yield from _spellings(inner, certain=is_telling_value(inner))


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _spellings(value: str, *, certain: bool) -> Iterator[DeclaredSecret]:
    """`value` and what of it may stand alone: lines of a key, a token without its scheme, a password."""
    found = [value.strip(), *(line.strip() for line in value.splitlines() if len(line.strip()) >= _LONG_LINE)]
    found += [match[1] for pattern in (_SCHEME, _PASSWORD) for match in pattern.finditer(value)]
    for one in found:
        if not _PLACEHOLDER.fullmatch(one):
            text = one.encode("utf-8", "replace").decode("utf-8")
            yield DeclaredSecret(text=text, certain=certain or is_random(text))
