"""One browser and one running app for all browser tests."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from dashboard.store.sync_log import Problem, SyncOutcome
from tests.browser.driver import launch, serving
from tests.browser.windows import Windows
from tests.pages.stores import build, burst, log_sync, measured_since, steady

#: A busy machine may need so long to show what a quiet one shows at once.
_PATIENCE_MS = 30_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def windows(browser: Browser) -> Iterator[Windows]:
    """The windows that a module's tests look through."""
    windows = Windows(browser)
    yield windows
    windows.close()


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on a bad day: `api` pages, `worker` is unknown, and the last sync was only partial."""
    fleet = build(
        tmp_path_factory.mktemp("fleet"),
        {
            "api/availability": burst(0.02, timedelta(minutes=110)),
            "api/latency": steady(0.001),
            "worker/availability": measured_since(timedelta(days=1), 0.001),
        },
    )
    log_sync(
        fleet,
        SyncOutcome.PARTIAL,
        "latency: no answer within 120 s",
        Problem(
            subject="latency", kind="source", message="<img src=x onerror=alert(1)> [a](http://example.com)"
        ),
    )
    with serving(fleet.environment()) as url:
        yield url
