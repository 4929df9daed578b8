"""She tells what happened, without a name."""

from __future__ import annotations

import pytest

from bot.actions.reports import AddWhen, EndTelling, FileReport
from bot.people.roster import opened, today
from bot.words.gsm import septets, units
from bot.words.languages import LANGUAGES
from tests.support.office import Office
from tests.support.phone import Phone
from tests.support.small_world import World

CHOOSE = {"rn": ["1"], "fr": ["2"], "en": ["3"], "hi": ["4", "1"], "hi_Latn": ["4", "2"]}


def to_limits(phone: Phone, language: str) -> str:
    return phone.says(*CHOOSE[language], "3")


def on_from_limits(phone: Phone) -> None:
    while phone.turn.state.more:
        phone.says("9")
    phone.says("2")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_woman_sends_the_shortest_report_in_her_language(language: str) -> None:
    phone = Phone()
    to_limits(phone, language)
    on_from_limits(phone)
    phone.says("1", "1", "1", "1")
    assert phone.done == []
    phone.says("1")
    assert phone.done == [FileReport(who="self", what="hurt", zone="Z1", help="health")]
    assert phone.turn.screen.flow == "told"
    phone.says("3")
    assert phone.done[1:] == [EndTelling("r")]
    assert phone.turn.ends
    assert phone.turn.state.language == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_shortest_report_fits_the_phone(language: str) -> None:
    phone = Phone()
    for text in [*CHOOSE[language], "3", "9", "9", "2", "1", "1", "1", "1", "1", "3"]:
        length = septets(phone.sees)
        assert (length is not None and length <= 160) or units(phone.sees) <= 70, phone.sees
        phone.says(text)


def test_what_is_told_before_going_back_and_choosing_otherwise_is_not_filed() -> None:
    phone = Phone(language="en")
    phone.says("3")
    on_from_limits(phone)
    phone.says("1", "5", "1")
    assert phone.turn.screen.name == "zone"
    phone.says("0", "0", "1", "1", "1", "1")
    assert phone.done == [FileReport(who="self", what="hurt", zone="Z1", help="health")]


def test_each_answer_after_the_sending_is_kept_as_it_is_given_and_back_never_unsends() -> None:
    phone = Phone(language="en")
    phone.says("3")
    on_from_limits(phone)
    phone.says("1", "1", "1", "1", "1", "2")
    assert phone.turn.screen.name == "when"
    assert phone.says("2").startswith("Kept.\nWhere did it happen?")
    assert phone.done[1:] == [AddWhen("r", "days3")]
    for _ in range(5):
        assert phone.says("0").startswith("Read by: Doctor.")
    assert len(phone.done) == 2
    assert phone.says("00") == "Thank you."
    assert len(phone.done) == 2


def test_the_health_card_comes_at_once_after_forced_sex_before_any_consent() -> None:
    phone = Phone(language="en")
    phone.says("3")
    on_from_limits(phone)
    phone.says("1", "2")
    assert phone.turn.screen.name == "care"


def test_police_is_never_first_and_the_powerful_question_follows_it() -> None:
    phone = Phone(language="en")
    phone.says("3")
    on_from_limits(phone)
    phone.says("1", "1", "1")
    assert [row.value for row in phone.turn.screen.rows][0] != "police"
    phone.says("1*6")
    assert phone.turn.screen.name == "power"
    phone.says("3", "1")
    assert phone.done == [FileReport("self", "hurt", "health,police", "Z1", power="skip")]


def test_refusing_everybody_still_gives_advice_and_sends_nothing() -> None:
    phone = Phone(language="en")
    phone.says("3")
    on_from_limits(phone)
    phone.says("1", "1", "1", "7")
    assert phone.turn.screen.name == "advice"
    phone.says("1")
    assert phone.turn.ends
    assert phone.done == []


def test_another_place_where_nobody_answers_gets_information_only() -> None:
    phone = Phone(language="en")
    phone.says("3")
    on_from_limits(phone)
    phone.says("1", "1", "4", "2", "1", "1")
    assert phone.turn.screen.name == "inform"
    assert phone.done == []


def test_danger_is_on_every_page_of_the_limits() -> None:
    for language in LANGUAGES:
        phone = Phone(language=language)
        phone.says("3")
        while True:
            assert phone.turn.state.shown[0] == "danger"
            if not phone.turn.state.more:
                break
            phone.says("9")
        phone.says("1")
        assert phone.turn.screen.name == "danger"


def test_she_changes_the_language_and_keeps_her_place() -> None:
    phone = Phone(language="en")
    phone.says("3")
    on_from_limits(phone)
    phone.says("1", "1")
    assert phone.turn.screen.name == "zone"
    phone.says("99", "2")
    assert phone.turn.screen.name == "zone"
    assert phone.turn.state.language == "fr"
    assert phone.turn.state.answers["what"] == "hurt"


def test_out_is_a_harmless_line_and_nothing_is_kept() -> None:
    phone = Phone(language="en")
    phone.says("3")
    on_from_limits(phone)
    phone.says("1", "1", "00")
    assert phone.sees == "Thank you."
    assert phone.turn.ends
    assert phone.turn.state.answers == {}


RUBBISH = ["", "   ", "77", "abc", "🙂", "مرحبا", "\u200b", "\x00", "\ud800", "x" * 5000, "**", "#", "-1", "1.0", "²"]


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_rubbish_gets_the_same_question_again_with_one_short_sentence(rubbish: str) -> None:
    phone = Phone(language="en")
    phone.says("3")
    on_from_limits(phone)
    phone.says("1")
    phone.says(rubbish)
    assert phone.turn.screen.name == "what"
    assert phone.sees.startswith("Not in the list. Choose a number.\nWhat is the problem?")
    assert phone.turn.state.answers["who"] == "self"


def test_a_champion_who_mistypes_her_pin_may_try_again_but_not_for_ever() -> None:
    phone = Phone(World(champion=True), language="en")
    phone.says("4", "111111")
    assert phone.sees.startswith("That is wrong.")
    phone.says("246810")
    assert phone.turn.screen.name == "new"
    assert "246810" not in repr(phone.turn)


def test_whoever_is_in_danger_reads_first_the_numbers_that_somebody_has_called() -> None:
    page = Phone(World(calls=["112", "115", "117"]), language="en").says("3", "1")
    assert page.startswith("Danger now: 112. Danger now: 115. Go where there are other people and light.")
    assert "117" not in page
    assert "112" not in Phone(language="en").says("3", "1")


def test_the_number_for_danger_of_a_demonstration_is_shown_in_a_demonstration_only(office: Office) -> None:
    demo = office.call("s1")
    demo.says("3", "3")
    while "1 Danger now" not in demo.sees:
        demo.says("9")
    assert "Danger now: +257 78 00 00 91." in demo.says("1")
    assert opened(office.services.country, today(), demo=False).emergency == ()
