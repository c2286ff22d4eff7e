"""Windows on the app. To load it takes a processor seconds, to go from page to page in it a fraction of one.

So tests of a module that only look at pages share one window for each size, which goes from page to page as
one does by the browser's history. A test that changes what the app remembers loads it in a window of its own.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.driver import settle
from tests.browser.screens import SIZES, Scheme

#: Each size and each theme once: what is cut off is the size's, a contrast is the theme's.
THEMES: Mapping[str, Scheme] = {"desktop": "light", "phone": "dark"}

# Back in the browser's own history, and until the app has begun to draw that page.
_GO = """
([address, limit]) => new Promise((done, fail) => {
  const app = document.querySelector('[data-testid="stApp"]');
  const watch = new MutationObserver(() => {
    if (app.dataset.testScriptState === 'notRunning') return;
    watch.disconnect();
    done();
  });
  watch.observe(app, {attributes: true, attributeFilter: ['data-test-script-state']});
  setTimeout(() => fail(new Error(`the app never began to draw ${address}`)), limit);
  document.querySelector('[data-testid="stMain"]').scrollTo(0, 0);
  history.pushState({}, '', address);
  history.pushState({}, '', address);
  history.back();
})
"""
_GO_MS = 30_000


class Listener:
    """What a page complained of, and what it asked of anyone but the app."""

    def __init__(self, page: Page) -> None:
        self.complaints: list[str] = []
        self.outside: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._hear(message.type, message.text, message.location["url"]))
        page.on("request", lambda request: self._follow(request.url))
        page.on("websocket", lambda socket: self._follow(socket.url))

    def _hear(self, kind: str, text: str, url: str) -> None:
        # On a deep link Streamlit looks for its server beside the page first, and is told 404.
        if kind == "error" and "/_stcore/" not in url:
            self.complaints.append(f"{text} {url}")

    def _follow(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            self.outside.append(url)


class Windows:
    """The windows of one module; they share what the browser keeps of the app's files."""

    def __init__(self, browser: Browser) -> None:
        self._context: BrowserContext = browser.new_context()
        self._shared: dict[tuple[str, str], tuple[Page, Listener]] = {}

    @contextmanager
    def loaded(
        self, url: str, *, size: str = "desktop", scheme: Scheme | None = None
    ) -> Iterator[tuple[Page, Listener]]:
        """A window of one's own, loaded at `url`."""
        page, listener = self._load(url, size, scheme or THEMES[size])
        yield page, listener
        page.close()

    @contextmanager
    def showing(self, url: str, *, size: str = "desktop") -> Iterator[tuple[Page, Listener]]:
        """The shared window of `size`, at `url`: loaded there when it is the first, else gone to.

        Loading is listened to as the first page's. After a test that failed, nobody looks through it again.
        """
        key = (urlsplit(url).netloc, size)
        if key in self._shared:
            page, listener = self._shared[key]
            del listener.complaints[:], listener.outside[:]
            page.evaluate(_GO, [url, _GO_MS])
            settle(page)
        else:
            page, listener = self._load(url, size, THEMES[size])
        self._shared.pop(key, None)
        yield page, listener
        self._shared[key] = page, listener

    def close(self) -> None:
        """Close all of them."""
        self._context.close()

    def _load(self, url: str, size: str, scheme: Scheme) -> tuple[Page, Listener]:
        page = self._context.new_page()
        page.set_viewport_size(SIZES[size])
        page.emulate_media(color_scheme=scheme)
        listener = Listener(page)
        page.goto(url)
        settle(page)
        return page, listener
