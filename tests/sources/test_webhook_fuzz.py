"""Whatever arrives, a parser gives events, or one of its two errors."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.config.sources import AlertLabels
from dashboard.sources import alertmanager, argo_rollouts, cdevents, github, pagerduty
from dashboard.sources.event_document import IgnoredEventError, MalformedEventError
from tests.sources import payloads

_Parse = Callable[[object], Any]
_Path = tuple[str | int, ...]

_LABELS = AlertLabels(service=("service", "app", "job"), severity="severity")
_PARSERS: dict[str, tuple[_Parse, list[payloads.Document]]] = {
    "github deployment": (lambda value: github.parse("deployment", value), [payloads.github_deployment()]),
    "github status": (
        lambda value: github.parse("deployment_status", value),
        [payloads.github_status(), payloads.github_status_of_2015()],
    ),
    "argo-rollouts": (
        argo_rollouts.parse,
        [payloads.rollout(), payloads.rollout("on-rollout-aborted"), payloads.rollout("on-rollout-updated")],
    ),
    "cdevents": (
        cdevents.parse,
        [
            payloads.cdevent("service", "deployed"),
            payloads.cdevent("incident", "reported"),
            {"specversion": "1.0", "data": payloads.cdevent("incident", "resolved")},
        ],
    ),
    "alertmanager": (
        lambda value: alertmanager.parse(value, labels=_LABELS),
        [
            payloads.alerts(
                [
                    payloads.alert("A", "2026-11-20T09:00:00Z", "2026-11-20T09:05:00Z"),
                    payloads.alert("B", "2026-11-20T09:00:00.123456789Z"),
                ]
            ),
            payloads.alerts(
                [payloads.alert("A", "2026-11-20T09:00:00Z", "2026-11-20T09:05:00Z")],
                status="firing",
                truncated=2,
            ),
        ],
    ),
    "pagerduty": (
        pagerduty.parse,
        [payloads.pagerduty("incident.triggered"), payloads.pagerduty("incident.resolved")],
    ),
}

_times = st.sampled_from(
    [
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-23:59",
        "2026-11-20T24:00:00Z",
        "2026-11-20T09:00:00",
        "2026",
    ]
)
_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**4000), 2**63, 1e308, float("inf"), float("nan")])
    | st.floats()
    | st.text(max_size=20)
    | st.text(min_size=1990, max_size=2010)
    | _times,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


def _paths(value: object, at: _Path = ()) -> Iterator[_Path]:
    yield at
    items: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, inner in items:
        yield from _paths(inner, (*at, key))


def _with(document: object, path: _Path, value: object) -> object:
    if not path:
        return value
    changed: Any = copy.deepcopy(document)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return changed


def _require_sound(parse: _Parse, document: object) -> None:
    """Events with times in UTC, twice the same; or an error that names a field."""
    try:
        events = parse(document)
    except IgnoredEventError as ignored:
        assert str(ignored)  # noqa: PT017 - either error is as good as events
        return
    except MalformedEventError as malformed:
        assert malformed.field in str(malformed)  # noqa: PT017 - ditto
        return
    assert isinstance(events, tuple)
    assert events
    for event in events:
        for field in fields(event):
            value = getattr(event, field.name)
            times = value if isinstance(value, tuple) else (value,)
            for time in times:
                if isinstance(time, datetime):
                    assert time.tzinfo is UTC
                    assert time.utcoffset() == timedelta(0)
    # A NaN is no other than itself, so the same document is read again, not a copy.
    assert parse(document) == events


@pytest.mark.parametrize("name", _PARSERS)
@given(document=_values)
@settings(max_examples=150, deadline=None)
def test_any_json_at_all(name: str, document: object) -> None:
    parse, _ = _PARSERS[name]
    _require_sound(parse, document)


@pytest.mark.parametrize("name", _PARSERS)
@given(data=st.data())
@settings(max_examples=400, deadline=None)
def test_a_payload_with_one_value_replaced(name: str, data: st.DataObject) -> None:
    parse, documents = _PARSERS[name]
    document = data.draw(st.sampled_from(documents))
    path = data.draw(st.sampled_from(list(_paths(document))))
    _require_sound(parse, _with(document, path, data.draw(_values)))


@pytest.mark.parametrize("name", _PARSERS)
def test_every_value_replaced_by_each_kind(name: str) -> None:
    """Not by chance: each field of each payload by each kind of value, and left out."""
    parse, documents = _PARSERS[name]
    kinds: tuple[Any, ...] = (
        None,
        True,
        0,
        -1,
        2**70,
        10**5000,
        1.5,
        "",
        "x",
        "x" * 100_000,
        [],
        [None],
        {},
        {"id": None},
    )
    for document in documents:
        assert parse(document)
        for path in _paths(document):
            for kind in kinds:
                _require_sound(parse, _with(document, path, kind))


@pytest.mark.parametrize("name", _PARSERS)
def test_nesting_without_end(name: str) -> None:
    parse, documents = _PARSERS[name]
    deep: Any = "x"
    for _ in range(900):
        deep = [deep] if isinstance(deep, dict) else {"id": deep}
    for path in _paths(documents[0]):
        _require_sound(parse, _with(documents[0], path, deep))
