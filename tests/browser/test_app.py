"""The app in a real browser: two sizes, two themes, clicked through, listened to, measured by axe."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dashboard.store.sync_log import SyncOutcome
from tests.browser.driver import serving, settle
from tests.browser.readable import assert_open_to_everyone, scrolls_sideways
from tests.browser.screens import SCHEMES, SIZES, take
from tests.browser.windows import Windows
from tests.pages.stores import build, log_sync, steady

PATHS = {
    "slo_overview": "/",
    "service": "/service?service=api",
    "release_gate": "/release_gate?service=worker",
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PATHS)
def test_a_page_is_quiet_keeps_to_itself_fits_and_can_be_read_by_everyone(
    windows: Windows, address: str, name: str, size: str
) -> None:
    with windows.showing(address + PATHS[name], size=size) as (page, listener):
        assert listener.complaints == []
        assert listener.outside == []
        assert not scrolls_sideways(page)
        assert_open_to_everyone(page)


@pytest.mark.parametrize("size", SIZES)
def test_the_page_without_deployments_can_be_read_by_everyone(
    windows: Windows, address: str, size: str
) -> None:
    with windows.showing(f"{address}/deployments", size=size) as (page, _):
        expect(page.get_by_text("No deployment is known yet.")).to_be_visible()
        assert_open_to_everyone(page)


@pytest.mark.parametrize("size", SIZES)
def test_one_click_leads_to_a_service_and_one_more_to_what_it_may_ship(
    windows: Windows, address: str, size: str
) -> None:
    with windows.showing(address, size=size) as (page, listener):
        page.get_by_role("link", name="api service tier 1").click()
        expect(page.get_by_role("heading", name="api △ cautious")).to_be_visible(timeout=30_000)
        assert "/service?service=api" in page.url
        settle(page)
        page.get_by_role("link", name="May api ship now?").click()
        expect(page.get_by_text("Each observation pause of a canary is doubled")).to_be_visible(
            timeout=30_000
        )
        assert "/release_gate?service=api" in page.url
        settle(page)
        page.get_by_role("link", name="All services").click()
        expect(page.get_by_role("heading", name="Error budget of 2 services")).to_be_visible(timeout=30_000)
        assert listener.complaints == []


@pytest.mark.parametrize("size", SIZES)
def test_one_click_leads_from_a_card_to_what_its_service_may_ship(
    windows: Windows, address: str, size: str
) -> None:
    with windows.showing(address, size=size) as (page, _):
        card = page.get_by_test_id("stVerticalBlock").filter(
            has=page.get_by_role("link", name="worker service tier 2")
        )
        card.last.get_by_role("link", name="May it ship?").click()
        expect(page.get_by_role("heading", name="worker ? unknown")).to_be_visible(timeout=30_000)
        assert "/release_gate?service=worker" in page.url


def test_the_menu_keeps_the_chosen_service(windows: Windows, address: str) -> None:
    with windows.showing(f"{address}/service?service=api") as (page, _):
        page.get_by_role("link", name="Release gate", exact=True).first.click()
        expect(page.get_by_role("heading", name="api △ cautious")).to_be_visible(timeout=30_000)
        assert "service=api" in page.url


def test_picking_another_service_changes_the_address(windows: Windows, address: str) -> None:
    with windows.showing(f"{address}/release_gate?service=api") as (page, _):
        page.get_by_role("combobox", name="Service").click()
        page.get_by_role("option", name="docs").click()
        expect(page.get_by_text("docs has no error budget policy.")).to_be_visible(timeout=30_000)
        assert "service=docs" in page.url


def test_a_filter_is_in_the_address_and_comes_back_from_it(windows: Windows, address: str) -> None:
    with windows.loaded(address) as (page, _):
        page.get_by_role("button", name="1 unknown").click()
        expect(page.get_by_role("link", name="api service tier 1")).to_be_hidden(timeout=30_000)
        expect(page.get_by_role("link", name="worker service tier 2")).to_be_visible()
        assert "tier=unknown" in page.url
        page.reload()
        settle(page)
        expect(page.get_by_role("link", name="api service tier 1")).to_be_hidden()
        page.get_by_role("button", name="1 unknown").click()
        expect(page.get_by_role("link", name="api service tier 1")).to_be_visible(timeout=30_000)


def test_what_a_source_says_is_shown_as_text_and_never_as_markup(windows: Windows, address: str) -> None:
    with windows.showing(address) as (page, _):
        page.get_by_text("The last sync found 1 problem").click()
        told = page.get_by_text("<img src=x onerror=alert(1)> [a](http:")
        expect(told).to_be_visible()
        assert "\u2060" in told.inner_text(), "an address is shown, and no link is made of it"
        assert page.locator("a[href*='example.com']").count() == 0
        assert page.locator("img[src='x']").count() == 0


def test_an_unknown_service_in_the_address_is_explained(windows: Windows, address: str) -> None:
    with windows.loaded(f"{address}/release_gate?service=nope") as (page, _):
        expect(page.get_by_text("There is no service 'nope' in the catalogue.")).to_be_visible()


def test_an_open_page_shows_a_sync_soon_after_it_ends(browser: Browser, tmp_path: Path) -> None:
    fleet = build(tmp_path, {"api/availability": steady(0.0)})
    with serving(fleet.environment()) as url, browser.new_page() as page:
        page.clock.install()
        page.goto(url)
        settle(page)
        expect(page.get_by_text("no route to host")).to_be_hidden()
        log_sync(fleet, SyncOutcome.FAILED, "no route to host")
        page.clock.fast_forward(15_000)
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
