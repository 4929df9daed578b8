"""Whoever works here becomes an actor by her PIN alone, and any door can read what an actor may: no phone is needed."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from bot.people import sign_in
from bot.people.enrolment import DEMO_PIN
from bot.people.sign_in import FirstCodeShown, Refused
from bot.phone.caller import CallerContext
from bot.reports import queries
from bot.reports.opening import open_report
from bot.reports.reading import Readings
from bot.reports.receipts import open_receipt
from bot.storage.outbox import now
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Request, RequestStatus
from bot.storage.unit_of_work import Actor, Work
from bot.upkeep import doctor
from bot.vault.sealing import Unsealable
from tests.support.office import Office
from tests.support.reports import HER_PIN, file_report_that_is_taken


def person(office: Office, ref: str = "C1A") -> Person:
    with office.services.reads() as db:
        return db.scalars(select(Person).where(Person.ref == ref)).one()


def test_who_knows_her_pin_is_an_actor_with_her_role_and_zones(office: Office) -> None:
    champion = person(office)
    actor = sign_in.by_pin(office.services.vault, champion, "२४६ ८१०")  # 246 810, as her phone writes it
    assert isinstance(actor, Actor)
    assert (actor.id, actor.role, actor.zones) == (champion.id, "champion", frozenset(champion.zones.split(",")))
    assert office.services.vault.private(actor.id, actor.key_handle)


def test_who_mistypes_her_pin_is_told_how_many_tries_are_left_and_at_last_that_it_is_locked(office: Office) -> None:
    champion, vault = person(office), office.services.vault
    tried = [sign_in.by_pin(vault, champion, "111111") for _ in range(5)]
    assert tried == [*(Refused("wrong", left) for left in (4, 3, 2, 1)), Refused("locked")]
    assert sign_in.by_pin(vault, champion, DEMO_PIN) == Refused("locked")


@pytest.mark.parametrize("nothing", ["", "  ", "ПИН"])
def test_what_is_no_pin_costs_no_try(office: Office, nothing: str) -> None:
    champion, vault = person(office), office.services.vault
    assert [sign_in.by_pin(vault, champion, nothing) for _ in range(6)] == [Refused("wrong")] * 6
    assert isinstance(sign_in.by_pin(vault, champion, DEMO_PIN), Actor)


def test_a_number_that_nobody_knows_is_refused_like_a_wrong_pin(office: Office) -> None:
    vault = office.services.vault
    assert sign_in.by_pin(vault, None, DEMO_PIN) == sign_in.by_first_code(vault, None, "1") == Refused("wrong")


def test_a_pin_is_chosen_once_for_each_code_from_the_paper(office: Office) -> None:
    vault, sessions = office.services.vault, office.services.sessions
    with sessions.begin() as db:
        code = vault.first_code(person(office).id, "482915")
        db.execute(update(Person).where(Person.ref == "C1A").values(first_code=code))
    new = person(office)
    shown = sign_in.by_first_code(vault, new, "482915")
    assert isinstance(shown, FirstCodeShown)
    chosen = [
        sign_in.choose_pin(sessions, vault, new, shown.handle, pin) for pin in ("5293", "123456", "529381", "725190")
    ]
    assert chosen == ["wrong", "easy", "made", "wrong"]
    assert isinstance(sign_in.by_pin(vault, person(office), "529381"), Actor)


def test_a_handle_of_somebody_else_signs_nobody_in(office: Office) -> None:
    vault = office.services.vault
    other = sign_in.by_pin(vault, person(office, "C1B"), DEMO_PIN)
    assert isinstance(other, Actor)
    with pytest.raises(Unsealable):
        sign_in.resume_reading(Readings(vault), person(office), other.key_handle)


def test_a_report_is_listed_opened_and_read_without_a_phone(office: Office) -> None:
    services, vault = office.services, office.services.vault
    code = file_report_that_is_taken(office)
    with services.reads() as db:
        owner = db.scalars(select(Person).join(Request, Request.owner == Person.id)).one()
    actor = sign_in.by_pin(vault, owner, DEMO_PIN)
    assert isinstance(actor, Actor)
    readings = Readings(vault)
    with services.sessions.begin() as db:
        assert queries.new_reports(db, actor.id) == []
        ((number, reminded),) = [(one.number, one.reminded) for one in queries.my_reports(db, actor.id)]
        assert not reminded
        work = Work(db, vault, services.country, now())
        assert open_report(work, actor, readings, number, "") == "open"
        assert open_report(work, actor, readings, number + 1, "") == "gone"
        assert queries.opened_report(db, readings, actor, number).told["what"] == "hurt"
        assert (queries.standing(db, actor.id, number), queries.has_receipt(db, actor.id, number)) == ("own", True)
    hers = Readings(vault)
    opened = open_receipt(services.reads, hers, code, HER_PIN, "somebody")
    assert opened.outcome == "open"
    with services.reads() as db:
        news = queries.her_news(db, hers, services.country, code, opened.handle)
        assert not queries.asks_her(db, hers, code, opened.handle)
    assert [(one.service, one.status, one.opened) for one in news.requests] == [("police", RequestStatus.TAKEN, True)]
    assert [step.reader for step in news.steps] == ["police"]


def test_in_service_nobody_gets_in_with_the_number_and_the_pin_of_a_demonstration(office: Office) -> None:
    phone = office.services.vault.open_for_sender(person(office).phone_sealed)
    serves = CallerContext(office.services, phone).person
    assert serves is not None
    assert serves.ref == "C1A"
    office.services.settings.mode = "production"
    assert CallerContext(office.services, phone).person is None
    (fault,) = [one for one in doctor.examine(office.services) if "demo people" in one.said]
    assert (fault.level, fault.said[:3].strip().isdecimal()) == ("fault", True)
