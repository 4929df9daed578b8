"""A child's report: child protection is always offered, asked, and added unasked only where the law says so (S38)."""

from __future__ import annotations

import re
from itertools import product

import pytest
from sqlalchemy import select

from bot.actions.reports import FileReport
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Request
from tests.support.keys import DO_NOT_SEND, DONE, SEND_NOW
from tests.support.office import Caller, Office, choose_line
from tests.support.phone import Phone
from tests.support.small_world import World

WHO = ("Me", "Me, I am under 18", "Another person", "A child", "I don't know")
ASKED = "May Child protection read it too?"
WHAT = (
    ("Hurt or threatened",),
    ("Forced sex or touching",),
    ("Money, land, marriage, school",),
    ("Other, also by phone", "Quarrel"),
    ("Other, also by phone", "A child is mistreated"),
    ("Other, also by phone", "A child sees violence at home"),
)


def line(page: str, label: str) -> str:
    """The number of a line of a page."""
    found = re.search(rf"^(\d) {re.escape(label)}$", page, re.MULTILINE)
    assert found, (label, page)
    return found[1]


def chooses(caller: Caller, *labels: str) -> None:
    for label in labels:
        choose_line(caller, label)


def tells(phone: Phone, who: str, what: tuple[str, ...], helpers: tuple[str, ...]) -> None:
    """As far as the page after the helpers whom she chooses."""
    phone.says(line(phone.sees, "Tell us something"))
    for label in (who, *what, "Buyenzi"):
        while label not in phone.sees:  # what she only reads: the law, how to support another, when to see a doctor
            phone.says(line(phone.sees, "Continue"))
        phone.says(line(phone.sees, label))
    phone.says("*".join(line(phone.sees, one) for one in helpers))


def is_of_a_child(who: str, what: tuple[str, ...]) -> bool:
    return who in ("Me, I am under 18", "A child") or what[-1].startswith("A child")


def choices() -> list[tuple[str, ...]]:
    return [("Police",), ("Child protection",), ("Doctor", "Police"), ("Lawyer", "Child protection")]


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("law", [False, True])
def test_a_childs_report_is_always_offered_child_protection_and_nobody_else_is_asked(who: str, law: bool) -> None:
    for what, helpers in product(WHAT, choices()):
        phone = Phone(World(must_report_children=law), language="en")
        tells(phone, who, what, helpers)
        by_law = law and "Forced" in what[0] and is_of_a_child(who, what)
        chosen = "Child protection" in helpers
        assert (ASKED in phone.sees) == (is_of_a_child(who, what) and not chosen and not by_law), (what, helpers)


@pytest.mark.parametrize(("key", "readers"), [("1", ["child", "health"]), ("2", ["health"])])
def test_child_protection_reads_it_only_if_she_says_yes(office: Office, key: str, readers: list[str]) -> None:
    caller = office.call("s1", "+25779123456")
    chooses(caller, "English", "Tell us something", "Continue", "Me, I am under 18", "Hurt or threatened")
    chooses(caller, "Buyenzi", "Doctor")
    assert ASKED in caller.sees
    assert ("Child protection" in caller.says(key)) == (key == "1")
    said = caller.says(SEND_NOW)
    assert ("Read by: Doctor, Child protection." in said) == (key == "1")
    caller.says(DONE)
    assert services(office) == readers
    assert ("child" in kinds_of_holders(office)) == (key == "1")


def test_who_says_no_to_it_and_chose_the_police_alone_is_asked_whom_else(office: Office) -> None:
    caller = office.call("s1", "+25779123456")
    chooses(caller, "English", "Tell us something", "Continue", "A child", "Hurt or threatened")
    chooses(caller, "Buyenzi", "Police")
    assert ASKED in caller.sees
    chooses(caller, "No", "No")
    assert "Nobody you chose can read it now" in caller.sees
    assert services(office) == []


def test_where_nobody_protects_children_she_is_not_asked(office: Office) -> None:
    with office.services.sessions.begin() as db:
        for person in db.scalars(select(Person).where(Person.kind == "child")):
            person.active = False
    office.services.roster.refresh()
    caller = office.call("s1", "+25779123456")
    chooses(caller, "English", "Tell us something", "Continue", "A child", "Hurt or threatened")
    chooses(caller, "Buyenzi", "Doctor")
    assert "Send it to: Doctor?" in caller.sees
    caller.says(DO_NOT_SEND)


def test_a_yes_to_child_protection_can_be_taken_back_before_the_sending() -> None:
    phone = Phone(language="en")
    tells(phone, "A child", ("Hurt or threatened",), ("Doctor",))
    for label in ("Yes", "But not to ...", "Child protection"):
        phone.says(line(phone.sees, label))
    assert "Send it to: Doctor?" in phone.sees
    phone.says(line(phone.sees, "Send now"))
    (filed,) = phone.done
    assert isinstance(filed, FileReport)
    assert (filed.help, filed.child_too, filed.but) == ("health", "yes", "child")


def services(office: Office) -> list[str]:
    with office.services.reads() as db:
        return sorted(db.scalars(select(Request.service)))


def kinds_of_holders(office: Office) -> set[str]:
    with office.services.reads() as db:
        return {*db.scalars(select(Person.kind).join(Copy, Copy.person == Person.id))}
