"""Loading readings: all or nothing, in any order, any number of times."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.domain.deployments import DeploymentEvent
from dashboard.domain.incidents import IncidentEvent
from dashboard.errors import InputError
from dashboard.ingest.events import store_events
from dashboard.ingest.load import Readings, load
from dashboard.store import deployments, incidents
from dashboard.store.database import open_for_reading
from dashboard.store.settings import demo_as_of
from dashboard.store.sli import Recorded
from tests.histories import END, STEP, catalogue, fill, objective, readings, service

_API, _LATENCY = objective(), objective(indicator="latency")
_KNOWN = catalogue(service(_API, _LATENCY))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def _rows(store: Path) -> list[list[Any]]:
    with open_for_reading(store) as connection:
        return [
            connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()  # noqa: S608
            for table in ("objectives", "sli", "sli_flagged", "settings")
        ]


def test_loading_twice_is_loading_once(path: Path) -> None:
    data = {_API: {END: (9, 10), END + STEP: (10, 10)}, _LATENCY: {END: (1, 1)}}
    assert fill(path, _KNOWN, data).recorded == Recorded(added=3)
    once = _rows(path)
    assert fill(path, _KNOWN, data).recorded == Recorded()
    assert _rows(path) == once


def test_a_later_reading_corrects_an_earlier_one(path: Path) -> None:
    fill(path, _KNOWN, {_API: {END: (9, 10), END + STEP: (10, 10)}})
    assert fill(path, _KNOWN, {_API: {END: (5, 10)}}).recorded == Recorded(corrected=1)
    with open_for_reading(path) as connection:
        rows = connection.execute("SELECT good, total FROM sli_buckets ORDER BY start").fetchall()
    assert rows == [(5.0, 10.0), (10.0, 10.0)]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_files_of_one_history_may_come_in_any_order(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = {END + index * STEP: (index, index + 1) for index in range(12)}
    folder = tmp_path_factory.mktemp("stores")
    fill(folder / "whole.db", _KNOWN, {_API: whole})
    cuts = data.draw(st.lists(st.sets(st.sampled_from(sorted(whole))), max_size=4))
    for part in data.draw(st.permutations([*cuts, set(whole).difference(*cuts)])):
        fill(folder / "parts.db", _KNOWN, {_API: {start: whole[start] for start in part}})
    assert _rows(folder / "parts.db") == _rows(folder / "whole.db")


def _outage_in_two_files() -> Iterator[Readings]:
    """Good events in the first bucket; in the second one the good series is gone."""
    yield Readings(objective=_API, good={END: 5.0}, total={END: 5.0})
    yield Readings(objective=_API, good={}, total={END + STEP: 5.0})


def test_an_outage_counts_whichever_file_comes_first(tmp_path: Path) -> None:
    first, second = _outage_in_two_files()
    for store, order in (("a.db", (first, second)), ("b.db", (second, first))):
        for reading in order:
            load(tmp_path / store, _KNOWN, [reading])
    assert _rows(tmp_path / "b.db") == _rows(tmp_path / "a.db")


def test_loading_a_feed_again_changes_nothing_in_whatever_order_it_came(path: Path) -> None:
    feed = list(_outage_in_two_files())[::-1]
    load(path, _KNOWN, feed)
    once = _rows(path)
    load(path, _KNOWN, feed)
    assert _rows(path) == once


def test_what_cannot_be_counted_is_told_by_objective(path: Path) -> None:
    loaded = load(
        path,
        _KNOWN,
        [
            Readings(objective=_API, good={END: 5.0, END + STEP: 1.0}, total={END: 4.0, END + STEP: 1.0}),
            readings(_LATENCY, {END: (1, 1)}),
        ],
    )
    assert loaded.recorded == Recorded(added=2, flagged=1)
    assert {key: [flag.fault for flag in flags] for key, flags in loaded.flagged.items()} == {
        "api/availability": ["good_exceeds_total"]
    }


def test_no_readings_make_an_empty_store(path: Path) -> None:
    assert load(path, _KNOWN, []).recorded == Recorded()
    assert load(path, _KNOWN, [Readings(objective=_API, good={}, total={})]).recorded == Recorded()
    with open_for_reading(path) as connection:
        assert connection.execute("SELECT count(*) FROM sli").fetchone() == (0,)


def test_a_failure_halfway_stores_nothing(path: Path) -> None:
    fill(path, _KNOWN, {_API: {END: (1, 1)}})
    before = _rows(path)

    def broken() -> Iterator[Readings]:
        yield readings(_API, {END + STEP: (1, 1)})
        raise InputError("the second half of the file is garbled")

    with pytest.raises(InputError):
        load(path, _KNOWN, broken())
    assert _rows(path) == before


def test_the_demo_and_real_data_do_not_mix(tmp_path: Path) -> None:
    def put(store: str, as_of: int | None) -> None:
        load(tmp_path / store, _KNOWN, [readings(_API, {END: (1, 1)})], demo_as_of=as_of)

    put("demo.db", END)
    put("demo.db", END + STEP)
    with pytest.raises(InputError, match="found the demo in this store"):
        put("demo.db", None)
    put("real.db", None)
    with pytest.raises(InputError, match="found real data in this store"):
        put("real.db", END)
    with open_for_reading(tmp_path / "demo.db") as connection:
        assert demo_as_of(connection) == END + STEP


def test_a_store_of_real_deployments_alone_is_not_made_a_demo_of(tmp_path: Path) -> None:
    """The demo forgets the events of an earlier demo; those of people stay."""
    event = DeploymentEvent(
        source="import", service="api", environment="production", deployment="d1", at=datetime.now(UTC)
    )
    store_events(tmp_path / "real.db", [event])
    with pytest.raises(InputError, match="found real data in this store"):
        load(tmp_path / "real.db", _KNOWN, [], demo_as_of=END)
    assert store_events(tmp_path / "real.db", [event]).known == 1


def test_objectives_of_a_grown_catalogue_are_added(path: Path) -> None:
    fill(path, catalogue(service(_API)), {_API: {END: (1, 1)}})
    assert fill(path, _KNOWN, {_LATENCY: {END: (1, 1)}}).recorded == Recorded(added=1)


def _events(day: int) -> tuple[DeploymentEvent, IncidentEvent]:
    at = datetime(2026, 3, day, tzinfo=UTC)
    return (
        DeploymentEvent(source="s", service="api", environment="production", deployment=f"api-{day}", at=at),
        IncidentEvent(source="s", incident="one", at=at, detected_at=at),
    )


def _stored(store: Path) -> list[object]:
    with open_for_reading(store) as connection:
        found: list[object] = [
            event for _, told in deployments.events_by_deployment(connection) for event in told
        ]
        return found + [event for _, told in incidents.events_by_incident(connection) for event in told]


def test_events_are_stored_with_the_readings_and_once(path: Path) -> None:
    assert load(path, _KNOWN, [readings(_API, {END: (1, 1)})], events=_events(1)).events == 2
    assert load(path, _KNOWN, [], events=_events(1)).events == 0
    assert _stored(path) == [*_events(1)]


def test_a_failure_among_the_events_stores_no_reading(path: Path) -> None:
    load(path, _KNOWN, [], events=_events(1))

    def broken() -> Iterator[DeploymentEvent]:
        yield _events(2)[0]
        raise InputError("the rest is garbled")

    with pytest.raises(InputError):
        load(path, _KNOWN, [readings(_API, {END: (1, 1)})], events=broken())
    assert _stored(path) == [*_events(1)]
    assert load(path, _KNOWN, [readings(_API, {END: (1, 1)})]).recorded == Recorded(added=1)


def test_a_demo_that_is_made_again_forgets_its_earlier_events(path: Path) -> None:
    load(path, _KNOWN, [], demo_as_of=END, events=_events(1))
    assert load(path, _KNOWN, [], demo_as_of=END + STEP, events=_events(2)).events == 2
    assert _stored(path) == [*_events(2)]
