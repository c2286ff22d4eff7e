"""Incidents & MTTR in a real browser: from the answer to a cell's incidents, to one, to its postmortem."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.driver import serving, settle
from tests.browser.readable import assert_open_to_everyone, cut_off, scrolls_sideways
from tests.browser.screens import SIZES
from tests.browser.windows import Windows
from tests.pages.incident_stores import HOSTILE, MINUTE, eventful, incident
from tests.pages.stores import NOW

PATHS = {
    "incidents": "/incidents?period=90+days",
    "incident": "/incidents?incident=INC-open",
    "incident_hostile": "/incidents?incident=INC-hostile",
    "incident_long": f"/incidents?incident={'L' * 300}",
}
_WAIT = 30_000


@pytest.fixture(scope="module")
def eventful_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on half a year of incidents, one of them with hostile words."""
    hostile = incident("INC-hostile", NOW - 1205 * MINUTE, (3, 8, 20, 45), title=HOSTILE, url="javascript:x")
    long = incident("L" * 300, NOW - 1300 * MINUTE, (3, 8, 20, 45), title="W" * 400, services=("S" * 200,))
    fleet = eventful(tmp_path_factory.mktemp("eventful"), hostile, long)
    with serving(fleet.environment()) as url:
        yield url


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PATHS)
def test_the_page_is_quiet_fits_and_can_be_read_by_everyone(
    windows: Windows, eventful_address: str, name: str, size: str
) -> None:
    with windows.showing(eventful_address + PATHS[name], size=size) as (page, listener):
        assert listener.complaints == []
        assert listener.outside == []
        assert not scrolls_sideways(page)
        assert cut_off(page) == []
        assert_open_to_everyone(page)


@pytest.mark.parametrize("size", SIZES)
def test_the_way_leads_from_a_cell_to_an_incident_to_its_postmortem(
    windows: Windows, eventful_address: str, size: str
) -> None:
    with windows.loaded(f"{eventful_address}/incidents?period=180+days", size=size) as (page, listener):
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
    windows: Windows, eventful_address: str
) -> None:
    with windows.loaded(f"{eventful_address}/incidents") as (page, _):
        page.get_by_role("button", name="P2", exact=True).click()
        expect(page.get_by_role("link", name="INC-open")).to_have_count(0, timeout=_WAIT)
        assert "severity=P2" in page.url
        page.reload()
        settle(page)
        expect(page.get_by_role("link", name="INC-open")).to_have_count(0)


def test_the_incidents_and_the_report_can_be_taken_away(windows: Windows, eventful_address: str) -> None:
    with windows.showing(f"{eventful_address}/incidents") as (page, _):
        with page.expect_download() as download:
            page.get_by_role("button", name="as CSV").click()
        lines = download.value.path().read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith("incident,title,severity,services")
        with page.expect_download() as download:
            page.get_by_role("button", name="Report as HTML").click()
        assert download.value.path().read_text(encoding="utf-8").startswith("<!doctype html>")
