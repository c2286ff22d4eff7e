"""A small catalogue, and the demo made once."""

from pathlib import Path

import pytest

from tests.cli.command import run

DEMO_NOW = "2026-11-20T12:00:00Z"

CATALOG = """\
indicators:
  availability:
    good:  sum by (service) (increase(good_total[{{bucket}}]))
    total: sum by (service) (increase(all_total[{{bucket}}]))
services:
  api:
    tier: 1
    strategy: blue-green
    objectives:
      - {indicator: availability, target: 0.99, window: 1d}
  "web":
    tier: 2
    strategy: rolling
    objectives:
      - {indicator: availability, target: 0.9, window: 1d}
  docs: {tier: 3, strategy: rolling}
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """Two services with an objective over one day, and one of best effort."""
    path = tmp_path / "catalog.yaml"
    path.write_text(CATALOG, encoding="utf-8")
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Where a store may be made."""
    return tmp_path / "store" / "reliability.db"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds the demo; nobody writes to it."""
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    ended = run("demo", "--store", path, "--now", DEMO_NOW)
    assert ended.code == 0, ended.err
    return path
