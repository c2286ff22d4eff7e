"""What others send to `reliability serve`: who may, what is told, and that it is stored once."""

import json
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from dashboard.paths import DEFAULT_CATALOG
from tests.api.senders import (
    EXAMPLES,
    PATHS,
    ROW,
    SECRETS,
    count,
    events,
    headers_for,
    listening,
    post,
    send,
)
from tests.api.test_api import Served, served
from tests.cli.command import run
from tests.sources.payloads import (
    Document,
    cdevent,
    github_status,
    pagerduty,
    rollout,
)

_SIGNED = ("/webhooks/github", "/webhooks/pagerduty")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the store and of `sources.yaml`."""
    return tmp_path_factory.mktemp("webhooks")


@pytest.fixture(scope="module")
def server(files: Path) -> Iterator[Served]:
    with listening(files) as running:
        yield running


@pytest.mark.parametrize("path", PATHS)
def test_what_is_sent_is_stored_and_known_when_it_comes_again(path: str, server: Served, files: Path) -> None:
    first = send(server, path, EXAMPLES[path])
    assert (first.status_code, first.json()["known"]) == (200, 0), first.text
    assert first.json()["stored"] == 1
    before = events(files / "store.db")
    again = send(server, path, EXAMPLES[path])
    assert (again.status_code, again.json()["stored"], again.json()["known"]) == (200, 0, 1)
    assert events(files / "store.db") == before


def test_without_a_secret_there_is_nothing(tmp_path: Path) -> None:
    with served("--store", tmp_path / "store.db") as server:
        for path in PATHS:
            for method in ("GET", "POST"):
                answer = server.get(path, method)
                assert (answer.status_code, set(answer.json())) == (404, {"error"}), path
    assert not (tmp_path / "store.db").exists()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_only_posting_is_allowed(path: str, method: str, server: Served) -> None:
    answer = server.get(path, method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("path", PATHS)
def test_who_cannot_prove_who_they_are_is_refused(path: str, server: Served, files: Path) -> None:
    body = json.dumps(EXAMPLES[path]).encode()
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
    body = json.dumps(EXAMPLES[path]).encode()
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
    body = json.dumps(ROW).encode()
    token = SECRETS["RELIABILITY_API_TOKEN"]
    for scheme, status in (("bearer", 200), ("BEARER", 200), ("Basic", 401), ("Bearerx", 401)):
        answer = post(server, "/api/v1/deployments", body, {"Authorization": f"{scheme} {token}"})
        assert answer.status_code == status, scheme


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


def test_a_sender_may_use_any_name_of_the_server_but_readers_may_not(server: Served) -> None:
    """The API is called from browsers too, a webhook is not: it is signed."""
    body = json.dumps(github_status(id=5)).encode()
    headers = headers_for("/webhooks/github", body) | {"Host": "relay.internal"}
    assert post(server, "/webhooks/github", body, headers).status_code == 200
    body = json.dumps(ROW).encode()
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


def test_serve_says_who_may_send_and_shows_no_secret(tmp_path: Path) -> None:
    """Nor does anything of a payload reach the log."""
    secret = SECRETS["RELIABILITY_GITHUB_SECRET"]
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
