"""Incidents & MTTR in a real browser: from the answer to a cell's incidents, to one, to its postmortem."""

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.driver import serving, settle
from tests.browser.screens import SIZES, VIEWS
from tests.browser.test_app import opened
from tests.pages.incident_stores import HOSTILE, MINUTE, eventful, incident
from tests.pages.stores import NOW

PATHS = {
    "incidents": "/incidents?period=90+days",
    "incident": "/incidents?incident=INC-open",
    "incident_hostile": "/incidents?incident=INC-hostile",
    "incident_long": f"/incidents?incident={'L' * 300}",
}
_WAIT = 15_000


@pytest.fixture(scope="module")
def eventful_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on half a year of incidents, one of them with hostile words."""
    hostile = incident("INC-hostile", NOW - 1205 * MINUTE, (3, 8, 20, 45), title=HOSTILE, url="javascript:x")
    long = incident("L" * 300, NOW - 1300 * MINUTE, (3, 8, 20, 45), title="W" * 400, services=("S" * 200,))
    fleet = eventful(tmp_path_factory.mktemp("eventful"), hostile, long)
    with serving(fleet.environment()) as url:
        yield url


@pytest.mark.parametrize(("size", "scheme"), VIEWS)
@pytest.mark.parametrize("name", PATHS)
def test_the_page_is_quiet_fits_and_can_be_read_by_everyone(
    browser: Browser, eventful_address: str, name: str, size: str, scheme: Literal["light", "dark"]
) -> None:
    with opened(browser, eventful_address + PATHS[name], size=size, scheme=scheme) as (page, listener):
        assert listener.complaints == []
        assert listener.outside == []
        width = page.evaluate(
            "Math.max(document.documentElement.scrollWidth,"
            " document.querySelector('[data-testid=stMain]').scrollWidth)"
        )
        assert width <= SIZES[size]["width"], "the page scrolls sideways"
        assert _cut_off(page) == []
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("size", SIZES)
def test_the_way_leads_from_a_cell_to_an_incident_to_its_postmortem(
    browser: Browser, eventful_address: str, size: str
) -> None:
    with opened(browser, f"{eventful_address}/incidents?period=180+days", size=size) as (page, listener):
        expect(page.get_by_role("heading", name="time to recover changed")).to_be_visible()
        page.get_by_role("table").filter(has_text="triage").first.get_by_role("link").nth(3).click()
        expect(page.get_by_text("recover: ").first).to_be_visible(timeout=_WAIT)
        settle(page)
        assert "show=P1+recover" in page.url
        assert "period=180+days" in page.url
        expect(page.get_by_role("heading", name="Incidents", exact=True)).to_be_in_viewport(timeout=_WAIT)
        page.get_by_role("link", name="INC-open").last.click()
        expect(page.get_by_role("heading", name="Requests fail for one in fifty")).to_be_visible(
            timeout=_WAIT
        )
        assert "incident=INC-open" in page.url
        settle(page)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download the skeleton").click()
        text = download.value.path().read_text(encoding="utf-8")
        assert text.startswith("# Postmortem: Requests fail for one in fifty")
        page.get_by_role("link", name="All incidents").click()
        expect(page.get_by_role("heading", name="time to recover changed")).to_be_visible(timeout=_WAIT)
        assert "period=180" in page.url
        assert listener.complaints == []


def test_the_filters_are_in_the_address_and_come_back_from_it(
    browser: Browser, eventful_address: str
) -> None:
    with opened(browser, f"{eventful_address}/incidents") as (page, _):
        page.get_by_role("button", name="P2", exact=True).click()
        expect(page.get_by_role("link", name="INC-open")).to_have_count(0, timeout=_WAIT)
        assert "severity=P2" in page.url
        page.reload()
        settle(page)
        expect(page.get_by_role("link", name="INC-open")).to_have_count(0)


def test_the_incidents_and_the_report_can_be_taken_away(browser: Browser, eventful_address: str) -> None:
    with opened(browser, f"{eventful_address}/incidents") as (page, _):
        with page.expect_download() as download:
            page.get_by_role("button", name="as CSV").click()
        lines = download.value.path().read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith("incident,title,severity,services")
        with page.expect_download() as download:
            page.get_by_role("button", name="Report as HTML").click()
        assert download.value.path().read_text(encoding="utf-8").startswith("<!doctype html>")


def _cut_off(page: Page) -> list[str]:
    """Texts that an ellipsis or an edge cuts off."""
    cut: list[str] = page.evaluate("""() => [...document.querySelectorAll(
        '[data-testid=stMain] a, [data-testid=stMain] p, [data-testid=stMain] td, [data-testid=stMain] th')]
      .filter(one => one.offsetParent && getComputedStyle(one).overflow !== 'visible'
        && one.scrollWidth > one.clientWidth + 1)
      .map(one => one.textContent)""")
    return cut
