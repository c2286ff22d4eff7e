"""What others send to `reliability serve`: who may, what is told, and that a 2xx is on disk exactly once."""

import hashlib
import hmac
import json
import random
import shutil
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from dashboard.paths import DEFAULT_CATALOG, DEFAULT_SOURCES
from tests.api.test_api import Served, served
from tests.cli.command import run
from tests.sources.payloads import (
    Document,
    alert,
    alerts,
    cdevent,
    github_deployment,
    github_status,
    pagerduty,
    rollout,
)

_SECRETS = {
    "RELIABILITY_GITHUB_SECRET": "the secret of github",
    "RELIABILITY_PAGERDUTY_SECRET": "the secret of pagerduty",
    "RELIABILITY_ARGO_ROLLOUTS_TOKEN": "the-token-of-argo-rollouts",
    "RELIABILITY_CDEVENTS_TOKEN": "the-token-of-cdevents",
    "RELIABILITY_ALERTMANAGER_TOKEN": "the-token-of-alertmanager",
    "RELIABILITY_API_TOKEN": "the-token-of-the-api",
}
_TOKENS = {
    "/webhooks/argo-rollouts": "RELIABILITY_ARGO_ROLLOUTS_TOKEN",
    "/webhooks/cdevents": "RELIABILITY_CDEVENTS_TOKEN",
    "/webhooks/alertmanager": "RELIABILITY_ALERTMANAGER_TOKEN",
    "/api/v1/deployments": "RELIABILITY_API_TOKEN",
    "/api/v1/incidents": "RELIABILITY_API_TOKEN",
    "/api/v1/attributions": "RELIABILITY_API_TOKEN",
}
_SIGNED = ("/webhooks/github", "/webhooks/pagerduty")
_ROW = {
    "id": "d-1",
    "service": "api",
    "environment": "production",
    "version": "1.4.2",
    "started_at": "2026-11-20T09:00:00Z",
    "finished_at": "2026-11-20T09:10:00Z",
    "status": "succeeded",
}
_INCIDENT = {"id": "INC-1", "title": "API down", "severity": "P1", "detected_at": "2026-11-20T09:00:00Z"}
_EXAMPLES: dict[str, object] = {
    "/webhooks/github": github_status(),
    "/webhooks/argo-rollouts": rollout(),
    "/webhooks/cdevents": cdevent("service", "deployed"),
    "/webhooks/alertmanager": alerts([alert("A", "2026-11-20T09:00:00Z")]),
    "/webhooks/pagerduty": pagerduty("incident.triggered"),
    "/api/v1/deployments": _ROW,
    "/api/v1/incidents": _INCIDENT,
}
_PATHS = tuple(_EXAMPLES)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the store and a `sources.yaml` of its own."""
    folder = tmp_path_factory.mktemp("webhooks")
    (folder / "sources.yaml").write_bytes(DEFAULT_SOURCES.read_bytes())
    return folder


@pytest.fixture(scope="module")
def server(files: Path) -> Iterator[Served]:
    """A server to which everybody may send."""
    options = ("--store", files / "store.db", "--sources", files / "sources.yaml")
    with served(*options, env=_SECRETS) as running:
        yield running


def headers_for(path: str, body: bytes, event: str = "deployment_status") -> dict[str, str]:
    """The headers of a genuine sender."""
    if path == "/webhooks/github":
        digest = hmac.new(_SECRETS["RELIABILITY_GITHUB_SECRET"].encode(), body, hashlib.sha256).hexdigest()
        return {"X-GitHub-Event": event, "X-Hub-Signature-256": f"sha256={digest}"}
    if path == "/webhooks/pagerduty":
        digest = hmac.new(_SECRETS["RELIABILITY_PAGERDUTY_SECRET"].encode(), body, hashlib.sha256).hexdigest()
        return {"X-PagerDuty-Signature": f"v1={digest}"}
    return {"Authorization": f"Bearer {_SECRETS[_TOKENS[path]]}"}


def send(server: Served, path: str, value: object, *, event: str = "deployment_status") -> requests.Response:
    """What a genuine sender gets; bytes are sent as they are."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return post(server, path, body, headers_for(path, body, event))


def post(server: Served, path: str, body: bytes, headers: Mapping[str, str]) -> requests.Response:
    return requests.post(server.url + path, data=body, headers=dict(headers), timeout=30)


def events(store: Path) -> dict[str, set[tuple[Any, ...]]]:
    """Every row of the tables of events."""
    with sqlite3.connect(store) as connection:
        return {
            table: set(connection.execute(f"SELECT * FROM {table}"))  # noqa: S608 - our own names
            for table in ("deployment_events", "incident_events", "alert_events", "attributions")
        }


def count(store: Path) -> int:
    return sum(map(len, events(store).values())) if store.exists() else 0


@pytest.mark.parametrize("path", _PATHS)
def test_what_is_sent_is_stored_and_known_when_it_comes_again(path: str, server: Served, files: Path) -> None:
    first = send(server, path, _EXAMPLES[path])
    assert (first.status_code, first.json()["known"]) == (200, 0), first.text
    assert first.json()["stored"] == 1
    before = events(files / "store.db")
    again = send(server, path, _EXAMPLES[path])
    assert (again.status_code, again.json()["stored"], again.json()["known"]) == (200, 0, 1)
    assert events(files / "store.db") == before


def test_without_a_secret_there_is_nothing(tmp_path: Path) -> None:
    with served("--store", tmp_path / "store.db") as server:
        for path in _PATHS:
            for method in ("GET", "POST"):
                answer = server.get(path, method)
                assert (answer.status_code, set(answer.json())) == (404, {"error"}), path
    assert not (tmp_path / "store.db").exists()


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_only_posting_is_allowed(path: str, method: str, server: Served) -> None:
    answer = server.get(path, method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("path", _PATHS)
def test_who_cannot_prove_who_they_are_is_refused(path: str, server: Served, files: Path) -> None:
    body = json.dumps(_EXAMPLES[path]).encode()
    before = count(files / "store.db")
    refused: list[dict[str, str]] = [{}]
    for name, value in headers_for(path, body).items():
        if name != "X-GitHub-Event":
            refused += [{name: value[:-1]}, {name: value[:-1] + "\xfc"}, {name: value + "0"}, {name: ""}]
            refused += [{name: value.partition("=")[2] or value.partition(" ")[2]}]
    refused.append({"Authorization": "Bearer wrong", "X-Hub-Signature-256": "sha256=0"})
    for headers in refused:
        raw = {name: value.encode("latin-1") for name, value in headers.items()}
        answer = requests.post(
            server.url + path, data=body, headers={"X-GitHub-Event": b"deployment_status", **raw}, timeout=30
        )
        assert (answer.status_code, set(answer.json())) == (401, {"error"}), headers
    assert count(files / "store.db") == before


@pytest.mark.parametrize("path", _SIGNED)
def test_a_signature_is_of_this_body(path: str, server: Served) -> None:
    body = json.dumps(_EXAMPLES[path]).encode()
    assert post(server, path, body + b" ", headers_for(path, body)).status_code == 401


def test_one_signature_of_several_is_enough(server: Served) -> None:
    """PagerDuty sends two while a secret is being replaced."""
    body = json.dumps(pagerduty("incident.triggered", id="P-TWO")).encode()
    good = headers_for("/webhooks/pagerduty", body)["X-PagerDuty-Signature"]
    other = "v1=" + "0" * 64
    for header in (f"{other},{good}", f"{good}, {other}", f"{good} ,"):
        answer = post(server, "/webhooks/pagerduty", body, {"X-PagerDuty-Signature": header})
        assert answer.status_code == 200, header
    answer = post(server, "/webhooks/pagerduty", body, {"X-PagerDuty-Signature": f"{other},{other}"})
    assert answer.status_code == 401


def test_the_scheme_of_a_token_is_in_any_case(server: Served) -> None:
    body = json.dumps(_ROW).encode()
    token = _SECRETS["RELIABILITY_API_TOKEN"]
    for scheme, status in (("bearer", 200), ("BEARER", 200), ("Basic", 401), ("Bearerx", 401)):
        answer = post(server, "/api/v1/deployments", body, {"Authorization": f"{scheme} {token}"})
        assert answer.status_code == status, scheme


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"payload=%7B%7D",
        b"{",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": "\\ud800"}',
        b"\xff\xfe",
        b'{"a": ' * 2000 + b"1" + b"}" * 2000,
        b"[" * 2000 + b"]" * 2000,
    ],
)
def test_what_is_not_json_is_told(path: str, body: bytes, server: Served) -> None:
    answer = send(server, path, body)
    assert (answer.status_code, set(answer.json())) == (400, {"error"}), answer.text


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize("body", [b"null", b"5", b'"text"', b"[]", b"[5]", b"{}"])
def test_other_json_is_refused_and_nothing_breaks(
    path: str, body: bytes, server: Served, files: Path
) -> None:
    before = count(files / "store.db")
    answer = send(server, path, body)
    expected = {200} if body == b"[]" and path.startswith("/api/") else {400, 422}
    assert answer.status_code in expected, answer.text
    assert count(files / "store.db") == before


def test_a_malformed_event_names_its_field(server: Served) -> None:
    document = github_status()
    document["deployment"]["id"] = None
    answer = send(server, "/webhooks/github", document)
    assert answer.status_code == 422
    assert answer.json() == {
        "error": "deployment.id: found nothing, expected text",
        "field": "deployment.id",
    }


@pytest.mark.parametrize(
    ("path", "document", "event"),
    [
        ("/webhooks/github", {"zen": "Keep it logically awesome."}, "ping"),
        ("/webhooks/argo-rollouts", rollout("on-rollout-paused"), ""),
        ("/webhooks/cdevents", cdevent("service", "removed"), ""),
        ("/webhooks/pagerduty", pagerduty("incident.annotated"), ""),
    ],
)
def test_an_event_of_another_kind_is_taken_and_ignored(
    path: str, document: Document, event: str, server: Served, files: Path
) -> None:
    before = count(files / "store.db")
    answer = send(server, path, document, event=event)
    assert (answer.status_code, set(answer.json())) == (202, {"ignored"})
    assert count(files / "store.db") == before


@pytest.mark.parametrize("path", _PATHS)
def test_a_body_that_is_too_large_is_refused(path: str, server: Served) -> None:
    """Whether its length is told or not."""
    large = b" " * 1_048_577
    told = post(server, path, large, headers_for(path, large))
    assert (told.status_code, set(told.json())) == (413, {"error"})
    streamed = requests.post(server.url + path, data=iter([large[:600_000], large[:600_000]]), timeout=30)
    assert streamed.status_code == 413
    assert send(server, path, b" " * 1_048_570 + b"{}").status_code in {400, 422}


def test_a_length_that_only_claims_to_be_small_or_large_is_no_way_in(server: Served) -> None:
    """A huge Content-Length is refused before anything is sent."""
    host, port = server.url.removeprefix("http://").split(":")
    for length in ("1048577", "9" * 40):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(
                f"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()
            )
            assert connection.recv(100).split(b" ")[1] in {b"400", b"413"}, length
    assert server.alive()


def test_a_compressed_body_is_not_unpacked(server: Served) -> None:
    body = b"x"
    headers = headers_for("/webhooks/github", body) | {"Content-Encoding": "gzip"}
    assert post(server, "/webhooks/github", body, headers).status_code == 415


def test_a_sender_that_stops_halfway_is_let_go(server: Served) -> None:
    """Others are served meanwhile; after 15 seconds it is told so."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=40) as connection:
        connection.sendall(b"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        began = time.monotonic()
        assert send(server, "/api/v1/deployments", _ROW).status_code == 200
        assert connection.recv(100).split(b" ")[1] == b"408"
        assert 10 < time.monotonic() - began < 30


def test_rows_come_as_an_object_an_array_or_lines(server: Served, files: Path) -> None:
    rows = [_ROW | {"id": f"row-{number}"} for number in range(4)]
    lines = "\n".join(json.dumps(row) for row in rows).encode()
    assert send(server, "/api/v1/deployments", rows[0]).json() == {"stored": 1, "known": 0}
    assert send(server, "/api/v1/deployments", rows[:3]).json() == {"stored": 2, "known": 1}
    assert send(server, "/api/v1/deployments", lines).json() == {"stored": 1, "known": 3}
    stored = {row[2] for row in events(files / "store.db")["deployment_events"]}
    assert {row["id"] for row in rows} <= stored


def test_one_wrong_row_keeps_all_of_them_out(server: Served, files: Path) -> None:
    before = events(files / "store.db")
    wrong = [_ROW | {"id": "good"}, _ROW | {"id": "bad", "status": "perhaps"}, _ROW | {"servce": "api"}]
    answer = send(server, "/api/v1/deployments", wrong)
    assert answer.status_code == 422
    said = answer.json()["error"]
    assert "entry 2: status: found 'perhaps'" in said
    assert "entry 3: found the fields servce" in said
    assert (
        send(server, "/api/v1/incidents", _INCIDENT | {"detected_at": "2026-11-20T09:00:00"}).status_code
        == 422
    )
    assert events(files / "store.db") == before


def test_a_cause_is_said_by_hand_with_who_and_why(tmp_path: Path) -> None:
    """What does not exist cannot be a cause, and nobody says so without a reason."""
    said = {"incident": "INC-1", "deployment": "api/production/d-1", "by": "Ann", "why": "the heap dump"}
    path = "/api/v1/attributions"
    with served("--store", tmp_path / "store.db", env=_SECRETS) as server:
        for rows, row in (("/api/v1/deployments", _ROW), ("/api/v1/incidents", _INCIDENT)):
            assert send(server, rows, row).status_code == 200
        assert post(server, path, json.dumps(said).encode(), {}).status_code == 401
        for wrong, told in (
            ({"deployment": "api/production/d-9"}, "expected service/environment/id of one that"),
            ({"incident": "INC-9"}, "incident: found 'INC-9'"),
            ({"by": None}, "by: found nothing"),
            ({"deployment": ""}, "deployment: found"),
            ({"why": " "}, "why: found nothing"),
        ):
            refused = send(server, path, said | wrong)
            assert (refused.status_code, told in refused.json()["error"]) == (422, True), refused.text
        mistyped = {"deploymnet" if name == "deployment" else name: value for name, value in said.items()}
        assert send(server, path, mistyped).json()["field"] == "deployment", "which is not the same as none"
        assert send(server, path, said).json() == {"stored": 1, "known": 0}
        assert send(server, path, said | {"deployment": None}).json() == {"stored": 1, "known": 0}
    kept = events(tmp_path / "store.db")["attributions"]
    assert [(row[0], row[5], row[6], row[7]) for row in sorted(kept, key=lambda row: row[1])] == [
        ("INC-1", "d-1", "Ann", "the heap dump"),
        ("INC-1", None, "Ann", "the heap dump"),
    ]


def test_a_sender_may_use_any_name_of_the_server_but_readers_may_not(server: Served) -> None:
    """The API is called from browsers too, a webhook is not: it is signed."""
    body = json.dumps(github_status(id=5)).encode()
    headers = headers_for("/webhooks/github", body) | {"Host": "relay.internal"}
    assert post(server, "/webhooks/github", body, headers).status_code == 200
    body = json.dumps(_ROW).encode()
    headers = headers_for("/api/v1/deployments", body) | {"Host": "relay.internal"}
    assert post(server, "/api/v1/deployments", body, headers).status_code == 400


def test_sources_yaml_is_read_again_when_it_changes(server: Served, files: Path) -> None:
    """A zone that is set later counts at once; a file that is broken is told, and mended it is well again."""
    path = files / "sources.yaml"
    shipped = path.read_text(encoding="utf-8")
    document = github_status(at="2026-11-20T10:10:00", id=77)
    assert send(server, "/webhooks/github", document).status_code == 422
    try:
        path.write_text("time_zones: {github: Europe/Berlin}\n", encoding="utf-8")
        assert send(server, "/webhooks/github", document).json()["stored"] == 1
        path.write_text("time_zones: {github: Mars/Olympus}\n", encoding="utf-8")
        answer = send(server, "/webhooks/github", document)
        assert (answer.status_code, "sources.yaml:1" in answer.json()["error"]) == (503, True)
        path.unlink()
        assert send(server, "/webhooks/github", document).status_code == 503
    finally:
        path.write_text(shipped, encoding="utf-8")
    assert send(server, "/webhooks/github", github_status(id=77)).status_code == 200


def test_many_senders_at_once_are_stored_exactly_once_each(server: Served, files: Path) -> None:
    """20 at a time, each delivery twice."""
    documents = [github_status(id=900_000 + number) for number in range(60)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(lambda document: send(server, "/webhooks/github", document), [*documents, *documents])
        )
    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json()["stored"] for answer in answers) == 60
    assert sum(answer.json()["known"] for answer in answers) == 60
    stored = {row[2] for row in events(files / "store.db")["deployment_events"]}
    assert {str(900_000 + number) for number in range(60)} <= stored


def test_a_feed_in_any_order_and_twice_fills_the_tables_alike(tmp_path: Path) -> None:
    feed: list[tuple[str, object, str]] = [
        ("/webhooks/github", github_deployment(), "deployment"),
        *(
            ("/webhooks/github", github_status(state), "deployment_status")
            for state in ("in_progress", "success")
        ),
        *(
            ("/webhooks/argo-rollouts", rollout(f"on-rollout-{what}"), "")
            for what in ("updated", "completed")
        ),
        *(("/webhooks/cdevents", cdevent("incident", what), "") for what in ("detected", "resolved")),
        ("/webhooks/alertmanager", alerts([alert("A", "2026-11-20T09:00:00Z")]), ""),
        ("/webhooks/alertmanager", alerts([alert("A", "2026-11-20T09:00:00Z", "2026-11-20T09:30:00Z")]), ""),
        *(("/webhooks/pagerduty", pagerduty(f"incident.{what}"), "") for what in ("triggered", "resolved")),
        ("/api/v1/deployments", [_ROW, _ROW | {"id": "d-2"}], ""),
    ]
    shuffled = [*feed, *feed]
    random.Random(7).shuffle(shuffled)  # noqa: S311 - an order, not a secret
    found = []
    for name, deliveries in (("ordered", feed), ("shuffled", shuffled)):
        store = tmp_path / f"{name}.db"
        with served("--store", store, env=_SECRETS) as server:
            for path, document, event in deliveries:
                assert send(server, path, document, event=event).status_code == 200
        found.append(events(store))
    assert found[0] == found[1]
    assert sum(map(len, found[0].values())) == len(feed) + 2


def test_what_answered_2xx_survives_the_end_of_the_process(tmp_path: Path) -> None:
    """The server is killed while senders send: what it accepted is stored, and nothing by half."""
    store = tmp_path / "store.db"
    accepted: list[int] = []

    def sender(to: Served, first: int) -> None:
        for number in range(first, first + 500):
            rows = [_ROW | {"id": f"{number}-{part}"} for part in range(3)]
            try:
                if send(to, "/api/v1/deployments", rows).ok:
                    accepted.append(number)
            except requests.RequestException:
                return

    with served("--store", store, env=_SECRETS) as server:
        threads = [threading.Thread(target=sender, args=(server, 1000 * each)) for each in range(4)]
        for thread in threads:
            thread.start()
        while len(accepted) < 20:
            time.sleep(0.01)
        server.process.send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join()
    stored = [row[2].split("-")[0] for row in events(store)["deployment_events"]]
    assert {str(number) for number in accepted} <= set(stored)
    assert all(stored.count(number) == 3 for number in set(stored))


def test_the_demo_takes_nothing_that_is_real(demo: Path, tmp_path: Path) -> None:
    store = Path(shutil.copy(demo, tmp_path / "demo.db"))
    before = count(store)
    with served("--store", store, env=_SECRETS) as server:
        answer = send(server, "/webhooks/github", github_status())
        assert (answer.status_code, "found the demo" in answer.json()["error"]) == (409, True)
    assert count(store) == before


def test_a_store_that_cannot_be_used_is_a_503(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    store.write_bytes(b"not a database at all, though it is a file" * 100)
    with served("--store", store, env=_SECRETS) as server:
        answer = send(server, "/webhooks/github", github_status())
        assert answer.status_code == 503
        server.process.send_signal(signal.SIGTERM)
        said = server.process.communicate(timeout=20)[1]
    assert str(store) in said


def test_serve_says_who_may_send_and_shows_no_secret(tmp_path: Path) -> None:
    """Nor does anything of a payload reach the log."""
    secret = _SECRETS["RELIABILITY_GITHUB_SECRET"]
    with served("--store", tmp_path / "store.db", env={"RELIABILITY_GITHUB_SECRET": secret}) as server:
        body = json.dumps(github_status("failure", description="a private matter")).encode()
        assert post(server, "/webhooks/github", body, headers_for("/webhooks/github", body)).ok
        assert (
            post(server, "/webhooks/github", body + b" ", headers_for("/webhooks/github", body)).status_code
            == 401
        )
        server.process.send_signal(signal.SIGTERM)
        said = server.process.communicate(timeout=20)[1]
    assert "webhooks on for github; off for argo-rollouts (RELIABILITY_ARGO_ROLLOUTS_TOKEN)" in said
    assert secret not in said
    assert "private" not in said
    assert "Traceback" not in said


def test_a_secret_that_is_too_short_is_told_before_anything_is_served(tmp_path: Path) -> None:
    ended = run("serve", "--store", tmp_path / "s.db", env={"RELIABILITY_API_TOKEN": "short"})
    assert (ended.code, "RELIABILITY_API_TOKEN: found 5 characters" in ended.err) == (2, True)


def test_a_mistake_in_sources_yaml_is_told_before_anything_is_served(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text("services: {nobody: [x]}\n", encoding="utf-8")
    ended = run("serve", "--store", tmp_path / "s.db", "--sources", path, "--catalog", DEFAULT_CATALOG)
    assert (ended.code, f"{path}:1: services.nobody" in ended.err) == (2, True)
