"""`reliability import deployments|incidents`, `attribute`, `dora`, `mttr` and `ledger`."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import ROOT, Ended, run

NOW = "2026-11-23T12:00:00Z"
DEPLOYMENTS = """\
id,service,environment,version,commit_sha,commit_times,started_at,finished_at,status,change_type,actor,url
d1,api,production,v1,aaa,2026-11-10T08:00:00Z;2026-11-10T08:40:00Z,2026-11-10T09:00:00Z,2026-11-10T09:10:00Z,succeeded,feature,ann,
d2,api,production,v2,bbb,2026-11-11T08:30:00Z,2026-11-11T09:00:00Z,2026-11-11T09:10:00Z,succeeded,feature,bob,
d3,api,production,v1,aaa,,2026-11-11T09:40:00Z,2026-11-11T09:45:00Z,succeeded,,bob,
d4,web,production,v7,ccc,,2026-11-12T09:00:00Z,2026-11-12T09:30:00Z,failed,,eve,
d5,api,production,v3,ddd,,2026-11-23T08:00:00Z,2026-11-23T08:30:00Z,succeeded,bugfix,ann,
d6,api,staging,v4,eee,,2026-11-23T09:00:00Z,2026-11-23T09:30:00Z,succeeded,,ann,
"""
INCIDENTS = """\
id,title,severity,services,started_at,detected_at,acknowledged_at,mitigated_at,resolved_at
INC-1,API down,P1,api,2026-11-11T09:12:00Z,2026-11-11T09:15:00Z,2026-11-11T09:20:00Z,2026-11-11T09:45:00Z,2026-11-11T10:00:00Z
INC-2,Slow,P1,web;api,2026-11-20T09:00:00Z,2026-11-20T09:10:00Z,2026-11-20T09:05:00Z,2026-11-20T09:30:00Z,2026-11-20T09:40:00Z
INC-3,Still broken,P2,web,2026-11-23T09:00:00Z,2026-11-23T09:05:00Z,,,
"""  # noqa: E501 - rows as people write them


@pytest.fixture
def filled(store: Path, catalog: Path, tmp_path: Path) -> list[object]:
    """A store with a few deployments and incidents; the options that reach it."""
    for name, text in (("deployments", DEPLOYMENTS), ("incidents", INCIDENTS)):
        file = tmp_path / f"{name}.csv"
        file.write_text(text, encoding="utf-8")
        assert run("import", name, file, "--store", store, "--catalog", catalog).code == 0
    return ["--store", store, "--catalog", catalog]


def document(*arguments: object) -> dict[str, Any]:
    ended = run(*arguments, "--json")
    assert ended.code == 0, ended.err
    found: dict[str, Any] = json.loads(ended.out)
    return found


def imported(kind: str, text: str, store: Path, catalog: Path) -> Ended:
    return run("import", kind, "-", "--store", store, "--catalog", catalog, stdin=text.encode())


def test_importing_a_file_again_changes_nothing(filled: list[object], tmp_path: Path) -> None:
    ended = run("import", "deployments", tmp_path / "deployments.csv", *filled)
    assert ended.code == 0
    assert "6 rows: 0 added, 6 known already" in ended.err


@pytest.mark.parametrize("form", ["array", "lines"])
def test_json_and_json_lines_say_the_same_as_csv(
    form: str, filled: list[object], store: Path, catalog: Path
) -> None:
    header, *lines = DEPLOYMENTS.splitlines()
    rows: list[dict[str, Any]] = [
        dict(zip(header.split(","), line.split(","), strict=True)) for line in lines
    ]
    for row in rows:
        row["commit_times"] = [time for time in row["commit_times"].split(";") if time]
    text = json.dumps(rows) if form == "array" else "\n".join(map(json.dumps, rows))
    assert "0 added, 6 known" in imported("deployments", text, store, catalog).err
    assert filled


def test_every_row_that_cannot_be_read_is_told_and_nothing_of_the_file_is_stored(
    store: Path, catalog: Path
) -> None:
    text = (
        "id,service,environment,status,started_at,finished_at\n"
        "ok,api,production,succeeded,2026-11-10T09:00:00Z,2026-11-10T09:10:00Z\n"
        "naive,api,production,succeeded,2026-11-10T09:00:00,\n"
        ",api,production,succeeded,2026-11-10T09:00:00Z,\n"
        "state,api,production,done,2026-11-10T09:00:00Z,\n"
        "backwards,api,production,failed,2026-11-10T09:00:00Z,2026-11-10T08:00:00Z\n"
        "short,api\n"
        "timeless,api,production,succeeded,,\n"
    )
    ended = imported("deployments", text, store, catalog)
    assert ended.code == 2
    for told in (
        "line 3: started_at: found '2026-11-10T09:00:00', a time without an offset, expected",
        "line 4: id: found nothing, expected text",
        "line 5: status: found 'done', expected one of queued",
        "line 6: finished_at: found '2026-11-10T08:00:00Z', expected a time after started_at",
        "line 7: found fewer values than columns",
        "line 8: found no time, expected at least one of started_at",
        "nothing was imported",
    ):
        assert told in ended.err
    assert "Traceback" not in ended.err
    assert not store.exists()


def test_a_column_that_is_not_known_is_told_with_those_that_are(store: Path, catalog: Path) -> None:
    ended = imported("incidents", "id,when\nINC-9,2026-11-10T09:00:00Z\n", store, catalog)
    assert ended.code == 2
    assert (
        "line 1: found the columns id, when; not known: when; expected id and any of id, title" in ended.err
    )


def test_a_zone_for_imports_makes_naive_times_readable(store: Path, catalog: Path, tmp_path: Path) -> None:
    sources = tmp_path / "sources.yaml"
    sources.write_text("time_zones: {import: Europe/Berlin}\n", encoding="utf-8")
    text = "id,started_at,detected_at\nINC-9,2026-11-10T09:00:00,2026-11-10T09:05:00\n"
    where = ["--store", store, "--catalog", catalog, "--sources", sources]
    assert run("import", "incidents", "-", *where, stdin=text.encode()).code == 0
    with sqlite3.connect(store) as connection:
        (started,) = connection.execute("SELECT started FROM incident_log").fetchone()
    assert started == "2026-11-10 08:00:00"


def test_dora_counts_failed_of_judged_deployments_to_production(filled: list[object]) -> None:
    found = document("dora", *filled, "--now", NOW)
    assert (found["deployments"], found["failed"], found["pending"]) == (5, 2, 1)
    rate = found["change_failure_rate"]
    assert (rate["k"], rate["n"], rate["value"]) == (2, 4, 0.5)
    assert rate["low"] == pytest.approx(0.15, abs=0.005)  # Wilson, 2 of 4
    recovery = found["failed_deployment_recovery_time"]
    assert (recovery["n"], recovery["median_seconds"]) == (1, 50 * 60)  # v2 was live at 09:10, well at 10:00
    assert found["time_to_next_good_deployment"]["median_seconds"] == 35 * 60  # the rollback at 09:45
    assert found["time_to_next_good_deployment"]["open"] == 1  # of web nothing came after the failure
    assert found["lead_time"]["n"] == 3
    # Two of the days with a deployment are whole, today is not.
    assert found["deployment_frequency"]["days_without"] == found["deployment_frequency"]["days"] - 2
    assert (found["rework_rate"]["k"], found["rework_rate"]["n"]) == (1, 5)


def test_mttr_tells_met_missed_undetermined_and_excluded_apart(filled: list[object]) -> None:
    found = document("mttr", *filled, "--now", NOW)
    phases = found["severities"]["P1"]["phases"]
    assert found["severities"]["P1"]["open"] == 0
    assert {name: (phase["met"], phase["missed"]) for name, phase in phases.items()} == {
        "detect": (1, 1),
        "triage": (1, 0),
        "mitigate": (0, 2),
        "recover": (2, 0),
        "total": (2, 0),
    }
    assert phases["triage"]["excluded_by_reason"] == {"out_of_order": 1}
    assert phases["total"]["median_seconds"] == 44 * 60
    assert phases["total"]["p90_seconds"] is None  # of two there is no 90th percentile
    open_one = found["severities"]["P2"]
    assert open_one["open"] == 1
    assert open_one["phases"]["triage"]["missed"] == 1  # nobody took it up for nearly three hours
    assert open_one["phases"]["mitigate"]["undetermined"] == 1
    assert open_one["phases"]["total"]["missed"] == 1
    assert found["trend"]["all"]["verdict"] == "too_few"


@pytest.mark.parametrize("command", ["dora", "mttr"])
def test_the_document_is_the_golden_one(command: str, filled: list[object]) -> None:
    """Whoever reads it by machine relies on every name in it; floats may differ in their last digits."""
    golden = ROOT / "tests" / "golden" / f"{command}.json"
    found = _rounded(document(command, *filled, "--now", NOW))
    assert found == json.loads(golden.read_text(encoding="utf-8"))


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


def test_an_earlier_now_sees_the_incident_open(filled: list[object]) -> None:
    found = document("mttr", *filled, "--now", "2026-11-11T09:30:00Z", "--severity", "P1")
    assert list(found["severities"]) == ["P1"]
    assert found["severities"]["P1"]["open"] == 1
    assert found["severities"]["P1"]["phases"]["mitigate"]["undetermined"] == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--service", "nope"], "--service: found 'nope', expected one of api, web, docs"),
        (["--from", "yesterday"], "from: found 'yesterday', expected an ISO-8601 time with an offset"),
        (["--from", "2026-11-30"], "from: found 2026-11-30T00:00:00+00:00, expected a time before"),
    ],
)
def test_a_wrong_option_is_one_clear_error(filled: list[object], options: list[str], told: str) -> None:
    ended = run("dora", *filled, "--now", NOW, *options)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err


def test_a_day_is_the_day_of_the_policy_s_time_zone(filled: list[object], tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("timezone: America/New_York\n", encoding="utf-8")
    found = document("dora", *filled, "--policy", policy, "--now", NOW, "--from", "2026-11-11")
    assert found["from"] == "2026-11-11T05:00:00Z"


def test_a_person_s_word_on_a_cause_wins_and_names_who_and_why(filled: list[object]) -> None:
    args = ["--by", "Ann", "--why", "the disk was full"]
    assert run("attribute", "INC-1", "--none", *args, *filled).code == 0
    found = document("dora", *filled)
    # v2 is still failed: it was rolled back; but nothing recovers with INC-1 any more.
    assert found["failed"] + found["pending_failed"] == 2
    assert found["failed_deployment_recovery_time"]["median_seconds"] == 35 * 60


def test_an_attribution_to_nothing_that_exists_is_refused(filled: list[object]) -> None:
    said = ["--by", "Ann", "--why", "a guess"]
    unknown = run("attribute", "INC-1", "--to", "api/production/d99", *said, *filled)
    assert unknown.code == 2
    assert "expected service/environment/id of one that the store knows" in unknown.err
    assert "incident: found 'INC-99'" in run("attribute", "INC-99", "--none", *said, *filled).err
    assert "expected one of them" in run("attribute", "INC-1", *said, *filled).err


def test_a_correction_wins_over_what_was_imported_before(
    filled: list[object], store: Path, catalog: Path
) -> None:
    text = "id,resolved_at\nINC-1,2026-11-11T10:30:00Z\n"
    plain = run("import", "incidents", "-", "--correct", *filled, stdin=text.encode())
    assert plain.code == 0
    found = document("mttr", *filled, "--severity", "P1", "--service", "api")
    assert found["severities"]["P1"]["phases"]["total"]["missed"] == 1
    assert store
    assert catalog


def test_the_ledger_of_a_store_without_counts_is_empty_not_zero(filled: list[object]) -> None:
    assert document("ledger", *filled, "--now", NOW)["ledgers"] == []


def test_the_demo_s_ledgers_add_up_and_name_large_spenders(demo: Path) -> None:
    found = document("ledger", "--store", demo)
    assert len(found["ledgers"]) == 16
    for book in found["ledgers"]:
        assert sum(entry["bad"] for entry in book["entries"]) == book["bad"]
    assert any(book["large_spenders"] for book in found["ledgers"])
    text = run("ledger", "--store", demo).out
    assert "bad events, share of the budget unknown, like" in text
    assert "unknown of the budget" not in text


@pytest.mark.parametrize("command", ["dora", "mttr", "ledger"])
def test_people_get_sentences_without_a_traceback_or_a_nan(command: str, filled: list[object]) -> None:
    ended = run(command, *filled, "--now", NOW)
    assert ended.code == 0, ended.err
    assert "nan" not in ended.out.lower()
    assert "None" not in ended.out


def test_half_a_surrogate_pair_is_a_fault_of_its_row(store: Path, catalog: Path) -> None:
    row = '{"id": "d", "service": "api", "environment": "production", "version": "\\ud800",'
    ended = imported("deployments", row + ' "started_at": "2026-11-10T09:00:00Z"}\n{}', store, catalog)
    assert ended.code == 2
    assert "line 1: version: found" in ended.err
    assert "Traceback" not in ended.err


def test_import_tells_at_once_what_will_not_show(store: Path, catalog: Path) -> None:
    header = "id,severity,services,started_at,detected_at"
    text = f"{header}\nI,SEV0,checkout,2026-11-10T09:00:00Z,2026-11-10T08:00:00Z\n"
    ended = imported("incidents", text, store, catalog)
    assert ended.code == 0
    assert "unmapped: 'checkout'" in ended.err
    assert "unmapped: 'SEV0'" in ended.err
    assert "I: its times are out of order" in ended.err
    late = "id,service,environment,started_at\nd,api,production,2126-11-10T09:00:00Z\n"
    assert "1 row of the future" in imported("deployments", late, store, catalog).err


def test_an_environment_that_nobody_named_is_told_not_dropped(store: Path, catalog: Path) -> None:
    """Letter case and the usual short names are known."""
    rows = [
        f"d{index},api,{name},2026-11-10T09:00:00Z,2026-11-10T09:10:00Z,succeeded\n"
        for index, name in enumerate(("Production", "PRD", "live", "shop"))
    ]
    header = "id,service,environment,started_at,finished_at,status\n"
    assert imported("deployments", header + "".join(rows), store, catalog).code == 0
    where = ["--store", store, "--catalog", catalog, "--now", NOW]
    found = document("dora", *where)
    assert found["deployments"] == 3
    assert found["unmapped"]["environments"] == {"shop": 1}
    assert "not counted: 1 deployment to 'shop'" in run("dora", *where).err


def test_with_a_severity_only_its_incidents_fail_deployments(filled: list[object]) -> None:
    whole = document("dora", *filled, "--now", NOW)
    assert document("dora", *filled, "--now", NOW, "--severity", "P1")["failed"] == whole["failed"]
    other = document("dora", *filled, "--now", NOW, "--severity", "P3")
    assert other["failed"] == 2, "d2 was rolled back whatever the incident, and d4 failed by itself"
    assert other["failed_deployment_recovery_time"]["median_seconds"] == 35 * 60
