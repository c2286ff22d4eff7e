"""`reliability gate` and `reliability decisions`: answers, exit codes, and one clear error for bad input."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from dashboard.domain.gate_rules import CHECKS
from dashboard.reports.decisions import verify_log
from tests.cli.command import Ended, run
from tests.gates import EVIDENCE, request
from tests.pages.stores import NOW, WELL, Fleet, build

_GOLDEN = Path(__file__).resolve().parents[1] / "golden"


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return build(tmp_path / "fleet", WELL)


def _gate(fleet: Fleet, *options: object, stdin: bytes = b"", **environment: str) -> Ended:
    return run(
        "gate",
        *options,
        "--store",
        fleet.store,
        "--catalog",
        fleet.catalogue,
        "--now",
        NOW.isoformat(),
        stdin=stdin,
        env=environment,
    )


def _asked(fleet: Fleet, document: Any, *options: object) -> Ended:
    return _gate(fleet, "--input", "-", *options, stdin=json.dumps(document).encode())


def _decision(ended: Ended) -> dict[str, Any]:
    found = json.loads(ended.out)
    assert isinstance(found, dict)
    return found


def _stable(text: str, decision: str) -> str:
    """`text` without what is another one in every decision."""
    return text.replace(decision, "DECISION")


def test_yes_is_0_and_no_is_1(fleet: Fleet) -> None:
    assert _asked(fleet, request()).code == 0
    assert _asked(fleet, request(gates={})).code == 1


def test_json_is_one_document_with_every_part_in_its_order(fleet: Fleet) -> None:
    decision = _decision(_asked(fleet, request(), "--json"))
    assert list(decision) == [
        "allow",
        "service",
        "version",
        "environment",
        "change_type",
        "as_of",
        "policy_tier",
        "strategy",
        "canary_config",
        "gates",
        "violations",
        "warnings",
        "required_approvals",
        "emergency",
        "exceptions_used",
        "changes_at",
        "holds_until",
        "not_before",
        "policy_version",
        "input_digest",
        "decision_id",
    ]
    checks = [check for gate in decision["gates"].values() for check in gate["checks"]]
    assert {check["code"] for check in checks} <= set(CHECKS)
    assert all(type(gate["pass"]) is bool for gate in decision["gates"].values())
    assert all(set(check) >= {"code", "pass", "seen", "needed", "source"} for check in checks)


@pytest.mark.parametrize("answer", ["allowed", "denied"])
def test_what_people_read_is_the_golden_text(fleet: Fleet, answer: str) -> None:
    question = (
        request() if answer == "allowed" else request(gates={**EVIDENCE, "quality": {"coverage": 61.5}})
    )
    options = () if answer == "allowed" else ("--change-type", "config")
    ended = _asked(fleet, question, *options)
    (last,) = [line for line in ended.out.splitlines() if line.startswith("decision ")]
    told = _stable(ended.out, last)
    golden = _GOLDEN / f"gate-{answer}.txt"
    assert told == golden.read_text(encoding="utf-8")


def test_options_ask_the_same_as_a_file(fleet: Fleet, tmp_path: Path) -> None:
    evidence = tmp_path / "ci.json"
    evidence.write_text(json.dumps({"gates": EVIDENCE}), encoding="utf-8")
    by_options = _gate(
        fleet,
        *("--service", "api", "--version", "v2.4.0", "--environment", "production"),
        *("--image", "ghcr.io/acme/api:v2.4.0", "--change-type", "feature", "--requested-by", "Dana"),
        *("--evidence", evidence, "--json"),
    )
    by_file = _asked(fleet, request(), "--json")
    assert _decision(by_options)["input_digest"] == _decision(by_file)["input_digest"]


def test_evidence_of_several_pipelines_adds_up(fleet: Fleet, tmp_path: Path) -> None:
    files = []
    for gate, found in EVIDENCE.items():
        files.append(tmp_path / f"{gate}.json")
        files[-1].write_text(json.dumps({"gates": {gate: found}}), encoding="utf-8")
    options = [option for file in files for option in ("--evidence", file)]
    assert _asked(fleet, request(gates=None), *options).code == 0


def test_an_override_is_asked_for_by_options(fleet: Fleet) -> None:
    override = ("--override-approver", "cto", "--override-reason", "it burns", "--incident", "INC-1")
    night = ("--input", "-", *override, "--json")
    frozen = request(slo={"fast_burn_rate": 9}, gates=EVIDENCE)
    ended = _gate(fleet, *night, "--trust-input", stdin=json.dumps(frozen).encode())
    decision = _decision(ended)
    assert (ended.code, decision["emergency"]["used"]) == (0, True)
    assert decision["emergency"]["overridden"] == ["slo.fast_burn"]
    told = _gate(fleet, *night[:-1], "--trust-input", stdin=json.dumps(frozen).encode()).out
    assert "\nWhat the override lifts\n  - Fast burn rate [slo.fast_burn]\n" in told
    assert "Find out what burns" not in told


def test_an_emergency_is_told_of_the_override_where_one_would_do(fleet: Fleet) -> None:
    told = "  - Or override it, as this is an emergency: `--override-approver`"
    burns = request(change_type="emergency", slo={"fast_burn_rate": 9})
    assert told in _asked(fleet, burns, "--trust-input").out
    assert told not in _asked(fleet, burns | {"change_type": "bugfix"}, "--trust-input").out
    unbuilt = burns | {"gates": {**EVIDENCE, "build": {}}}
    assert told not in _asked(fleet, unbuilt, "--trust-input").out


def test_pipelines_that_contradict_each_other_are_refused(fleet: Fleet, tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    one.write_text('{"gates": {"security": {"critical_cves": 3}}}', encoding="utf-8")
    other.write_text('{"gates": {"security": {"critical_cves": 0}}}', encoding="utf-8")
    ended = _asked(fleet, request(gates=None), "--evidence", one, "--evidence", other)
    assert ended.code == 2
    assert "gates.security.critical_cves: found 0, and 3 in what was told before" in ended.err


def test_evidence_is_evidence_and_nothing_else(fleet: Fleet, tmp_path: Path) -> None:
    more = tmp_path / "ci.json"
    override = {"emergency_override": True, "override_approver": "cto", "incident_id": "x"}
    more.write_text(json.dumps(override | {"override_reason": "y"}), encoding="utf-8")
    ended = _asked(fleet, request(gates={"build": EVIDENCE["build"]}), "--evidence", more, "--json")
    assert _decision(ended)["emergency"]["requested"] is False


def test_where_there_is_no_store_the_answer_is_no_and_none_is_made(fleet: Fleet) -> None:
    fleet.store.unlink()
    ended = _asked(fleet, request(service="docs", image="ghcr.io/acme/docs:1"))
    assert (ended.code, "nothing is written down" in ended.err) == (1, True)
    assert not fleet.store.exists()


def test_a_limit_of_decimals_is_met_by_the_same_decimals(fleet: Fleet, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("release_gate: {coverage: {1: 86.6}}\n", encoding="utf-8")
    evidence = {**EVIDENCE, "quality": {**EVIDENCE["quality"], "coverage": 86.6}}
    decision = _decision(_asked(fleet, request(gates=evidence), "--json", "--policy", policy))
    (coverage,) = [
        check for check in decision["gates"]["quality"]["checks"] if check["code"] == "quality.coverage"
    ]
    assert (coverage["seen"], coverage["pass"]) == (86.6, True)


def test_a_migration_is_recommended_blue_green(fleet: Fleet) -> None:
    decision = _decision(_asked(fleet, request(), "--migration", "--json"))
    assert (decision["strategy"], decision["canary_config"]) == ("blue-green", [])


def test_the_time_of_the_input_counts_where_it_is_trusted(fleet: Fleet) -> None:
    ended = run(
        *("gate", "--input", "-", "--json", "--store", fleet.store, "--catalog", fleet.catalogue),
        stdin=json.dumps(request(now="2026-11-23T09:02:00Z")).encode(),
    )
    assert not _decision(ended)["as_of"].startswith("2026-11-23")
    codes = [item["code"] for item in _decision(ended)["warnings"]]
    assert "warn.input_ignored" in codes
    ended = run(
        *("gate", "--input", "-", "--json", "--store", fleet.store, "--catalog", fleet.catalogue),
        "--trust-input",
        stdin=json.dumps(request(now="2026-11-23T09:02:00Z")).encode(),
    )
    assert ended.code == 0
    assert _decision(ended)["as_of"].startswith("2026-11-23T09:02:00")
    assert "as the input says, not for now" in ended.err


def test_the_prepared_input_is_what_the_log_keeps(fleet: Fleet) -> None:
    prepared = _decision(_asked(fleet, request(), "--print-input"))
    assert prepared["clock"] == {"weekday": "Monday", "time": "09:02:00.000000"}
    assert prepared["slo"]["error_budget_remaining"] == 90
    assert verify_log(fleet.store).records == 0
    decision = _decision(_asked(fleet, request(), "--json"))
    shown = run("decisions", "show", decision["decision_id"], "--json", "--store", fleet.store)
    assert _decision(shown)["input"] == prepared


def test_a_question_can_be_asked_without_being_written_down(fleet: Fleet) -> None:
    ended = _asked(fleet, request(), "--no-record")
    assert ended.code == 0
    assert ended.out.splitlines()[-1].startswith("not recorded, policy ")
    assert verify_log(fleet.store).records == 0
    kept = _asked(fleet, request()).out.splitlines()[-1]
    assert _decisions(fleet, "show", kept.removeprefix("decision ").partition(",")[0]).code == 0


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"not json", "stdin: found text that is not JSON"),
        (b"[]", "stdin: found a list, expected one JSON object"),
        (b'{"service": 5}', "stdin: service: found 5, expected text"),
        (b'{"slo": {"slow_burn_rate": NaN}}', "stdin: found text that is not JSON"),
        (b'{"a": "' + b"x" * 10_000_000 + b'"}', "stdin: found 1,048,577 bytes, expected at most"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "stdin: found"),
    ],
)
def test_bad_input_is_one_clear_error_and_no_decision(fleet: Fleet, body: bytes, told: str) -> None:
    ended = _gate(fleet, "--input", "-", "--json", stdin=body)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {told}")
    assert "Traceback" not in ended.err
    assert verify_log(fleet.store).records == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "error: found no request, expected --input FILE, or --service and the other options"),
        (("--input", "nowhere.json"), "error: nowhere.json: cannot be read: No such file or directory"),
        (("--service", "api", "--change-type", "big"), "'big' is not one of"),
        (("--explain", "slo.luck"), "error: --explain: found 'slo.luck', expected one of build.typecheck"),
    ],
)
def test_options_that_cannot_be_used_are_told(fleet: Fleet, options: tuple[str, ...], told: str) -> None:
    ended = _gate(fleet, *options)
    assert ended.code == 2
    assert told in ended.err


@pytest.mark.parametrize("code", CHECKS)
def test_every_code_is_explained(fleet: Fleet, code: str) -> None:
    ended = _gate(fleet, "--explain", code)
    assert ended.code == 0
    assert ended.out.startswith(f"{code}: {CHECKS[code]}.")
    assert "What to do: " in ended.out


def test_an_opa_server_that_is_not_there_denies(fleet: Fleet) -> None:
    ended = _gate(
        fleet,
        *("--input", "-", "--json"),
        stdin=json.dumps(request()).encode(),
        RELIABILITY_OPA_URL="http://127.0.0.1:9",
    )
    assert (ended.code, _decision(ended)["violations"][0]["code"]) == (1, "policy.engine")


@pytest.fixture
def decided(fleet: Fleet) -> tuple[Fleet, str]:
    """A yes and a no; gives the id of the no."""
    _asked(fleet, request())
    return fleet, _decision(_asked(fleet, request(version="v2", gates={}), "--json"))["decision_id"]


def _decisions(fleet: Fleet, *arguments: object) -> Ended:
    return run("decisions", *arguments, "--store", fleet.store)


def test_the_log_is_listed_newest_first(decided: tuple[Fleet, str]) -> None:
    fleet, name = decided
    listed = _decision(_decisions(fleet, "list", "--json"))["decisions"]
    assert [item["allow"] for item in listed] == [False, True]
    assert listed[0]["decision_id"] == name
    assert {item["requested_by"] for item in listed} == {"Dana"}
    denied = _decision(_decisions(fleet, "list", "--denied", "--json"))["decisions"]
    assert [item["decision_id"] for item in denied] == [name]
    text = _decisions(fleet, "list", "--service", "api").out
    assert "✕ Mon 23 Nov 2026, 09:02 UTC  api v2 to production (feature), asked by Dana, recorded by" in text
    _asked(fleet, request(version="v3", requested_by=None))
    assert "api v3 to production (feature), asker not told, recorded by" in _decisions(fleet, "list").out
    assert _decision(_decisions(fleet, "list", "--json"))["decisions"][0]["requested_by"] is None
    assert "First: type check: nothing known, needed pass." in text
    assert _decisions(fleet, "list", "--service", "nobody").out == "no decision was recorded\n"


def test_a_replay_says_whether_the_answer_is_the_same(decided: tuple[Fleet, str], tmp_path: Path) -> None:
    fleet, name = decided
    same = _decisions(fleet, "replay", name)
    assert (same.code, "nothing differs" in same.out) == (0, True)
    looser = tmp_path / "policy.yaml"
    looser.write_text("release_gate: {golden_path_tiers: []}\n", encoding="utf-8")
    other = _decisions(fleet, "replay", name, "--today", "--policy", looser, "--catalog", fleet.catalogue)
    assert other.code == 1
    assert "gates.quality.checks" in other.out


def test_a_log_that_was_edited_fails_its_verification(decided: tuple[Fleet, str]) -> None:
    fleet, name = decided
    intact = _decision(_decisions(fleet, "verify", "--json"))
    assert (intact["intact"], intact["records"]) == (True, 2)
    assert _decisions(fleet, "verify", "--expect-head", intact["head"]).code == 0
    connection = sqlite3.connect(fleet.store)
    connection.execute("DROP TRIGGER decision_log_is_not_edited")
    connection.execute("UPDATE decision_log SET actor = 'Eve' WHERE id = ?", (name,))
    connection.commit()
    connection.close()
    edited = _decisions(fleet, "verify")
    assert edited.code == 1
    assert "✕ record 2: was changed after it was written" in edited.out


def test_an_unknown_decision_is_told(decided: tuple[Fleet, str]) -> None:
    fleet, _ = decided
    for command in ("show", "replay"):
        ended = _decisions(fleet, command, "nothing")
        assert (ended.code, "found 'nothing'" in ended.err) == (2, True)
