"""Deployments in a real browser: read by everyone, from the list to one deployment and back, filters kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from dashboard.domain.deployments import DeploymentState
from tests.browser.driver import serving, settle
from tests.browser.screens import SCHEMES, SIZES, VIEWS
from tests.browser.test_app import opened
from tests.pages.releases import HOUR, deployed, incident, tell
from tests.pages.stores import build
from tests.pages.test_deployments import HEALTHY, HOSTILE, rolled_back

PATHS = {
    "deployments": "/deployments",
    "deployment": "/deployments?deployment=api/production/a-2",
    "service_with_deployments": "/service?service=api",
}
_WAIT = 15_000


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on a rolled back release, a failed one, and more good ones than fit on one page."""
    fleet = tell(
        rolled_back(tmp_path_factory.mktemp("released")),
        *(deployed(f"w-{number}", (30 + 10 * number) * HOUR, service="worker") for number in range(2, 25)),
        deployed("p-1", HOUR, service="payments-prod"),
    )
    with serving(fleet.environment()) as url:
        yield url


@pytest.mark.parametrize(("size", "scheme"), VIEWS)
@pytest.mark.parametrize("name", PATHS)
def test_a_page_is_quiet_keeps_to_itself_fits_and_can_be_read_by_everyone(
    browser: Browser, released: str, name: str, size: str, scheme: Literal["light", "dark"]
) -> None:
    with opened(browser, released + PATHS[name], size=size, scheme=scheme) as (page, listener):
        assert listener.complaints == []
        assert listener.outside == []
        width = page.evaluate(
            "Math.max(document.documentElement.scrollWidth,"
            " document.querySelector('[data-testid=stMain]').scrollWidth)"
        )
        assert width <= SIZES[size]["width"], "the page scrolls sideways"
        assert _cut_off(page) == []
        for folded in page.locator("main summary").all():
            if folded.evaluate("one => !one.parentElement.open"):
                folded.click()
        settle(page)
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_page_without_deployments_can_be_read_by_everyone(
    browser: Browser, tmp_path: Path, scheme: Literal["light", "dark"]
) -> None:
    with (
        serving(build(tmp_path, HEALTHY).environment()) as url,
        opened(browser, f"{url}/deployments", size="phone", scheme=scheme) as (page, _),
    ):
        expect(page.get_by_text("No deployment is known yet.")).to_be_visible()
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("size", SIZES)
def test_the_way_to_one_deployment_and_back_keeps_the_filters(
    browser: Browser, released: str, size: str
) -> None:
    with opened(browser, f"{released}/deployments?last=7+days&deployed=api", size=size) as (page, listener):
        page.get_by_role("button", name="1 rolled back").click()
        expect(page.get_by_text("1 deployment, newest first")).to_be_visible(timeout=_WAIT)
        settle(page)
        page.get_by_role("link", name="api 4.2").click()
        expect(page.get_by_role("heading", name="api 4.2 ◀ rolled back")).to_be_visible(timeout=_WAIT)
        assert "deployment=api" in page.url
        settle(page)
        page.get_by_role("link", name="All deployments").click()
        expect(page.get_by_text("1 deployment, newest first")).to_be_visible(timeout=_WAIT)
        settle(page)
        assert "last=7+days" in page.url
        assert "deployed=api" in page.url
        assert "result=rolled+back" in page.url
        assert "deployment=" not in page.url
        assert listener.complaints == []


def test_one_click_leads_from_a_service_to_its_deployments_and_on_to_an_incident(
    browser: Browser, released: str
) -> None:
    with opened(browser, f"{released}/service?service=api") as (page, _):
        page.get_by_role("link", name="What was deployed of api").click()
        expect(page.get_by_role("heading", name="3 deployments to production")).to_be_visible(timeout=_WAIT)
        assert "deployed=api" in page.url
        settle(page)
        page.get_by_role("link", name="INC-1").click()
        page.wait_for_url("**/incidents?incident=INC-1", timeout=_WAIT)


def test_another_page_of_the_list_is_in_the_address_and_comes_back_from_it(
    browser: Browser, released: str
) -> None:
    with opened(browser, f"{released}/deployments?cards=2") as (page, _):
        expect(page.get_by_text("21 to 27 of 27 deployments")).to_be_visible()


def test_the_list_can_be_taken_away(browser: Browser, released: str, tmp_path: Path) -> None:
    with opened(browser, f"{released}/deployments?result=failed") as (page, _):
        with page.expect_download() as coming:
            page.get_by_role("button", name="Download 1 as CSV").click()
        file = tmp_path / "found.csv"
        coming.value.save_as(file)
        head, row = file.read_text(encoding="utf-8").splitlines()
        assert head.startswith("service,environment,id,version")
        assert row.startswith("worker,production,w-1,w-1")


@pytest.mark.parametrize("size", SIZES)
def test_what_a_source_says_is_text_and_fits(browser: Browser, tmp_path: Path, size: str) -> None:
    said = {
        "version": HOSTILE + "x" * 300,
        "actor": HOSTILE,
        "reason": "y" * 400,
        "url": "javascript:alert(1)",
    }
    fleet = tell(
        build(tmp_path, HEALTHY),
        deployed("id", 3 * HOUR, state=DeploymentState.FAILED, **said),  # type: ignore[arg-type] # texts only
        deployed("other", 2 * HOUR, service=HOSTILE),
        incident("INC " + HOSTILE, HOUR, title=HOSTILE),
    )
    with serving(fleet.environment()) as url:
        for path in ("/deployments", "/deployments?deployment=api/production/id", "/service?service=api"):
            with opened(browser, url + path, size=size) as (page, listener):
                assert listener.complaints == []
                assert page.locator("main script, a[href^='http://evil'], a[href^='javascript']").count() == 0
                wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
                assert wide <= SIZES[size]["width"], path


def _cut_off(page: Page) -> list[str]:
    """Links and cells that an ellipsis or an edge cuts off."""
    cut: list[str] = page.evaluate("""() => [...document.querySelectorAll(
        '[data-testid=stMain] a, [data-testid=stMain] a p, [data-testid=stMain] td, [data-testid=stMain] th')]
      .filter(one => one.offsetParent && getComputedStyle(one).overflow !== 'visible'
        && one.scrollWidth > one.clientWidth + 1)
      .map(one => one.textContent)""")
    return cut
