"""The app in a real browser: two sizes, two themes, clicked through, listened to, measured by axe."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from dashboard.store.sync_log import SyncOutcome
from tests.browser.driver import serving, settle
from tests.browser.screens import SCHEMES, SIZES, VIEWS, take
from tests.pages.stores import build, log_sync, steady

PATHS = {
    "slo_overview": "/",
    "service": "/service?service=api",
    "release_gate": "/release_gate?service=worker",
}


class Listener:
    """What a page complained of, and what it asked of anyone but the app."""

    def __init__(self, page: Page) -> None:
        self.complaints: list[str] = []
        self.outside: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._hear(message.type, message.text, message.location["url"]))
        page.on("request", lambda request: self._follow(request.url))
        page.on("websocket", lambda socket: self._follow(socket.url))

    def _hear(self, kind: str, text: str, url: str) -> None:
        # On a deep link Streamlit looks for its server beside the page first, and is told 404.
        if kind == "error" and "/_stcore/" not in url:
            self.complaints.append(f"{text} {url}")

    def _follow(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            self.outside.append(url)


@contextmanager
def opened(
    browser: Browser, url: str, *, size: str = "desktop", scheme: Literal["light", "dark"] = "light"
) -> Iterator[tuple[Page, Listener]]:
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme)
    page = context.new_page()
    listener = Listener(page)
    page.goto(url)
    settle(page)
    yield page, listener
    context.close()


@pytest.mark.parametrize(("size", "scheme"), VIEWS)
@pytest.mark.parametrize("name", PATHS)
def test_a_page_is_quiet_keeps_to_itself_fits_and_can_be_read_by_everyone(
    browser: Browser, address: str, name: str, size: str, scheme: Literal["light", "dark"]
) -> None:
    with opened(browser, address + PATHS[name], size=size, scheme=scheme) as (page, listener):
        assert listener.complaints == []
        assert listener.outside == []
        width = page.evaluate(
            "Math.max(document.documentElement.scrollWidth,"
            " document.querySelector('[data-testid=stMain]').scrollWidth)"
        )
        assert width <= SIZES[size]["width"], "the page scrolls sideways"
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("size", SIZES)
def test_one_click_leads_to_a_service_and_one_more_to_what_it_may_ship(
    browser: Browser, address: str, size: str
) -> None:
    with opened(browser, address, size=size) as (page, listener):
        page.get_by_role("link", name="api service tier 1").click()
        expect(page.get_by_role("heading", name="api △ cautious")).to_be_visible(timeout=15_000)
        assert "/service?service=api" in page.url
        settle(page)
        page.get_by_role("link", name="May api ship now?").click()
        expect(page.get_by_text("Each observation pause of a canary is doubled")).to_be_visible(
            timeout=15_000
        )
        assert "/release_gate?service=api" in page.url
        settle(page)
        page.get_by_role("link", name="All services").click()
        expect(page.get_by_role("heading", name="Error budget of 2 services")).to_be_visible(timeout=15_000)
        assert listener.complaints == []


@pytest.mark.parametrize("size", SIZES)
def test_one_click_leads_from_a_card_to_what_its_service_may_ship(
    browser: Browser, address: str, size: str
) -> None:
    with opened(browser, address, size=size) as (page, _):
        card = page.get_by_test_id("stVerticalBlock").filter(
            has=page.get_by_role("link", name="worker service tier 2")
        )
        card.last.get_by_role("link", name="May it ship?").click()
        expect(page.get_by_role("heading", name="worker ? unknown")).to_be_visible(timeout=15_000)
        assert "/release_gate?service=worker" in page.url


def test_the_menu_keeps_the_chosen_service(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}/service?service=api") as (page, _):
        page.get_by_role("link", name="Release gate", exact=True).first.click()
        expect(page.get_by_role("heading", name="api △ cautious")).to_be_visible(timeout=15_000)
        assert "service=api" in page.url


def test_picking_another_service_changes_the_address(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}/release_gate?service=api") as (page, _):
        page.get_by_role("combobox", name="Service").click()
        page.get_by_role("option", name="docs").click()
        expect(page.get_by_text("docs has no error budget policy.")).to_be_visible(timeout=15_000)
        assert "service=docs" in page.url


def test_a_filter_is_in_the_address_and_comes_back_from_it(browser: Browser, address: str) -> None:
    with opened(browser, address) as (page, _):
        page.get_by_role("button", name="1 unknown").click()
        expect(page.get_by_role("link", name="api service tier 1")).to_be_hidden(timeout=15_000)
        expect(page.get_by_role("link", name="worker service tier 2")).to_be_visible()
        assert "tier=unknown" in page.url
        page.reload()
        settle(page)
        expect(page.get_by_role("link", name="api service tier 1")).to_be_hidden()
        page.get_by_role("button", name="1 unknown").click()
        expect(page.get_by_role("link", name="api service tier 1")).to_be_visible(timeout=15_000)


def test_what_a_source_says_is_shown_as_text_and_never_as_markup(browser: Browser, address: str) -> None:
    with opened(browser, address) as (page, _):
        page.get_by_text("The last sync found 1 problem").click()
        told = page.get_by_text("<img src=x onerror=alert(1)> [a](http:")
        expect(told).to_be_visible()
        assert "\u2060" in told.inner_text(), "an address is shown, and no link is made of it"
        assert page.locator("a[href*='example.com']").count() == 0
        assert page.locator("img[src='x']").count() == 0


def test_an_unknown_service_in_the_address_is_explained(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}/release_gate?service=nope") as (page, _):
        expect(page.get_by_text("There is no service 'nope' in the catalogue.")).to_be_visible()


def test_an_open_page_shows_a_sync_soon_after_it_ends(browser: Browser, tmp_path: Path) -> None:
    fleet = build(tmp_path, {"api/availability": steady(0.0)})
    with serving(fleet.environment()) as url, opened(browser, url) as (page, _):
        expect(page.get_by_text("no route to host")).to_be_hidden()
        log_sync(fleet, SyncOutcome.FAILED, "no route to host")
        expect(page.get_by_text("no route to host")).to_be_visible(timeout=20_000)


def test_a_page_is_photographed_whole_at_every_size_in_every_theme(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    taken = take(browser, address, {"service": PATHS["service"]}, tmp_path)
    assert {file.stem for file in taken} == {
        f"service-{size}-{scheme}" for size in SIZES for scheme in SCHEMES
    }
    heights = {file.stem: int.from_bytes(file.read_bytes()[20:24], "big") for file in taken}
    assert all(height > SIZES["phone"]["height"] for height in heights.values()), "more than the first screen"
