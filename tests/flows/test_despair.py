"""Words of ending her life: where people are comes first, then somebody to talk to if she wants, never the police."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.country.routing_rules import Urgency
from bot.reports.case import case_of
from bot.reports.new_report import NewReport
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Step
from bot.words.word_lists import despairs
from tests.support.keys import (
    BACK,
    DOCTOR,
    DONE,
    LAWYER,
    LONG_AGO,
    SAY_MORE,
    SAY_MORE_AT_HOME,
    SAY_NOT_WHERE,
    SEND_NOW,
    TO_HELPERS,
    WISH_NOTHING,
)
from tests.support.office import Office
from tests.support.phone import Phone

HEARD = {
    "rn": ["Nshaka kwiyahura", "ndiyahura", "NSHAKA KWIYICA"],
    "fr": ["Je veux mourir", "j'ai pensé au suicide", "Plus envie de vivre..."],
    "hi": ["मैं मरना चाहती हूँ", "आत्महत्या", "अब जीना नहीं चाहती"],
    "hi_Latn": ["main marna chahti hoon", "Aatmhatya", "mar jana chahti hu"],
    "en": ["I want to die", "SUICIDE", "i will kill  myself"],
}
OTHERS = ["il veut me tuer", "he says he will kill me", "yankubise umusi wose", "pati maarta hai", "उसने मारा", "1", ""]


@pytest.mark.parametrize("language", HEARD)
def test_words_of_ending_her_life_are_heard_in_her_language(language: str) -> None:
    assert [text for text in HEARD[language] if not despairs(text)] == []


@pytest.mark.parametrize("text", OTHERS)
def test_what_others_threaten_or_do_is_not_mistaken_for_it(text: str) -> None:
    assert not despairs(text)


def readers_of(office: Office, *after_words: str) -> set[tuple[str, str]]:
    """Role and kind of whoever holds a copy of a report for a lawyer with words of despair."""
    call = office.call("s1")
    call.says(*TO_HELPERS, LAWYER, SEND_NOW, SAY_MORE, LONG_AGO, SAY_NOT_WHERE, *WISH_NOTHING, "I want to die")
    assert "Go where there are other people" in call.sees
    assert "arrived" in call.says(*after_words, DONE)
    with office.services.reads() as db:
        held = select(Person.role, Person.kind, Step.rung).join(Step, Step.person == Person.id)
        return {(row.role, row.kind) for row in db.execute(held)}


def test_who_agrees_is_heard_by_somebody_to_talk_to_within_the_hour_and_by_no_police(office: Office) -> None:
    readers = readers_of(office, "1")
    assert readers == {("partner", "talk"), ("partner", "legal"), ("oversight", "")}
    older = NewReport("self", "hurt", "older", "BI-ZO-02-09-01", ("legal",), despair="talk")
    assert case_of(older, office.services.country).urgency == Urgency.MEDICINE
    assert case_of(older, office.services.country).services == {"legal", "talk"}


def test_who_does_not_agree_is_read_by_those_she_chose_only(office: Office) -> None:
    assert readers_of(office, "2") == {("partner", "legal"), ("oversight", "")}


def test_going_back_and_writing_something_else_takes_the_question_away() -> None:
    phone = Phone()
    phone.says(*TO_HELPERS, DOCTOR, SEND_NOW, *SAY_MORE_AT_HOME, *WISH_NOTHING)
    phone.says("I want to die", BACK, "he took my money")
    assert phone.sees.startswith("Kept.\nRead by: Doctor.")
