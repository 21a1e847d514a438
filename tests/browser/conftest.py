"""A real browser on a real server: Debian's Chromium, driven by Playwright."""

import os
import shutil
from contextlib import contextmanager

import pytest

from tests.orders.admin.asking import support

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
WIDTHS = {"phone": 390, "wide": 1400}


@pytest.fixture(scope="session")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright")
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"needs one of {', '.join(NAMES)}: apt-get install chromium")
    with pytest.MonkeyPatch.context() as patch:
        # Playwright waits in an event loop; the tests themselves are as synchronous as ever.
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=path)
            yield browser
            browser.close()


@pytest.fixture(params=WIDTHS)
def window(request, chromium, live_server, settings):
    """Open a window, of each width in turn; it has complained of nothing when it is closed."""
    settings.PUBLIC_URL = live_server.url

    @contextmanager
    def opened(**options):
        size = {"width": WIDTHS[request.param], "height": 844}
        context = chromium.new_context(base_url=live_server.url, viewport=size, **options)
        context.set_default_timeout(20_000)
        page = context.new_page()
        complaints = []
        page.on("console", lambda message: complaints.append((message.type, message.text)))
        page.on("pageerror", lambda error: complaints.append(("error", str(error))))
        page.on("requestfailed", lambda lost: complaints.append((lost.failure, lost.url)))
        yield page
        context.close()
        # A page that is answered 409 or 422 is shown all the same.
        # A second click gives up what the first has asked for.
        harmless = {"log", "info", "debug", "warning", "net::ERR_ABORTED"}
        # Pages elsewhere are played by the test: Chromium has no way to them.
        played = "https://checkout.stripe.com/"
        errors = [
            text
            for kind, text in complaints
            if kind not in harmless and not text.startswith(played)
        ]
        assert [text for text in errors if "Failed to load resource" not in text] == []

    return opened


@pytest.fixture
def page(window):
    """A player's window, without JavaScript."""
    with window(java_script_enabled=False) as page:
        yield page


@pytest.fixture
def staff_page(window, live_server):
    """The window of somebody in Support who may refund."""
    with window() as page:
        session = support().cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        yield page
