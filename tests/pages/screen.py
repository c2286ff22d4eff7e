"""The app as a reader meets it: a page opened on a fleet, and everything that it says, in order."""

from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.paths import APP_SCRIPT
from tests.pages.stores import Fleet

#: What a reader does not see: the marks of markdown, the places where a long name may break, and that a
#: number is kept together with its unit.
MARKS = str.maketrans(dict.fromkeys("*\\`\u200b") | {"\u00a0": " "})


class Screen:
    """The app, led to `fleet` by the environment as a server would be."""

    def __init__(self, fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in fleet.environment().items():
            monkeypatch.setenv(name, value)
        self.app = AppTest.from_file(str(APP_SCRIPT), default_timeout=30)

    def open(self, page: str = "slo_overview", **query: str | list[str]) -> str:
        """Everything that the page says."""
        for name, value in query.items():
            self.app.query_params[name] = value
        self.app.run()
        if page != "slo_overview":
            self.app.switch_page(f"../pages/{page}.py").run()
        return self.text()

    def text(self) -> str:
        """What is on the screen now, without the marks of markdown."""
        assert not self.app.exception, self.app.exception
        return "\n".join(_words(self.app.main)).translate(MARKS)


def large_box(screen: Screen) -> str:
    """What the large box says that a page answers in."""
    boxes = [*screen.app.success, *screen.app.error, *screen.app.warning, *screen.app.info]
    return next(str(box.value) for box in boxes if box.value.startswith("#")).translate(MARKS)


def _words(node: Any) -> Iterator[str]:
    for child in node.children.values():
        if child.type == "expander":
            yield child.label
        if getattr(child, "children", None):
            yield from _words(child)
        elif child.type == "table":
            frame = child.value
            yield " ".join(map(str, frame.columns))
            yield from (" ".join(map(str, row)) for row in frame.itertuples())
        elif child.type == "button_group":
            yield f"{child.label} {' '.join(option.content for option in child.proto.options)}"
        else:
            yield str(getattr(child, "value", None) or getattr(child, "label", None) or "")
