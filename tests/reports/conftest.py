"""A small fleet in a store, at a fixed instant: one service for each thing that a report can say."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from dashboard.config import load_policy
from dashboard.domain.policy import Policy
from dashboard.domain.slo import Catalogue, Objective, Service
from dashboard.paths import DEFAULT_POLICY
from dashboard.store.database import open_for_writing, transaction
from dashboard.store.sync_log import Problem, SyncOutcome, SyncRun, log_run, replace_problems
from tests.histories import (
    DAY_BUCKETS,
    END,
    NOW,
    STEP,
    Buckets,
    catalogue,
    evenly,
    fill,
    objective,
    service,
)

#: Makes a store that holds the given objectives' buckets, and gives its path and catalogue.
MakeStore = Callable[[Mapping[Objective, Buckets]], tuple[Path, Catalogue]]


@pytest.fixture
def policy() -> Policy:
    return load_policy(DEFAULT_POLICY)


@pytest.fixture
def make_store(tmp_path: Path) -> MakeStore:
    def make(data: Mapping[Objective, Buckets]) -> tuple[Path, Catalogue]:
        services: dict[str, list[Objective]] = {}
        for subject in data:
            services.setdefault(subject.service, []).append(subject)
        known = catalogue(*(service(*items, name=name) for name, items in services.items()))
        fill(tmp_path / "store.db", known, data)
        return tmp_path / "store.db", known

    return make


@pytest.fixture
def fleet(tmp_path: Path) -> tuple[Path, Catalogue]:
    """Nine services over a day, each in another state, and one without an objective."""
    names = ("normal", "cautious", "protected", "exhausted", "idle", "quiet", "stale", "thin", "silent")
    subjects = {name: objective(days=1, service=name) for name in names}
    incident = evenly(1_000_000, 0, DAY_BUCKETS)
    start = sorted(incident)[100]
    incident[start] = (incident[start][0] - 600, incident[start][1])
    data: dict[Objective, Buckets] = {
        subjects["normal"]: evenly(1_000_000, 400, DAY_BUCKETS),
        subjects["cautious"]: incident,
        subjects["protected"]: evenly(1_000_000, 900, DAY_BUCKETS),
        subjects["exhausted"]: evenly(1_000_000, 20_000, DAY_BUCKETS),
        subjects["idle"]: evenly(0, 0, DAY_BUCKETS),
        subjects["quiet"]: evenly(288, 0, DAY_BUCKETS),
        subjects["stale"]: evenly(1_000_000, 0, DAY_BUCKETS, end=END - 6 * STEP),
        subjects["thin"]: evenly(1_000_000, 0, 200),
    }
    services: list[Service] = [service(subject, name=name) for name, subject in subjects.items()]
    services.append(service(name="free"))
    known = catalogue(*services)
    store = tmp_path / "fleet.db"
    fill(store, known, data)
    run = SyncRun(started_at=NOW, finished_at=NOW, outcome=SyncOutcome.OK, message="", buckets=0)
    with open_for_writing(store) as connection, transaction(connection):
        log_run(connection, run)
        problem = Problem(subject="availability", kind="no_series", message="no series: silent")
        replace_problems(connection, [problem], NOW)
    return store, known
