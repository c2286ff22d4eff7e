"""A decision that is written down: with all that it was made of, under one lock, replayable for ever."""

import sqlite3
import threading
from pathlib import Path

import pytest

from dashboard.config import load_policy
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.policy import Policy
from dashboard.errors import InputError, StoreError
from dashboard.ingest.decisions import decide_and_record
from dashboard.paths import DEFAULT_POLICY
from dashboard.policy.engine import RegoEngine
from dashboard.reports.decisions import (
    DecisionFilter,
    decision_record,
    decisions_report,
    replay,
    verify_log,
)
from dashboard.store.database import open_for_reading
from dashboard.store.release_controls import read_controls
from tests.gates import MINUTE, approve, asked, grant, recorded, request, setting
from tests.pages.stores import NOW, WELL, Fleet, build, steady

#: The same thresholds but for one: test coverage has to be complete.
_STRICTER = "release_gate: {coverage: {1: 100, 2: 70, 3: 60}}\n"


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return build(tmp_path / "fleet", WELL)


@pytest.fixture
def policy() -> Policy:
    return load_policy(DEFAULT_POLICY)


def test_a_decision_is_in_the_log_with_its_request_its_input_and_its_policy(fleet: Fleet) -> None:
    decided = recorded(fleet, request())
    found = decision_record(fleet.store, decided.document["decision_id"])
    assert found.body["decision"] == decided.document
    assert found.body["input"] == decided.input
    assert found.body["request"] == request()
    assert (found.at, found.actor) == (NOW, "ci")
    assert verify_log(fleet.store).faults == ()


def test_a_no_is_written_down_as_well(fleet: Fleet) -> None:
    recorded(fleet, {})
    (found,) = decisions_report(fleet.store, DecisionFilter())
    assert not found.decision.allow
    assert found.decision.service is None


def test_an_older_store_is_brought_up_to_date_before_its_first_decision(fleet: Fleet) -> None:
    """Else the decision would be made without what the store knows."""
    connection = sqlite3.connect(fleet.store)
    for table in ("decision_log", "decision_log_head", "policy_versions"):
        connection.execute(f"DROP TABLE {table}")
    connection.execute("DROP VIEW decisions")
    connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'decision_log'")
    connection.execute("PRAGMA user_version = 2")
    connection.commit()
    connection.close()
    assert recorded(fleet, request()).document["allow"]


def test_the_clock_decides_once_the_log_is_locked(fleet: Fleet) -> None:
    late = decide_and_record(setting(fleet), asked(request()), actor="ci", clock=lambda: NOW.replace(hour=20))
    assert [item["code"] for item in late.document["violations"]] != []
    assert late.document["as_of"].startswith("2026-11-23T20:02")


def test_decisions_are_found_by_service_and_answer_newest_first(fleet: Fleet) -> None:
    recorded(fleet, request(version="1"))
    recorded(fleet, request(version="2"), now=NOW + MINUTE)
    recorded(fleet, request(version="3", gates={}), now=NOW + 2 * MINUTE)
    recorded(fleet, request(service="worker"), now=NOW + 3 * MINUTE)
    api = decisions_report(fleet.store, DecisionFilter(service="api"))
    assert [item.decision.version for item in api] == ["3", "2", "1"]
    denied = decisions_report(fleet.store, DecisionFilter(denied=True))
    assert [item.decision.version for item in denied] == ["3"]
    assert len(decisions_report(fleet.store, DecisionFilter(newest=2))) == 2
    until = decisions_report(fleet.store, DecisionFilter(), NOW + MINUTE)
    assert [item.decision.version for item in until] == ["2", "1"]


def test_an_id_of_nothing_is_refused(fleet: Fleet) -> None:
    recorded(fleet, request())
    with pytest.raises(InputError, match="found 'nothing', expected the id of one that was recorded"):
        decision_record(fleet.store, "nothing")


def test_a_replay_under_the_policy_of_then_gives_the_answer_of_then(fleet: Fleet) -> None:
    decided = recorded(fleet, request())
    found = replay(fleet.store, decided.document["decision_id"], RegoEngine())
    assert (found.differences, found.allow_now) == ((), True)


def test_a_replay_under_today_s_policy_shows_what_differs(fleet: Fleet, tmp_path: Path) -> None:
    decided = recorded(fleet, request())
    stricter = tmp_path / "stricter.yaml"
    stricter.write_text(_STRICTER, encoding="utf-8")
    today = setting(fleet, stricter).gate_policy
    found = replay(fleet.store, decided.document["decision_id"], RegoEngine(), today)
    assert (found.allow_then, found.allow_now) == (True, False)
    assert found.policy_version != found.recorded_version
    paths = {item.path for item in found.differences}
    assert "gates.quality.checks[3].needed.at_least" in paths
    # The policy of then is kept, so it still decides as it did when the file has changed.
    assert replay(fleet.store, decided.document["decision_id"], RegoEngine()).differences == ()


def test_a_policy_that_was_changed_after_it_was_kept_is_found_and_decides_nothing(fleet: Fleet) -> None:
    decided = recorded(fleet, request())
    connection = sqlite3.connect(fleet.store)
    connection.execute("UPDATE policy_versions SET data = replace(data, '\"1\":80', '\"1\":10')")
    connection.commit()
    connection.close()
    (fault,) = verify_log(fleet.store).faults
    assert fault.message.endswith("was changed after it was kept")
    with pytest.raises(StoreError, match="expected the policy that decided"):
        replay(fleet.store, decided.document["decision_id"], RegoEngine())


def test_the_head_that_somebody_noted_is_looked_for(fleet: Fleet) -> None:
    recorded(fleet, request())
    noted = verify_log(fleet.store).head
    recorded(fleet, request(), now=NOW + MINUTE)
    assert verify_log(fleet.store, noted).faults == ()
    (fault,) = verify_log(fleet.store, "f" * 64).faults
    assert "expected one" in fault.message


def test_an_exception_that_a_release_needed_is_bound_to_it(tmp_path: Path, policy: Policy) -> None:
    fleet = build(tmp_path / "fleet", WELL | {"api/availability": steady(0.0009)})
    approve(fleet, policy, "SRE")
    name = grant(fleet, ExceptionType.SLO, policy, ends=NOW + 60 * MINUTE)
    fix = request(change_type="bugfix")
    assert recorded(fleet, fix).document["allow"]
    with open_for_reading(fleet.store) as connection:
        (exception,) = read_controls(connection).exceptions
    assert str(exception.used_for) == "api v2.4.0 to production"
    again = recorded(fleet, fix, now=NOW + MINUTE)
    assert again.document["exceptions_used"][0]["id"] == name
    other = recorded(fleet, fix | {"version": "v2.4.1"}, now=NOW + MINUTE)
    assert not other.document["allow"]
    assert verify_log(fleet.store).faults == ()


def test_an_exception_stays_unused_when_the_answer_is_no(tmp_path: Path, policy: Policy) -> None:
    fleet = build(tmp_path / "fleet", WELL | {"api/availability": steady(0.0009)})
    grant(fleet, ExceptionType.SLO, policy, ends=NOW + 60 * MINUTE)
    assert not recorded(fleet, request(gates={})).document["allow"]
    with open_for_reading(fleet.store) as connection:
        (exception,) = read_controls(connection).exceptions
    assert exception.used_for is None


def test_an_exception_that_was_used_a_moment_later_is_used(tmp_path: Path, policy: Policy) -> None:
    """The lock decides who comes first, not the clock at which each was asked for."""
    fleet = build(tmp_path / "fleet", WELL | {"api/availability": steady(0.0009)})
    grant(fleet, ExceptionType.SLO, policy, ends=NOW + 60 * MINUTE)
    for version in ("v2.4.0", "v2.4.1"):
        approve(fleet, policy, "SRE", by=f"Lena {version}", version=version)
    fix = request(change_type="bugfix")
    assert recorded(fleet, fix, now=NOW + MINUTE).document["allow"]
    assert not recorded(fleet, fix | {"version": "v2.4.1"}, now=NOW).document["allow"]


def test_of_two_releases_that_want_one_exception_at_once_one_gets_it(tmp_path: Path, policy: Policy) -> None:
    fleet = build(tmp_path / "fleet", WELL | {"api/availability": steady(0.0009)})
    grant(fleet, ExceptionType.BUDGET, policy, ends=NOW + 30 * MINUTE)
    answers: dict[str, bool] = {}

    def release(version: str) -> None:
        document = request(change_type="emergency", version=version)
        answers[version] = recorded(fleet, document).document["allow"]

    for version in ("v2.4.0", "v2.4.1"):
        approve(fleet, policy, "SRE", by=f"Lena {version}", version=version)
    threads = [threading.Thread(target=release, args=(version,)) for version in ("v2.4.0", "v2.4.1")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers.values()) == [False, True]
    assert verify_log(fleet.store).faults == ()
