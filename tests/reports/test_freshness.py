"""Freshness: as of when, how old, what the last sync met, demo or real."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.domain.policy import Policy
from dashboard.domain.slo import Catalogue
from dashboard.errors import StoreError
from dashboard.ingest.load import load
from dashboard.reports.freshness import freshness, reading_time
from dashboard.store.database import open_for_reading
from tests.histories import END, NOW, catalogue, objective, readings, service


def test_real_data_is_read_at_the_clock_s_time(fleet: tuple[Path, Catalogue]) -> None:
    assert reading_time(fleet[0], NOW) == NOW


def test_the_demo_s_clock_stands_still(tmp_path: Path) -> None:
    subject = objective()
    load(tmp_path / "d.db", catalogue(service(subject)), [readings(subject, {END: (1, 1)})], demo_as_of=END)
    assert reading_time(tmp_path / "d.db", datetime(2030, 1, 1, tzinfo=UTC)) == NOW


def test_a_missing_store_has_no_reading_time(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="found no store"):
        reading_time(tmp_path / "none.db", NOW)


def test_freshness_tells_the_last_run_and_its_problems(fleet: tuple[Path, Catalogue], policy: Policy) -> None:
    with open_for_reading(fleet[0]) as connection:
        found = freshness(connection, policy.budget, NOW)
        earlier = freshness(connection, policy.budget, NOW - timedelta(seconds=1))
    assert found.last_run is not None
    assert (found.last_run.outcome, found.is_demo, found.as_of) == ("ok", False, NOW)
    assert [item.problem.kind for item in found.problems] == ["no_series"]
    assert earlier.last_run is None
