"""Hostile files of canaries: each is read, or refused in one sentence; none crashes, hangs or runs code."""

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.domain.canary.canaries import canaries_of
from dashboard.domain.canary.ladder import ladder_of
from dashboard.errors import InputError
from dashboard.ingest.canaries import record_canaries
from dashboard.reports.canary_metrics import run_view
from dashboard.sources.argo_observations import Observations
from dashboard.sources.object_stream import ObjectStream
from dashboard.store.database import open_for_writing, transaction
from tests.rollout_objects import Object, analysis_run, measurement, metric_result, rollout

_MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        ["2026-11-02T09:00:00Z", "Failed", "5m", "{{args.x}}", "\ud800", "\0", "9" * 400, "1e999"]
    )
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
_RUN = analysis_run("r", metric_result("errors", [measurement(7)]), args=[{"name": "a", "value": "b"}])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in an object."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


_PLACES = [
    (item, path) for item in (rollout(paused="CanaryPauseStep"), _RUN) for path in places(item) if path
]


def changed(item: Object, path: tuple[Any, ...], value: Any) -> Object:
    copy: Any = json.loads(json.dumps(item))
    place = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    found: Object = copy
    return found


def read(data: bytes, store: Path) -> None:
    """Read it, store what it tells, and look at it; an InputError is an answer as well."""
    try:
        found = list(Observations("file", ObjectStream("file", io.BytesIO(data))))
    except InputError as error:
        if not str(error).startswith("file"):
            raise
        return
    with open_for_writing(store) as connection, transaction(connection):
        record_canaries(connection, found)
    for item in found:
        if isinstance(item, AnalysisRunState):
            assert run_view(item).run is item
        else:
            for canary in canaries_of([item], ()):
                ladder_of(canary, item.at)


@_MANY
@given(place=st.sampled_from(_PLACES), value=_VALUES)
def test_any_value_in_any_place_is_read_or_refused(
    place: tuple[Object, tuple[Any, ...]], value: Any, tmp_path: Path
) -> None:
    item, path = place
    read(json.dumps(changed(item, path, value)).encode(), tmp_path / "store.db")


@_MANY
@given(data=st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_read_or_refused(data: bytes, tmp_path: Path) -> None:
    read(data, tmp_path / "store.db")


@_MANY
@given(cut=st.integers(0, 3_000), bit=st.integers(0, 7), form=st.sampled_from(["json", "yaml"]))
def test_a_file_that_was_damaged_is_read_or_refused(cut: int, bit: int, form: str, tmp_path: Path) -> None:
    whole = json.dumps([rollout(), _RUN]) if form == "json" else yaml.safe_dump([rollout(), _RUN])
    data = bytearray(whole.encode())
    data[cut % len(data)] ^= 1 << bit
    read(bytes(data), tmp_path / "store.db")
    read(bytes(data[: cut % len(data)]), tmp_path / "store.db")


@pytest.mark.parametrize(
    "text",
    [
        "- " * 50_000,
        "{" * 50_000,
        "a: &a [*a]",
        "? " * 20_000,
        "!!python/object/apply:os.system ['touch /tmp/owned']",
        "kind: !!python/name:os.system x",
        '{"items": [' + '{"kind": "Rollout"},' * 20_000,
        "%TAG ! tag:x,2000:\n--- !a b",
        "a: |\n" + " x\n" * 100_000,
        '"' + "\\u0041" * 100_000,
    ],
)
def test_hostile_text_takes_bounded_time_and_runs_nothing(text: str, tmp_path: Path) -> None:
    began = time.process_time()
    read(text.encode(), tmp_path / "store.db")
    assert time.process_time() - began < 10
    assert not Path("/tmp/owned").exists()  # noqa: S108 - where the code would have written
