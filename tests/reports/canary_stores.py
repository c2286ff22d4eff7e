"""Stores that hold canaries and what became of them; times are minutes after `happenings.T0`."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from dashboard.config.sources import AlertLabels, Sources
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.ticks import Tick
from dashboard.domain.names import NameMap
from dashboard.domain.policy import Policy
from dashboard.domain.slo import Catalogue
from dashboard.ingest.canaries import record_canaries
from dashboard.reports.history import History, history_at
from dashboard.sources.argo_observations import Observation
from dashboard.store import canary_ticks
from dashboard.store.database import open_for_writing, transaction
from tests.happenings import MINUTE
from tests.histories import STEP, catalogue, fill, objective, service
from tests.rollout_objects import moment

NAMES = NameMap(
    services={"api": "api", "shop": "api", "web": "web"},
    environments={"production": "production", "prod": "production"},
    severities={},
)
SOURCES = Sources(
    names=NAMES,
    flap_gap=10 * MINUTE,
    time_zones={},
    alert_labels=AlertLabels(service=("service",), severity="severity"),
)


def store_of(
    path: Path,
    *observations: Observation,
    ticks: Iterable[Tick] = (),
    slow: Iterable[Tick] = (),
    bad: int = 0,
    until: float = 600,
) -> tuple[Path, Catalogue]:
    """A store with `observations`; `api` had 1,000 requests a bucket, `bad` of them in error from T0 on."""
    subject = objective("0.99", days=1)
    known = catalogue(service(subject), service(name="web"))
    end = int(moment(until).timestamp()) // STEP * STEP
    began = int(moment(0).timestamp())
    buckets = {
        start: (1000 - (bad if start >= began else 0), 1000) for start in range(end - 86_400, end, STEP)
    }
    fill(path, known, {subject: buckets})
    with open_for_writing(path) as connection, transaction(connection):
        record_canaries(connection, observations)
        canary_ticks.record_ticks(connection, "uid-api", "new", ticks)
        canary_ticks.record_ticks(connection, "uid-api", "new", slow, Measure.SLOW)
    return path, known


def history(store: Path, policy: Policy, now: float) -> History:
    """The deployments and incidents of `store` at the minute `now`."""
    return history_at(store, SOURCES, policy.delivery, moment(now))


def ticks(count: int, canary_bad: float, stable_bad: float, start: float = 1) -> list[Tick]:
    """A tick a minute with 200 requests to the canary and 1,800 to stable."""
    return [
        Tick(
            at=at(start + minute),
            canary_bad=canary_bad,
            canary_total=200,
            stable_bad=stable_bad,
            stable_total=1800,
            weight=0.1,
        )
        for minute in range(count)
    ]


def at(minutes: float) -> datetime:
    return moment(minutes)
