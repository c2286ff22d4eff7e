"""A small catalogue."""

from pathlib import Path

import pytest

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
