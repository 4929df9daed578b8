"""Every screen fits the phone in every language, and no word betrays her."""

from __future__ import annotations

import pytest

from bot.conversation import CONTINUE, End, Flow, Menu, Msg, Option
from bot.conversation.engine import FlowSet
from bot.services import without_words
from bot.words import checks
from bot.words.gsm import fold, segments, septets
from bot.words.languages import LANGUAGES
from bot.words.verify import Verifier
from flows import FLOWS
from tests.support.small_world import WORDS


def test_the_verifier_finds_no_fault(verifier: Verifier) -> None:
    assert verifier.faults() == []


@pytest.mark.parametrize(
    ("text", "count"),
    [("a" * 160, 1), ("a" * 161, 2), ("€" * 80, 1), ("a" * 152 + "€" + "a" * 152, 3), ("क" * 70, 1), ("क" * 71, 2)],
)
def test_segments_are_counted_as_networks_count_them(text: str, count: int) -> None:
    assert segments(text) == count


@pytest.mark.parametrize(
    ("text", "folded"),
    [("ça", "ca"), ("Vous êtes", "Vous etes"), ("é à ù è", "é à ù è"), ("w’indwi", "w'indwi"),
     ("14:30\u202fh", "14:30 h"),
     ("Réponse : «oui»", 'Réponse: "oui"'), ("cœur", "coeur"), ("नमस्ते", "नमस्ते")],
)  # fmt: skip
def test_only_what_gsm_lacks_is_changed(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_forbidden_words_match_whole_words_only() -> None:
    assert checks.sms_faults("hi", "मार्च") == []
    assert checks.sms_faults("hi", "मार") != []
    assert checks.sms_faults("hi_Latn", "phir") == []
    assert checks.sms_faults("rn", "igipolisi") != []


@pytest.mark.parametrize(
    ("text", "promised"),
    [("Vyose ni akabanga.", True), ("Ni ibanga", True), ("Hitamwo ibiharuro 4 vy'akabanga.", False),
     ("Andika igiharuro cawe c'akabanga.", False)],
)  # fmt: skip
def test_in_kirundi_nothing_but_digits_is_called_secret(text: str, promised: bool) -> None:
    assert bool(checks.faults("rn", text)) == promised


def test_kinyarwanda_does_not_pass_for_kirundi() -> None:
    assert checks.faults("rn", "Yego, kanda hano cyangwa komeza") != []
    assert checks.faults("rn", "Ego, fyonda hano canke bandanya") == []


def test_every_kirundi_text_has_its_back_translation_and_is_gsm() -> None:
    for key, entry in WORDS.entries["rn"].items():
        assert entry.back, key
        assert septets(fold(entry.text)) is not None or key.startswith("lang."), key


def test_an_alert_says_nothing_to_a_stranger() -> None:
    for language in LANGUAGES:
        for key in ("officer.sms.new", "officer.sms.urgent", "officer.sms.meeting"):
            text = fold(WORDS.entries[language][key].text.format(number=99, code="*384*55#"))
            assert checks.sms_faults(language, text) == []
            assert segments(text) == 1


def test_a_text_that_has_no_words_in_a_language_stops_the_start_by_name() -> None:
    ghost = Flow("ghost", Menu("boo", Msg("ghost.boo", "Boo?"), Option("on", CONTINUE)), End("over"))
    (sentence,) = without_words(FlowSet([*FLOWS.flows.values(), ghost]), WORDS)
    assert sentence.startswith("ghost.boo has no words in ")
    assert all(language in sentence for language in LANGUAGES)
    assert list(without_words(FLOWS, WORDS)) == []
