"""The whole demonstration back to its first state, while its processes run.

Reports, messages, meetings, opt-outs, locked PINs and talks are gone, the clock is the machine's again, and the demo
people are as their table says. They keep their ids and keys: other processes know these for some seconds after, and a
report that is told then must reach somebody who can open it.

What is about the installation and about nobody who called stays: the words that people have read and approved, and of
the record what it says of words, releases, a restore, and the mode for which the installation was made.

The vault answers the web nothing of this. It is asked as the administrator, whose socket the web of a demonstration can
reach, since one user runs it all; and it refuses when it was not made for a demonstration.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.country.pack import Country
from bot.people.enrolment import DEMO_PIN, enrol, row_of
from bot.services import Services
from bot.simulator.stand_ins import MailRoom
from bot.storage import audit, demo_clock
from bot.storage.audit import AuditAction
from bot.storage.base import Base
from bot.storage.session_store import STORE_ERRORS, RedisStore, SharedStore, shared_memory
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Event, Lease
from bot.storage.tables.words import Wording, WordSheet
from bot.upkeep import installation, releases
from bot.vault.client import as_administrator
from bot.vault.vault import Vault

KEPT = ("id", "public_key", "wrapped_key", "vouch")  # of a person's row
TABLES_KEPT = (Person, Lease, WordSheet, Wording)
OF_THE_INSTALLATION = frozenset(table.__tablename__ for table in TABLES_KEPT)
WORDS_NOTED = (AuditAction.WORDS_READ, AuditAction.WORDS_APPROVED)
NOTED = (AuditAction.MADE, AuditAction.RELEASE, AuditAction.RESTORED, *WORDS_NOTED)
RECORD = "record"  # the lease that orders the audit record; a migration makes it


def begin(services: Services, room: MailRoom) -> None:
    """Begin anew. Raises RuntimeError in production, before anything is touched, and what database, store and vault
    raise when they are away: then it is to be asked again."""
    demo_clock.reset()
    with one_at_a_time(services):
        _begin(services, room)


@contextlib.contextmanager
def one_at_a_time(services: Services) -> Iterator[None]:
    """Two who begin anew at once do so one after the other: in the middle, keys that one destroys the other would
    miss, and it was answered with a failure."""
    with (services.settings.data_dir / demo_clock.FILE).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _begin(services: Services, room: MailRoom) -> None:
    vault = as_administrator(services.vault)
    with services.sessions.begin() as db:
        noted = of_the_installation(db)
        empty(db)
        people_as_at_first(db, services.country, vault)
        for row, what in noted:  # under links of their own: those between them are gone
            audit.note(db, vault, row.at, row.person, what, detail=row.what.removeprefix(what))
    vault.begin_anew()  # soon: until then the clock would call the end of the record gone
    installation.note(services)
    releases.note(services)
    forget_talks(services)
    room.empty()
    services.roster.refresh()


def of_the_installation(db: Session) -> list[tuple[Event, AuditAction]]:
    """The rows of the record that are about the installation and no report or meeting, with what each notes."""
    rows = db.scalars(select(Event).where(Event.report == "").order_by(Event.id)).all()
    db.expunge_all()
    return [(row, what) for row in rows for what in NOTED if row.what.startswith(what)]


def empty(db: Session) -> None:
    """Delete all rows but those of people and of approved words."""
    for table in reversed(Base.metadata.sorted_tables):
        if table.name not in OF_THE_INSTALLATION:
            db.execute(delete(table))
    db.execute(delete(Lease).where(Lease.name != RECORD))
    db.execute(update(Lease).values(holder="", until=0))


def people_as_at_first(db: Session, country: Country, vault: Vault) -> None:
    """Whoever was enrolled since is gone; the others have the row of the country's table and the demo PIN."""
    known = {person.ref: person for person in country.people if person.demo}
    db.execute(delete(Person).where(Person.ref.not_in(known)))
    for row in db.scalars(select(Person)):
        if not vault.opens(row.id, row.wrapped_key, DEMO_PIN):
            row.public_key = row.wrapped_key = b""  # another PIN: `enrol` makes new keys
        for name, value in first_values(row_of(known[row.ref], vault)).items():
            setattr(row, name, value)
    db.flush()
    enrol(db, country, vault)


def first_values(fresh: Person) -> Mapping[str, Any]:
    """The columns of a person who was just read from the table, without those that are kept; one that nobody has set
    has the value with which a row is inserted."""
    columns = (column for column in Person.__table__.columns if column.name not in KEPT)
    given = {column.name: getattr(fresh, column.name) for column in columns}
    usual = {column.name: column.default.arg for column in Person.__table__.columns if column.default is not None}
    return {name: usual[name] if value is None else value for name, value in given.items()}


def forget_talks(services: Services) -> None:
    """The talks that are open in the store of sessions; those in the table are gone with its rows. A store that is away
    loses them by itself, ten minutes after their last page."""
    store = services.session_store
    with contextlib.suppress(*STORE_ERRORS):
        if isinstance(store, SharedStore):
            memory = shared_memory(store.folder)
            with memory.begin(write=True) as write:
                write.drop(memory.open_db(txn=write), delete=False)
        elif isinstance(store, RedisStore):
            for key in store.redis.scan_iter("talk:*"):
                store.redis.delete(key)
