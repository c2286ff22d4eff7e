"""Which Go value stood behind the text that Argo stored: the provider of the metric decides."""

import json
import math
from dataclasses import replace

from dashboard.domain.canary.language.faults import CannotReplayError, ConditionFaultError
from dashboard.domain.canary.language.go_values import Value, parsed_float
from dashboard.domain.canary.replay.condition import MeasuredValue, ValueKind

#: Providers whose text is the JSON that the condition saw.
_JSON_PROVIDERS = {"web"}
#: Providers whose text is rounded, and how far the value may be from it: half of the last decimal.
_ROUNDED = {"graphite": 0.5e-6, "wavefront": 0.5e-2}
_DEEPEST = 40
_LONGEST_TEXT = 1_000_000


class NotJsonError(Exception):
    """A web metric answered something else than JSON, which Argo takes as a success without a condition."""


def measured_value(provider: str, text: str) -> MeasuredValue:
    """The value that `provider` handed to the conditions and that Argo stored as `text`.

    Empty text is nil, but of a web metric, where it is an empty answer. What Argo stored rounded is read as
    it is written: see `possible_values`.

    Raises:
        NotJsonError: `text` is what a web metric answered instead of JSON.
        CannotReplayError: the text does not tell.
    """
    if len(text) > _LONGEST_TEXT:
        raise CannotReplayError(f"the value has {len(text):,} characters, more than {_LONGEST_TEXT:,}")
    if provider in _JSON_PROVIDERS:  # An empty body is no JSON; nil is `null`.
        return MeasuredValue(kind=ValueKind.JSON, value=_json(text))
    if not text:
        return MeasuredValue(kind=ValueKind.NIL)
    if provider == "prometheus" or provider in _ROUNDED:
        return _numbers(text)
    if provider == "datadog":
        return _datadog(text)
    if provider == "newRelic":
        return _new_relic(text)
    raise CannotReplayError(f"the stored text does not tell which Go value the provider {provider} gave")


def possible_values(provider: str, text: str) -> tuple[MeasuredValue, ...]:
    """As `measured_value`, and where Argo stored it rounded, the ends of what it may have been as well.

    Several numbers are moved together.

    Raises:
        NotJsonError: as `measured_value`.
        CannotReplayError: as `measured_value`.
    """
    value = measured_value(provider, text)
    off = _ROUNDED.get(provider)
    if off is None:
        return (value,)
    return (value, _moved(value, -off), _moved(value, off))


def _moved(measured: MeasuredValue, by: float) -> MeasuredValue:
    match measured.value:
        case float(number):
            return replace(measured, value=number + by)
        case tuple(entries):
            return replace(measured, value=tuple(entry + by for entry in entries if isinstance(entry, float)))
        case _:
            return measured


def _numbers(text: str) -> MeasuredValue:
    if not text.startswith("["):
        return MeasuredValue(kind=ValueKind.SCALAR, value=_number(text))
    if not text.endswith("]"):
        raise CannotReplayError(f"{text[:80]!r} is no number and no list of numbers")
    inside = text[1:-1].strip()
    numbers = tuple(_number(part.strip()) for part in inside.split(",")) if inside else ()
    return MeasuredValue(kind=ValueKind.VECTOR, value=numbers)


def _datadog(text: str) -> MeasuredValue:
    """A number, or nil where Argo stored the empty answer itself."""
    if text[0] in "[{n":
        return MeasuredValue(kind=ValueKind.NIL)
    return MeasuredValue(kind=ValueKind.SCALAR, value=_number(text))


def _new_relic(text: str) -> MeasuredValue:
    """One row is a map; several are a slice of a type of its own, which is checked in another way."""
    try:
        value = _json(text)
    except NotJsonError:
        value = None
    if not isinstance(value, dict):
        raise CannotReplayError("only a single row of New Relic is replayed")
    return MeasuredValue(kind=ValueKind.JSON, value=value)


def _number(text: str) -> float:
    try:
        return parsed_float(text)
    except ConditionFaultError:
        raise CannotReplayError(f"{text[:80]!r} is no number, so it is no answer of this provider") from None


def _json(text: str) -> Value:
    try:
        document = json.loads(text, parse_int=float, parse_constant=_refuse)
    except RecursionError:
        raise CannotReplayError("the value nests too deep") from None
    except ValueError:
        raise NotJsonError from None
    return _value(document, 0)


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _value(document: object, depth: int) -> Value:
    if depth > _DEEPEST:
        raise CannotReplayError("the value nests too deep")
    if isinstance(document, dict):
        return {_text(key): _value(entry, depth + 1) for key, entry in document.items()}
    if isinstance(document, list):
        return tuple(_value(entry, depth + 1) for entry in document)
    if isinstance(document, float) and not math.isfinite(document):
        raise CannotReplayError("the value holds a number that is too large")
    return _text(document) if isinstance(document, str) else document  # type: ignore[return-value]  # JSON has no more


def _text(text: str) -> str:
    """`text` as Go decodes it: half of a pair of surrogates becomes the replacement character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
