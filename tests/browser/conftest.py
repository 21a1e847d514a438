"""A real browser on a real server: Debian's Chromium, driven by Playwright, without JavaScript."""

import os
import shutil

import pytest

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
def page(request, chromium, live_server, settings):
    """A page in a window of each width; it has complained of nothing when the test has ended."""
    settings.PUBLIC_URL = live_server.url
    context = chromium.new_context(
        viewport={"width": WIDTHS[request.param], "height": 844}, java_script_enabled=False
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("requestfailed", lambda failed: complaints.append(failed.url))
    yield page
    context.close()
    # A page that is answered 409 or 422 is shown all the same.
    assert [text for text in complaints if "Failed to load resource" not in text] == []
