"""Switches: a zone, a talk or a language is turned off by the women's organisation and never by the police (S91).

While a zone or the talk `report` is off, it only informs: nobody is asked to tell anything, and a report that was just
told is not filed.
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

MAY_SWITCH = ("advocate", "oversight", "coordinator")
TALKS = ("report", "meetings")
RESTORED = "restored"  # stands until two people have looked at what came back; meanwhile there are only help pages
SELECT_OFF = Prepared(select(Switch.name))


class SwitchError(Exception):
    """Nothing was switched; the message says why."""


def off(db: Session | Connection | DriverConnection) -> frozenset[str]:
    """The names of all switches that are off, like `zone:BI-ZO-02-09-01`, `talk:report`, `language:rn`."""
    return frozenset(row.name for row in SELECT_OFF.rows(driver_connection(db), {}))


def takes_reports(zone: str, off: Collection[str]) -> bool:
    """Whether reports from a zone are filed; `off` is what `off()` returned."""
    return not {f"zone:{zone}", "talk:report", RESTORED} & {*off}


def close_restored(db: Session, at: int) -> None:
    """After a restore there are only help pages, until `reopen`."""
    db.execute(delete(Switch).where(Switch.name == RESTORED))
    db.add(Switch(name=RESTORED, person="", at=at))


def reopen(db: Session) -> bool:
    """Take reports again after a restore; whether it was closed for one. That two people want it, the caller knows."""
    return db.execute(delete(Switch).where(Switch.name == RESTORED).returning(Switch.name)).first() is not None


def turn(work: Work, name: str, on: bool, person: Person) -> None:
    """Turn the switch `name` on or off and record who did. Raises `SwitchError` for a person who may not, or no such
    name."""
    if person.role not in MAY_SWITCH or not person.active:
        raise SwitchError(f"{person.ref} may not: an advocate, oversight or a coordinator does that.")
    if name not in known(work.country):
        raise SwitchError(f"There is no {name}: it is like zone:BI-ZO-02-09-01, talk:report or language:rn.")
    work.db.execute(delete(Switch).where(Switch.name == name))
    if not on:
        work.db.add(Switch(name=name, person=person.id, at=work.at))
    what = AuditAction.SWITCHED_ON if on else AuditAction.SWITCHED_OFF
    note(work.db, work.vault, work.at, person.id, what, detail=name)


def known(country: Country) -> set[str]:
    """The names of all switches of a country."""
    zones = {f"zone:{zone.code}" for zone in country.served}
    return zones | {f"talk:{talk}" for talk in TALKS} | {f"language:{language}" for language in country.languages}
