"""What a reader of a language is given: every text that a phone can show, from the catalogues, the country's tables and
the list of languages; with the words that this installation speaks, where there is an installation.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import current_app

from bot import folder
from bot.cli import SERVICES, with_services
from bot.commands.talks import verifier_of
from bot.commands.templates import texts as sms_texts
from bot.conversation.engine import FlowSet
from bot.country import pack
from bot.country.pack import Country
from bot.people.roster import today
from bot.services import Services
from bot.settings import PACKS, ROOT
from bot.words import catalogues, shown, source
from bot.words.catalogues import Catalogues, Entry
from bot.words.languages import BY_CODE, Language
from bot.words.room import Rooms
from bot.words.sheet import SheetRow
from bot.words.verify import Verifier

FLOW_SET = "ijwi.flow_set"  # key of `Flask.extensions`
LANGUAGES_FILE = "bot/words/languages.py"


@dataclass(frozen=True)
class Material:
    """The talks, the words that are spoken and the country for which they are read."""

    talks: FlowSet
    words: Catalogues
    country: Country
    service_code: str
    services: Services | None = None

    @property
    def verifier(self) -> Verifier:
        """The verifier with the longest values of the country."""
        return verifier_of(self.talks, self.words, self.country, self.service_code)


def material() -> Material:
    """Of this installation; where nothing was started yet, of the catalogues and of the pack that COUNTRY_DIR or
    COUNTRY names (else of Burundi). Raises `ConfigError` or `CountryError` for what cannot be read.
    """
    if is_installed():
        return _installed()
    country = pack.load(Path(os.environ.get("COUNTRY_DIR") or PACKS / os.environ.get("COUNTRY", "bi")), today())
    words = catalogues.load(ROOT / "locales", english=source.english(source.marked()))
    return Material(flow_set(), words, country, "*384*55#")


def is_installed() -> bool:
    """Whether something was started here, whose approved words are spoken."""
    mode = os.environ.get("MODE", "")
    return SERVICES in current_app.extensions or bool(mode and not folder.not_begun(folder.data_dir(), mode))


def _installed() -> Material:
    found: list[Material] = []
    _found_by(found=found)
    return found[0]


@with_services
def _found_by(services: Services, found: list[Material]) -> None:
    services.wordings.refresh(now=True)
    found.append(
        Material(services.flow_set, services.words, services.country, services.settings.service_code, services)
    )


def flow_set() -> FlowSet:
    """The talks of the application."""
    talks: FlowSet = current_app.extensions[FLOW_SET]
    return talks


def texts(given: Material) -> list[shown.Text]:
    """Every text of the code, safety-critical ones first."""
    return shown.texts(given.talks, source.marked())


def sms_keys() -> frozenset[str]:
    """The keys of texts that are sent without being asked."""
    return frozenset(sms_texts())


def rows(given: Material, language: str, rooms: Rooms | None = None) -> list[SheetRow]:
    """One row for each text, in the order in which they are read; with `rooms` how much longer each may be, which takes
    some seconds."""
    entries = given.words.entries[language]
    found = [_row(text, entries.get(text.key, Entry("")), rooms) for text in texts(given)]
    return [*found, *_cards(given.country, language), *_said(BY_CODE[language], given.country)]


def _row(text: shown.Text, entry: Entry, rooms: Rooms | None) -> SheetRow:
    role = f"{text.screen}: {text.role}" + (f" [{text.critical}]" if text.critical else "")
    if text.key in sms_keys():
        role = f"SMS: {text.role}"
    room = ""
    if rooms:
        room = f"{rooms.length(entry.text)} / {rooms.limit(text.key)}, {rooms.left(text.key, entry.text)} left"
    return SheetRow(text.key, role, text.english, entry.text, entry.back, entry.status, room)


def _cards(country: Country, language: str) -> Iterator[SheetRow]:
    for card in country.cards:
        yield SheetRow(f"card.{card.id}", "help.cards: a woman who asks for her rights", card.text.get("en", ""),
                       card.text.get(language, ""), status=card.status, own="cards.csv")  # fmt: skip


def _said(language: Language, country: Country) -> Iterator[SheetRow]:
    """Names of days, words of hours, and the names that stand in many texts."""
    english = BY_CODE["en"]

    def row(key: str, where: str, meant: str, text: str, own: str = LANGUAGES_FILE) -> SheetRow:
        return SheetRow(key, where, meant, text, own=own)

    yield row("name.language", "language.language: everybody", f"(the name of {language.code})", language.name)
    yield row("name.service", "the name under which all comes", country.service_name.get("en", ""),
              country.service_name.get(language.code, ""), "country.toml")  # fmt: skip
    for number, (meant, name) in enumerate(zip(english.weekdays, language.weekdays, strict=False), 1):
        yield row(f"day.{number}", "days of meetings", meant, name)
    if language.hours:
        for number, name in enumerate(language.hours.names, 1):
            clock = (number + language.hours.counted_from - 1) % 12 + 1
            yield row(f"hour.{number}", "hours of meetings", f"{clock} o'clock", name)
        for until, name in language.hours.parts:
            yield row(f"hour.until.{until}", "hours of meetings", f"(part of the day until {until}:00)", name)
        yield row("hour.half", "hours of meetings", "half past", language.hours.half)
