"""An installed wheel is the whole product: command, pages, default data and theme."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_NOW = "2026-11-23T09:00:00Z"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the installed wheel and nothing of the checkout."""
    wheels, target = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels), str(_ROOT)]
    subprocess.run(build, check=True, cwd=wheels)
    (wheel,) = wheels.glob("*.whl")
    subprocess.run(
        [*pip, "install", "--no-deps", "--target", str(target), str(wheel)], check=True, cwd=wheels
    )
    return target


def _reliability(installed: Path, folder: Path, *arguments: str) -> str:
    # The installed copy comes first on the path, the checkout is not on it at all.
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-P", "-m", "dashboard", *arguments]
    done = subprocess.run(command, check=True, cwd=folder, env=environment, capture_output=True, text=True)
    return done.stdout


def test_the_wheel_holds_pages_data_and_theme(installed: Path) -> None:
    bundled = installed / "dashboard" / "bundled"
    pages = {page.name for page in (_ROOT / "pages").glob("*.py")}

    assert {page.name for page in (bundled / "pages").glob("*.py")} == pages
    for name in (
        "data/catalog.yaml",
        "data/policy.yaml",
        "data/sources.yaml",
        "data/canary/smoke-check.yaml",
        "data/canary/progressive-canary.yaml",
        "data/demo/incidents.yaml",
        ".streamlit/config.toml",
    ):
        assert (bundled / name).read_text(encoding="utf-8") == (_ROOT / name).read_text(encoding="utf-8")
    assert (installed / "bin" / "reliability").is_file()


def test_the_installed_command_makes_a_demo_and_reads_it_from_any_folder(
    installed: Path, tmp_path: Path
) -> None:
    _reliability(installed, tmp_path, "demo", "--now", _NOW)
    document = json.loads(_reliability(installed, tmp_path, "status", "--json"))

    assert (tmp_path / "data" / "reliability.db").is_file()
    assert document["as_of"] == _NOW
    assert len(document["services"]) == 16


def test_the_installed_package_runs_its_own_files(installed: Path, tmp_path: Path) -> None:
    program = "import dashboard.paths as paths; print(paths.ROOT)"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        check=True,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert Path(done.stdout.strip()) == installed / "dashboard" / "bundled"
