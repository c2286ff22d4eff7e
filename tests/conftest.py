"""The demo, made once for all who only read it."""

import fcntl
import os
from pathlib import Path

import pytest

from tests.cli.command import run

DEMO_NOW = "2026-11-20T12:00:00Z"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds the demo; nobody writes to it. One of several testing processes makes it for all."""
    own = tmp_path_factory.getbasetemp()
    folder = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    made = folder / "demo"
    with (folder / "demo.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            making = tmp_path_factory.mktemp("making")
            ended = run("demo", "--store", making / "demo.db", "--now", DEMO_NOW)
            assert ended.code == 0, ended.err
            making.rename(made)
    return made / "demo.db"
