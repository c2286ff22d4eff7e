"""The API's documents of delivery, recovery and ledgers are those of the command."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.test_api import Served, served
from tests.cli.command import run


@pytest.fixture(scope="module")
def server(demo: Path) -> Iterator[Served]:
    """The demo, served."""
    with served("--store", demo) as running:
        yield running


def printed(demo: Path, *arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*arguments, "--json", "--store", demo).out)
    return found


@pytest.mark.parametrize(
    ("path", "command"),
    [
        ("/api/v1/dora", ["dora"]),
        ("/api/v1/dora?service=api&from=2026-11-01", ["dora", "--service", "api", "--from", "2026-11-01"]),
        ("/api/v1/mttr", ["mttr"]),
        ("/api/v1/mttr?severity=P1&severity=P2", ["mttr", "--severity", "P1", "--severity", "P2"]),
        ("/api/v1/services/api/ledger", ["ledger", "--service", "api"]),
    ],
)
def test_the_api_answers_what_the_command_prints(
    server: Served, demo: Path, path: str, command: list[str]
) -> None:
    answer = server.get(path)
    assert answer.status_code == 200
    assert answer.json() == printed(demo, *command)


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/api/v1/dora?service=nope", 400, "service: found 'nope', expected one of api"),
        ("/api/v1/mttr?severity=P9", 400, "severity: found 'P9', expected one of P1, P2, P3"),
        ("/api/v1/mttr?from=then", 400, "from: found 'then', expected an ISO-8601 time"),
        ("/api/v1/dora?from=2026-11-01&to=2026-10-01", 400, "expected a time before 2026-10-01"),
        (
            "/api/v1/dora?form=2026-11-01",
            400,
            "found the parameter 'form', expected one of from, to, service",
        ),
        ("/api/v1/mttr?from=2026-11-01&sev=P1", 400, "found the parameter 'sev', expected one of from, to"),
        ("/api/v1/services/api/ledger?from=2026-11-01", 400, "the parameter 'from', expected none"),
        ("/api/v1/status?service=api", 400, "found the parameter 'service', expected none"),
        ("/api/v1/services/api?now=1", 400, "found the parameter 'now', expected none"),
        ("/api/v1/services/nope/ledger", 404, "found no service 'nope' in the catalogue"),
    ],
)
def test_what_cannot_be_answered_says_why(server: Served, path: str, status: int, told: str) -> None:
    answer = server.get(path)
    assert answer.status_code == status
    assert told in answer.json()["error"]


def test_without_a_store_the_measures_are_unavailable_not_empty(tmp_path: Path) -> None:
    with served("--store", tmp_path / "none.db") as running:
        for path in ("/api/v1/dora", "/api/v1/mttr", "/api/v1/services/api/ledger"):
            answer = running.get(path)
            assert answer.status_code == 503
            assert "found no store" in answer.json()["error"]
