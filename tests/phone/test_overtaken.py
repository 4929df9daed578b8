"""Somebody gets a new key in the moment in which a report is sealed to her old one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update

from bot.storage.base import Base
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report, ReportReceipt, Tally
from bot.storage.tables.runtime import Inbound, Task
from bot.vault.vault import Vault
from tests.support.keys import ASK_POLICE, FILE_HURT_TO_POLICE, SEND_NOW, TO_HELPERS
from tests.support.office import CHAMPION, Office


class Interrupted(Vault):
    """A vault beside which, the first time it wraps anything, a champion gets a new key."""

    office: Office
    calm = False

    def wrap(self, week: str, report: str, sealed: Sequence[bytes], words: bool = False) -> list[bytes]:
        if not self.calm:
            self.calm = True
            with self.office.services.sessions.begin() as db:
                hers = Person.phone_digest == self.digest("staff", CHAMPION)
                champion = db.scalars(select(Person.id).where(hers)).one()
                keys = self.enrol(champion, "135790")
                made = {"public_key": keys.public, "wrapped_key": keys.wrapped}
                db.execute(update(Person).where(hers).values(**made, vouch=self.vouch(champion, keys.public)))
        return super().wrap(week, report, sealed, words)


def rows(office: Office, *tables: type[Base]) -> list[int]:
    with office.services.reads() as db:
        return [db.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def test_nothing_is_kept_under_a_key_that_is_no_more_and_she_is_told_that_nothing_was_sent(office: Office) -> None:
    vault = Interrupted(office.settings.data_dir / "vault")
    vault.office = office
    office.services.vault = vault
    assert "Nothing was sent" in office.call("s1").says(*TO_HELPERS, *ASK_POLICE, SEND_NOW)
    assert rows(office, Report, Copy, Task, ReportReceipt, Tally, Inbound) == [0] * 6
    assert office.rung == []
    assert "arrived" in office.call("s2").says(*FILE_HURT_TO_POLICE)
    with office.services.reads() as db:
        hers = select(Copy).join(Person, Person.id == Copy.person)
        hers = hers.where(Person.phone_digest == vault.digest("staff", CHAMPION))
        assert db.scalars(hers).one()
