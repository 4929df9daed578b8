"""Whose phones there are in a demonstration, and what each of these people may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.country.pack import Country
from bot.country.phone_numbers import examples
from bot.country.rows import Role
from bot.people.enrolment import DEMO_PIN

CALLERS = {
    "bi": ("+25779123456", "+25768000123", "+25761000789"),
    "in": ("+919810000123", "+919810000456", "+919810000789"),
}
Words = Mapping[str, str]  # in the languages of the page: en, fr
CALLER: tuple[Words, Words] = (
    {"en": "A woman", "fr": "Une femme"},
    {
        "en": "Anybody who dials. She gives no name and needs no PIN.",
        "fr": "Toute personne qui appelle. Elle ne donne pas de nom et n'a pas besoin de PIN.",
    },
)
ROLES: Mapping[Role, tuple[Words, Words]] = {
    Role.CHAMPION: (
        {"en": "Officer", "fr": "Police"},
        {
            "en": "Reads and answers the reports of her zone that chose the police; is named for meetings.",
            "fr": "Lit et répond aux signalements de sa zone qui ont choisi la police ; est nommée pour les réunions.",
        },
    ),
    Role.PARTNER: (
        {"en": "Partner", "fr": "Partenaire"},
        {
            "en": "Reads and answers the reports that chose this kind of help.",
            "fr": "Lit et répond aux signalements qui ont choisi cette aide.",
        },
    ),
    Role.OVERSIGHT: (
        {"en": "Civilian oversight", "fr": "Contrôle civil"},
        {
            "en": "Is rung when nobody answers; alone gets what is told about the police.",
            "fr": "Est alertée quand personne ne répond ; reçoit seule ce qui concerne la police.",
        },
    ),
    Role.COORDINATOR: (
        {"en": "Coordinator", "fr": "Coordinatrice"},
        {
            "en": "Lets a signed meeting go out, and stops it. Reads no report.",
            "fr": "Laisse partir une réunion signée, et l'arrête. Ne lit aucun signalement.",
        },
    ),
    Role.ADVOCATE: (
        {"en": "Women's advocate", "fr": "Avocate des femmes"},
        {
            "en": "Signs a meeting before anybody hears of it. Reads no report.",
            "fr": "Signe une réunion avant que quiconque en entende parler. Ne lit aucun signalement.",
        },
    ),
    Role.LEADER: (
        {"en": "Community leader", "fr": "Leader local"},
        {
            "en": "Calls meetings, counts who came, makes promises. Reads no report.",
            "fr": "Convoque des réunions, compte, promet. Ne lit aucun signalement.",
        },
    ),
}
KINDS: Mapping[str, Words] = {
    "health": {"en": "doctor", "fr": "médecin"},
    "talk": {"en": "someone to talk to", "fr": "quelqu'un à qui parler"},
    "legal": {"en": "lawyer", "fr": "juriste"},
    "child": {"en": "child protection", "fr": "protection de l'enfant"},
    "shelter": {"en": "place to stay", "fr": "lieu où rester"},
}


@dataclass(frozen=True)
class Phone:
    """A phone of the demonstration, in the language of the page."""

    ref: str
    number: str
    name: str
    role: str
    may: str
    zones: str
    unit: str
    duty: str
    pin: str
    kind: str  # caller, or the role's own name


def phones(country: Country, page: str) -> list[Phone]:
    """Every phone, women first, then the demo people in the order of their table."""
    name, may = (words[page] for words in CALLER)
    women = [
        Phone(f"she{number}" if number else "she", phone, "", f"{name} {number + 1}", may, "", "", "", "", "caller")
        for number, phone in enumerate(CALLERS.get(country.code) or invented(country))
    ]
    return [*women, *staff(country, page)]


def invented(country: Country) -> tuple[str, ...]:
    """Numbers of women in a country of one's own: of those that reach nobody, where it names them, and of none of its
    demo people."""
    taken = {person.phone for person in country.people}
    given = [
        n for n in examples(country.code.upper(), begin=country.demo_phones, count=len(taken) + 3) if n not in taken
    ]
    return tuple(given[:3])


def staff(country: Country, page: str) -> list[Phone]:
    """The demo people."""
    found = []
    for person in country.people:
        if person.demo:
            role, may = (words[page] for words in ROLES[person.role])
            role = f"{role}, {KINDS[person.kind][page]}" if person.kind and person.kind in KINDS else role
            whole = [country.places[zone].name for zone in person.zones]
            unit = country.units[person.unit].name if person.unit in country.units else ""
            name = person.name.replace(" (demo)", "")
            found.append(Phone(person.ref, person.phone, name, role, may, ", ".join(whole), unit.replace(" (demo)", ""),
                               person.duty, DEMO_PIN, str(person.role)))  # fmt: skip
    return found
