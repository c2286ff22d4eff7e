"""`reliability policy backtest` and `policy data`, on the deployments that tests/backtests.py works out."""

import json
from pathlib import Path
from typing import Any

import pytest

from dashboard.config import load_catalog, load_policy
from dashboard.paths import DEFAULT_POLICY, RELEASE_GATE
from dashboard.policy.data import gate_policy, named_policy
from dashboard.policy.engine import RegoEngine
from tests.backtests import NOW, STRICTER, THURSDAY, WEDNESDAY, at, past
from tests.cli.command import run
from tests.gates import EVIDENCE, recorded, request
from tests.pages.stores import CATALOGUE, Fleet
from tests.policy.releases import release


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    found = past(tmp_path_factory.mktemp("past"))
    recorded(found, request(version="1.4", gates=EVIDENCE), now=at(WEDNESDAY, "13:59"))
    (found.folder / "stricter.yaml").write_text(STRICTER, encoding="utf-8")
    return found


def arguments(fleet: Fleet, *more: object) -> list[object]:
    files = ["--store", fleet.store, "--catalog", fleet.catalogue, "--now", NOW.isoformat()]
    return ["policy", "backtest", "--policy", fleet.folder / "stricter.yaml", *files, *more]


def document(fleet: Fleet, *more: object) -> dict[str, Any]:
    ended = run(*arguments(fleet, "--json", *more))
    assert ended.code == 0, ended.err
    found: dict[str, Any] = json.loads(ended.out)
    return found


def test_people_read_what_each_policy_blocks_what_changes_and_what_is_not_known(fleet: Fleet) -> None:
    ended = run(*arguments(fleet))
    assert ended.code == 0, ended.err
    out = ended.out
    assert "to Thu 26 Nov 2026, 15:02 UTC: 9 deployments to production" in out
    assert "stricter.yaml blocks 2 of 9, 22 % (6 … 55 %)\n  of those that went bad: 0 of 2" in out
    assert "policy.yaml blocks 2 of 9" in out
    assert "blocked by stricter.yaml only: 1, 1 went well; together they cost 0 % of an error budget" in out
    assert "25 Nov 14:00 UTC  api 1.4: error budget left: 30.5 %, needs 40 % (went well, cost nothing)" in out
    assert "24 Nov 17:00 UTC  api 1.1: window closed: Tue 24 Nov 2026, 17:00 UTC" in out
    assert "! 8 of 9 deployments: what the pipeline found" in out
    assert "! 1 of 9 deployments: the error budget is not known" in out
    assert "! 1 of 9 deployments: nobody told the kind of change." in out


def test_progress_is_told_on_stderr_and_machines_get_one_document(fleet: Fleet) -> None:
    ended = run(*arguments(fleet, "--json"))
    assert "judged 9 of 9 deployments under both policies" in ended.err
    assert json.loads(ended.out)["deployments"] == 9


def test_the_document_has_every_deployment_with_verdicts_ending_and_cost(fleet: Fleet) -> None:
    found = document(fleet)
    rows = {row["id"]: row for row in found["rows"]}
    assert found["newly_blocked"]["ids"] == ["api/production/good"]
    assert found["let_through"]["ids"] == ["api/production/late"]
    assert found["other"]["went_well"]["k"] == 2
    assert found["not_known"] == {
        "pipeline_evidence": 8,
        "change_type": 1,
        "change_type_but_a_rollback_by_its_artefact": 0,
        "service_level": 1,
    }
    good, broke = rows["good"], rows["broke"]
    assert good["other"]["blocked_by"] == ["slo.budget_remaining"]
    assert good["other"]["policy_tier"] == "cautious"
    assert good["other"]["error_budget_remaining"] == pytest.approx(88 / 288)
    assert good["decision_id"]
    assert good["other"]["not_known"] == []
    assert (broke["ending"], broke["incidents"]) == ("went_bad", ["INC-1"])
    assert broke["budget_spent"] == pytest.approx(200 / 288)
    assert {(cost["objective"], cost["incident"], cost["bad"]) for cost in broke["costs"]} == {
        ("api/availability", "INC-1", 200)
    }
    assert rows["docs-1"]["budget_spent"] is None


def test_a_span_and_a_service_narrow_it(fleet: Fleet) -> None:
    assert document(fleet, "--from", THURSDAY.isoformat())["deployments"] == 1
    assert {row["service"] for row in document(fleet, "--service", "worker")["rows"]} == {"worker"}


def test_the_baseline_is_what_the_environment_says_unless_a_file_is_named(fleet: Fleet) -> None:
    environment = {"RELIABILITY_POLICY": str(fleet.folder / "stricter.yaml")}
    ended = run(*arguments(fleet, "--json"), env=environment)
    assert json.loads(ended.out)["newly_blocked"]["deployments"] == 0
    named = json.loads(run(*arguments(fleet, "--json", "--baseline", DEFAULT_POLICY), env=environment).out)
    assert named["newly_blocked"]["deployments"] == 1


def test_two_files_of_one_name_are_told_apart(fleet: Fleet, tmp_path: Path) -> None:
    other = tmp_path / "policy.yaml"
    other.write_text(STRICTER, encoding="utf-8")
    out = run(*arguments(fleet, "--policy", other)).out
    assert f"{other} blocks 2 of 9" in out
    assert f"{DEFAULT_POLICY} blocks 2 of 9" in out


def test_a_span_without_deployments_says_so(fleet: Fleet) -> None:
    ended = run(*arguments(fleet, "--from", "2026-01-01", "--to", "2026-01-02"))
    assert (ended.code, ended.out.count("\n")) == (0, 1)
    assert "0 deployments to production" in ended.out
    assert document(fleet, "--from", "2026-01-01", "--to", "2026-01-02")["other"]["blocked"] == {
        "k": 0,
        "n": 0,
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--policy", "nowhere.yaml"], "nowhere.yaml: found no such file"),
        (["--baseline", "nowhere.yaml"], "nowhere.yaml: found no such file"),
        (["--service", "nope"], "--service: found 'nope', expected one of api"),
        (["--from", "2026-11-26", "--to", "2026-11-25"], "expected a time before"),
        (["--store", "nowhere.db"], "nowhere.db: found no store"),
    ],
)
def test_what_cannot_be_replayed_is_explained(fleet: Fleet, given: list[str], said: str) -> None:
    ended = run(*arguments(fleet, *given))
    assert ended.code == 2
    assert said in ended.err


def test_without_a_policy_to_try_there_is_nothing_to_replay() -> None:
    ended = run("policy", "backtest")
    assert ended.code == 2
    assert "--policy" in ended.err


def test_the_data_of_the_policy_is_what_the_gate_is_evaluated_with(tmp_path: Path) -> None:
    catalogue, policy = tmp_path / "catalog.yaml", tmp_path / "policy.yaml"
    catalogue.write_text(CATALOGUE, encoding="utf-8")
    policy.write_text(STRICTER, encoding="utf-8")
    ended = run("policy", "data", "--policy", policy, "--catalog", catalogue)
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)["release_policy"]
    assert found == gate_policy(load_policy(policy), load_catalog(catalogue)).data
    assert found["budget_floor"] == {"1": 40, "2": 20, "3": 10}
    document = release({"slo.error_budget_remaining": 35})
    decision = RegoEngine().evaluate(named_policy(RELEASE_GATE.read_text(encoding="utf-8"), found), document)
    assert [item["code"] for item in decision["violations"]] == ["slo.budget_remaining"]


def test_the_policy_that_decided_says_again_what_it_decided(demo: Path) -> None:
    """Every deployment of the demo has a decision on it, made a few minutes before it began."""
    decided = json.loads(run("decisions", "list", "--store", demo, "--last", 10_000, "--json").out)[
        "decisions"
    ]
    answers = {item["decision_id"]: item for item in decided}
    ended = run("policy", "backtest", "--policy", DEFAULT_POLICY, "--store", demo, "--json")
    rows = [row for row in json.loads(ended.out)["rows"] if row["decision_id"]]
    assert len(rows) > 300
    for row in rows:
        answer, found = answers[row["decision_id"]], row["baseline"]
        assert found["blocks"] is not answer["allow"], row["id"]
        if found["blocks"]:
            assert set(found["blocked_by"]) == set(answer["violations"]), row["id"]
