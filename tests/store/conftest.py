"""A store of its own for every test, and a plain look at all that it holds."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.store.database import open_for_writing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with open_for_writing(path) as opened:
        yield opened
