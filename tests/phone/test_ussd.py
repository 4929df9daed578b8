"""A call through Africa's Talking: pages, repeats, late requests, stars in her words, hanging up."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from bot.storage.tables.reports import Report
from bot.storage.tables.runtime import Talk
from tests.support.doors import DOOR, DOORS, END, LIMITS, TOKEN, count, pages_to_help, usable_page, ussd
from tests.support.keys import (
    ASK_POLICE,
    DONE,
    FIRST_NEW_TASK,
    LEAVE_IT_TO_MEN,
    SEND_AND_SAY_MORE,
    WISH_WOMAN_AND_NO_VISIT,
)
from tests.support.office import CALLER, Office
from tests.support.reports import dial_as_champion

pytestmark = pytest.mark.office(**DOORS)

AT_ROUTES = ("/ussd/africastalking/{}", "/ussd/africastalking/{}/end", "/sms/africastalking/{}",
             "/receipts/africastalking/{}", "/optout/africastalking/{}")  # fmt: skip


def test_a_dialled_code_is_answered_with_a_page_that_goes_on(client: FlaskClient) -> None:
    reply = client.post(DOOR, data=ussd(""))
    assert reply.status_code == 200
    assert reply.content_type == "text/plain; charset=utf-8"
    assert reply.text.startswith("CON ")


@pytest.mark.parametrize("route", AT_ROUTES)
@pytest.mark.parametrize("given", ["d" * 32, "c" * 31, "c" * 33, "C" * 32, "%00", "%C3%A9", "%ED%A0%80", "None"])
def test_a_wrong_secret_in_the_path_is_nobodys_address(client: FlaskClient, route: str, given: str) -> None:
    assert client.post(route.format(given), data=ussd("")).status_code == 404


@pytest.mark.parametrize("route", AT_ROUTES)
def test_where_no_secret_is_set_nobody_is_let_in(tmp_path: Path, route: str) -> None:
    office = Office(
        tmp_path,
        redis_url="redis://127.0.0.1:1/0",
        at_callback_secret="",
        sms_providers="twilio",
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token=TOKEN,
        twilio_sender="+15005550006",
    )
    client = create_app(office.settings, office.services).test_client()
    for given in ("c" * 32, "x", "%20"):
        assert client.post(route.format(given), data=ussd("")).status_code == 404
    office.services.engine.dispose()


def test_with_redis_away_she_is_still_answered(client: FlaskClient) -> None:
    client.post(DOOR, data=ussd(""))
    first = client.post(DOOR, data=ussd("3")).text
    assert client.post(DOOR, data=ussd("3")).text == first
    assert client.post(DOOR, data=ussd(LIMITS)).text.startswith("CON ")


def test_a_dial_string_with_the_answers_in_it_leads_to_the_same_page(client: FlaskClient) -> None:
    client.post(DOOR, data=ussd("", "one"))
    client.post(DOOR, data=ussd("3", "one"))
    step_by_step = usable_page(client.post(DOOR, data=ussd(LIMITS, "one")))
    assert usable_page(client.post(DOOR, data=ussd(LIMITS, "two"))) == step_by_step


def test_an_older_request_that_comes_late_gets_the_page_she_is_on(client: FlaskClient) -> None:
    for text in ("", "3", LIMITS):
        now_sees = usable_page(client.post(DOOR, data=ussd(text)))
    for late in ("", "3", LIMITS):
        assert usable_page(client.post(DOOR, data=ussd(late))) == now_sees
    assert usable_page(client.post(DOOR, data=ussd(LIMITS + "*00"))).startswith("END ")


def test_two_women_who_dial_at_once_do_not_see_each_others_pages(client: FlaskClient) -> None:
    client.post(DOOR, data=ussd("", "one"))
    client.post(DOOR, data=ussd("", "two"))
    english = usable_page(client.post(DOOR, data=ussd("3", "one")))
    assert usable_page(client.post(DOOR, data=ussd("2", "two"))) != english
    assert usable_page(client.post(DOOR, data=ussd("3", "one"))) == english


def test_stars_in_her_own_words_are_kept_for_the_one_who_reads_them(client: FlaskClient, office: Office) -> None:
    heard = pages_to_help(client)
    for key in (*ASK_POLICE, *SEND_AND_SAY_MORE, WISH_WOMAN_AND_NO_VISIT, LEAVE_IT_TO_MEN):
        heard += "*" + key
        page = usable_page(client.post(DOOR, data=ussd(heard)))
    words = "he hit me 5*times **"
    asked = usable_page(client.post(DOOR, data=ussd(f"{heard}*{words}")))
    assert asked != page
    assert usable_page(client.post(DOOR, data=ussd(f"{heard}*{words}*{DONE}"))).startswith("END Thank you. It arrived.")
    champion = dial_as_champion(office, "s2")
    champion.says(FIRST_NEW_TASK)
    pages = champion.sees
    while "9 " in champion.sees:
        pages += champion.says("9")
    assert words in pages


def test_her_last_request_repeated_five_times_files_one_report(client: FlaskClient, office: Office) -> None:
    heard = pages_to_help(client) + "*1"
    client.post(DOOR, data=ussd(heard))
    pages = {usable_page(client.post(DOOR, data=ussd(heard + "*1"))) for _ in range(5)}
    assert len(pages) == 1
    assert count(office, Report) == 1


def test_her_last_request_repeated_after_the_call_was_closed_files_one_report(
    client: FlaskClient, office: Office
) -> None:
    heard = pages_to_help(client) + "*1"
    client.post(DOOR, data=ussd(heard))
    client.post(DOOR, data=ussd(heard + "*1"))
    client.post(END, data={"sessionId": "ATUid_1", "status": "Success"})
    assert usable_page(client.post(DOOR, data=ussd(heard + "*1"))).startswith("END ")
    assert count(office, Report) == 1


@pytest.mark.parametrize("status", ["Success", "Incomplete", "Failed", "New", ""])
def test_when_she_hangs_up_her_draft_is_gone(client: FlaskClient, office: Office, status: str) -> None:
    heard = pages_to_help(client)
    assert count(office, Talk) == 1
    told = {"sessionId": "ATUid_1", "status": status, "input": heard, "lastAppResponse": "CON x", "phoneNumber": CALLER}
    for _ in range(2):
        reply = client.post(END, data=told)
        assert (reply.status_code, reply.text) == (200, "")
    assert count(office, Talk) == 0


def test_the_end_of_another_call_leaves_her_draft_alone(client: FlaskClient, office: Office) -> None:
    pages_to_help(client)
    client.post(END, data={"sessionId": "ATUid_2", "status": "Incomplete"})
    assert count(office, Talk) == 1
