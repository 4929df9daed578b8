"""Whoever works here is known by her number and is not asked for her language; who borrows her phone finds another."""

from __future__ import annotations

import pytest
from sqlalchemy import event, update

import workers
from bot.people.roster import spoken_on
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Switch
from bot.words.gsm import fold
from bot.words.languages import own_language
from tests.support.keys import ANOTHER_LANGUAGE, ASK_POLICE_AND_SEND, BACK, FRENCH, GO_ON, STAFF_PIN, TASKS, TELL
from tests.support.office import CALLER, Office
from tests.support.provider import Provider
from tests.support.reports import dial_to_helpers
from tests.support.small_world import WORDS
from tests.support.staff import first_are, phone_of, share_a_card

IN_BURUNDI = ("rn", "fr", "en", "hi")
ASKED = "Language / Langue / Ururimi\n1 Ikirundi"
WANT = {language: fold(WORDS.entries[language]["menu.title"].text) for language in WORDS.entries}
ANOTHER = "6"  # the line of her first page that leads to another language


def speaks(office: Office, languages: str, ref: str = "C1A") -> str:
    """She speaks these languages, as the people's table keeps them; her number."""
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.ref == ref).values(languages=languages))
    office.services.roster.refresh()
    return phone_of(office, ref)


@pytest.mark.parametrize(
    ("table", "hers"),
    [
        ("rn,fr", "rn"),
        ("fr,rn", "fr"),
        ("en", "en"),
        ("hi,en", "hi_Latn"),  # nobody has said that her phone shows Devanagari
        ("hi_Latn", "hi_Latn"),
        ("hi,hi_Latn", "hi"),
    ],
)
def test_whoever_works_here_begins_at_home_in_her_first_language(office: Office, table: str, hers: str) -> None:
    assert office.call("s1", speaks(office, table)).sees.startswith(WANT[hers])


def test_a_woman_is_asked_for_hers_as_ever(office: Office) -> None:
    assert office.call("s1").sees.startswith(ASKED)


def test_a_language_that_is_not_offered_here_is_passed_over() -> None:
    assert own_language(["rn", "fr"], ["fr", "en"]) == "fr"
    assert own_language(["rn"], ["fr", "en"]) == ""
    assert own_language(["xx", ""], IN_BURUNDI) == ""


def test_a_language_that_is_switched_off_is_passed_over(office: Office) -> None:
    with office.services.sessions.begin() as db:
        db.add(Switch(name="language:rn", person="", at=0))
    office.services.roster.refresh()
    assert office.call("s1", phone_of(office, "C1A")).sees.startswith(WANT["fr"])


def test_several_who_share_a_phone_are_asked_unless_they_share_the_language_too() -> None:
    assert spoken_on([("a", "rn,fr"), ("b", "fr"), ("a", "rn")], IN_BURUNDI) == {"a": "rn", "b": "fr"}
    assert spoken_on([("a", "rn,fr"), ("a", "fr,rn"), ("a", "rn,fr")], IN_BURUNDI) == {"a": ""}


def test_a_further_number_begins_in_her_language_too(office: Office) -> None:
    share_a_card(office, "C1A")
    office.services.roster.refresh()
    assert office.services.roster.staff().numbers["of C1A"] == "rn"


@pytest.mark.parametrize("way", [ANOTHER, ANOTHER_LANGUAGE], ids=["the line", "99"])
def test_a_woman_who_borrows_the_phone_finds_her_own_language(office: Office, way: str) -> None:
    borrowed = office.call("s1", phone_of(office, "C1A"))
    assert "6 Language / Langue / Ururimi" in borrowed.sees
    assert borrowed.says(way).startswith(ASKED)
    assert borrowed.says(FRENCH).startswith(WANT["fr"])
    assert "1 Danger maintenant" in borrowed.says(TELL)


def test_back_from_the_languages_leads_home_again(office: Office) -> None:
    phone = office.call("s1", phone_of(office, "C1A"))
    assert phone.says(ANOTHER, BACK).startswith(WANT["rn"])


def test_a_talk_of_hers_whose_session_was_lost_begins_again_in_her_language(office: Office) -> None:
    phone = office.call("s1", phone_of(office, "C1A"))
    asked = phone.says(TASKS)
    office.store.kept.clear()
    assert phone.again() == asked
    office.store.kept.clear()
    assert phone.says(STAFF_PIN) == WORDS.entries["rn"]["common.dial_again"].text


def test_a_dial_string_of_a_woman_on_a_phone_of_staff_stops_at_the_limits(office: Office) -> None:
    caller = office.talk_sessions.ussd("africastalking", "s1", phone_of(office, "C1A"), f"{TELL}*{TELL}*{GO_ON}*1*1")
    assert "1 Akaga ubu" in caller.text


def test_a_gateway_that_sends_the_last_answer_only_begins_in_her_language_too(office: Office) -> None:
    phone = phone_of(office, "C1A")
    assert office.talk_sessions.ussd_last("some", "s1", phone, "", True).text.startswith(WANT["rn"])


@pytest.mark.parametrize("who", ["a woman", "somebody who works here"])
def test_the_first_page_asks_the_database_nothing(office: Office, who: str) -> None:
    phone = CALLER if who == "a woman" else phone_of(office, "C1A")
    office.call("s0", phone)  # staff and wordings are in memory now
    asked: list[str] = []

    def look(_line: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(office.services.engine, "before_cursor_execute", look)
    office.call("s1", phone)
    event.remove(office.services.engine, "before_cursor_execute", look)
    assert asked == []


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("rn,fr", "Ningoga. Igikorwa gishasha 1."),
        ("fr,rn", "Urgent. Nouvelle tache 1."),
        ("en", "Urgent. New task 1."),
        ("hi,en", WORDS.entries["hi_Latn"]["officer.sms.urgent"].text.partition(" {")[0]),
        ("hi,hi_Latn", WORDS.entries["hi"]["officer.sms.urgent"].text.partition(" {")[0]),
        ("", "Ningoga. Igikorwa gishasha 1."),  # nobody has said it: the country's first
    ],
)
def test_an_alert_is_in_her_first_language(office: Office, stand_in: Provider, table: str, said: str) -> None:
    first_are(office, "C1A")
    for ref in ("C1A", "C1B"):
        speaks(office, table, ref)
    dial_to_helpers(office).says(*ASK_POLICE_AND_SEND)
    while office.rung:
        workers.run_tasks(office.rung.pop(0))
    assert {asked.form["message"].startswith(said) for asked in stand_in.asked} == {True}


def test_an_sms_of_hers_is_answered_in_her_language_where_its_word_belongs_to_several(office: Office) -> None:
    phone = speaks(office, "fr,rn", "L1")
    answered = office.talk_sessions.sms("africastalking", "m1", phone, "xyzzy").text
    assert answered.startswith("Composez *384*55#")
