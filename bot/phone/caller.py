"""The caller during one request: services, number and cached look-ups that the parts of `bot.phone.world` share.

Made at every step of a talk, so nothing is looked up before it is asked for: a step without effects uses neither the
database nor the vault.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from sqlalchemy import select

from bot.country.pack import Country
from bot.people import sign_in
from bot.people.numbers import has_number
from bot.people.roster import Staff
from bot.phone.report_words import ReportWords
from bot.reports.reading import Readings
from bot.services import Services
from bot.storage.outbox import SessionFactory, now
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Actor
from bot.vault.client import VaultAway
from bot.vault.sealing import Unsealable
from bot.vault.vault import Vault


class CallerContext:
    """One caller. `phone` is used for its digest and sealed to the sender; it is never stored in the clear. `vault` is
    that of her session: what it unlocks opens in this talk only.
    """

    def __init__(self, services: Services, phone: str, vault: Vault | None = None) -> None:
        self.services, self.phone, self.vault = services, phone, vault or services.vault
        self.marked = True  # whether the gateway would tell when somebody else dials with this session's id
        self.chosen = ""  # the id of the one who went to her tasks in this talk; of several people, who said she dials

    @property
    def country(self) -> Country:
        return self.services.country

    @property
    def reads(self) -> SessionFactory:
        """Sessions that only read."""
        return self.services.reads

    @property
    def sessions(self) -> SessionFactory:
        """Sessions that write."""
        return self.services.sessions

    @property
    def local(self) -> datetime:
        """The time now on the country's own clock."""
        return self.country.clock(now())

    @cached_property
    def staff(self) -> Staff:
        """The staff and what is open because of them, at most 15 s old."""
        return self.services.roster.staff()

    @cached_property
    def digest(self) -> str:
        """The digest under which the tables hold a number of staff."""
        return self.vault.digest("staff", self.phone)

    @cached_property
    def people(self) -> Sequence[Person]:
        """The members of staff with this number who serve today, by their references. In service no demo person serves:
        all the world knows her PIN.
        """
        serves = Person.active & ((Person.expires == "") | (Person.expires >= self.local.date().isoformat()))
        if not self.services.settings.is_demo:
            serves &= ~Person.demo
        with self.reads() as db:
            return db.scalars(select(Person).where(has_number(self.digest), serves).order_by(Person.ref)).all()

    @property
    def person(self) -> Person | None:
        """The member of staff who dials: the one with this number, or the chosen one of several. None for a number of
        nobody, and while none of several is chosen: nobody is taken for another.
        """
        if not self.chosen:
            return self.people[0] if len(self.people) == 1 else None
        return next((one for one in self.people if one.id == self.chosen), None)

    @cached_property
    def readings(self) -> Readings:
        """The keys and reports that she has opened in this request."""
        return Readings(self.vault)

    @property
    def words(self) -> ReportWords:
        """Turns reports into the words of today's flows."""
        return ReportWords(self.services.flow_set, self.country)

    @cached_property
    def works_here(self) -> bool:
        """Whether the number belongs to staff, by the list that is at most 15 s old, without a query. While the vault
        is away nobody's does: nobody could work, and who wants to know her rights still reads them.
        """
        try:
            return self.digest in self.staff.numbers
        except VaultAway:
            return False

    @property
    def own_language(self) -> str:
        """The language of the member of staff who dials, in which her talk begins, by the same list and without a
        query; empty, so that it is asked, for everybody else and on a phone of several people who do not share one.
        """
        return self.staff.numbers[self.digest] if self.works_here else ""

    @property
    def is_shared(self) -> bool:
        """Whether several members of staff have this number."""
        return self.works_here and len(self.people) > 1

    def actor(self, handle: str) -> Actor:
        """The member of staff who showed her PIN for this handle. Raises `Unsealable`."""
        return sign_in.resume_reading(self.readings, self.serving(), handle)

    def serving(self) -> Person:
        """The member of staff who dials. Raises `Unsealable` when she serves no more."""
        person = self.person
        if person is None:
            raise Unsealable("no active person has this number")
        return person
