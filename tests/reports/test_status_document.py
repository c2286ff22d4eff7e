"""The status document: held whole by a golden file, and its promises one by one."""

import json
from pathlib import Path
from typing import Any

import pytest

from dashboard.domain.policy import Policy
from dashboard.domain.slo import Catalogue
from dashboard.reports.fleet import fleet_report
from dashboard.reports.status_document import status_document
from tests.histories import NOW

_GOLDEN = Path(__file__).parents[1] / "golden" / "status.json"


@pytest.fixture
def document(fleet: tuple[Path, Catalogue], policy: Policy) -> dict[str, Any]:
    return status_document(fleet_report(*fleet, policy, NOW), policy)


@pytest.fixture
def objectives(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["service"]: entry for item in document["services"] for entry in item["objectives"]}


def test_the_document_is_the_golden_one(document: dict[str, Any]) -> None:
    assert json.loads(json.dumps(document)) == json.loads(_GOLDEN.read_text(encoding="utf-8"))


def test_the_document_is_json_without_help(document: dict[str, Any]) -> None:
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_what_is_unknown_is_null_with_a_reason(objectives: dict[str, dict[str, Any]]) -> None:
    for name, status in (("silent", "no_data"), ("stale", "stale"), ("thin", "low_coverage")):
        entry = objectives[name]
        assert (entry["status"], entry["policy_tier"]) == (status, "unknown")
        unknown = ("remaining", "consumed", "cost_of_one_failure", "time_to_exhaustion_seconds")
        assert [entry[key] for key in unknown] == [None] * 4
        assert entry["reason"]
        assert entry["tiers_at"] == {"better": {}, "worse": {}}


def test_without_any_data_counts_are_null_too(objectives: dict[str, dict[str, Any]]) -> None:
    keys = ("good", "total", "bad", "watermark")
    assert [objectives["silent"][key] for key in keys] == [None] * 4
    assert set(objectives["silent"]["burn_rates"].values()) == {None}


def test_what_is_measured_needs_no_reason(objectives: dict[str, dict[str, Any]]) -> None:
    assert {name for name, entry in objectives.items() if entry["reason"] is None} == {
        "normal",
        "cautious",
        "protected",
        "exhausted",
    }


def test_zero_traffic_is_the_whole_budget_marked(objectives: dict[str, dict[str, Any]]) -> None:
    idle = objectives["idle"]
    assert (idle["remaining"], idle["consumed"], idle["status"]) == (1.0, 0.0, "no_traffic")
    assert idle["cost_of_one_failure"] is None


def test_whole_counts_are_whole_numbers(objectives: dict[str, dict[str, Any]]) -> None:
    entry = objectives["normal"]
    assert (entry["good"], entry["bad"], entry["total"]) == (999_600, 400, 1_000_000)
    assert isinstance(entry["good"], int)


def test_every_burn_window_and_the_own_one_is_there(objectives: dict[str, dict[str, Any]]) -> None:
    windows = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"]
    assert [list(entry["burn_rates"]) for entry in objectives.values()] == [windows] * 9


def test_the_exhausted_service_burns_twentyfold_and_pages(objectives: dict[str, dict[str, Any]]) -> None:
    entry = objectives["exhausted"]
    assert entry["remaining"] == -19.0
    assert entry["burn_rates"]["1d"] == 20.0
    # Over one day the factors are 0.02 × 24, 0.05 × 4 and 0.1 × 1; the rule over three days is passed over.
    factors = [(alert["severity"], alert["factor"]) for alert in entry["alerts"]]
    assert factors == [("page", 0.48), ("page", 0.2), ("ticket", 0.1)]


def test_the_incident_leaves_the_window_when_its_bucket_does(objectives: dict[str, dict[str, Any]]) -> None:
    # The 101st of 288 buckets: it leaves 101 buckets, 8 h 25 min, after the newest data.
    assert objectives["cautious"]["tiers_at"]["better"] == {"normal": "2026-11-23T17:25:00Z"}


def test_best_effort_has_no_tier_and_says_so(document: dict[str, Any]) -> None:
    free = document["services"][-1]
    assert (free["service"], free["policy_tier"], free["decided_by"]) == ("free", None, None)
    assert "best effort" in free["reason"]
    assert document["fleet"]["best_effort"] == 1


def test_problems_of_the_sources_are_in_the_document(document: dict[str, Any]) -> None:
    assert document["data"]["problems"] == [
        {"subject": "availability", "kind": "no_series", "message": "no series: silent"}
    ]
