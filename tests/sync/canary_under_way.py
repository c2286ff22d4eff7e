"""A store with one canary under way and its stable sibling, fed from a Prometheus that counts their pods."""

from pathlib import Path

from dashboard.config import PrometheusSettings
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.ticks import Tick
from dashboard.ingest.canaries import store_canaries
from dashboard.store.canary_ticks import ticks_between
from dashboard.store.database import open_for_reading
from tests.canary_states import state
from tests.rollout_objects import moment
from tests.sync.collected import Collected

MINUTES = 40


def canary_under_way(catalogue: str, url: str, folder: Path) -> Collected:
    """A store in `folder` with a canary that is under way since minute 1, and `url` as its source."""
    catalog = folder / "catalog.yaml"
    catalog.write_text(catalogue, encoding="utf-8")
    store = folder / "store.db"
    store_canaries(store, [state(at=-500, canary="old", stable="old", version=1, revision=1)])
    store_canaries(store, [state(at=1, step=1, version=2), state(at=11, step=4, version=3)])
    return Collected(store=store, catalog=catalog, settings=PrometheusSettings(url=url, timeout=30))


def at(minutes: float) -> int:
    """So many minutes after it all began, in unix seconds."""
    return int(moment(minutes).timestamp())


def counted_ticks(collected: Collected, measure: Measure) -> tuple[Tick, ...]:
    """What the store has of its canary."""
    with open_for_reading(collected.store) as connection:
        return ticks_between(connection, "uid-api", "new", moment(0), moment(MINUTES), measure)
