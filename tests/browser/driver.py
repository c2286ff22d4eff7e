"""The app in a real server, seen by a real Chromium: started, waited for, and photographed properly."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
_START_SECONDS = 40.0
_QUIET_MS = 400
_WAIT_MS = 30_000

# The page is right when the app is connected and idle, its charts are drawn, its fonts are there, and
# nothing in it has moved for a while.
_SETTLED = """
async ([quiet, limit]) => {
  const ready = () => {
    const app = document.querySelector('[data-testid="stApp"]');
    if (!app || app.dataset.testConnectionState !== 'CONNECTED') return false;
    if (app.dataset.testScriptState !== 'notRunning') return false;
    if (document.querySelector('[data-testid="stSkeleton"]')) return false;
    const charts = [...document.querySelectorAll('[data-testid="stPlotlyChart"]')];
    return charts.every(chart => chart.querySelector('.main-svg'));
  };
  await document.fonts.ready;
  let moved = performance.now();
  const watch = new MutationObserver(() => { moved = performance.now(); });
  watch.observe(document.body, {subtree: true, childList: true, characterData: true});
  const start = performance.now();
  while (performance.now() - start < limit) {
    await new Promise(done => setTimeout(done, 50));
    if (!ready()) moved = performance.now();
    if (performance.now() - moved >= quiet) { watch.disconnect(); return true; }
  }
  watch.disconnect();
  return false;
}
"""


def launch(playwright: Playwright) -> Browser:
    """Chromium, or an error that says how to get it."""
    if not CHROMIUM.exists():
        raise RuntimeError(f"found no {CHROMIUM}, expected Chromium; install it: apt-get install chromium")
    return playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(environment: Mapping[str, str]) -> Iterator[str]:
    """The address of the product, served as `reliability serve` does with `environment`."""
    port = free_port()
    command = [sys.executable, "-m", "dashboard", "serve", "--port", str(port)]
    with _running(command, environment, port) as address:
        yield address


@contextmanager
def serving_script(script: Path) -> Iterator[str]:
    """The address of any Streamlit script, served by Streamlit's own command."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    with _running([*command, "--server.headless", "true"], {}, port) as address:
        yield address


@contextmanager
def _running(command: list[str], environment: Mapping[str, str], port: int) -> Iterator[str]:
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the app ended with {process.returncode} before it could be seen")
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:  # noqa: S310 - ours
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the app did not answer within {_START_SECONDS:.0f} s")


def settle(page: Page) -> None:
    """Wait until `page` is drawn completely."""
    page.wait_for_selector('[data-testid="stApp"]', timeout=_WAIT_MS)
    assert page.evaluate(_SETTLED, [_QUIET_MS, _WAIT_MS]), "the page never came to rest"


def photograph(page: Page, file: Path) -> None:
    """Save all of `page`: its scrolling part is only captured when the window is as tall as it."""
    settle(page)
    size = page.viewport_size
    assert size is not None
    tall = page.evaluate("""() => {
      const main = document.querySelector('[data-testid="stMain"]');
      return main ? main.scrollHeight + main.getBoundingClientRect().top : document.body.scrollHeight;
    }""")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], int(tall) + 8)})
    settle(page)
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(file))
    page.set_viewport_size(size)
