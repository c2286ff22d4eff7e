"""Whether a page can be read: nothing is cut off, nothing is wider than the window, and axe finds nothing."""

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.driver import settle

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
_TEXTS = ("a", "p", "td", "th")


def unfold(page: Page, titled: str = "") -> None:
    """Open everything that is folded, or what is `titled` so: part of a title, or an alternative of parts."""
    for folded in page.locator("main summary").filter(has_text=re.compile(titled)).all():
        if folded.evaluate("one => !one.parentElement.open"):
            folded.click()
    settle(page)


def scrolls_sideways(page: Page) -> bool:
    """Whether the page is wider than its window."""
    size = page.viewport_size
    assert size is not None
    width: int = page.evaluate(
        "Math.max(document.documentElement.scrollWidth,"
        " document.querySelector('[data-testid=stMain]').scrollWidth)"
    )
    return width > size["width"]


def cut_off(page: Page, texts: tuple[str, ...] = _TEXTS) -> list[str]:
    """Those of `texts`, elements of the page, that an ellipsis or an edge cuts off."""
    cut: list[str] = page.evaluate(
        """texts => [...document.querySelectorAll(texts)]
      .filter(one => one.offsetParent && getComputedStyle(one).overflow !== 'visible'
        && one.scrollWidth > one.clientWidth + 1)
      .map(one => one.textContent)""",
        ", ".join(f"[data-testid=stMain] {text}" for text in texts),
    )
    return cut


def assert_open_to_everyone(page: Page) -> None:
    """Axe finds no violation of WCAG 2.1, levels A and AA."""
    found = Axe().run(page, options={"runOnly": _RULES})
    assert found.violations_count == 0, found.generate_report()
