"""Small fleets in every state that a page must explain, each in a store of its own."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dashboard.config import Locations, load_catalog
from dashboard.domain.slo import Objective
from dashboard.ingest.load import Readings, load
from dashboard.paths import DEFAULT_POLICY
from dashboard.store.database import open_for_writing
from dashboard.store.sync_log import Problem, SyncOutcome, SyncRun, log_run, replace_problems

NOW = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)
NEWEST = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BUCKET = timedelta(minutes=5)
EVENTS_PER_BUCKET = 1000

#: The share of bad events in the bucket that ended so long ago; None is a bucket without a measurement.
BadShare = Callable[[timedelta], float | None]

CATALOGUE = """
indicators:
  availability:
    description: Requests that did not end in a server error
    good:  sum by (service) (increase(http_requests_total{code!~"5.."}[{{bucket}}]))
    total: sum by (service) (increase(http_requests_total[{{bucket}}]))
  latency:
    description: Requests answered within 500 ms
    good:  sum by (service) (increase(http_request_duration_seconds_bucket{le="0.5"}[{{bucket}}]))
    total: sum by (service) (increase(http_request_duration_seconds_count[{{bucket}}]))
services:
  api:
    tier: 1
    strategy: progressive-canary
    objectives:
      - {indicator: availability, target: 0.999, window: 3d}
      - {indicator: latency, target: 0.99, window: 3d}
  worker:
    tier: 2
    strategy: rolling
    objectives:
      - {indicator: availability, target: 0.99, window: 3d}
  docs:
    tier: 3
    strategy: rolling
"""


def steady(bad: float) -> BadShare:
    """The same share of bad events all the time."""
    return lambda _ago: bad


def measured_since(start: timedelta, bad: float = 0.0) -> BadShare:
    """Nothing was measured before `start` ago."""
    return lambda ago: bad if ago < start else None


def burst(bad: float, begin: timedelta, end: timedelta = timedelta(0)) -> BadShare:
    """`bad` from `begin` ago until `end` ago, and no errors around it."""
    return lambda ago: bad if end <= ago < begin else 0.0


#: Every budget is spent a little, and nothing burns.
WELL: dict[str, BadShare] = {
    "api/availability": steady(0.0001),
    "api/latency": steady(0.0),
    "worker/availability": steady(0.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """A fleet on disk: where a page finds it."""

    folder: Path
    now: datetime | None = NOW

    @property
    def store(self) -> Path:
        return self.folder / "reliability.db"

    @property
    def catalogue(self) -> Path:
        return self.folder / "catalog.yaml"

    def environment(self) -> dict[str, str]:
        """The variables that lead a page here."""
        return Locations(
            store=self.store, catalog=self.catalogue, policy=DEFAULT_POLICY, now=self.now
        ).environment()


def build(  # noqa: PLR0913 - each argument is one part of the state
    folder: Path,
    shares: Mapping[str, BadShare],
    *,
    newest: datetime = NEWEST,
    events: int = EVENTS_PER_BUCKET,
    catalogue: str = CATALOGUE,
    demo: bool = False,
    now: datetime | None = NOW,
) -> Fleet:
    """A store that holds `shares` (by `service/indicator`) up to `newest`; others have no data at all."""
    fleet = Fleet(folder=folder, now=now)
    folder.mkdir(parents=True, exist_ok=True)
    fleet.catalogue.write_text(catalogue, encoding="utf-8")
    known = load_catalog(fleet.catalogue)
    readings = [
        _readings(objective, shares[objective.key], newest, events)
        for objective in known.objectives
        if objective.key in shares
    ]
    load(fleet.store, known, readings, demo_as_of=int(NOW.timestamp()) if demo else None)
    return fleet


def log_sync(fleet: Fleet, outcome: SyncOutcome, message: str, *problems: Problem) -> None:
    """Let a sync end with `outcome` one minute before now."""
    ended = NOW - timedelta(minutes=1)
    with open_for_writing(fleet.store) as connection:
        run = SyncRun(
            started_at=ended - timedelta(seconds=5),
            finished_at=ended,
            outcome=outcome,
            message=message,
            buckets=0,
        )
        log_run(connection, run)
        replace_problems(connection, problems, ended - timedelta(minutes=29))


def _readings(objective: Objective, bad_share: BadShare, newest: datetime, events: int) -> Readings:
    counted = dict(_buckets(objective, bad_share, newest, events))
    return Readings(
        objective=objective,
        good={end: good for end, (good, _) in counted.items()},
        total={end: float(total) for end, (_, total) in counted.items()},
    )


def _buckets(
    objective: Objective, bad_share: BadShare, newest: datetime, events: int
) -> Iterator[tuple[int, tuple[float, int]]]:
    for step in range(objective.window // BUCKET):
        bad = bad_share(step * BUCKET)
        if bad is not None:
            yield int((newest - step * BUCKET).timestamp()), (events * (1 - bad), events)
