"""The tour in a browser: each story walked by its own words, at the width of a phone and of a desk."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from bot.simulator.tour import STORIES
from ops.load.running import Running
from tests.support.handset import Handset, needs_browser, shot
from tests.support.keys import FILE_HURT_TO_POLICE, OPEN_TASKS, TO_LIMITS
from tests.support.office import CALLER
from tests.support.volunteer import Volunteer

pytestmark = needs_browser
WIDTHS = {390: 844, 1400: 900}  # pixels: how high
SPOKEN = {("answered", 390): "rn", ("answered", 1400): "hi", ("meeting", 390): "fr", ("meeting", 1400): "en",
          ("no-police", 390): "hi_Latn", ("no-police", 1400): "rn"}  # fmt: skip
AXE = {"resultTypes": ["violations"]}


@pytest.fixture
def page(browser: Browser, ijwi: Running, request: pytest.FixtureRequest) -> Iterator[Page]:
    """An empty page, as wide as the test says; an error on it fails the test."""
    width = getattr(request, "param", 1400)
    page = browser.new_page(viewport={"width": width, "height": WIDTHS[width]})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("request", lambda asked: None if asked.url.startswith(ijwi.url) else wrong.append(asked.url))
    yield page
    page.close()
    assert [what for what in wrong if not what.startswith(("blob:", "data:"))] == []


def fits(page: Page) -> None:
    """Nothing is scrolled sideways."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{wide} pixels too wide"


@pytest.mark.parametrize("page", WIDTHS, indirect=True)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_volunteer_does_what_the_page_says_and_the_story_comes_to_its_end(
    page: Page, ijwi: Running, story: object, request: pytest.FixtureRequest
) -> None:
    name = getattr(story, "name", "")
    width = page.viewport_size["width"] if page.viewport_size else 0
    volunteer = Volunteer(page, ijwi.url)
    volunteer.opens(name, SPOKEN[name, width])
    done = volunteer.follows(f"{name}-{width}")
    assert done >= 20
    fits(page)
    shot(page, f"{name}-{width}-end")
    ticked, all_steps = page.locator(".scenes ol li.ok").count(), page.locator(".scenes ol li").count()
    assert ticked == all_steps


@pytest.mark.parametrize("page", WIDTHS, indirect=True)
@pytest.mark.parametrize("path", ["/", "/?page=fr&in=hi", "/simulator", "/simulator?story=meeting&page=fr"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out_of_a_page(page: Page, ijwi: Running, path: str, scheme: str) -> None:
    if scheme == "dark" and page.viewport_size and page.viewport_size["width"] < 1000:
        pytest.skip("the same colours as on a wide page")
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    page.goto(ijwi.url + path)
    page.wait_for_load_state("networkidle") if path.startswith("/?") else page.wait_for_timeout(300)
    fits(page)
    found = Axe().run(page, options=AXE).response["violations"]
    assert found == [], json.dumps([(one["id"], [node["target"] for node in one["nodes"]]) for one in found])


def test_a_session_that_lasts_too_long_is_cut_and_she_sees_what_is_lost(page: Page, ijwi: Running) -> None:
    page.goto(ijwi.url + "/simulator")
    page.clock.install()
    page.locator("#lasts").select_option("60")
    woman = Handset(page, CALLER)
    woman.dials()
    woman.answers(*TO_LIMITS)
    bar = woman.at.locator(".left-time")
    expect(bar).to_be_visible()
    page.clock.fast_forward(61_000)
    page.clock.run_for(1000)
    expect(woman.glass).to_have_text("The session is over.")
    expect(woman.at.locator(".said")).to_contain_text("not offered again")
    expect(bar).to_be_hidden()
    woman.does("left")
    woman.dials()
    assert woman.sees.startswith("Language / Langue / Ururimi")  # a new session, from the first page


def test_what_a_phone_said_is_read_as_the_golden_talks_are(page: Page, ijwi: Running) -> None:
    page.goto(ijwi.url + "/simulator")
    woman = Handset(page, CALLER)
    woman.dials()
    woman.answers(*TO_LIMITS)
    woman.does("drop")
    woman.does("talk")
    shot(page, "transcript")
    lines = page.locator("#script pre").inner_text().splitlines()
    assert lines[0].startswith("# She, Africa/Bujumbura, ")
    assert lines[1:4] == ["", "## She", "> *384*55#"]
    assert "> 3" in lines
    assert lines[lines.index("> 3") + 1] == "What do you want?"
    with page.expect_download() as saved:
        page.locator("#save").click()
    assert saved.value.path().read_text(encoding="utf-8").splitlines() == lines


def test_the_clock_moves_on_for_every_process_and_everything_begins_anew_while_they_run(
    page: Page, ijwi: Running
) -> None:
    page.goto(ijwi.url + "/simulator")
    volunteer = Volunteer(page, ijwi.url)
    volunteer.begins_anew()
    woman = Handset(page, CALLER)
    woman.dials()
    woman.answers(*FILE_HURT_TO_POLICE)
    expect(woman.at.locator(".left")).to_have_text("OK")
    ringing = page.locator(".phone.rings")
    expect(ringing).to_have_count(1, timeout=20_000)
    first = ringing.get_attribute("data-number")
    for days in (1, 2):  # nobody has taken it for two days: it goes on to others, by clock and worker
        page.locator('#clock [data-by="day"]').click()
        expect(page.locator("#ahead")).to_have_text(f"{days} d ahead")
    expect(page.locator(f'.phone.rings:not([data-number="{first}"])').first).to_be_visible(timeout=30_000)
    page.locator("#reset").click()
    page.locator("#no").click()  # it asks first
    expect(page.locator("#ahead")).to_have_text("2 d ahead")
    volunteer.begins_anew()
    expect(page.locator("#ahead")).to_be_empty()
    expect(page.locator(".phone .mail:visible")).to_have_count(0)
    champion = Handset(page, first or "")
    if not champion.at.count():
        page.locator("#add").select_option(first)
    champion.dials()
    champion.answers(*OPEN_TASKS)
    assert champion.sees.startswith("There is no new task.")
    champion.rests()
    woman.dials()
    woman.answers(*FILE_HURT_TO_POLICE)  # and it works as at first
    expect(page.locator(".phone.rings").first).to_be_visible(timeout=20_000)


def test_two_readers_reset_at_once_and_both_are_answered(page: Page, ijwi: Running, browser: Browser) -> None:
    page.goto(ijwi.url + "/simulator")
    asked = """async () => (await Promise.all([1, 2].map(() => fetch("/simulator/reset",
        {method: "POST", headers: {"X-Ijwi-Demo": "1"}})))).map((reply) => reply.status)"""
    assert page.evaluate(asked) == [200, 200]


def test_after_others_the_newest_report_is_meant_and_an_older_one_is_not_ticked_off(page: Page, ijwi: Running) -> None:
    volunteer = Volunteer(page, ijwi.url)
    volunteer.opens("answered", "en")
    follow_until(volunteer, "Wait for it to ring")  # somebody told before her, and did not press Begin anew
    page.evaluate("sessionStorage.clear()")
    page.goto(f"{ijwi.url}/simulator?story=answered&in=en")
    follow_until(volunteer, "Type 2,")  # the list has two
    expect(page.locator("#wrong")).to_contain_text("Begin anew")
    before, officer = volunteer.at, Handset(page, "+25778000001")
    officer.answers("1")
    expect(page.locator("#wrong")).to_contain_text("another key")
    assert volunteer.at == before
    officer.answers("0")
    volunteer.does_what_it_says()
    expect(page.locator("#done")).to_have_attribute("value", str(before + 1))


def follow_until(volunteer: Volunteer, begins: str, most: int = 40) -> None:
    """Do what the page says until a step begins so."""
    expect(volunteer.page.locator("#whose")).not_to_be_empty()
    while not volunteer.page.locator("#what").inner_text().startswith(begins):
        assert (most := most - 1) >= 0, volunteer.page.locator("#what").inner_text()
        volunteer.does_what_it_says()
        volunteer.page.wait_for_timeout(200)


def test_a_digit_begins_to_dial_whatever_lies_on_the_glass(page: Page, ijwi: Running) -> None:
    page.goto(ijwi.url + "/simulator")
    woman = Handset(page, CALLER)
    woman.dials("*384*55#")
    woman.does("drop")
    expect(woman.glass).to_have_text("The network cut the line.")
    woman.dials()  # no red key before
    assert woman.sees.startswith("Language / Langue / Ururimi")
