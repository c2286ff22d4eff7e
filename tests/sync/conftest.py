"""Two fleets in two real Prometheus servers: a month of twelve services, and two days of four."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.config import PrometheusSettings
from tests.faulty_server import FaultyServer
from tests.injected_fleet import InjectedFleet, build_fleet
from tests.real_prometheus import PrometheusServer, history_served
from tests.sync.collected import BUCKET, HOUR, Collected, catalogue_text


@pytest.fixture(scope="session")
def month() -> InjectedFleet:
    """Thirty-one days of twelve services, so that the window of 30 days is still full a day earlier."""
    return build_fleet(services=12, days=31)


@pytest.fixture(scope="session")
def month_server(
    month: InjectedFleet, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PrometheusServer]:
    with history_served(month.series, tmp_path_factory.mktemp("month")) as server:
        yield server


@pytest.fixture(scope="session")
def fleet() -> InjectedFleet:
    """Two days of four services: one each for the tier edge, the gap, the restarts, and never an error."""
    return build_fleet(services=4, days=2)


@pytest.fixture(scope="session")
def prometheus(fleet: InjectedFleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    with history_served(fleet.series, tmp_path_factory.mktemp("two-days")) as server:
        yield server


@pytest.fixture
def faulty(prometheus: PrometheusServer) -> Iterator[FaultyServer]:
    """The double in front of the Prometheus of two days."""
    with FaultyServer(prometheus.url) as server:
        yield server


@pytest.fixture(scope="session")
def began(fleet: InjectedFleet) -> int:
    """When the stores of these tests were first synced: 40 s into a bucket, 12 hours before the end."""
    return fleet.end - 12 * HOUR + 40


@pytest.fixture(scope="session")
def _first_sync(
    fleet: InjectedFleet,
    prometheus: PrometheusServer,
    began: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> Collected:
    folder = tmp_path_factory.mktemp("synced")
    catalog = folder / "catalog.yaml"
    catalog.write_text(catalogue_text(list(fleet.truth), window="1d"), encoding="utf-8")
    settings = PrometheusSettings(url=prometheus.url, timeout=30)
    synced = Collected(store=folder / "store.db", catalog=catalog, settings=settings)
    assert synced.sync(began).outcome == "ok"
    return synced


@pytest.fixture
def empty(_first_sync: Collected, tmp_path: Path) -> Collected:
    """The catalogue of the four services and a store that is yet to be made."""
    return replace(_first_sync, store=tmp_path / "empty" / "store.db")


@pytest.fixture
def synced(_first_sync: Collected, tmp_path: Path) -> Collected:
    """A store of its own that was synced, in good health, when it `began`."""
    store = tmp_path / "store.db"
    shutil.copyfile(_first_sync.store, store)
    return replace(_first_sync, store=store)


@pytest.fixture
def never_ill(_first_sync: Collected, tmp_path: Path) -> Collected:
    """Another such store, to be synced without a fault, as the one to compare with."""
    store = tmp_path / "never-ill.db"
    shutil.copyfile(_first_sync.store, store)
    return replace(_first_sync, store=store)


@pytest.fixture(scope="session")
def later(began: int) -> int:
    """Two buckets after the first sync."""
    return began + 2 * BUCKET
