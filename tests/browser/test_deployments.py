"""Deployments in a real browser: read by everyone, from the list to one deployment and back, filters kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dashboard.domain.deployments import DeploymentState
from tests.browser.driver import serving, settle
from tests.browser.readable import assert_open_to_everyone, cut_off, scrolls_sideways, unfold
from tests.browser.screens import SIZES
from tests.browser.windows import Windows
from tests.pages.deployment_fleets import HEALTHY, HOSTILE, rolled_back
from tests.pages.releases import HOUR, deployed, incident, tell
from tests.pages.stores import build

PATHS = {
    "deployments": "/deployments",
    "deployment": "/deployments?deployment=api/production/a-2",
    "service_with_deployments": "/service?service=api",
}
_WAIT = 30_000


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


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PATHS)
def test_a_page_is_quiet_keeps_to_itself_fits_and_can_be_read_by_everyone(
    windows: Windows, released: str, name: str, size: str
) -> None:
    with windows.showing(released + PATHS[name], size=size) as (page, listener):
        assert listener.complaints == []
        assert listener.outside == []
        assert not scrolls_sideways(page)
        assert cut_off(page, ("a", "a p", "td", "th")) == []
        unfold(page)
        assert_open_to_everyone(page)


@pytest.mark.parametrize("size", SIZES)
def test_the_way_to_one_deployment_and_back_keeps_the_filters(
    windows: Windows, released: str, size: str
) -> None:
    with windows.loaded(f"{released}/deployments?last=7+days&deployed=api", size=size) as (page, listener):
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
    windows: Windows, released: str
) -> None:
    with windows.showing(f"{released}/service?service=api") as (page, _):
        page.get_by_role("link", name="What was deployed of api").click()
        expect(page.get_by_role("heading", name="3 deployments to production")).to_be_visible(timeout=_WAIT)
        assert "deployed=api" in page.url
        settle(page)
        page.get_by_role("link", name="INC-1").click()
        page.wait_for_url("**/incidents?incident=INC-1", timeout=_WAIT)


def test_another_page_of_the_list_is_in_the_address_and_comes_back_from_it(
    windows: Windows, released: str
) -> None:
    with windows.showing(f"{released}/deployments?cards=2") as (page, _):
        expect(page.get_by_text("21 to 27 of 27 deployments")).to_be_visible()


def test_the_list_can_be_taken_away(windows: Windows, released: str, tmp_path: Path) -> None:
    with windows.showing(f"{released}/deployments?result=failed") as (page, _):
        with page.expect_download() as coming:
            page.get_by_role("button", name="Download 1 as CSV").click()
        file = tmp_path / "found.csv"
        coming.value.save_as(file)
        head, row = file.read_text(encoding="utf-8").splitlines()
        assert head.startswith("service,environment,id,version")
        assert row.startswith("worker,production,w-1,w-1")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on what hostile sources say."""
    said = {
        "version": HOSTILE + "x" * 300,
        "actor": HOSTILE,
        "reason": "y" * 400,
        "url": "javascript:alert(1)",
    }
    fleet = tell(
        build(tmp_path_factory.mktemp("hostile"), HEALTHY),
        deployed("id", 3 * HOUR, state=DeploymentState.FAILED, **said),  # type: ignore[arg-type] # texts only
        deployed("other", 2 * HOUR, service=HOSTILE),
        incident("INC " + HOSTILE, HOUR, title=HOSTILE),
    )
    with serving(fleet.environment()) as url:
        yield url


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "path", ["/deployments", "/deployments?deployment=api/production/id", "/service?service=api"]
)
def test_what_a_source_says_is_text_and_fits(windows: Windows, hostile: str, path: str, size: str) -> None:
    with windows.showing(hostile + path, size=size) as (page, listener):
        assert listener.complaints == []
        assert page.locator("main script, a[href^='http://evil'], a[href^='javascript']").count() == 0
        assert not scrolls_sideways(page)
