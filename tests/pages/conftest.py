"""A page opened on a fleet, and the fleets that many pages are opened on."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st

from dashboard.config import load_policy
from dashboard.domain.policy import Policy
from dashboard.paths import DEFAULT_POLICY
from tests.pages import canaries, gate_fleets
from tests.pages.screen import Screen
from tests.pages.stores import Fleet, build

Shown = Callable[[Fleet], Screen]


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Leads the app to a fleet; what an earlier test cached is forgotten."""
    st.cache_data.clear()
    return lambda fleet: Screen(fleet, monkeypatch)


@pytest.fixture
def policy() -> Policy:
    """The shipped policy."""
    return load_policy(DEFAULT_POLICY)


@pytest.fixture
def healthy(tmp_path: Path) -> Fleet:
    """A fleet that may ship everything."""
    return build(tmp_path, gate_fleets.HEALTHY)


@pytest.fixture(scope="session")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return build(tmp_path_factory.mktemp("built"), canaries.HEALTHY)


@pytest.fixture
def fleet(_built: Fleet, tmp_path: Path) -> Fleet:
    """A healthy fleet for canaries, of the test's own: filling a store takes longer than copying one."""
    shutil.copytree(_built.folder, tmp_path / "fleet")
    return Fleet(folder=tmp_path / "fleet")
