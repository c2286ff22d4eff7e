"""The canary analysis in a real browser: the answer on the first screen, the way in and back, and axe."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from dashboard.domain.canary.measure import Measure
from tests.browser.driver import serving, settle
from tests.browser.readable import assert_open_to_everyone, scrolls_sideways, unfold
from tests.browser.screens import SIZES
from tests.browser.windows import Windows
from tests.pages.canaries import ago, counted, healthy, import_canaries, past, values
from tests.pages.stores import build, burst, steady
from tests.rollout_objects import Object, analysis_run, metric_result, metric_spec, rollout

HOSTILE = "<img src=x onerror=alert(1)>[x](http://evil.example):red[z]" + "w" * 140
PATHS = {
    "canary_list": "/canary_analysis",
    "canary_healthy": "/canary_analysis?rollout=api",
    "canary_hostile": "/canary_analysis?rollout=docs",
}
_WAIT = 30_000


@pytest.fixture(scope="module")
def canaries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app: `api` is safe in a cautious tier, `worker` in trouble, `docs` hostile; `api` has a past."""
    fleet = build(
        tmp_path_factory.mktemp("canaries"),
        {
            "api/availability": burst(0.01, timedelta(hours=6, minutes=20), timedelta(hours=2)),
            "api/latency": steady(0.0),
            "worker/availability": steady(0.0),
        },
    )
    past(fleet, 10, 20)
    past(fleet, 11, 15, aborted=True)
    counted(healthy(fleet), 0.1, 1)
    counted(fleet, 0.5, 4, measure=Measure.SLOW)
    import_canaries(
        fleet, rollout("worker", at=ago(12)), rollout("worker", at=ago(4), step=2, version=102, weight=10)
    )
    counted(fleet, 5, 3, name="worker")
    found = metric_result(HOSTILE, values(5, ("[0.99]", "Successful"), (None, "Error"), message=HOSTILE))
    steps: list[Object] = [{"setWeight": 10}, {"analysis": {"templates": [{"templateName": HOSTILE}]}}]
    run = analysis_run(HOSTILE, found, at=ago(5), message=HOSTILE, specs=[metric_spec(HOSTILE)], owner="docs")
    import_canaries(fleet, rollout("docs", at=ago(12), step=1, image=f"x:{HOSTILE}", steps=steps), run)
    with serving(fleet.environment()) as url:
        yield url


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PATHS)
def test_the_page_is_quiet_fits_and_can_be_read_by_everyone(
    windows: Windows, canaries: str, name: str, size: str
) -> None:
    with windows.showing(canaries + PATHS[name], size=size) as (page, listener):
        unfold(page)
        assert listener.complaints == []
        assert listener.outside == []
        assert not scrolls_sideways(page)
        assert page.locator("main img[src='x'], a[href^='http://evil']").count() == 0
        assert_open_to_everyone(page)


@pytest.mark.parametrize("size", SIZES)
def test_the_answer_is_on_the_first_screen(windows: Windows, canaries: str, size: str) -> None:
    for rollout_name, answer in (("api", "✓ SAFE SO FAR"), ("worker", "✕ IN TROUBLE")):
        with windows.showing(f"{canaries}/canary_analysis?rollout={rollout_name}", size=size) as (page, _):
            expect(page.get_by_role("heading", name=answer)).to_be_in_viewport()
            expect(page.get_by_text("When known?")).to_be_in_viewport()


def test_the_way_leads_from_the_list_to_a_canary_and_back_with_its_filters(
    windows: Windows, canaries: str
) -> None:
    with windows.loaded(f"{canaries}/canary_analysis?ended=aborted") as (page, listener):
        expect(page.get_by_text("1 canary, newest first")).to_be_visible()
        page.get_by_role("link", name="worker").click()
        expect(page.get_by_role("heading", name="✕ IN TROUBLE")).to_be_visible(timeout=_WAIT)
        settle(page)
        assert "rollout=uid-worker&run=2" in page.url
        page.reload()
        settle(page)
        expect(page.get_by_role("heading", name="✕ IN TROUBLE")).to_be_visible()
        page.get_by_role("link", name="May worker ship now?").click()
        expect(page.get_by_role("heading", name="Release gate", exact=True)).to_be_visible(timeout=_WAIT)
        settle(page)
        page.get_by_role("link", name="Canaries of worker").click()
        expect(page.get_by_text("1 canary under way")).to_be_visible(timeout=_WAIT)
        assert "canary_of=worker" in page.url
        assert listener.complaints == []
