"""`POST /api/v1/gate` on a running server: the same decision as the command's, for whoever may ask."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from dashboard.paths import DEFAULT_SOURCES
from dashboard.reports.decisions import verify_log
from tests.api.test_api import Served, served
from tests.cli.command import run
from tests.gates import request
from tests.pages.stores import NOW, WELL, Fleet, build

_TOKEN = "the-token-of-the-pipeline"  # noqa: S105 - of these tests only
#: What two evaluations of one request never share.
_OWN = ("decision_id",)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return build(tmp_path_factory.mktemp("gate"), WELL)


@pytest.fixture(scope="module")
def server(fleet: Fleet) -> Iterator[Served]:
    with _served(fleet, RELIABILITY_API_TOKEN=_TOKEN) as running:
        yield running


def _served(fleet: Fleet, **environment: str) -> Any:
    return served(
        "--store",
        fleet.store,
        "--catalog",
        fleet.catalogue,
        "--sources",
        DEFAULT_SOURCES,
        "--now",
        NOW.isoformat(),
        env=environment,
    )


def _ask(
    server: Served, body: bytes | dict[str, Any], token: str | None = _TOKEN, method: str = "POST"
) -> requests.Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return requests.request(method, f"{server.url}/api/v1/gate", data=data, headers=headers, timeout=30)


def _record(server: Served, name: str, token: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{server.url}/api/v1/decisions/{name}", headers=headers, timeout=30)


def test_an_unknown_decision_is_not_found(server: Served) -> None:
    assert _record(server, "nothing", _TOKEN).status_code == 404


def test_a_pipeline_is_told_yes_with_every_gate(server: Served) -> None:
    answer = _ask(server, request())
    assert answer.status_code == 200
    decision = answer.json()
    assert decision["allow"] is True
    assert list(decision["gates"]) == ["build", "quality", "security", "slo", "policy", "approval"]
    assert decision["as_of"].startswith("2026-11-23T09:02:00")


def test_a_no_is_an_answer_as_well_with_every_reason(server: Served) -> None:
    answer = _ask(server, {})
    assert (answer.status_code, answer.json()["allow"]) == (200, False)
    assert len(answer.json()["violations"]) > 20


def test_the_command_gives_the_same_decision(server: Served, fleet: Fleet, tmp_path: Path) -> None:
    question = tmp_path / "ci.json"
    question.write_text(json.dumps(request(gates={"build": {"lint": "fail"}})), encoding="utf-8")
    ended = run(
        "gate",
        "--input",
        question,
        "--json",
        "--store",
        fleet.store,
        "--catalog",
        fleet.catalogue,
        "--now",
        NOW.isoformat(),
    )
    told, asked = json.loads(ended.out), _ask(server, question.read_bytes()).json()
    assert ended.code == 1
    assert {key: value for key, value in told.items() if key not in _OWN} == {
        key: value for key, value in asked.items() if key not in _OWN
    }


def test_neither_the_budget_nor_the_time_of_the_body_counts(server: Served) -> None:
    claims = request(slo={"error_budget_remaining": 5}, now="2026-11-28T03:00:00Z")
    decision = _ask(server, claims).json()
    assert decision["allow"] is True
    assert decision["as_of"].startswith("2026-11-23T09:02:00")
    codes = {item["code"] for item in decision["warnings"]}
    assert {"warn.input_differs", "warn.input_ignored"} <= codes


def test_every_decision_is_in_the_log_and_can_be_read(server: Served, fleet: Fleet) -> None:
    made = _ask(server, request(version="v9")).json()
    newest = server.get("/api/v1/decisions?service=api&last=1").json()["decisions"]
    assert [item["decision_id"] for item in newest] == [made["decision_id"]]
    assert newest[0]["by"] == "api token"
    assert server.get(f"/api/v1/decisions/{made['decision_id']}").status_code == 401
    record = _record(server, made["decision_id"], _TOKEN).json()
    assert record["decision"] == made
    assert record["request"] == request(version="v9")
    assert verify_log(fleet.store).faults == ()


@pytest.mark.parametrize("token", [None, "", "another-token-of-nobody", f"{_TOKEN}x"])
def test_without_a_valid_token_nothing_is_decided(server: Served, fleet: Fleet, token: str | None) -> None:
    before = verify_log(fleet.store).records
    answer = _ask(server, request(), token)
    assert answer.status_code == 401
    assert _TOKEN not in answer.text
    assert verify_log(fleet.store).records == before


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (b"", 400, "JSON"),
        (b"{", 400, "JSON"),
        (b'{"slo": {"fast_burn_rate": NaN}}', 400, "JSON"),
        (b"[]", 422, "expected one JSON object"),
        (b'{"service": 5}', 422, "request: service: found 5, expected text"),
        (b'{"gates": {"quality": {"coverage": "85"}}}', 422, "gates.quality.coverage"),
        (b'{"a": ' + b"[" * 500 + b"]" * 500 + b"}", 422, "nesting"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "JSON"),
        (b'{"a": "' + b"x" * 10_000_000 + b'"}', 413, "bytes"),
    ],
)
def test_a_bad_body_is_one_clear_error_and_no_decision(
    server: Served, fleet: Fleet, body: bytes, status: int, told: str
) -> None:
    before = verify_log(fleet.store).records
    answer = _ask(server, body)
    assert answer.status_code == status
    assert told in answer.json()["error"]
    assert verify_log(fleet.store).records == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/decisions?last=0", 400),
        ("/api/v1/decisions?last=many", 400),
        ("/api/v1/decisions?last=0000001999999", 400),
        ("/api/v1/decisions?last=" + "9" * 5_000, 400),
        ("/api/v1/decisions?form=1", 400),
        ("/api/v1/decisions/nothing?last=1", 400),
        ("/api/v1/gates", 404),
    ],
)
def test_what_is_not_there_is_told(server: Served, path: str, status: int) -> None:
    answer = server.get(path)
    assert (answer.status_code, "error" in answer.json()) == (status, True)


def test_only_post_is_answered(server: Served) -> None:
    answer = _ask(server, request(), method="GET")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_the_gate_is_not_to_be_found_while_nobody_may_ask(fleet: Fleet) -> None:
    with _served(fleet) as running:
        assert _ask(running, request()).status_code == 404


def test_a_person_asks_by_their_own_token_and_is_who_requests(fleet: Fleet, tmp_path: Path) -> None:
    made = run("token", "Ann Example", "--role", "Release Captain")
    token = made.out.split()[0]
    access = tmp_path / "access.yaml"
    entry = next(line for line in (made.out + made.err).splitlines() if "token_sha256" in line)
    digest = entry.split("token_sha256:")[1].strip(" \"'}")
    people = f'people:\n  - {{name: Ann Example, roles: [Release Captain], token_sha256: "{digest}"}}\n'
    access.write_text(people, encoding="utf-8")
    with _served(fleet, RELIABILITY_ACCESS=str(access)) as running:
        decision = _ask(running, request(requested_by="Somebody Else"), token).json()
        record = _record(running, decision["decision_id"], token).json()
    assert record["by"] == "Ann Example"
    assert record["input"]["requested_by"] == "Ann Example"


def test_an_engine_that_does_not_answer_denies(fleet: Fleet) -> None:
    with _served(fleet, RELIABILITY_API_TOKEN=_TOKEN, RELIABILITY_OPA_URL="http://127.0.0.1:9") as running:
        decision = _ask(running, request()).json()
    assert decision["allow"] is False
    assert [item["code"] for item in decision["violations"]] == ["policy.engine"]
