"""The release gate in a real browser: a link leads to the answer, to its record, over the fleet."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from dashboard.config import load_policy
from dashboard.domain.gate_rules import ExceptionType
from dashboard.paths import DEFAULT_POLICY
from tests.browser.driver import serving, settle
from tests.browser.readable import assert_open_to_everyone, cut_off, scrolls_sideways, unfold
from tests.browser.screens import SIZES
from tests.browser.windows import Windows
from tests.gates import EVIDENCE, MINUTE, freeze, grant, recorded, request
from tests.pages.stores import NOW, build, burst, steady

HOSTILE = "<img src=x onerror=alert(1)>[x](http://evil.example):red[z]" + "w" * 140
PATHS = {
    "release_allowed": "/release_gate?service=api",
    "release_denied": "/release_gate?service=worker",
    "release_missing": "/release_gate?service=api&version=v9",
    "release_board": "/release_gate",
    "release_decisions": "/release_gate?view=decisions",
}
_WAIT = 30_000
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The app and a decision: `api` may go, `worker` has spent its budget; somebody is hostile."""
    fleet = build(
        tmp_path_factory.mktemp("gate"),
        {
            "api/availability": steady(0.0002),
            "api/latency": steady(0.0),
            "worker/availability": burst(0.2, 20 * _HOUR, 10 * _HOUR),
        },
    )
    grant(fleet, ExceptionType.SECURITY, load_policy(DEFAULT_POLICY), ends=NOW + _DAY)
    freeze(fleet, NOW - _HOUR, NOW + 2 * _DAY, services=["worker", "docs"])
    holed = EVIDENCE | {"security": EVIDENCE["security"] | {"high_cves": 1}}
    recorded(fleet, request(version="w7", service="worker"), now=NOW - 3 * MINUTE)
    hostile = request(version=HOSTILE, image=HOSTILE, requested_by=HOSTILE, service="docs")
    recorded(fleet, hostile, now=NOW - 2 * MINUTE, actor=HOSTILE)
    decision = recorded(fleet, request(gates=holed), now=NOW - MINUTE).document["decision_id"]
    with serving(fleet.environment()) as url:
        yield url, decision


def _paths(decision: str) -> dict[str, str]:
    return PATHS | {"release_record": f"/release_gate?decision={decision}"}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", [*list(PATHS)[1:], "release_record"])
def test_the_page_is_quiet_fits_and_can_be_read_by_everyone(
    windows: Windows, gate: tuple[str, str], name: str, size: str
) -> None:
    address, decision = gate
    with windows.showing(address + _paths(decision)[name], size=size) as (page, listener):
        assert listener.complaints == []
        assert listener.outside == []
        unfold(page, "Checklist before the release|Commands to copy")
        assert not scrolls_sideways(page)
        assert cut_off(page) == []
        assert_open_to_everyone(page)


@pytest.mark.parametrize("size", SIZES)
def test_the_answer_is_on_the_first_screen(windows: Windows, gate: tuple[str, str], size: str) -> None:
    address, _ = gate
    for service, answer in (("api", "✓ ALLOWED"), ("worker", "✕ NOT NOW")):
        with windows.showing(f"{address}/release_gate?service={service}", size=size) as (page, _):
            expect(page.get_by_role("heading", name=answer)).to_be_in_viewport()


@pytest.mark.parametrize("size", SIZES)
def test_the_way_leads_from_the_fleet_to_a_release_to_its_record_and_back(
    windows: Windows, gate: tuple[str, str], size: str
) -> None:
    address, decision = gate
    with windows.showing(f"{address}/release_gate", size=size) as (page, listener):
        expect(page.get_by_role("heading", name="only a rollback for 2, a feature for 1")).to_be_visible()
        page.get_by_role("link", name="api service tier 1").click()
        expect(page.get_by_role("heading", name="✓ ALLOWED")).to_be_visible(timeout=_WAIT)
        settle(page)
        assert "service=api" in page.url
        page.get_by_role("link", name="allowed 23 Nov 09:01 UTC").click()
        expect(page.get_by_role("heading", name="Decision on api v2.4.0")).to_be_visible(timeout=_WAIT)
        settle(page)
        assert f"decision={decision}" in page.url
        expect(page.get_by_text("it decides the same in every part")).to_be_visible()
        page.get_by_role("link", name="May it go now?").click()
        expect(page.get_by_text("Asked again now")).to_be_visible(timeout=_WAIT)
        settle(page)
        assert "version=v2.4.0" in page.url
        assert "decision=" not in page.url
        assert listener.complaints == []


def test_what_is_chosen_is_in_the_address_and_comes_back_from_it(
    windows: Windows, gate: tuple[str, str]
) -> None:
    address, _ = gate
    with windows.loaded(f"{address}/release_gate?service=api") as (page, _):
        page.get_by_role("combobox", name="Kind of change").click()
        page.get_by_role("option", name="Bug fix").click()
        expect(page.get_by_text("api v2.4.0 to production, bug fix")).to_be_visible(timeout=_WAIT)
        page.get_by_role("combobox", name="Version").fill("v3.0.0-rc1")
        page.get_by_role("combobox", name="Version").press("Enter")
        expect(page.get_by_text("api v3.0.0-rc1 to production, bug fix")).to_be_visible(timeout=_WAIT)
        assert "kind=bugfix" in page.url
        assert "version=v3.0.0-rc1" in page.url
        page.reload()
        settle(page)
        expect(page.get_by_role("heading", name="? NOT NOW: evidence missing")).to_be_visible()
        expect(page.get_by_text("api v3.0.0-rc1 to production, bug fix")).to_be_visible()


def test_the_views_are_a_click_apart_and_in_the_address(windows: Windows, gate: tuple[str, str]) -> None:
    address, _ = gate
    with windows.loaded(f"{address}/release_gate?service=api") as (page, listener):
        page.get_by_role("radio", name="Decisions").click()
        expect(page.get_by_text("3 decisions")).to_be_visible(timeout=_WAIT)
        assert "view=decisions" in page.url
        page.get_by_role("radio", name="denied").click()
        expect(page.get_by_text("2 decisions")).to_be_visible(timeout=_WAIT)
        assert "answer=denied" in page.url
        page.get_by_role("radio", name="Whole fleet").click()
        expect(page.get_by_role("heading", name="3 services to production now")).to_be_visible(timeout=_WAIT)
        page.get_by_role("radio", name="One release").click()
        expect(page.get_by_role("heading", name="✓ ALLOWED")).to_be_visible(timeout=_WAIT)
        assert listener.complaints == []


def test_an_old_link_to_the_deploy_policy_leads_to_the_gate(windows: Windows, gate: tuple[str, str]) -> None:
    address, _ = gate
    with windows.loaded(f"{address}/deploy_policy?service=worker") as (page, _):
        expect(page.get_by_role("heading", name="✕ NOT NOW")).to_be_visible(timeout=_WAIT)
        assert "/release_gate?service=worker" in page.url


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", ["/release_gate?service=docs", "/release_gate?view=decisions"])
def test_what_a_pipeline_says_is_text_and_fits(
    windows: Windows, gate: tuple[str, str], path: str, size: str
) -> None:
    address, _ = gate
    with windows.showing(address + path, size=size) as (page, listener):
        assert listener.complaints == []
        assert page.locator("main img[src='x'], a[href^='http://evil']").count() == 0
        assert not scrolls_sideways(page)
