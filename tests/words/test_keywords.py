"""One word by SMS: stop, start, help, exit, yes, no, in five versions; never guessed, never read out of a report."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from bot.conversation.answers import fold
from bot.settings import ROOT
from bot.storage.tables.delivery import OptOut
from bot.storage.tables.reports import Report
from bot.words.keywords import load
from tests.support.office import CALLER, Office

WORDS = load(ROOT / "locales" / "keywords.csv")


@pytest.mark.parametrize(
    ("text", "language", "command"),
    [
        ("STOP\u2764\ufe0f", "", "stop"),
        ("STOP", "", "stop"), ("stop.", "fr", "stop"), ("arrêt", "fr", "stop"), ("Reka", "rn", "stop"),
        ("roko", "hi_Latn", "stop"), ("बंद", "hi", "exit"), ("band", "hi_Latn", "exit"), ("fin", "fr", "exit"),
        ("Ego", "rn", "yes"), ("oya", "rn", "no"), ("OUI!", "fr", "yes"), ("non", "fr", "no"),
        ("d’accord", "fr", "yes"),
        ("हाँ", "hi", "yes"), ("नहीं", "hi", "no"), ("haan", "hi_Latn", "yes"), ("nahi", "hi_Latn", "no"),
        ("yes", "rn", "yes"), ("ndiyo", "rn", "yes"), ("yego", "rn", "yes"), ("hapana", "rn", "no"),
        # everyday words of another language count at home only
        ("na", "hi_Latn", "no"), ("na", "hi", "no"), ("हाँ", "hi_Latn", "yes"),
        ("na", "rn", ""), ("na", "", ""), ("no", "en", "no"), ("no", "rn", ""),
        ("ha", "hi_Latn", "yes"), ("ha", "rn", ""), ("si", "fr", "yes"), ("si", "rn", ""),
        ("e", "rn", "yes"), ("e", "fr", ""),
        # opposites one letter apart are never confused
        ("nivyo", "rn", "yes"), ("sivyo", "rn", "no"), ("ni vyo", "rn", "yes"),
        ("si vyo", "rn", "no"), ("nivy", "rn", ""),
        ("bas", "hi_Latn", "stop"), ("pas", "fr", "no"), ("fasha", "rn", "help"), ("basha", "hi_Latn", "language"),
        # only the whole message counts
        ("bandanya", "rn", ""), ("stop it", "en", ""), ("non merci", "fr", ""), ("1", "en", ""), ("", "en", ""),
        ("ubufasha", "", "help"), ("aidez-moi", "", "help"), ("AIDEZ MOI", "", "help"), ("मदद", "", "help"),
    ],
)  # fmt: skip
def test_a_word_means_what_it_means_in_her_language(text: str, language: str, command: str) -> None:
    assert WORDS.meaning(text, language) == command


def test_every_word_of_the_table_means_its_own_command_at_home() -> None:
    for folded, found in WORDS.words.items():
        for word in found:
            same = {other.command for other in found if other.language == word.language}
            assert WORDS.meaning(folded, word.language) in (same if len(same) == 1 else {"exit"}), folded


def test_folding_keeps_the_vowel_signs_of_devanagari() -> None:
    assert fold("  Arrêtez-MOI! ") == "arretez moi"
    assert fold("हिन्दी") != fold("हनद")


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("reka", "Ntuzosubira"),
        ("arreter", "Vous ne"),
        ("unsubscribe", "You will get no more"),
        ("रोको", "अब आपको"),
        ("roko", "Ab aapko"),
    ],
)
def test_stop_by_sms_is_remembered_and_said_in_her_language(office: Office, word: str, answer: str) -> None:
    said = office.talk_sessions.sms("africastalking", "m1", CALLER, word)
    assert said.ends
    assert said.text.startswith(answer)
    with office.services.reads() as db:
        assert db.scalar(select(func.count()).select_from(OptOut)) == 1
    assert not office.talk_sessions.sms("africastalking", "m2", CALLER, "tangura").ends
    with office.services.reads() as db:
        assert db.scalar(select(func.count()).select_from(OptOut)) == 0


@pytest.mark.parametrize("word", ["ubufasha", "aide", "help me", "मदद", "madad"])
def test_a_cry_for_help_by_sms_gets_the_code_that_leaves_no_message(office: Office, word: str) -> None:
    assert "*384*55#" in office.talk_sessions.sms("africastalking", "m1", CALLER, word).text


def test_inside_her_talk_stop_only_leaves_it(office: Office) -> None:
    office.talk_sessions.sms("africastalking", "m1", CALLER, "ubufasha")
    office.talk_sessions.sms("africastalking", "m2", CALLER, "1")
    assert office.talk_sessions.sms("africastalking", "m3", CALLER, "Reka").ends
    with office.services.reads() as db:
        assert db.scalar(select(func.count()).select_from(OptOut)) == 0


def test_her_own_words_are_never_read_as_a_command(office: Office) -> None:
    for count, text in enumerate(("ubufasha", "1", "1", "1", "1", "stop")):
        said = office.talk_sessions.sms("africastalking", f"m{count}", CALLER, text)
    assert not said.ends
    assert office.talk_sessions.sms("africastalking", "m9", CALLER, "1").ends
    with office.services.reads() as db:
        assert db.scalar(select(func.count()).select_from(Report)) == 1
        assert db.scalar(select(func.count()).select_from(OptOut)) == 0


def test_devanagari_digits_choose_like_latin_ones(office: Office) -> None:
    latin = office.call("s1").says("4", "2")
    assert office.call("s2").says("४", "२") == latin
