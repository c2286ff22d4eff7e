"""Bodies that others send: what is no event, too much, too slow or only partly right is not stored."""

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.api.senders import (
    INCIDENT,
    PATHS,
    ROW,
    count,
    events,
    headers_for,
    listening,
    post,
    send,
)
from tests.api.test_api import Served
from tests.sources.payloads import (
    github_status,
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the store and of `sources.yaml`."""
    return tmp_path_factory.mktemp("webhooks")


@pytest.fixture(scope="module")
def server(files: Path) -> Iterator[Served]:
    with listening(files) as running:
        yield running


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came on a connection, and after how many seconds."""

    status: bytes
    seconds: float


@pytest.fixture(scope="module", autouse=True)
def halfway(server: Served) -> Iterator[Future[Answered]]:
    """A sender that stops halfway, while all tests of this module send."""
    host, port = server.url.removeprefix("http://").split(":")
    with (
        socket.create_connection((host, int(port)), timeout=40) as connection,
        ThreadPoolExecutor(1) as pool,
    ):
        connection.sendall(b"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        began = time.monotonic()

        def wait() -> Answered:
            status = connection.recv(100).split(b" ")[1]
            return Answered(status=status, seconds=time.monotonic() - began)

        yield pool.submit(wait)


@pytest.mark.parametrize("path", PATHS)
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


@pytest.mark.parametrize("path", PATHS)
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


@pytest.mark.parametrize("path", PATHS)
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


def test_rows_come_as_an_object_an_array_or_lines(server: Served, files: Path) -> None:
    rows = [ROW | {"id": f"row-{number}"} for number in range(4)]
    lines = "\n".join(json.dumps(row) for row in rows).encode()
    assert send(server, "/api/v1/deployments", rows[0]).json() == {"stored": 1, "known": 0}
    assert send(server, "/api/v1/deployments", rows[:3]).json() == {"stored": 2, "known": 1}
    assert send(server, "/api/v1/deployments", lines).json() == {"stored": 1, "known": 3}
    stored = {row[2] for row in events(files / "store.db")["deployment_events"]}
    assert {row["id"] for row in rows} <= stored


def test_one_wrong_row_keeps_all_of_them_out(server: Served, files: Path) -> None:
    before = events(files / "store.db")
    wrong = [ROW | {"id": "good"}, ROW | {"id": "bad", "status": "perhaps"}, ROW | {"servce": "api"}]
    answer = send(server, "/api/v1/deployments", wrong)
    assert answer.status_code == 422
    said = answer.json()["error"]
    assert "entry 2: status: found 'perhaps'" in said
    assert "entry 3: found the fields servce" in said
    assert (
        send(server, "/api/v1/incidents", INCIDENT | {"detected_at": "2026-11-20T09:00:00"}).status_code
        == 422
    )
    assert events(files / "store.db") == before


def test_a_sender_that_stops_halfway_is_let_go(halfway: Future[Answered], server: Served) -> None:
    """Others are served meanwhile; after 15 seconds it is told so."""
    assert send(server, "/api/v1/deployments", ROW).status_code == 200
    answered = halfway.result(timeout=40)
    assert answered.status == b"408"
    assert 10 < answered.seconds < 30
