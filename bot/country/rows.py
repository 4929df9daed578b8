"""The kinds of rows of a country's tables: a place, a help service, a rights card, a unit, a person, a venue, a price.

Methods say whether one may be used on a day. `read_*` make one from a `Row` and note what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from bot.country import cells as read
from bot.country.hours import shifts
from bot.country.routing_rules import Desk
from bot.country.tables import Row, folded
from bot.words.languages import BACK_TRANSLATED, TABLE_COLUMNS

TEST_CALL_DAYS = 90  # S76: of nine police numbers that were called one answered, so only a call shows that one works
CARD_DAYS = 365  # S83
ORDERS = ("1", "2", "3")  # the champion of a post, and her two deputies
# From the largest to the smallest: a place lies only in a larger one, and only the smallest can be served.
Level = StrEnum("Level", ["COUNTRY", "TERRITORY", "PROVINCE", "POLICE_DISTRICT", "COMMUNE", "ZONE", "POLICE_STATION"])
Role = StrEnum("Role", ["CHAMPION", "PARTNER", "OVERSIGHT", "ADVOCATE", "LEADER", "COORDINATOR"])
PartnerKind = StrEnum("PartnerKind", ["HEALTH", "TALK", "LEGAL", "CHILD", "SHELTER"])
CIVILIAN = frozenset({Role.OVERSIGHT, Role.PARTNER})  # who watches the police, or is chosen instead of it
UnitKind = StrEnum("UnitKind", ["POLICE", "WOMEN", "HEALTH", "TALK", "LEGAL", "CHILD", "SHELTER", "OVERSIGHT", "CIVIC"])
Sex = StrEnum("Sex", ["F", "M", "X"])
Channel = StrEnum("Channel", [("VOICE", "voice"), ("SMS", "sms"), ("WHATSAPP", "whatsapp"), ("WALK_IN", "walk-in")])


class ServiceKind(StrEnum):
    """What a help service is for. There is no shelter here: its place and number are never in a table (S78)."""

    EMERGENCY = "emergency"
    POLICE = "police"
    FIRE = "fire"
    CHILD = "child"
    WOMEN = "women"
    HEALTH = "health"
    TALK = "talk"
    LEGAL = "legal"
    CENTRE = "centre"
    COMMUNITY = "community"
    SOCIAL = "social"
    OFFICE = "office"
    REFERRAL = "referral"


EARLIEST = date(2026, 6, 1)  # a clock that says an earlier day is wrong: then no row of a good table is
_REF = re.compile(r"[A-Za-z0-9-]{1,40}")
_REF_OF_PERSON = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,19}")
_DIGIT = re.compile(r"\d")
_MANY_DIGITS = re.compile(r"\d(-?\d){6}")  # a phone number, and not a reference
_CURRENCY = re.compile(r"[A-Z]{3}")
_SHELTER = re.compile(r"shelter|refuge|safe ?house|withheld|foyer d'accueil", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    code: str
    level: Level
    parent: str
    name: str
    name_hi: str
    variants: tuple[str, ...]
    vintage: str
    successor: tuple[str, ...]
    valid_from: date | None
    valid_to: date | None  # the first day on which it is no longer so

    def stands(self, day: date) -> bool:
        """Whether the place exists on `day`; one that has a successor and no last day has gone."""
        if self.successor and self.valid_to is None:
            return False
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True)
class Service:
    area: str
    kind: ServiceKind
    channel: Channel
    value: str
    hours: str
    number_status: str
    tested_on: date | None
    tested_by: str
    show: bool
    demo: bool
    name: Mapping[str, str]

    def may_be_shown(self, day: date, *, demo: bool = False) -> bool:
        """Verified, called by a named person in the last 90 days, not hidden (S76); a demo row only in a demo."""
        if not (self.show and self.value):
            return False
        if self.demo:
            return demo
        called = self.tested_on is not None and 0 <= (day - self.tested_on).days <= TEST_CALL_DAYS
        return called and bool(self.tested_by) and self.number_status.startswith("VERIFIED")


@dataclass(frozen=True)
class Card:
    id: str
    country: str
    group: str
    sms_safe: bool
    status: str
    source: str
    reviewed_on: date | None
    reviewer: str
    text: Mapping[str, str]

    def may_be_served(self, day: date, *, drafts: bool = False) -> bool:
        """Signed in the last 12 months (S83), or any draft with `drafts`; a card on HOLD never."""
        if self.status.startswith("HOLD") or self.group == "HOLD":
            return False
        signed = self.reviewed_on is not None and 0 <= (day - self.reviewed_on).days <= CARD_DAYS
        return drafts or (signed and bool(self.reviewer))


@dataclass(frozen=True)
class Unit:
    ref: str
    name: str
    kind: UnitKind
    place: str
    demo: bool
    desk: Desk | None = None  # what a unit of the police is for; None of any other unit


@dataclass(frozen=True)
class Person:
    ref: str
    role: Role
    kind: PartnerKind | None
    name: str = field(repr=False)
    phone: str = field(repr=False)
    sex: Sex
    languages: tuple[str, ...]
    zones: tuple[str, ...]
    unit: str
    duty: str
    trained_until: date | None
    confirmed_on: date | None
    demo: bool
    order: int = 1  # 1 is the champion of a post, 2 and 3 are her deputies


@dataclass(frozen=True)
class Numbers:
    """How the phone numbers of a country begin: digits of its `prefix`, its `region` (ISO 3166-1), and those of demo
    people. All are empty where the country does not say it rightly: then no number is judged by them.
    """

    prefix: str
    region: str
    demo: str

    def contradict(self, demo: str, number: str) -> bool:
        """Whether the cell `demo` says otherwise than the number; no where one of them cannot be known."""
        said = read.flag(demo)
        return bool(self.demo and number) and said is not None and said != number.startswith(self.demo)


def read_place(row: Row, codes: Container[str]) -> Place:
    return Place(
        code=row.text("code"),
        level=row.one("level", Level),
        parent=row.one_known("parent", codes, "place", may_be_empty=True),
        name=row.text("name"),
        name_hi=row.cells["name_hi"],
        variants=row.words("variants"),
        vintage=row.text("vintage"),
        successor=row.known("successor", codes, "place"),
        valid_from=row.day("valid_from", rough=True),
        valid_to=row.day("valid_to", rough=True),
    )


def read_service(row: Row, codes: Container[str], numbers: Numbers) -> Service:
    hidden = any(
        _SHELTER.search(text) for column, text in row.cells.items() if column.startswith(("kind", "value", "name"))
    )
    if hidden:
        row.note("a shelter is never written here")
    service = Service(
        area=row.one_known("area", codes, "place"),
        kind=ServiceKind.REFERRAL if hidden else row.one("kind", ServiceKind),
        channel=row.one("channel", Channel),
        value=row.cells["value"],
        hours=row.cells["hours"],
        number_status=row.text("number_status"),
        tested_on=row.day("tested_on"),
        tested_by=row.cells["tested_by"],
        show=row.flag("show"),
        demo=row.flag("demo"),
        name=row.by_language("name", TABLE_COLUMNS),
    )
    if service.tested_on and not service.tested_by:
        row.note("tested_by is empty: a test call has a caller")
    if numbers.contradict(row.cells["demo"], service.value.replace(" ", "") or "none"):
        row.note("a demo service has a demo number, and no other has one")
    return service


def read_card(row: Row, country: str) -> Card:
    """`country` is its code in capitals; where it is empty no card is of another country."""
    if country and row.cells["country"] and row.cells["country"].upper() not in ("ALL", country):
        row.note(f"the card is of another country: it must be all or {country}")
    text = row.by_language("text", TABLE_COLUMNS)
    for language in BACK_TRANSLATED:
        if (language in text) != bool(row.cells[f"back_{language}"]):
            why = "for whoever cannot read it: one without the other"
            row.note(f"back_{language} is the literal translation of text_{language}, {why}")
    return Card(
        id=row.text("id"),
        country=row.text("country"),
        group=row.text("group"),
        sms_safe=row.flag("sms_safe"),
        status=row.text("status"),
        source=row.text("source"),
        reviewed_on=row.day("reviewed_on"),
        reviewer=row.cells["reviewer"],
        text=text,
    )


def read_unit(row: Row, codes: Container[str]) -> Unit:
    if row.cells["ref"] and not _REF.fullmatch(row.cells["ref"]):
        row.note("ref is not like POST-1: letters of ASCII, digits and hyphens")
    kind, written = row.one("kind", UnitKind), row.cells["desk"]
    if written and folded(row.cells["kind"]) in set(UnitKind) - {UnitKind.POLICE}:
        row.note("only a unit of the police has a desk")
    desk = row.one("desk", Desk) if written else Desk.GENERAL
    return Unit(
        ref=row.text("ref"),
        name=row.text("name"),
        kind=kind,
        place=row.one_known("place", codes, "place"),
        demo=row.flag("demo"),
        desk=desk if kind == UnitKind.POLICE else None,
    )


@dataclass(frozen=True)
class Venue:
    """A registered place for meetings: no other is ever announced."""

    ref: str
    name: str
    kind: VenueKind
    zone: str
    step_free: bool
    demo: bool


def read_venue(row: Row, codes: Container[str]) -> Venue:
    return Venue(
        ref=row.text("ref"),
        name=row.text("name"),
        kind=row.one("kind", VenueKind),
        zone=row.one_known("zone", codes, "place"),
        step_free=row.flag("step_free"),
        demo=row.flag("demo"),
    )


@dataclass(frozen=True)
class Price:
    """What a provider charges for one segment to numbers that begin with `prefix`, in millionths of `currency`."""

    provider: str
    prefix: str
    currency: str
    millionths: int
    demo: bool


def read_price(row: Row, prefix: str) -> Price:
    amount, currency = read.amount(row.text("price")), row.text("currency").upper()
    begins = row.text("prefix").replace(" ", "").removeprefix("+").removeprefix("00")
    digits = begins.isdecimal() and (begins + "0").startswith(prefix)
    faults = {
        "price is not an amount like 0.025": ("price", amount is None),
        "currency is not three letters": ("currency", not _CURRENCY.fullmatch(currency)),
        "prefix is not digits that begin as the country's": ("prefix", not digits),
    }
    for fault, (column, there) in faults.items():
        if there and row.cells[column]:
            row.note(fault + row.shown(row.cells[column]))
    row.text("source")
    row.day("vintage")
    millionths = round((amount or 0) * 1_000_000)
    return Price(row.text("provider").lower(), begins, currency, millionths, row.flag("demo"))


def read_person(
    row: Row, places: Container[str], units: Container[str], police: Container[str], numbers: Numbers, today: date
) -> Person:
    """A person; `police`: the units of the police. The days of her service are judged from a clock that is set."""
    today, role = max(today, EARLIEST), row.one("role", Role)
    person = Person(
        ref=_reference(row),
        role=role,
        kind=row.one("kind", PartnerKind) if row.cells["kind"] or role == Role.PARTNER else None,
        name=row.text("name"),
        phone=row.phone("phone", numbers.prefix, numbers.region),
        sex=row.one("sex", Sex),
        languages=row.known("languages", TABLE_COLUMNS, "language"),
        zones=row.known("zones", places, "place"),
        unit=row.one_known("unit", units, "unit", may_be_empty=True),
        duty=row.roster("duty"),
        trained_until=row.near_day("trained_until", today),
        confirmed_on=row.near_day("confirmed_on", today, past=True),
        demo=row.flag("demo"),
        order=int(row.cells["order"]) if row.cells["order"] in ORDERS else 1,
    )
    written = folded(row.cells["role"])
    own = person.phone if person.phone.startswith(f"+{numbers.prefix}") else ""
    faults = {
        "ref has no digit and name has one: they look swapped": _looks_swapped(person),
        "only a partner has a kind": person.kind and written in set(Role) - {Role.PARTNER},
        "nobody of a police unit has this role": role in CIVILIAN and person.unit in police,
        "languages is empty": not row.codes("languages"),
        "zones is empty": not row.codes("zones"),
        "duty is not like mon-fri 08:00-17:30; sat 08:00-12:00": not shifts(person.duty),
        "trained_until is empty: a champion serves while trained": written == Role.CHAMPION
        and not row.cells["trained_until"],
        "order is 1, 2 or 3: the champion, then her deputies": row.cells["order"] not in ("", *ORDERS),
        "a demo person has a demo number, and nobody else has one": numbers.contradict(row.cells["demo"], own),
    }
    for fault, there in faults.items():
        if there:
            row.note(fault)
    return person


def _looks_swapped(person: Person) -> bool:
    """Whether her name could be a reference with its number, and her reference could not."""
    could_be = _REF_OF_PERSON.fullmatch(person.name) and _DIGIT.search(person.name)
    return bool(could_be) and not _DIGIT.search(person.ref)


def _reference(row: Row) -> str:
    """The reference of a person, which everything prints: no name of two words, no number, nothing that a shell or a
    spreadsheet obeys."""
    ref = row.text("ref")
    if ref and (not _REF_OF_PERSON.fullmatch(ref) or _MANY_DIGITS.search(ref)):
        row.note("ref is not like C1-A: at most 20 letters of ASCII, digits and hyphens, and no phone number")
    return ref


class VenueKind(StrEnum):
    """What a registered place is."""

    CENTRE = "centre"
    SCHOOL = "school"
    HEALTH = "health"
    MARKET = "market"
    OPEN_AIR = "open_air"
    FAITH = "faith"
    OFFICE = "office"
    POLICE = "police"
    BARRACKS = "barracks"
    PARTY = "party"
    BAR = "bar"
    HOME = "home"
