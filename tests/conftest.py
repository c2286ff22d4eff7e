"""The demo, made once for all who only read it."""

from pathlib import Path

import pytest

from tests.cli.command import run

DEMO_NOW = "2026-11-20T12:00:00Z"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds the demo; nobody writes to it."""
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    ended = run("demo", "--store", path, "--now", DEMO_NOW)
    assert ended.code == 0, ended.err
    return path
