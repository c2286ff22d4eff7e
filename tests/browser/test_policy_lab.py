"""The policy lab in a real browser: read by everyone, answered on the first screen, kept in the address."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.backtests import WEDNESDAY, at, began, past
from tests.browser.driver import serving, settle
from tests.browser.readable import assert_open_to_everyone, scrolls_sideways, unfold
from tests.browser.screens import SIZES
from tests.browser.windows import Windows
from tests.pages.releases import tell
from tests.pages.test_policy_lab import HOSTILE

PATHS = {
    "policy_lab_today": "/policy_lab",
    "policy_lab": "/policy_lab?floor1=40&window=Always+open",
}
_WAIT = 30_000


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on the deployments of tests/backtests.py, and one whose source is hostile."""
    fleet = tell(
        past(tmp_path_factory.mktemp("lab")),
        began("hostile", at(WEDNESDAY, "15:00"), version=HOSTILE + "x" * 200, actor=HOSTILE),
    )
    with serving(fleet.environment()) as url:
        yield url


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PATHS)
def test_the_page_is_quiet_fits_and_can_be_read_by_everyone(
    windows: Windows, lab: str, name: str, size: str
) -> None:
    with windows.showing(lab + PATHS[name], size=size) as (page, listener):
        assert listener.complaints == []
        assert listener.outside == []
        unfold(page)
        assert not scrolls_sideways(page)
        assert_open_to_everyone(page)


@pytest.mark.parametrize("size", SIZES)
def test_the_answer_is_on_the_first_screen(windows: Windows, lab: str, size: str) -> None:
    with windows.showing(lab + PATHS["policy_lab"], size=size) as (page, _):
        for words in ("3 of 10 deployments to production", "0 of 2", "2 of 6"):
            expect(page.get_by_role("heading", name=words)).to_be_in_viewport()


def test_a_threshold_goes_into_the_address_and_one_click_takes_it_back(windows: Windows, lab: str) -> None:
    with windows.loaded(f"{lab}/policy_lab?replay=api") as (page, listener):
        expect(page.get_by_role("heading", name="Today's policy would have blocked 2 of 8")).to_be_visible()
        field = page.get_by_label("Budget left, tier 1 (critical path): at least %")
        field.fill("40")
        field.press("Enter")
        changed = page.get_by_role("heading", name="would have been blocked (today's policy: 2)")
        expect(changed).to_be_visible(timeout=_WAIT)
        settle(page)
        assert "floor1=40" in page.url
        page.reload()
        settle(page)
        expect(changed).to_be_visible(timeout=_WAIT)
        page.get_by_role("button", name="Back to today's thresholds").click()
        expect(page.get_by_role("heading", name="Today's policy would have blocked 2 of 8")).to_be_visible(
            timeout=_WAIT
        )
        settle(page)
        assert "floor1" not in page.url
        assert "replay=api" in page.url
        assert page.get_by_label("Budget left, tier 1 (critical path): at least %").input_value() == "30"
        assert listener.complaints == []


def test_one_click_leads_to_a_deployment(windows: Windows, lab: str) -> None:
    with windows.showing(lab + PATHS["policy_lab"]) as (page, _):
        page.get_by_role("link", name="api 1.4").click()
        expect(page.get_by_role("heading", name="api 1.4 ✓ good")).to_be_visible(timeout=_WAIT)
