"""A key on paper: two of three shares open what nobody else can; one share, or the database, opens nothing."""

from __future__ import annotations

import logging
import re

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

import workers
from app import create_app
from bot.people import enrolment
from bot.people.decided import Decided
from bot.reports.ladders import revoke_copies
from bot.storage import outbox
from bot.storage.tables.people import RECOVERY, Person
from bot.storage.tables.reports import Copy, Request, Step
from bot.upkeep import recovery
from bot.upkeep.recovery import ShareError, seed_of, shares_of
from tests.support.keys import ASK_POLICE, DONE, SEND_AND_SAY_MORE, TO_TASKS, WISH_NOTHING
from tests.support.office import Caller, Office, choose_line
from tests.support.pairs import confirms, number_of, types
from tests.support.reports import dial_to_helpers
from workers.daily import daily

WORDS = "yankubise umusi wose"


def flask(office: Office, *args: str, typed: list[str]) -> Result:
    runner = create_app(office.settings, office.services).test_cli_runner()
    return runner.invoke(args=args, input="".join(line + "\n" for line in typed))


def drawn(monkeypatch: pytest.MonkeyPatch, seed: int) -> list[str]:
    """The next ceremony draws this seed and these shares: each splitting of a seed gives others."""
    shares = shares_of(seed)
    monkeypatch.setattr(recovery, "new_seed", lambda: seed)
    monkeypatch.setattr(recovery, "shares_of", lambda _: shares)
    return shares


def file_report_with_words(office: Office) -> None:
    """A report to the police, with words."""
    assert "arrived" in dial_to_helpers(office).says(*ASK_POLICE, *SEND_AND_SAY_MORE, *WISH_NOTHING, WORDS, DONE)


def held(office: Office, typed: list[str], *again: str) -> Result:
    """A ceremony on which two people have decided, with what is typed back in it."""
    number = number_of(types(office, "key-ceremony", *again))
    assert confirms(office, "O1") == "It is written. Thank you."
    return flask(office, "key-ceremony", *again, "--agreed", number, typed=["", "", "", "", "", "", *typed])


def ceremony(office: Office, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The three shares, after a ceremony in which the second and the third were typed back."""
    seed = recovery.new_seed()
    shares = drawn(monkeypatch, seed)
    said = held(office, [shares[1], shares[2]])
    assert said.exit_code == 0, said.output
    assert [share for share in shares if share not in said.output] == []
    assert "PAPER-1 is in use" in said.output
    return shares


def everybody_loses_her_phone(office: Office, but: str = "") -> None:
    """All who hold copies are disabled, one after the other, by two people."""
    with office.services.reads() as db:
        refs = list(db.scalars(select(Person.ref).where(Person.role != RECOVERY, Person.ref != but)))
    for ref in refs:
        with office.services.sessions.begin() as db:
            enrolment.disable(db, ref, "K1", office.services.vault)
            enrolment.make_final(db, ref, Decided("K1", "O1"), office.services.vault)


@given(seed=st.integers(0, 2**126 - 1), first=st.integers(0, 2), second=st.integers(0, 2))
def test_any_two_shares_make_the_key_and_one_alone_does_not(seed: int, first: int, second: int) -> None:
    shares = shares_of(seed)
    if first == second:
        with pytest.raises(ShareError, match="Two different shares"):
            seed_of(shares[first], shares[second])
    else:
        assert seed_of(shares[first], shares[second].upper().replace(" ", "  ")) == seed


@given(seed=st.integers(0, 2**126 - 1), at=st.integers(0, 31), other=st.sampled_from("0123456789abcdef"))
def test_a_wrong_digit_on_paper_is_found(seed: int, at: int, other: str) -> None:
    index, digits, check = shares_of(seed)[0].replace(" ", "").split("-")
    mistyped = digits[:at] + other + digits[at + 1 :]
    if other != digits[at]:
        with pytest.raises(ShareError, match="look again"):
            seed_of(f"{index}-{mistyped}-{check}", shares_of(seed)[1])


def test_when_nobody_is_left_two_of_three_open_her_report_for_oversight(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shares = ceremony(office, monkeypatch)
    file_report_with_words(office)
    everybody_loses_her_phone(office)
    with caplog.at_level(logging.ERROR), office.services.sessions.begin() as db:
        outbox.post(db, outbox.task("daily:x", outbox.TaskName.DAILY, {}, outbox.now()))
    claim = outbox.claim(office.services.sessions, "daily:x", outbox.now())
    assert claim is not None
    daily(office.services, claim, outbox.now())
    assert "nobody who serves can open 1 open requests" in caplog.text

    assert flask(office, "people", "first", "K1", "O1", typed=[]).exit_code == 1
    let_in = flask(office, "people", "first", "K1", "O1", "--shares", typed=[shares[0], shares[2]])
    code = re.findall(r"O1: first code, once, for her eyes only: (\d{6})", let_in.output)[0]
    dial_as_oversight(office, "o1").says(code, "529381")
    done = flask(office, "recover", "O1", typed=[shares[0], shares[2]])
    assert done.output.endswith("1 reports were sealed to O1.\n")
    assert shares[0] not in done.output
    workers.SERVICES[:] = [office.services]
    workers.run_tasks(office.rung[-1])
    reading = dial_as_oversight(office, "o2")
    page = reading.says("529381", "1", "1")  # the report, and why she reads it
    while "9 More" in reading.sees:
        page += reading.says("9")
    assert WORDS in page
    assert flask(office, "recover", "O1", typed=[shares[0], shares[2]]).output.endswith(
        "0 reports were sealed to O1.\n"
    )


def dial_as_oversight(office: Office, session: str) -> Caller:
    """The oversight member's phone, at her tasks."""
    office.services.roster.refresh()
    caller = office.call(session, "+25778000018")
    caller.says(*TO_TASKS)
    if "New tasks" in caller.sees:  # once she has a PIN
        choose_line(caller, "New tasks")
    return caller


def test_the_key_on_paper_is_never_alerted_and_what_others_can_open_is_not_given_away(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = ceremony(office, monkeypatch)
    file_report_with_words(office)
    with office.services.reads() as db:
        paper = db.scalars(select(Copy).join(Person, Person.id == Copy.person).where(Person.role == RECOVERY)).one()
        people = set(db.scalars(select(Step.person)))
        assert people
        assert paper.person not in people
    done = flask(office, "recover", "O2", typed=[shares[0], shares[1]])
    assert done.output.endswith("0 reports were sealed to O2.\n")


def test_nobody_but_oversight_and_no_foreign_shares_recover_anything(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = ceremony(office, monkeypatch)
    file_report_with_words(office)
    officer = flask(office, "recover", "C1A", typed=shares[:2])
    assert (officer.exit_code, "no oversight member" in officer.output) == (1, True)
    foreign = flask(office, "recover", "O1", typed=shares_of(12345)[:2])
    assert (foreign.exit_code, "make no key" in foreign.output) == (1, True)


def test_a_ceremony_whose_rehearsal_fails_changes_nothing(office: Office) -> None:
    said = held(office, shares_of(7)[:2])
    assert said.exit_code == 1
    assert "Nothing was changed" in said.output
    with office.services.reads() as db:
        assert db.scalar(select(Person.ref).where(Person.role == RECOVERY)) is None


def test_a_second_ceremony_is_asked_for_by_name_and_old_shares_still_open_old_reports(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = ceremony(office, monkeypatch)
    assert "--again" in flask(office, "key-ceremony", typed=[]).output
    file_report_with_words(office)
    new = drawn(monkeypatch, 99)
    assert "PAPER-2 is in use" in held(office, [new[0], new[1]], "--again").output
    everybody_loses_her_phone(office, but="O1")
    with office.services.sessions.begin() as db:  # as if O1 had been enrolled after the report
        o1 = db.scalars(select(Person).where(Person.ref == "O1")).one()
        revoke_copies(db, Copy.person == o1.id)
    assert flask(office, "recover", "O1", typed=new[:2]).output.endswith("0 reports were sealed to O1.\n")
    assert flask(office, "recover", "O1", typed=old[1:]).output.endswith("1 reports were sealed to O1.\n")
    with office.services.reads() as db:
        assert db.scalars(select(Request.owner)).all() == [""]
