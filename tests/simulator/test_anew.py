"""The demonstration begins anew: nothing of the last visitors is left, and everybody works as at first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from bot.conversation.answers import new_code
from bot.people import enrolment
from bot.people.decided import Decided
from bot.services import build_services
from bot.settings import Settings
from bot.simulator import MailRoom, anew
from bot.storage import audit, demo_clock
from bot.storage.base import Base
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Report
from bot.storage.tables.runtime import Event
from bot.storage.tables.words import Wording, WordSheet
from bot.upkeep import installation
from bot.vault.disk import note_mode
from flows import FLOWS
from tests.people.test_wordings import NEW, approve, entry, propose
from tests.people.test_wordings import rows as sheet_of
from tests.simulator.test_front import PRODUCTION
from tests.support.country_tables import in_service as served
from tests.support.keys import FILE_HURT_TO_POLICE, TO_REPLIES
from tests.support.office import Office
from tests.support.staff import dial_as_first_officer, dial_as_staff, person_row, phone_of

WRONG_PIN = "111111"
EMPTIED = {
    "alert_hour", "attempt", "attempt_count", "attendance", "coming", "concern", "copy", "counted", "early_receipt",
    "event", "further_number", "inbound", "line", "meeting", "message", "notice",
    "opinion", "opt_out", "ping", "promise", "proposal", "receipt", "referral", "repeat",
    "reply", "report", "request", "spent", "step", "subscriber", "switch", "talk", "tally", "task", "transfer",
}  # fmt: skip


@pytest.fixture
def room(office: Office) -> Iterator[MailRoom]:
    demo_clock.reset()
    note_mode(office.settings.data_dir / "vault", "demo")  # as the first start does
    yield MailRoom(office.settings.data_dir / "simulator.sqlite")
    demo_clock.keep(office.settings)
    demo_clock.reset()


def begin(office: Office, room: MailRoom) -> None:
    anew.begin(office.services, room)
    office.store.kept.clear()
    office.rung.clear()


def rows(office: Office) -> dict[str, int]:
    """How many rows each table has."""
    with office.services.reads() as db:
        return {
            table.name: db.scalar(select(func.count()).select_from(table)) or 0 for table in Base.metadata.sorted_tables
        }


def people(office: Office) -> list[tuple[str, ...]]:
    """What stands in the rows of people, but what is sealed anew each time."""
    with office.services.reads() as db:
        found = db.scalars(select(Person).order_by(Person.ref))
        names = [
            column.name for column in Person.__table__.columns if column.name not in ("phone_sealed", "wrapped_key")
        ]
        return [tuple(str(getattr(row, name)) for name in names) for row in found]


def test_reports_talks_messages_and_the_clock_are_as_at_first(office: Office, room: MailRoom) -> None:
    begin(office, room)
    first, staff = rows(office), people(office)
    office.call("s1").says(*FILE_HURT_TO_POLICE)
    room.take("twilio", "SM1", "+25778000001", "Dial", {})
    room.set_fault("twilio", "error")
    demo_clock.move(20 * 86400)
    office.call("s2").says(*FILE_HURT_TO_POLICE)  # under the key of a week that has not come
    begin(office, room)
    assert (rows(office), people(office)) == (first, staff)
    assert (room.after(0), room.fault("twilio"), demo_clock.ahead()) == ([], "none", 0)
    assert "It arrived" in office.call("s3").says(*FILE_HURT_TO_POLICE)  # this week has a key again
    officer = dial_as_first_officer(office, "1")
    assert "Hurt or threatened" in officer.sees
    with office.services.reads() as db:
        followed = audit.check(db, office.services.vault)
    assert (followed.broken, followed.cut) == (0, False)


def test_words_that_two_people_approved_are_spoken_on_and_the_record_says_by_whom(
    office: Office, room: MailRoom
) -> None:
    begin(office, room)
    name = propose(office, sheet_of(office, report_who_title=NEW))
    waiting = propose(office, sheet_of(office, report_who_title=f"{NEW} ?"))
    for ref in ("A1", "K1"):
        assert approve(office, name, ref).exit_code == 0
    office.call("s1").says(*FILE_HURT_TO_POLICE)
    with office.services.sessions.begin() as db:
        audit.note(db, office.services.vault, 1, "", audit.AuditAction.RELEASE_REFUSED, "a meeting", "night")
    said, noted = sheets(office), approvals(office)
    begin(office, room)
    assert (sheets(office), approvals(office)) == (said, noted)
    assert {sheet for sheet, _text in said} == {name, waiting}
    assert [what.partition(": ")[0] for _at, _who, what in noted] == ["words approved, first", "words approved"]
    assert (entry(office).text, entry(office).status) == (NEW, "approved")
    with office.services.reads() as db:
        what = [row.what for row in db.scalars(select(Event).order_by(Event.id))]
        followed = audit.check(db, office.services.vault)
        assert installation.mode_of(db) == "demo"
    assert (followed.broken, followed.cut) == (0, False)
    assert [one.split()[0] for one in what] == ["installation", "release", "words", "words"]


def sheets(office: Office) -> list[tuple[str, str]]:
    """What lies there of sheets: each text with its sheet."""
    with office.services.reads() as db:
        kept = set(db.scalars(select(WordSheet.digest)))
        return [(row.sheet, row.text) for row in db.scalars(select(Wording)) if row.sheet in kept]


def approvals(office: Office) -> list[tuple[int, str, str]]:
    """What the record says of them: when, who, what."""
    with office.services.reads() as db:
        rows = db.scalars(select(Event).where(Event.what.startswith("words")).order_by(Event.id))
        return [(row.at, row.person, row.what) for row in rows]


def test_every_table_is_emptied_but_those_of_people_and_words(office: Office) -> None:
    """A table that is added must be thought of: what callers left goes."""
    every = {table.name for table in Base.metadata.sorted_tables}
    assert every - anew.OF_THE_INSTALLATION == EMPTIED


def test_whoever_was_locked_out_stopped_moved_or_given_another_pin_works_as_at_first(
    office: Office, room: MailRoom
) -> None:
    begin(office, room)
    first, vault = people(office), office.services.vault
    for _ in range(6):
        vault.unlock(person_row(office, "C1A").id, person_row(office, "C1A").wrapped_key, WRONG_PIN)
    with office.services.sessions.begin() as db:
        enrolment.disable(db, "C1B", "K9", vault)
        enrolment.disable(db, "C2A", "K8", vault)
        enrolment.make_final(db, "C2A", Decided("K8", "O9"), vault)  # her key is destroyed
        keys = vault.enrol(person_row(office, "O1").id, "975310")
        changed = {
            "public_key": keys.public,
            "wrapped_key": keys.wrapped,
            "languages": "hi",
            "away": "2026-01-01/2029-01-01",
        }
        db.execute(update(Person).where(Person.ref == "O1").values(**changed))
        db.execute(update(Person).where(Person.ref == "L1").values(ref="L9", demo=False))
    begin(office, room)
    kept = [row for row in people(office) if row[1] not in ("C2A", "O1", "L1")]  # these have new keys
    assert kept == [row for row in first if row[1] not in ("C2A", "O1", "L1")]
    assert [row[1] for row in people(office)] == [row[1] for row in first]
    for ref in ("C1A", "C1B", "C2A", "O1"):
        assert dial_as_staff(office, phone_of(office, ref)).sees.startswith("There is no new task.")


def test_who_tried_codes_too_often_may_try_again(office: Office, room: MailRoom) -> None:
    code, sees = new_code(), ""
    for n in range(9):
        sees = office.call(f"w{n}").says(*TO_REPLIES, code, f"529{n}")
    assert sees.startswith("Too many errors.")
    begin(office, room)
    assert office.call("again").says(*TO_REPLIES, code, "5293").startswith("That is wrong.")


def test_in_service_nothing_is_ever_erased_so(office: Office, room: MailRoom, tmp_path: Path) -> None:
    office.call("s1").says(*FILE_HURT_TO_POLICE)
    known = {**PRODUCTION, "data_dir": office.settings.data_dir, "database_url": office.settings.database_url}
    known["country_dir"] = str(served(tmp_path))
    with pytest.raises(RuntimeError, match="clock of a service"):
        anew.begin(build_services(Settings.model_validate(known), FLOWS), room)
    with office.services.reads() as db:
        assert db.scalar(select(func.count()).select_from(Report)) == 1


def test_the_steps_of_the_stories_hold_no_code_and_no_date() -> None:
    """What differs from day to day is filled in on the page."""
    from bot.simulator.tour import FOLDER

    for path in sorted(FOLDER.glob("*.json")):
        told = [step for scenes in json.loads(path.read_text("utf-8")).values() for scene in scenes for step in scene]
        assert not any(len(digits) == 8 and digits.isdecimal() for step in told for digits in step["key"].split())
        assert not any(re.search(r"\d/\d", step["key"] + step["label"]) for step in told)
