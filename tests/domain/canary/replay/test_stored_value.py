"""Which Go value stood behind a stored text."""

import math

import pytest

from dashboard.domain.canary.language.faults import CannotReplayError
from dashboard.domain.canary.replay.condition import ValueKind
from dashboard.domain.canary.replay.stored_value import NotJsonError, measured_value


@pytest.mark.parametrize(
    ("provider", "text", "kind", "value"),
    [
        ("prometheus", "[0.95]", ValueKind.VECTOR, (0.95,)),
        ("prometheus", "[0.95,+Inf]", ValueKind.VECTOR, (0.95, math.inf)),
        ("prometheus", "[]", ValueKind.VECTOR, ()),
        ("prometheus", "0.5", ValueKind.SCALAR, 0.5),
        ("prometheus", "-Inf", ValueKind.SCALAR, -math.inf),
        ("prometheus", "", ValueKind.NIL, None),
        ("web", "true", ValueKind.JSON, True),
        ("web", "5", ValueKind.JSON, 5.0),
        ("web", "[1]", ValueKind.JSON, (1.0,)),
        ("web", '{"a": [null]}', ValueKind.JSON, {"a": (None,)}),
        ("web", "null", ValueKind.JSON, None),
        ("web", r'"\ud800"', ValueKind.JSON, "�"),
        ("graphite", "[99.000000,98.2]", ValueKind.VECTOR, (99.0, 98.2)),
        ("wavefront", "0.95", ValueKind.SCALAR, 0.95),
        ("wavefront", "[0.95,0.5]", ValueKind.VECTOR, (0.95, 0.5)),
        ("datadog", "0.25", ValueKind.SCALAR, 0.25),
        ("datadog", "[]", ValueKind.NIL, None),
        ("newRelic", '{"count": 3}', ValueKind.JSON, {"count": 3.0}),
    ],
)
def test_the_provider_decides_which_value_a_text_was(
    provider: str, text: str, kind: ValueKind, value: object
) -> None:
    found = measured_value(provider, text)
    assert (found.kind, found.value) == (kind, value)


def test_nan_is_kept() -> None:
    value = measured_value("prometheus", "[NaN]").value
    assert isinstance(value, tuple)
    assert isinstance(value[0], float)
    assert math.isnan(value[0])


@pytest.mark.parametrize(
    ("provider", "text"),
    [
        ("prometheus", "true"),
        ("prometheus", "[a]"),
        ("prometheus", "[1"),
        ("newRelic", "[{}]"),
        ("skywalking", "0.95"),
        ("wavefront", "up"),
        ("cloudWatch", "[{}]"),
        ("web", "1e999"),
    ],
)
def test_a_text_that_does_not_tell_is_not_guessed(provider: str, text: str) -> None:
    with pytest.raises(CannotReplayError):
        measured_value(provider, text)


@pytest.mark.parametrize("text", ["", " ", "OK", "NaN", "{'a': 1}", "[1,]"])
def test_a_web_answer_that_is_no_json_is_told_apart(text: str) -> None:
    with pytest.raises(NotJsonError):
        measured_value("web", text)
