"""What is switched off: a zone, a talk or a language, by the women's organisation and never by the police (S91).

A zone or the talk of telling that is off informs only: nobody is asked to tell, and what was just told is not taken.
A single reader is switched off with `flask people disable`, or for some days with `flask people leave`.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, delete, select
from sqlalchemy.orm import Session

from bot.country.pack import Country
from bot.storage.audit import AuditAction, note
from bot.storage.prepared import DriverConnection, Prepared, driver_connection
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Switch
from bot.storage.unit_of_work import Work

MAY = ("advocate", "oversight", "coordinator")
TALKS = ("report", "meetings")
OFF = Prepared(select(Switch.name))


class SwitchError(Exception):
    """Nothing was switched; the words say why."""


def off(db: Session | Connection | DriverConnection) -> frozenset[str]:
    """The names of everything that is off."""
    return frozenset(row.name for row in OFF.rows(driver_connection(db), {}))


def takes_reports(zone: str, off: Collection[str]) -> bool:
    """Whether reports of a zone are taken."""
    return not {f"zone:{zone}", "talk:report"} & {*off}


def turn(work: Work, name: str, on: bool, person: Person) -> None:
    """Switch something on or off, and write down who did. Raises `SwitchError`."""
    if person.role not in MAY or not person.active:
        raise SwitchError(f"{person.ref} may not: an advocate, oversight or a coordinator does that.")
    if name not in known(work.country):
        raise SwitchError(f"There is no {name}: it is like zone:BI-ZO-02-09-01, talk:report or language:rn.")
    work.db.execute(delete(Switch).where(Switch.name == name))
    if not on:
        work.db.add(Switch(name=name, person=person.id, at=work.at))
    what = AuditAction.SWITCHED_ON if on else AuditAction.SWITCHED_OFF
    note(work.db, work.vault, work.at, person.id, what, detail=name)


def known(country: Country) -> set[str]:
    """Everything that can be switched."""
    zones = {f"zone:{zone.code}" for zone in country.served}
    return zones | {f"talk:{talk}" for talk in TALKS} | {f"language:{language}" for language in country.languages}
