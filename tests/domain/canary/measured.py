"""Measured values as the tests write them: `vector [0.5,NaN]`, `scalar 0.5`, `json {"a": 1}`, `nil`."""

import json

from dashboard.domain.canary.language.go_values import Value
from dashboard.domain.canary.replay.condition import MeasuredValue, ValueKind


def measured(kind: str, text: str = "") -> MeasuredValue:
    match ValueKind(kind):
        case ValueKind.VECTOR:
            numbers = tuple(float(part) for part in text.strip("[]").split(",") if part)
            return MeasuredValue(kind=ValueKind.VECTOR, value=numbers)
        case ValueKind.SCALAR:
            return MeasuredValue(kind=ValueKind.SCALAR, value=float(text))
        case ValueKind.NIL:
            return MeasuredValue(kind=ValueKind.NIL)
        case ValueKind.JSON:
            return MeasuredValue(kind=ValueKind.JSON, value=_frozen(json.loads(text, parse_int=float)))


def _frozen(value: object) -> Value:
    if isinstance(value, dict):
        return {key: _frozen(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return tuple(_frozen(entry) for entry in value)
    assert value is None or isinstance(value, bool | float | str)
    return value
