"""What a leader types wrongly is asked again in her own language, with an example; what was right is kept."""

from __future__ import annotations

import pytest

from bot.actions.meetings import CallMeeting, CountPeople, JoinNews
from bot.words.gsm import fold
from bot.words.languages import LANGUAGES
from tests.support.phone import Phone
from tests.support.small_world import WORDS, World

FIRST = {"rn": ["1"], "fr": ["2"], "en": ["3"], "hi": ["4", "1"], "hi_Latn": ["4", "2"]}
DATES = ["ejo", "ejo hazoza", "कल", "kal", "demain", "tomorrow", "31/2", "31 février", "0/0", "1/13", "3//12", "", "*"]
HOURS = ["25:00", "24:00", "9:75", "isaha zitatu", "saa mbili", "neuf heures", "नौ बजे", "nau baje", "nine", "14:3", "9"]
HEADS = ["23", "10000 0 0 0", "0 0 0 10000", "W23 X4", "vingt-trois", "-1 2 3", "1 2 3 4 5 6 7", "1 1 1 1 5"]


def words(language: str, key: str) -> str:
    return fold(WORDS.entries[language][key].text)


def leads(language: str, may: str) -> Phone:
    """A leader's phone, after her PIN."""
    world = World(champion=True, desks="meetings", may=may)
    phone = Phone(world)
    phone.says(*FIRST[language])
    picks(phone, words(language, "menu.tasks"))
    phone.says("246810")
    return phone


def picks(phone: Phone, label: str) -> None:
    for _page in range(9):
        for line in phone.sees.splitlines():
            if line[1:] == f" {label}":
                phone.says(line[0])
                return
        phone.says("9")
    raise AssertionError(f"{label!r} is nowhere")


def asked(language: str, phone: Phone, question: str, wrong: list[str], says: str = "follow.wrong") -> None:
    """Each of these brings the one question again, with what is wrong and an example."""
    for text in wrong:
        page = phone.says(text)
        assert page.startswith(words(language, says)), text
        assert words(language, question) in " ".join(page.split("\n")[1:]), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_date_or_an_hour_in_words_is_asked_again_and_place_and_kind_are_kept(language: str) -> None:
    phone = leads(language, "own")
    picks(phone, words(language, "leader.new"))
    picks(phone, "Buyenzi")
    picks(phone, "School (demo)")
    picks(phone, words(language, "kind.theatre"))
    asked(language, phone, "leader.date", DATES)
    asked(language, phone, "leader.date", ["22/11", "1/11"], "plan.past")
    phone.says("3/12")
    asked(language, phone, "leader.time", HOURS)
    phone.says("1430")
    assert "14:30" in phone.sees or "14 h 30" in phone.sees
    for label in ("common.yes", "leader.hours2", "leader.format.women"):
        picks(phone, words(language, label))
    picks(phone, "C1A")
    phone.says("1", "1")
    picks(phone, words(language, "leader.most30"))
    picks(phone, "Women's group A1")
    picks(phone, words(language, "common.yes"))
    (called,) = phone.done
    assert isinstance(called, CallMeeting)
    kept = (called.zone, called.venue, called.kind, called.day_handle, called.hour, called.there)
    assert kept == ("Z1", "V2", "theatre", "2026-12-03", "14:30", "childcare")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_count_that_nobody_can_read_is_asked_again(language: str) -> None:
    phone = leads(language, "count")
    picks(phone, "3/12 14:00")
    picks(phone, words(language, "leader.counts"))
    asked(language, phone, "leader.heads", HEADS)
    phone.says("२३ ११ ४ ०")
    assert phone.done == [CountPeople("h", "m", "23 11 4 0")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_number_of_a_zone_is_no_zone(language: str) -> None:
    """A name that 44 zones share is never typed: it is chosen under its commune, by number."""
    phone = Phone(World())
    phone.says(*FIRST[language])
    picks(phone, words(language, "menu.meetings"))
    picks(phone, words(language, "meet.join"))
    for text in ("Cibitoke", "cibitoke", "7", "B"):
        assert phone.says(text).startswith(words(language, "common.choose")), text
    picks(phone, "Buyenzi")
    picks(phone, words(language, "meet.all_kinds"))
    picks(phone, words(language, "meet.any_hour"))
    (joined,) = phone.done
    assert isinstance(joined, JoinNews)
    assert joined.zone == "Z1"
