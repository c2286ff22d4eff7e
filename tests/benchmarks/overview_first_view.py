"""First view of the SLO overview with 200 services against an empty page of Streamlit.

Run it with `python -m tests.benchmarks.overview_first_view`.

Both are served by the same Streamlit with the same settings and opened in turn by the same browser, each
time in a fresh context (nothing cached), until the page has come to rest.
"""

import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.driver import launch, serving, serving_script, settle
from tests.pages.stores import BadShare, Fleet, build, burst, measured_since, steady

SERVICES = 200
ROUNDS = 7
QUIET_SECONDS = 0.4


def fleet_of(services: int, folder: Path) -> Fleet:
    """A fleet with some of everything."""
    objective = "    objectives: [{indicator: availability, target: 0.999, window: 3d}]\n"
    names = [f"service-{number:03}" for number in range(services)]
    catalogue = (
        "indicators:\n  availability:\n    good: good[{{bucket}}]\n    total: total[{{bucket}}]\nservices:\n"
    )
    for number, name in enumerate(names):
        catalogue += f"  {name}:\n    tier: {number % 3 + 1}\n    strategy: rolling\n{objective}"
    kinds: list[BadShare] = [
        steady(0.0001),
        steady(0.0006),
        burst(0.02, timedelta(hours=2)),
        measured_since(timedelta(days=1)),
    ]
    shares = {f"{name}/availability": kinds[number % len(kinds)] for number, name in enumerate(names)}
    return build(folder, shares, catalogue=catalogue)


def first_view(browser: Browser, address: str) -> float:
    """Seconds from asking for the page until it is drawn, in a browser that has never seen it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    start = time.perf_counter()
    page.goto(address)
    settle(page)
    took = time.perf_counter() - start
    context.close()
    return took - QUIET_SECONDS


def main() -> None:
    """Print both medians and their ratio."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        empty = folder / "empty.py"
        empty.write_text("import streamlit as st\n\nst.title('Empty')\n", encoding="utf-8")
        environment = fleet_of(SERVICES, folder / "fleet").environment()
        with (
            serving(environment) as overview,
            serving_script(empty) as nothing,
            sync_playwright() as playwright,
        ):
            browser = launch(playwright)
            for address in (overview, nothing):  # the server's imports and the first report are not counted
                first_view(browser, address)
            pairs = [(first_view(browser, nothing), first_view(browser, overview)) for _ in range(ROUNDS)]
            browser.close()
    without, with_fleet = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(f"{'page':<28}{'median':>9}{'slowest':>9}")
    print(f"{'empty Streamlit page':<28}{without:>7.2f} s{max(pair[0] for pair in pairs):>7.2f} s")
    print(
        f"{f'overview, {SERVICES} services':<28}{with_fleet:>7.2f} s{max(pair[1] for pair in pairs):>7.2f} s"
    )
    print(f"ratio {with_fleet / without:.2f} (median of {ROUNDS} pairs)")


if __name__ == "__main__":
    main()
