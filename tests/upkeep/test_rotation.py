"""A fresh key for every number: what was stolen before opens nothing any more, and nothing is lost on the way."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select

import workers
from bot.people.enrolment import DEMO_PIN
from bot.storage import outbox
from bot.storage.tables.delivery import Message
from bot.storage.tables.meetings import Subscriber
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Ping, Report
from bot.upkeep.rotation import reseal
from bot.vault.sealing import Unsealable
from bot.vault.vault import Vault
from tests.support.keys import ASK_POLICE, CODE, MY_FIRST_TASK, NO_WORD, NOTICE_IN_THE_MORNING, SEND_NOW
from tests.support.office import CALLER, Office
from tests.support.pairs import by_two
from tests.support.provider import Provider
from tests.support.reports import (
    HER_PIN,
    dial_as_champion,
    dial_to_helpers,
    file_report_that_is_taken,
    open_receipt,
)
from tests.support.subscribers import add_subscribers


def rotates(office: Office) -> str:
    return by_two(office, "rotate-keys", "--pause", "0").output


def numbers(office: Office) -> dict[str, str]:
    with office.services.reads() as db:
        return {p.ref: office.services.vault.open_for_sender(p.phone_sealed) for p in db.scalars(select(Person))}


def test_yesterdays_key_opens_no_number_of_today(office: Office, tmp_path: Path) -> None:
    with office.services.sessions.begin() as db:  # a number that an earlier release has kept
        sealed = office.services.vault.seal_to_sender(CALLER)
        db.add(Ping(key="p", recipient=sealed, hours="morning", language="fr", day="2026-11"))
    add_subscribers(office, ["+25779000001"])
    before = numbers(office)
    shutil.copytree(tmp_path / "vault", tmp_path / "stolen")
    with office.services.reads() as db:
        people = db.scalar(select(func.count()).select_from(Person)) or 0
    said = rotates(office)
    assert said.startswith(f"{people + 2} numbers and texts are sealed anew;")
    assert said.endswith("2 older keys are destroyed.\n")
    assert numbers(office) == before
    thief = Vault(tmp_path / "stolen")
    with office.services.reads() as db:
        rows = [*db.scalars(select(Person.phone_sealed)), *db.scalars(select(Subscriber.phone_sealed))]
        rows += db.scalars(select(Ping.recipient))
    for sealed in rows:
        with pytest.raises(Unsealable):
            thief.open_for_sender(sealed)
    assert rotates(office).endswith("2 older keys are destroyed.\n")
    assert numbers(office) == before


def test_whoever_stole_the_vault_before_tries_no_pin_of_today_and_everybody_keeps_hers(
    office: Office, tmp_path: Path
) -> None:
    code = file_report_that_is_taken(office)
    shutil.copytree(tmp_path / "vault", tmp_path / "stolen")
    thief, vault = Vault(tmp_path / "stolen"), office.services.vault
    with office.services.reads() as db:
        before = db.scalars(select(Person).where(Person.ref == "C1A")).one()
    assert thief.unlock(before.id, before.wrapped_key, DEMO_PIN).outcome == "open"
    rotates(office)
    with office.services.reads() as db:
        after = db.scalars(select(Person).where(Person.ref == "C1A")).one()
    assert thief.unlock(after.id, after.wrapped_key, DEMO_PIN).outcome == "wrong"
    assert vault.unlock(after.id, after.wrapped_key, DEMO_PIN).outcome == "open"
    assert vault.unlock(after.id, before.wrapped_key, DEMO_PIN).outcome == "wrong"  # from a backup: its key is gone
    assert "Buyenzi" in dial_as_champion(office, "c2").says(*MY_FIRST_TASK)
    assert open_receipt(office, code).sees.startswith("A person you can trust is following it.")


def test_a_key_of_a_time_without_layers_still_opens_and_gets_one(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    keys = vault.enrol("a", DEMO_PIN)
    bare = vault._peeled(keys.wrapped)
    assert vault.unlock("a", bare, DEMO_PIN).outcome == "open"
    assert vault.unlock("a", vault.relayer([bare])[0], DEMO_PIN).outcome == "open"
    assert vault._peeled(vault.relayer([keys.wrapped])[0]) == bare  # never two


def test_an_answer_that_waits_still_leaves_after_a_rotation(office: Office, stand_in: Provider) -> None:
    with office.services.sessions.begin() as db:
        vault = office.services.vault
        text, number = vault.seal_to_sender("Amakuru."), vault.seal_to_sender(CALLER)
        db.add(Message(id="m", kind="answer", recipient=number, body=text, created=outbox.now()))
        outbox.post(db, outbox.task("answer", outbox.TaskName.DELIVER, {"message": "m"}, 1))
    rotates(office)
    workers.run_tasks("answer")
    assert [(a.form["to"], a.form["message"]) for a in stand_in.asked] == [(CALLER, "Amakuru.")]


def test_a_rotation_that_was_cut_off_loses_nothing_and_can_be_done_again(office: Office) -> None:
    before = numbers(office)
    office.services.vault.fresh_keys()  # and the power failed
    assert numbers(office) == before
    with office.services.sessions.begin() as db:
        reseal(db, office.services.vault)  # and again
    assert numbers(office) == before
    assert rotates(office).endswith("4 older keys are destroyed.\n")
    assert numbers(office) == before


def test_a_woman_whose_talk_had_begun_before_is_not_sent_away(office: Office) -> None:
    caller = dial_to_helpers(office)
    caller.says(*ASK_POLICE, SEND_NOW, CODE, HER_PIN, NO_WORD)
    office.services.vault.fresh_keys()  # and the command waits for talks like hers
    assert "Your code" in caller.says(NOTICE_IN_THE_MORNING)
    rotates(office)
    with office.services.reads() as db:
        report = db.scalars(select(Report)).one()
    vault = office.services.vault
    vault.answered(report.id, report.week, report.contact)
    ((recipient, _language),) = vault.open_contacts("morning", "2026-11-28")
    assert vault.open_for_sender(recipient) == CALLER
