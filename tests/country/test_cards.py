"""A card is shown while it is signed, in her language, in its own country."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.country.pack import Country, load
from bot.words.gsm import fold, septets
from tests.support.country_tables import TODAY, change, wrong


def test_a_card_on_hold_is_never_served_even_signed_and_even_among_drafts(folder: Path) -> None:
    change(folder, "cards.csv", "K18", {"reviewed_on": "2026-11-01", "reviewer": "AB"})
    change(folder, "cards.csv", "K14", {"reviewed_on": "2026-11-01", "reviewer": "AB", "status": "HOLD: ask Seruka"})
    country = load(folder, TODAY)
    served = [country.card(card, TODAY, drafts=drafts) for card in ("K18", "K14") for drafts in (True, False)]
    assert served == [None] * 4
    assert country.cards_about("HOLD", TODAY, drafts=True) == ()


@pytest.mark.parametrize(
    ("reviewed", "reviewer", "served"),
    [
        ("2026-11-23", "AB", True),
        ("2025-11-23", "AB", True),
        ("2025-11-22", "AB", False),
        ("2026-11-24", "AB", False),
        ("2026-11-01", "", False),
        ("", "AB", False),
    ],
)
def test_a_card_is_served_for_twelve_months_after_somebody_signed_it(
    folder: Path, reviewed: str, reviewer: str, served: bool
) -> None:
    change(folder, "cards.csv", "K14", {"reviewed_on": reviewed, "reviewer": reviewer})
    country = load(folder, TODAY)
    assert (country.card("K14", TODAY) is not None) is served
    assert country.card("K14", TODAY, drafts=True) is not None
    assert [card.id for card in country.cards_about("care", TODAY)] == (["K14"] if served else [])


def test_a_card_that_does_not_exist_is_no_card(burundi: Country) -> None:
    assert burundi.card("K99", TODAY, drafts=True) is None


def test_a_card_without_her_language_says_so_and_does_not_fall_back(burundi: Country) -> None:
    card = burundi.card("K15", TODAY, drafts=True)
    assert card
    assert "en" in card.text
    assert "rn" not in card.text


@pytest.mark.parametrize("land", ["burundi", "delhi"])
def test_every_card_speaks_four_versions_in_letters_that_a_phone_has(land: str, request: pytest.FixtureRequest) -> None:
    cards = [card for card in request.getfixturevalue(land).cards if not card.status.startswith("HOLD")]
    assert all({"en", "fr", "hi", "hi_Latn"} <= card.text.keys() for card in cards)
    unsaid = [
        card.id
        for card in cards
        for version in card.text
        if version != "hi" and septets(fold(card.text[version])) is None
    ]
    assert unsaid == []


def test_in_kirundi_she_can_read_of_the_law_the_doctor_the_police_and_her_choice(burundi: Country) -> None:
    said = {card.group for card in burundi.cards if "rn" in card.text}
    assert said == {"law", "care", "police", "service"}


def test_a_kirundi_card_without_its_literal_translation_is_refused(folder: Path) -> None:
    line = change(folder, "cards.csv", "K14", {"back_rn": ""})
    assert wrong(folder)[0].startswith(f"cards.csv:{line}: back_rn is the literal translation")


def test_the_law_of_one_country_is_never_told_in_the_other(burundi: Country, delhi: Country) -> None:
    here, there = ({card.id: card.country for card in country.cards} for country in (burundi, delhi))
    assert set(here.values()) == {"all", "BI"}
    assert set(there.values()) == {"all", "IN"}
    assert {f"K{n:02}" for n in range(4, 14)} <= here.keys() - there.keys()
    assert {f"K{n}" for n in range(19, 33)} <= there.keys() - here.keys()


def test_a_card_of_another_country_is_refused(folder: Path) -> None:
    line = change(folder, "cards.csv", "K14", {"country": "IN"})
    assert wrong(folder) == (f"cards.csv:{line}: the card is of another country: it must be all or BI",)
