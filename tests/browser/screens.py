"""Photographs every page at both sizes and in both themes: `python -m tests.browser.screens [URL [SERVICE]]`.

The pictures go to the folder that RELIABILITY_SCREENSHOTS names, or to a temporary one.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from tests.browser.driver import ROOT, launch, photograph, serving

SIZES: Mapping[str, ViewportSize] = {
    "desktop": {"width": 1440, "height": 900},
    "phone": {"width": 390, "height": 844},
}
_DEMO_NOW = "2026-11-23T09:00:00Z"
#: The release of the demo that was rolled back a week ago.
_DEMO_DEPLOYMENT = "api/production/api-384"
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def folder() -> Path:
    """Where pictures go."""
    named = os.environ.get("RELIABILITY_SCREENSHOTS")
    return Path(named) if named else Path(tempfile.mkdtemp(prefix="screens-"))


def take(browser: Browser, address: str, pages: Mapping[str, str], into: Path) -> list[Path]:
    """A picture of each of `pages` (name and path) at every size in every theme.

    A page is drawn anew for another size as it stands; for another theme it is loaded again, as the server
    colours its charts.
    """
    taken = []
    context = browser.new_context()  # one, which keeps the app's files for all
    for scheme in SCHEMES:
        page = context.new_page()
        page.emulate_media(color_scheme=scheme)
        for name, path in pages.items():
            page.goto(f"{address}{path}")
            for size, window in SIZES.items():
                page.set_viewport_size(window)
                file = into / f"{name}-{size}-{scheme}.png"
                photograph(page, file)
                taken.append(file)
        page.close()
    context.close()
    return taken


def main(address: str | None = None, service: str = "websocket-server") -> None:
    """Photograph the app at `address`; without one, the demo."""
    pages = {
        "slo_overview": "/",
        "service": f"/service?service={service}",
        "release_gate": f"/release_gate?service={service}",
        "release_board": "/release_gate?view=board",
        "release_decisions": "/release_gate?view=decisions",
        "deployments": "/deployments",
        "deployment": f"/deployments?deployment={_DEMO_DEPLOYMENT}",
        "incidents": "/incidents",
        "incident": "/incidents?incident=demo-014",
        "canaries": "/canary_analysis",
        "canary_in_trouble": "/canary_analysis?rollout=graphql-gateway",
        "canary_inconclusive": "/canary_analysis?rollout=api",
        "canary_safe": "/canary_analysis?rollout=websocket-server",
        "policy_lab": "/policy_lab?floor1=50&floor2=40&replayed=90+days",
    }
    with sync_playwright() as playwright, demo() if address is None else nullcontext(address) as url:
        browser = launch(playwright)
        for file in take(browser, url, pages, folder()):
            print(file)
        browser.close()


@contextmanager
def demo() -> Iterator[str]:
    """The address of the demo, made for a fixed time so that its pictures change only when the pages do."""
    with tempfile.TemporaryDirectory() as temporary:
        store = Path(temporary) / "demo.db"
        command = [sys.executable, "-m", "dashboard", "demo", "--store", str(store), "--now", _DEMO_NOW]
        subprocess.run(command, cwd=ROOT, check=True, stderr=subprocess.DEVNULL)
        with serving({"RELIABILITY_STORE": str(store)}) as url:
            yield url


if __name__ == "__main__":
    main(*sys.argv[1:])
