"""A page opened on a fleet."""

from collections.abc import Callable

import pytest
import streamlit as st

from tests.pages.screen import Screen
from tests.pages.stores import Fleet

Shown = Callable[[Fleet], Screen]


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Leads the app to a fleet; what an earlier test cached is forgotten."""
    st.cache_data.clear()
    return lambda fleet: Screen(fleet, monkeypatch)
