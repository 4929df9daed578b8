"""Two phones in a browser: a woman dials and tells, the champion's phone rings, she reads and takes the report."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from bot.words.gsm import fold
from ops.load.running import Running
from tests.support.handset import Handset, needs_browser, shot
from tests.support.keys import (
    BUYENZI,
    CODE,
    DONE_WITH_A_CODE,
    FILE_HURT_TO_POLICE,
    FIRST_NEW_TASK,
    FROM_LIMITS_TO_HELPERS,
    GO_ON,
    HURT,
    KIRUNDI,
    ME,
    NO_NOTICE,
    NO_WORD,
    NOT_POWERFUL,
    OPEN_MY_TASKS,
    OPEN_TASKS,
    SEND_NOW,
    STAFF_PIN,
    TASKS,
    TELL,
    TO_LIMITS,
    TO_MEETINGS,
    TO_TASKS,
    plan_meeting,
)
from tests.support.office import CALLER
from tests.support.small_world import WORDS
from tests.support.volunteer import Volunteer

pytestmark = needs_browser

# what opens her language, from the first page on: 1 Kirundi, 2 French, 3 English, 4 Hindi (and whether she sees हिन्दी)

VERSIONS = {"rn": ["1"], "fr": ["2"], "en": ["3"], "hi": ["4", "1"], "hi_Latn": ["4", "2"]}
POLICE = {"rn": "Igipolisi", "fr": "Police", "en": "Police", "hi": "पुलिस", "hi_Latn": "Police"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_woman_tells_and_the_champion_takes_it(page: Page, version: str) -> None:
    woman = Handset(page, CALLER)
    woman.dials()
    woman.answers(*VERSIONS[version], "3")
    woman.turns_to_the_end()
    woman.answers(GO_ON, ME, HURT)
    shot(page, f"{version}-where")
    woman.answers(BUYENZI)
    woman.picks(POLICE[version])
    woman.answers(NOT_POWERFUL, SEND_NOW)
    shot(page, f"{version}-arrived")
    woman.picks(fold(WORDS.entries[version]["told.done"].text))
    expect(woman.at.locator(".left")).to_have_text("OK")
    ringing = page.locator(".phone.rings")
    expect(ringing).to_have_count(1, timeout=10_000)
    champion = Handset(page, ringing.get_attribute("data-number") or "")
    expect(champion.at.locator(".mail")).to_be_visible()
    champion.does("left")
    shot(page, f"{version}-alert")
    assert "igikorwa gishasha" in champion.sees
    assert "*384*55#" in champion.sees
    champion.does("end")
    champion.dials()
    champion.answers(TASKS, STAFF_PIN)
    while "Ibikorwa" in champion.sees:  # tasks, new ones or her own; new ones; then the report
        champion.answers("1")
    shot(page, f"{version}-report")
    assert "Buyenzi" in champion.turns_to_the_end()
    champion.answers("1")
    while champion.at.locator(".left").inner_text() != "OK":
        champion.answers("1")
    shot(page, f"{version}-taken")


def send_report(page: Page) -> Handset:
    """A woman has sent a report to the police of Buyenzi, in English."""
    woman = Handset(page, CALLER)
    woman.dials()
    woman.answers(*FILE_HURT_TO_POLICE)
    expect(woman.at.locator(".left")).to_have_text("OK")
    return woman


def test_when_one_provider_is_down_the_alert_comes_through_the_other(page: Page, ijwi: Running) -> None:
    Volunteer(page, ijwi.url).begins_anew()  # danger beyond five alerts an hour rings the next one too
    page.locator('.fault[data-provider="africastalking"]').select_option("error")
    send_report(page)
    ringing = page.locator(".phone.rings")
    expect(ringing).to_have_count(1, timeout=30_000)
    Handset(page, ringing.get_attribute("data-number") or "").does("left")
    expect(page.locator(".lcd", has_text="+15005550006")).to_have_count(1)
    page.locator('.fault[data-provider="africastalking"]').select_option("none")


def test_a_line_that_is_cut_leaves_nothing_and_a_repeated_request_changes_nothing(page: Page) -> None:
    woman = Handset(page, CALLER)
    woman.dials()
    woman.answers(*TO_LIMITS)
    before = woman.sees
    woman.does("repeat")
    page.wait_for_timeout(300)
    assert woman.sees == before
    woman.does("drop")
    assert woman.sees == "The network cut the line."
    woman.does("left")
    woman.dials()
    assert woman.sees.startswith("Language / Langue / Ururimi")


@pytest.mark.parametrize("gateway", ["africastalking", "twilio"])
def test_she_writes_an_sms_and_is_answered_with_the_code(page: Page, gateway: str) -> None:
    page.locator("#gateway").select_option(gateway)
    woman = Handset(page, CALLER)
    woman.does("right")
    woman.at.locator(".line").fill("ubufasha")
    woman.does("left")
    expect(woman.at.locator(".mail")).to_be_visible(timeout=15_000)
    woman.does("end")
    woman.does("left")
    assert "*384*55#" in woman.sees


def test_the_wire_shows_the_providers_own_requests_without_the_secret(page: Page, ijwi: Running) -> None:
    page.locator("#wires").check()
    Handset(page, CALLER).dials()
    wire = page.locator(f'.phone[data-number="{CALLER}"] .wire').inner_text()
    assert "POST /ussd/africastalking/‹secret›" in wire
    assert "phoneNumber=%2B25779123456" in wire
    assert ijwi.secret() not in wire


def test_letters_are_typed_as_on_a_phone_with_twelve_keys(page: Page) -> None:
    woman = Handset(page, CALLER)
    woman.does("right")
    woman.keys("2252")
    assert woman.at.locator(".line").input_value() in {"bja", "bka"}


def test_she_wants_a_reply_and_reads_it_on_her_phone(page: Page) -> None:
    woman = Handset(page, CALLER)
    woman.dials()
    woman.answers(KIRUNDI, TELL, *FROM_LIMITS_TO_HELPERS)
    woman.picks(POLICE["rn"])
    woman.answers(NOT_POWERFUL, SEND_NOW, CODE, "5293", NO_WORD, NO_NOTICE)
    shot(page, "rn-code")
    code = re.sub(r"\D", "", woman.sees)[:8]
    woman.answers(DONE_WITH_A_CODE)
    woman.does("left")
    ringing = page.locator(".phone.rings")
    expect(ringing).to_have_count(1, timeout=10_000)
    champion = Handset(page, ringing.get_attribute("data-number") or "")
    champion.does("left")
    champion.does("end")
    champion.dials()
    champion.answers(TASKS, STAFF_PIN)
    if "vyanje" in champion.sees:  # she has taken others before
        champion.answers("1")
    rows = [line.split()[0] for line in champion.sees.splitlines()[1:] if not line.startswith("0")]
    task = champion.sees.splitlines()[int(rows[-1])].partition(" ")[2]
    champion.answers(rows[-1], "1", "1")
    champion.does("left")
    champion.dials()
    champion.answers(TASKS, STAFF_PIN, OPEN_MY_TASKS)
    champion.picks(task)
    shot(page, "rn-case")
    champion.answers("1", "1")
    champion.does("left")
    woman.dials()
    woman.answers("1", "4", code, "5293")
    shot(page, "rn-answer")
    assert "Turiko turabikurikirana." in woman.turns_to_the_end()


def test_a_meeting_is_called_agreed_to_signed_and_let_go_and_she_is_asked_to_wait(page: Page, ijwi: Running) -> None:
    """Leader, woman officer, advocate and coordinator on their own phones; the notice leaves after the hold."""
    in_a_week = datetime.now(tz=ZoneInfo("Africa/Bujumbura")) + timedelta(days=7)
    page.select_option("#add", "+25778000022")
    leader, officer, advocate, second = (Handset(page, "+257780000" + end) for end in ("22", "01", "21", "20"))
    leader.dials()
    leader.answers(*OPEN_TASKS, FIRST_NEW_TASK)
    leader.picks("Buyenzi")
    leader.answers(*plan_meeting(f"{in_a_week:%d%m}", "1400"))
    shot(page, "en-meeting")
    leader.picks("Yes")
    assert "Sent." in leader.sees
    for phone, keys in ((officer, ["2", "246810", "1"]), (advocate, ["246810", "1"]), (second, ["246810", "1"])):
        expect(phone.at).to_have_class(re.compile("rings"), timeout=10_000)
        phone.does("left")
        phone.does("end")
        phone.dials()
        phone.answers(*TO_TASKS, *keys)
        phone.picks("I will come" if phone is officer else "I agree" if phone is advocate else "Yes")
        phone.turns_to_the_end()
    leaves = datetime.now(tz=ZoneInfo("Africa/Bujumbura")) + timedelta(minutes=10)
    by_day = 8 <= leaves.hour < 20
    assert ("It leaves in 10 minutes." if by_day else "Send it by day: 8:00 to 20:00.") in second.sees
    shot(page, "en-released")
    woman = Handset(page, CALLER)
    woman.dials()
    woman.answers(*TO_MEETINGS)
    assert "There is no meeting now." in woman.sees  # the hold
