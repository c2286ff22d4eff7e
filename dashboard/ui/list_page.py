"""A long list: some of its rows at a time, and all of them to take away."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from dashboard.ui import format as show

_Row = TypeVar("_Row")


def choose_page(rows: Sequence[_Row], at_once: int, key: str) -> tuple[Sequence[_Row], str]:
    """Draws the choice of a page of `rows` where they are more than `at_once`.

    Returns the rows of the page and which they are, as `21 to 40 of `; that is empty when they are all. The
    choice is known only once it is drawn, so the rows are put in a container above it. It lives in the
    address under the name `key`.
    """
    pages = -(-len(rows) // at_once)
    if pages <= 1:
        return rows, ""
    first = (min(st.pagination(pages, key=key, bind="query-params"), pages) - 1) * at_once
    page = rows[first : first + at_once]
    return page, f"{show.number(first + 1)} to {show.number(first + len(page))} of "


def draw_download(rows: int, name: str, csv: Callable[[], str]) -> None:
    """A button that gives all `rows` as the file `name`.csv, also those of the other pages of the list."""
    st.download_button(
        f"Download {show.number(rows)} as CSV",
        data=csv,
        file_name=f"{name}.csv",
        mime="text/csv",
        on_click="ignore",
    )
