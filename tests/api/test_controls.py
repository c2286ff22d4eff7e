"""Freezes, exceptions and approvals over HTTP: their way, who may, and what is told of what is wrong."""

import json
import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from dashboard.store import settings
from dashboard.store.database import open_for_writing
from tests.api.test_api import Served, served
from tests.cli.command import run
from tests.people import PEOPLE, access_file, token

_ASK = {"type": "window", "service": "api", "reason": "Hot fix", "mitigation": "Canary"}
_RELEASE = {"service": "api", "environment": "production", "version": "1.4.2"}
_PATHS = (
    "exceptions",
    "exceptions/EXC-2026-0001/approve",
    "exceptions/EXC-2026-0001/revoke",
    "exceptions/EXC-2026-0001/use",
    "exceptions/EXC-2026-0001/review",
    "freezes",
    "freezes/FRZ-2026-0001/end",
    "approvals",
    "approvals/APR-2026-0001/withdraw",
)
_LISTS = ("exceptions", "freezes", "approvals")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the store and `access.yaml` are."""
    return tmp_path_factory.mktemp("controls")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Served]:
    """A server with people."""
    with served("--store", folder / "store.db", "--access", access_file(folder)) as running:
        yield running


def send(server: Served, name: str, path: str, value: object = None) -> requests.Response:
    """What `name` gets for a POST; bytes are sent as they are."""
    body = value if isinstance(value, bytes) else b"" if value is None else json.dumps(value).encode()
    return requests.post(f"{server.url}/api/v1/{path}", data=body, headers=bearer(name), timeout=30)


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(name)}"}


def made(server: Served, name: str, path: str, value: object = None) -> Any:
    """The document of a change that is made."""
    answer = send(server, name, path, value)
    assert answer.ok, answer.text
    return answer.json()


def listed(server: Served, path: str) -> Any:
    answer = requests.get(f"{server.url}/api/v1/{path}", headers=bearer("Eve"), timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer: requests.Response, status: int, told: str, field: str | None = None) -> None:
    """An error with one sentence, and the field that is to blame."""
    assert answer.status_code == status, answer.text
    document = answer.json()
    assert told in document["error"]
    assert document.get("field") == field
    assert set(document) <= {"error", "field"}


def test_an_exception_goes_its_way(server: Served) -> None:
    answer = send(server, "Eve", "exceptions", _ASK | {"lasts": "2h", "environment": "production"})
    assert answer.status_code == 201
    asked = answer.json()
    at = f"exceptions/{asked['id']}"
    assert (asked["state"], asked["requestor"], asked["missing_roles"]) == (
        "requested",
        "Eve",
        ["Release Captain"],
    )
    assert made(server, "Ada", f"{at}/approve")["state"] == "approved"
    assert made(server, "Eve", f"{at}/use", _RELEASE)["used"]["by"] == "Eve"
    assert made(server, "Ada", f"{at}/use", _RELEASE)["used"]["by"] == "Eve"
    assert made(server, "Bea", f"{at}/review", {"notes": "As planned"})["review"]["notes"] == "As planned"
    gone = made(server, "Eve", f"{at}/revoke", {"reason": "Done"})
    assert (gone["state"], gone["in_force"]) == ("revoked", False)
    found = {item["id"]: item for item in listed(server, "exceptions")["exceptions"]}
    assert found[asked["id"]] == gone
    assert asked["id"] not in str(listed(server, "exceptions?open=true"))


def test_a_freeze_goes_its_way(server: Served) -> None:
    end = datetime.now(UTC) + timedelta(hours=3)
    asked = {"end": end.isoformat(), "reason": "Sale", "services": ["api"], "environments": ["production"]}
    freeze = made(server, "Ada", "freezes", asked)
    assert (freeze["active"], freeze["added_by"], freeze["services"]) == (True, "Ada", ["api"])
    assert made(server, "Cy", f"freezes/{freeze['id']}/end", {"reason": "Sold out"})["active"] is False
    assert freeze["id"] in str(listed(server, "freezes"))
    assert freeze["id"] not in str(listed(server, "freezes?open=true"))


def test_an_approval_goes_its_way(server: Served) -> None:
    approval = made(server, "Ada", "approvals", _RELEASE | {"roles": ["sre"], "reason": "Watched it"})
    assert (approval["roles"], approval["valid"]) == (["SRE"], True)
    assert approval["id"] in str(listed(server, "approvals?open=true"))
    assert not made(server, "Ada", f"approvals/{approval['id']}/withdraw", {"reason": "It burns"})["valid"]
    assert approval["id"] not in str(listed(server, "approvals?open=true"))


def test_a_parameter_that_is_not_known_is_refused_and_nothing_is_changed(server: Served) -> None:
    for path in _LISTS:
        answer = requests.get(f"{server.url}/api/v1/{path}?opne=true", headers=bearer("Eve"), timeout=30)
        refused(answer, 400, "found the parameter 'opne', expected one of open", "opne")
    before = listed(server, "exceptions")["exceptions"]
    refused(send(server, "Eve", "exceptions?open=true", _ASK), 400, "expected none", "open")
    assert listed(server, "exceptions")["exceptions"] == before


def test_the_command_sees_what_the_api_did(server: Served, folder: Path) -> None:
    name = made(server, "Eve", "exceptions", _ASK)["id"]
    ended = run("exception", "list", "--json", "--store", folder / "store.db")
    api = {item["id"]: item for item in listed(server, "exceptions?open=true")["exceptions"]}
    command = {item["id"]: item for item in json.loads(ended.out)["exceptions"]}
    assert command == api
    assert name in command


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {'x' * 43}"},
        {"Authorization": f"Basic {token('Ada')}"},
        {"Authorization": "Bearer \xff"},
    ],
)
def test_without_a_token_of_a_person_nobody_comes_in(
    server: Served, path: str, headers: dict[str, str]
) -> None:
    for method in ("GET", "POST") if path in _LISTS else ("POST",):
        answer = requests.request(
            method, f"{server.url}/api/v1/{path}", headers=headers, data=b"{", timeout=30
        )
        refused(answer, 401, "expected Authorization: Bearer with one")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_without_people_there_is_nothing(tmp_path: Path) -> None:
    with served("--store", tmp_path / "store.db") as server:
        for path in _PATHS:
            for method in ("GET", "POST", "DELETE"):
                answer = requests.request(
                    method, f"{server.url}/api/v1/{path}", headers=bearer("Ada"), timeout=30
                )
                refused(answer, 404, f"found nothing at /api/v1/{path}")
    assert not (tmp_path / "store.db").exists()


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_told_which_there_are(server: Served, path: str, method: str) -> None:
    if path in _LISTS and method == "GET":
        return
    answer = requests.request(method, f"{server.url}/api/v1/{path}", headers=bearer("Ada"), timeout=30)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST" if path in _LISTS else "POST")


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("exceptions", {}, "type"),
        ("exceptions", _ASK | {"type": "wish"}, "type"),
        ("exceptions", _ASK | {"service": "nobody"}, "service"),
        ("exceptions", _ASK | {"environment": "moon"}, "environment"),
        ("exceptions", _ASK | {"reason": " "}, "reason"),
        ("exceptions", _ASK | {"mitigation": 7}, "mitigation"),
        ("exceptions", _ASK | {"expires_at": "tomorrow"}, "expires_at"),
        ("exceptions", _ASK | {"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ("exceptions", _ASK | {"lasts": "5h"}, "expires_at"),
        ("exceptions", _ASK | {"lasts": "long"}, "lasts"),
        ("exceptions", _ASK | {"lasts": "1h", "expires_at": "2090-01-01T00:00:00Z"}, "lasts"),
        ("exceptions", _ASK | {"type": "freeze"}, "expires_at"),
        ("exceptions", _ASK | {"type": "freeze", "freeze": "no-such", "lasts": "1h"}, "freeze"),
        ("exceptions", _ASK | {"expires": "1h"}, "expires"),
        ("freezes", {"reason": "r"}, "end"),
        ("freezes", {"reason": "r", "end": "2020-01-01T00:00:00Z"}, "end"),
        ("freezes", {"reason": "r", "end": "2090-01-01T00:00:00Z", "services": "api"}, "services"),
        ("freezes", {"reason": "r", "end": "2090-01-01T00:00:00Z", "services": [1]}, "services[0]"),
        ("freezes", {"reason": "r", "end": "2090-01-01T00:00:00Z", "environments": ["x"]}, "environments"),
        ("approvals", _RELEASE, "reason"),
        ("approvals", _RELEASE | {"reason": "r", "roles": ["King"]}, "role"),
        ("exceptions/EXC-2026-0001/approve", {"by": "Bea"}, "by"),
        ("exceptions/EXC-2026-0001/use", {"service": "api"}, "environment"),
    ],
)
def test_a_wrong_value_is_named(server: Served, path: str, value: object, field: str) -> None:
    refused(send(server, "Ada", path, value), 422, f"{field}: found", field)


@pytest.mark.parametrize("body", [b"{", b"\xff", b"{}x", b"NaN", b"[" * 9999])
def test_a_body_that_is_not_json_is_refused(server: Served, body: bytes) -> None:
    refused(send(server, "Ada", "exceptions", body), 400, "found a body that is not JSON")


@pytest.mark.parametrize("value", [[], "x", 7, [_ASK]])
def test_other_json_than_an_object_is_refused(server: Served, value: object) -> None:
    refused(send(server, "Ada", "exceptions", value), 422, "expected an object", "the document")


def test_a_body_that_is_too_large_is_refused(server: Served) -> None:
    refused(send(server, "Ada", "exceptions", b" " * 1_100_000), 413, "expected at most that")


def test_what_a_rule_forbids_is_403_and_what_the_state_forbids_409(server: Served) -> None:
    own = made(server, "Ada", "exceptions", _ASK)["id"]
    refused(send(server, "Ada", f"exceptions/{own}/approve"), 403, "nobody approves their own request")
    refused(send(server, "Bea", f"exceptions/{own}/approve"), 403, "expected one of Release Captain")
    refused(send(server, "Eve", "approvals", _RELEASE | {"reason": "r"}), 403, "found Eve with no role")
    refused(send(server, "Eve", f"exceptions/{own}/use", _RELEASE), 409, "expected the approval of Release")
    refused(send(server, "Bea", f"exceptions/{own}/review", {"notes": "n"}), 409, "unused, expected one")
    made(server, "Ada", f"exceptions/{own}/revoke", {"reason": "Done"})
    refused(send(server, "Bea", f"exceptions/{own}/revoke", {"reason": "x"}), 409, "revoked by Ada")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("exceptions/EXC-1999-0001/approve", None),
        ("exceptions/%1b%27/revoke", {"reason": "r"}),
        ("freezes/FRZ-1999-0001/end", {"reason": "r"}),
        ("approvals/APR-1999-0001/withdraw", {"reason": "r"}),
    ],
)
def test_what_is_unknown_is_404(server: Served, path: str, value: object) -> None:
    refused(send(server, "Ada", path, value), 404, "expected one that was recorded")


def test_of_many_who_use_an_exception_at_once_one_gets_it(server: Served) -> None:
    name = made(server, "Eve", "exceptions", _ASK)["id"]
    made(server, "Ada", f"exceptions/{name}/approve")
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(
            lambda index: (
                send(
                    server, "Eve", f"exceptions/{name}/use", _RELEASE | {"version": f"2.{index}"}
                ).status_code
            ),
            range(8),
        )
        assert sorted(answers) == [200, *[409] * 7]


def test_the_demo_is_not_changed(tmp_path: Path) -> None:
    store = tmp_path / "demo.db"
    with open_for_writing(store) as connection:
        settings.mark_demo(connection, int(datetime(2026, 11, 20, tzinfo=UTC).timestamp()))
    with served("--store", store, "--access", access_file(tmp_path)) as server:
        refused(send(server, "Ada", "exceptions", _ASK), 409, "found the demo in this store")
        assert listed(server, "exceptions") == {
            "as_of": "2026-11-20T00:00:00Z",
            "overdue_reviews": [],
            "exceptions": [],
        }


def test_people_can_be_changed_while_it_runs_and_faults_are_told(tmp_path: Path) -> None:
    access = access_file(tmp_path)
    with served("--store", tmp_path / "store.db", "--access", access) as server:
        made(server, "Ada", "exceptions", _ASK)
        access.write_text(access.read_text().replace("name: Ada", "name: Adele"))
        assert made(server, "Ada", "exceptions", _ASK)["requestor"] == "Adele"
        access.write_text("people: 7")
        refused(send(server, "Ada", "exceptions", _ASK), 503, "people: found 7, expected a list")


def test_who_may_is_told_and_no_token_is_told_logged_or_stored(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    with served("--store", store, "--access", access_file(tmp_path)) as server:
        answers = [
            send(server, "Eve", "exceptions", _ASK),
            send(server, "Eve", "exceptions", b"{"),
            send(server, "Eve", "approvals", _RELEASE | {"reason": "r"}),
        ]
        server.process.send_signal(signal.SIGTERM)
        out, err = server.process.communicate(timeout=30)
    told = "".join(answer.text + str(answer.headers) for answer in answers)
    with sqlite3.connect(store) as connection:
        told += "\n".join(connection.iterdump())
    assert not [name for name in PEOPLE if token(name) in told + out + err]
    assert "exceptions, freezes and approvals by API are on for 4 people of access.yaml" in err


@pytest.mark.parametrize(("option", "text"), [("--access", "people: 7"), ("--freezes", "BEGIN:X")])
def test_serve_tells_a_fault_of_its_files_before_it_begins(tmp_path: Path, option: str, text: str) -> None:
    path = tmp_path / "wrong.ics"
    path.write_text(text)
    ended = run("serve", "--store", tmp_path / "store.db", option, path)
    assert (ended.code, str(path) in ended.err) == (2, True)


def test_an_exception_that_expires_before_a_freeze_ends_says_so_with_both_times(server: Served) -> None:
    end = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0)
    freeze = {"end": end.isoformat(), "reason": "Sale", "services": ["sandbox"]}
    name = made(server, "Ada", "freezes", freeze)["id"]
    ask = {"type": "slo", "service": "sandbox", "reason": "x", "mitigation": "y", "lasts": "2h"}
    found = made(server, "Eve", "exceptions", ask)
    early = {"at": end.isoformat().replace("+00:00", "Z"), "what": f"the freeze {name} ends"}
    assert found["expires_before"] == early
    (again,) = [item for item in listed(server, "exceptions")["exceptions"] if item["id"] == found["id"]]
    assert again["expires_before"] == early
    made(server, "Ada", f"freezes/{name}/end", {"reason": "Sold out"})
