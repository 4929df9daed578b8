"""Told by somebody else, dividing people, told twice: nobody is visited, exposed or silenced (S47, S48, S54)."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from bot.actions.reports import FileReport
from bot.phone.filing import new_report
from bot.reports.case import case_of
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report, Request
from bot.words.word_lists import divides
from tests.support.keys import (
    ANOTHER_PERSON,
    ASK_POLICE,
    ASK_POLICE_AND_SEND,
    BACK,
    BUYENZI,
    DONE,
    FIRST_NEW_TASK,
    GO_ON,
    HAPPENS_NOW,
    HURT,
    I_TAKE_IT,
    LONG_AGO,
    ME,
    NOW,
    QUARREL,
    READ_ON,
    SAY_MORE,
    SAY_NOT_WHERE,
    SEND_NOW,
    TO_LIMITS,
    WISH_NOTHING,
    Way,
)
from tests.support.office import Office
from tests.support.staff import dial_as_first_officer

DIVIDING = {
    "rn": ["Abahutu n'abatutsi", "abo mu mugambwe: imbonerakure"],
    "fr": ["C'est un Hutu", "un parti politique"],
    "hi": ["वह मुसलमान है", "चुनाव की बात"],
    "hi_Latn": ["woh musalman hai", "Chunav ke din"],
    "en": ["the Hindu family", "before the election"],
}
PLAIN = ["umutwe urababaza", "aap kaise ho", "le chef de colline", "उसने पैसे लिए", "they took my land", ""]


@pytest.mark.parametrize("language", DIVIDING)
def test_words_of_parties_and_peoples_are_heard_in_every_version(language: str) -> None:
    assert [text for text in DIVIDING[language] if not divides(text)] == []


@pytest.mark.parametrize("text", PLAIN)
def test_other_words_are_not_taken_for_them(text: str) -> None:
    assert not divides(text)


def report_in_her_words(office: Office, what: Way, words: str) -> str:
    """A report to the police of Buyenzi with words of her own, of a theft or of a blow; the last page."""
    call = office.call(f"s{len(office.store.kept)}")
    call.says(*TO_LIMITS)
    while "9 More" in call.sees:
        call.says("9")
    call.says(GO_ON, ME, *what, BUYENZI, *ASK_POLICE, SEND_NOW)
    call.says(SAY_MORE, LONG_AGO, SAY_NOT_WHERE, *WISH_NOTHING, words, DONE)
    assert call.answer.ends
    return call.sees


def roles(office: Office) -> set[str]:
    with office.services.reads() as db:
        return set(db.scalars(select(Person.role).join(Copy, Copy.person == Person.id)))


def test_a_quarrel_of_parties_that_she_adds_rings_oversight_at_once_and_nobody_loses_his_copy(office: Office) -> None:
    report_in_her_words(office, QUARREL, "a quarrel before the harvest")
    assert services(office) == {"police"}
    before = roles(office)
    report_in_her_words(office, QUARREL, "a quarrel before the election")
    assert services(office) == {"police", "oversight"}
    assert roles(office) == before
    assert len([key for key in office.rung if key.startswith("route:")]) == 3


def services(office: Office) -> set[str]:
    with office.services.reads() as db:
        return set(db.scalars(select(Request.service)))


def test_who_was_hurt_is_helped_by_whom_she_chose_whatever_words_she_uses(office: Office) -> None:
    assert report_in_her_words(office, (HURT,), "he hit me before the election").startswith("Thank you. It arrived.")
    assert "champion" in roles(office)


def test_what_a_neighbour_tells_shows_the_officer_that_nobody_goes_there(office: Office) -> None:
    call = office.call("s1")
    call.says(*TO_LIMITS)
    while "9 More" in call.sees:
        call.says("9")
    assert "Listen to her." in call.says(GO_ON, ANOTHER_PERSON)
    call.says(READ_ON, HURT, BUYENZI, *ASK_POLICE_AND_SEND)
    assert call.answer.ends
    page = dial_as_first_officer(office, FIRST_NEW_TASK).sees
    assert "Another person." in page
    assert "No visit. Do not call or write to her." in page
    told_by_another = FileReport("other", "hurt", "police", "BI-ZO-02-09-01")
    assert "no_visit" in case_of(new_report(told_by_another), office.services.country).wishes


def test_the_same_thing_told_six_times_is_six_reports(office: Office) -> None:
    for _ in range(6):
        assert report_in_her_words(office, (HURT,), "the same words").startswith("Thank you. It arrived.")
    with office.services.reads() as db:
        assert db.scalar(select(func.count()).select_from(Report)) == 6


@pytest.mark.parametrize(("kind", "apart"), [("1", True), ("3", False)])  # hurt; money, land, marriage
def test_who_takes_a_report_reads_the_rules_of_that_case(office: Office, kind: str, apart: bool) -> None:
    call = office.call("s1")
    danger = HAPPENS_NOW if kind == HURT else (SAY_MORE, "1", NOW, BACK)  # of money she is asked what it was
    call.says(*TO_LIMITS, GO_ON, ME, kind, BUYENZI, *ASK_POLICE, SEND_NOW, *danger, DONE)
    assert call.answer.ends
    page = dial_as_first_officer(office, FIRST_NEW_TASK, I_TAKE_IT).sees
    assert page.startswith("Do not call or write to her. Answer here only.")
    assert ("Do not bring them together." in page) == apart
