"""The simulator in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from ops.load.running import Running, running
from tests.support.handset import CHROMIUM, Calendar


@pytest.fixture(scope="module")
def ijwi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("ijwi")) as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.fail("No chromium: apt-get install chromium, or set WITHOUT_BROWSER=1.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, ijwi: Running) -> Iterator[Page]:
    """The simulator's page; an error on it fails the test."""
    page = browser.new_page(viewport={"width": 900, "height": 900})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.goto(ijwi.url + "/simulator")
    yield page
    page.close()
    assert wrong == []


@pytest.fixture
def calendar(ijwi: Running) -> Iterator[Calendar]:
    calendar = Calendar(ijwi)
    yield calendar
    calendar.forget()
