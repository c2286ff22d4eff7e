"""Writing a configuration file and hearing what is wrong with it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard.config import load_catalog, load_policy
from dashboard.errors import ConfigurationError

#: Writes a text to a file, loads it, and gives the faults, one a line, without the file's folder.
Faults = Callable[[str], list[str]]


def _faults(path: Path, load: Callable[[Path], object]) -> Faults:
    def write_and_load(text: str) -> list[str]:
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigurationError) as caught:
            load(path)
        return [line.removeprefix(f"{path.parent}/") for line in str(caught.value).splitlines()]

    return write_and_load


@pytest.fixture
def catalog_faults(tmp_path: Path) -> Faults:
    return _faults(tmp_path / "catalog.yaml", load_catalog)


@pytest.fixture
def policy_faults(tmp_path: Path) -> Faults:
    return _faults(tmp_path / "policy.yaml", load_policy)
