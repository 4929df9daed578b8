"""What one person alone cannot do: two do it, of different organisations, each with her own PIN; nobody else."""

from __future__ import annotations

import ast
import getpass
import warnings
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from threading import Barrier

import click
import pytest
import time_machine
from nacl.public import PrivateKey
from sqlalchemy import select, update

from bot.commands.who import secret
from bot.country.rows import Role
from bot.people import enrolment, pairs
from bot.people.decided import Decided
from bot.people.pairs import DEFAULT, MAY, PairAction
from bot.settings import ROOT
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.tables.delivery import Message, MessageKind
from bot.storage.tables.pairs import Proposal
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Event
from bot.storage.unit_of_work import Actor, Work
from tests.people.test_people import ROW, table
from tests.support.keys import STAFF_PIN
from tests.support.office import Office
from tests.support.pairs import DISAGREE, FIRST_PROPOSAL, by_two, confirms, dial_to_confirm, number_of, types
from tests.support.staff import person_row, phone_of

WRITTEN = "It is written. Thank you."


def changes(office: Office, ref: str, **values: object) -> None:
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.ref == ref).values(**values))


# -- the table ---------------------------------------------------------------------------------------------------------
def test_every_action_says_for_every_two_roles_whether_they_decide_it() -> None:
    assert MAY.keys() == set(PairAction)
    for action, first, second in product(PairAction, Role, Role):
        people = [
            Person(id=str(n), ref=str(n), role=role, unit=f"U{n}", phone_digest=f"{n}")
            for n, role in enumerate((first, second))
        ]
        decides = not pairs.fault_of_pair(action, *people)
        assert decides == ((first, second) in MAY[action])
        civilian = {first, second} <= {Role.COORDINATOR, Role.OVERSIGHT, Role.ADVOCATE}
        assert civilian or not decides, f"{first} and {second} decide {action}"
        assert Role.OVERSIGHT in (first, second) or Role.COORDINATOR in (first, second) or not decides


def test_no_row_of_the_table_lets_two_coordinators_decide() -> None:
    assert all((Role.COORDINATOR, Role.COORDINATOR) not in allowed for allowed in MAY.values())
    assert (Role.COORDINATOR, Role.OVERSIGHT) in DEFAULT


def test_what_takes_two_people_is_given_by_one_function_only() -> None:
    """A `Decided` made anywhere else would be a path on which one person decides."""
    makers = set()
    for path in [*(ROOT / "bot").rglob("*.py"), *(ROOT / "workers").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Decided":
                makers.add(path.relative_to(ROOT).as_posix())
    assert makers == {"bot/people/pairs.py"}


def test_no_command_takes_somebodys_word_for_who_she_is() -> None:
    for path in (ROOT / "bot" / "commands").glob("*.py"):
        assert '"--by"' not in path.read_text(), path
    for path in [*(ROOT / "ops" / "runbooks").glob("*.md"), ROOT / "README.md"]:
        assert "--by" not in path.read_text(), path


# -- two do it ---------------------------------------------------------------------------------------------------------
def test_the_second_reads_who_wants_what_with_whom_before_she_confirms(office: Office) -> None:
    said = types(office, "people", "unlock", "C1A")
    assert "Proposed as 1. O1 or O2 confirms it" in said.output
    page = dial_to_confirm(office, "O1").says(FIRST_PROPOSAL)
    assert page.startswith("1. K1: Forget wrong tries: C1A (champion)")
    assert confirms(office, "O1") == WRITTEN
    assert types(office, "people", "unlock", "C1A", "--agreed", "1").output == "C1A may try her PIN again.\n"
    with office.services.reads() as db:
        said_by = {row.id: row.ref for row in db.scalars(select(Person))}
        rows = db.scalars(select(Event).order_by(Event.id)).all()
        events = [(said_by.get(row.person), row.what.split(" ")[0]) for row in rows]
    assert events == [("K1", "proposed"), ("O1", "agreed"), ("C1A", "carried"), ("C1A", "unlocked")]


def test_who_may_confirm_hears_of_it_as_of_any_task(office: Office) -> None:
    types(office, "people", "unlock", "C1A")
    with office.services.reads() as db:
        rung = db.scalars(select(Message).where(Message.kind == MessageKind.AGREE)).all()
    assert {one.person for one in rung} == {person_row(office, ref).id for ref in ("O1", "O2")}
    assert {one.number for one in rung} == {1}


def test_what_is_refused_is_over(office: Office) -> None:
    number = number_of(types(office, "people", "unlock", "C1A"))
    assert confirms(office, "O1", DISAGREE) == WRITTEN
    refused = types(office, "people", "unlock", "C1A", "--agreed", number)
    assert (refused.exit_code, refused.output.strip()) == (1, "proposal 1 was refused")


def test_a_proposal_is_used_once(office: Office) -> None:
    by_two(office, "people", "unlock", "C1A")
    again = types(office, "people", "unlock", "C1A", "--agreed", "1")
    assert (again.exit_code, again.output.strip()) == (1, "proposal 1 was carried out already")


def test_a_proposal_ends_after_a_day(office: Office) -> None:
    with time_machine.travel("2027-01-01 12:00"):
        number = number_of(types(office, "people", "unlock", "C1A"))
    with time_machine.travel("2027-01-02 12:01"):
        assert "To confirm" not in office.call("late", phone_of(office, "O1")).says("3", "4")
        refused = types(office, "people", "unlock", "C1A", "--agreed", number)
    assert (refused.exit_code, refused.output.strip()) == (1, "proposal 1 is over: propose it anew")


# -- one does not ------------------------------------------------------------------------------------------------------
def test_nothing_is_done_before_a_second_person_has_confirmed_it(office: Office) -> None:
    number = number_of(types(office, "people", "unlock", "C1A"))
    refused = types(office, "people", "unlock", "C1A", "--agreed", number)
    assert (refused.exit_code, refused.output.strip()) == (1, "proposal 1 waits for the second person")


@pytest.mark.parametrize(("by", "pin", "said"), [
    ("x1", "246810", "nobody is called x1"), ("K1", "111222", "Wrong PIN, 4 tries left."), ("K1", "", ""),
    ("C1A", "246810", "C1A may not"), ("L1", "246810", "L1 may not"), ("A1", "246810", "A1 may not"),
])  # fmt: skip
def test_a_name_alone_proposes_nothing(office: Office, by: str, pin: str, said: str) -> None:
    refused = types(office, "people", "unlock", "C1B", by=by, pin=pin)
    assert refused.exit_code == 1
    assert said in refused.output
    with office.services.reads() as db:
        assert db.scalars(select(Proposal)).all() == []


def test_nobody_confirms_what_she_has_proposed(office: Office) -> None:
    types(office, "people", "unlock", "C1A", by="O1")
    assert "To confirm" not in office.call("own", phone_of(office, "O1")).says("3", "4")
    assert confirms(office, "K1") == WRITTEN


def test_two_of_one_organisation_do_not_count(office: Office) -> None:
    changes(office, "K1", unit="OVER-1")
    refused = types(office, "people", "unlock", "C1A")
    assert refused.exit_code == 1
    assert "nobody of another organisation can confirm it now" in refused.output


def test_two_without_an_organisation_count_as_one(office: Office) -> None:
    changes(office, "O1", unit="")
    said = types(office, "people", "unlock", "C1A")
    assert "O2 confirms it" in said.output
    assert "O1" not in said.output


def test_nobody_decides_about_herself(office: Office) -> None:
    assert types(office, "people", "unlock", "K1").exit_code == 1
    types(office, "people", "unlock", "O1")
    assert "To confirm" not in office.call("own", phone_of(office, "O1")).says("3", "4")


def test_who_was_stopped_since_has_not_decided(office: Office) -> None:
    number = number_of(types(office, "people", "unlock", "C1A"))
    confirms(office, "O1")
    changes(office, "O1", active=False)
    refused = types(office, "people", "unlock", "C1A", "--agreed", number)
    assert (refused.exit_code, refused.output.strip()) == (
        1, "who decided proposal 1 may not any more: propose it anew",
    )  # fmt: skip


def test_oversight_that_was_moved_to_a_police_post_is_no_second(office: Office) -> None:
    changes(office, "O1", unit="POST-1")
    changes(office, "O2", unit="POST-2")
    assert "nobody of another organisation" in types(office, "people", "unlock", "C1A").output


# -- what was seen is what is done -------------------------------------------------------------------------------------
def test_a_table_that_was_changed_after_it_was_proposed_enrols_nobody(office: Office, tmp_path: Path) -> None:
    path = table(tmp_path)
    number = number_of(types(office, "people", "import", path))
    confirms(office, "O1")
    for changed in ({"phone": "+25768555129"}, {"role": "leader"}, {"unit": "POST-1"}, {"sex": "m"}):
        table(tmp_path, ROW | changed)
        refused = types(office, "people", "import", path, "--agreed", number)
        assert (refused.exit_code, refused.output.strip()) == (
            1, "this is not what was proposed as 1: propose it anew",
        )  # fmt: skip
    table(tmp_path)
    assert types(office, "people", "import", path, "--agreed", number).output.startswith("1 people enrolled.")


def test_a_proposal_for_one_person_does_nothing_to_another(office: Office) -> None:
    number = number_of(types(office, "people", "unlock", "C1A"))
    confirms(office, "O1")
    for args in (("unlock", "C1B"), ("number", "C1A"), ("disable", "C1A")):
        assert types(office, "people", *args, "--agreed", number, before="").exit_code == 1


def test_a_row_that_was_changed_between_page_and_key_is_not_confirmed(office: Office) -> None:
    types(office, "people", "unlock", "C1A")
    caller = dial_to_confirm(office, "O1")
    caller.says(FIRST_PROPOSAL)
    with office.services.sessions.begin() as db:
        db.execute(update(Proposal).values(about="C1B (champion)"))
    assert caller.says("1").startswith("It has changed meanwhile.")


def planted(office: Office, **values: object) -> str:
    """Somebody who can write to the database makes it look as if the second had confirmed; what the command says."""
    number = number_of(types(office, "people", "unlock", "C1A"))
    second = person_row(office, "O1")
    with office.services.sessions.begin() as db:
        db.execute(update(Proposal).values(second=second.id, agreed_at=outbox.now(), **values))
        row = db.scalars(select(Proposal)).one()
        note(db, office.services.vault, outbox.now(), second.id, AuditAction.AGREED,
                   detail=f"{row.number} {row.action} {row.digest}")  # fmt: skip
    refused = types(office, "people", "unlock", "C1A", "--agreed", number)
    assert refused.exit_code == 1
    return refused.output


def test_a_confirmation_that_was_written_into_the_database_is_caught(office: Office) -> None:
    assert planted(office).startswith("ALARM: proposal 1 was not decided by two with their PINs.")


def test_a_lock_of_somebody_elses_making_is_caught(office: Office) -> None:
    key = PrivateKey.generate()
    sealed = office.services.vault.seal_to_sender(bytes(key).hex())
    assert planted(office, lock=bytes(key.public_key), sealed=sealed).startswith("ALARM:")


def test_a_confirmation_that_the_record_does_not_hold_is_caught(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = number_of(types(office, "people", "unlock", "C1A"))
    with monkeypatch.context() as planting:
        planting.setattr(pairs, "note", lambda *args, **given: None)
        confirms(office, "O1")
    assert types(office, "people", "unlock", "C1A", "--agreed", number).output.startswith("ALARM:")


# -- a pair makes itself no third --------------------------------------------------------------------------------------
def test_who_was_let_in_today_is_not_one_of_two_before_a_day_is_over(office: Office) -> None:
    changes(office, "O2", unit="WOMEN-1")
    with time_machine.travel("2027-01-01 12:00") as clock:
        types(office, "people", "disable", "O2")
        by_two(office, "people", "confirm", "O2")
        assert (
            "O2 was let in or changed less than a day ago" in types(office, "people", "unlock", "C1A", by="O2").output
        )
        assert "O2" not in types(office, "people", "unlock", "C1A").output.split(" confirms")[0].split("Proposed as")[1]
        clock.shift(86401)
        assert "O2" in types(office, "people", "unlock", "C1B").output


# -- finding 5 ---------------------------------------------------------------------------------------------------------
def test_two_names_from_one_shell_destroy_no_key(office: Office) -> None:
    key = person_row(office, "O1").public_key
    for by in ("x1", "x2"):
        assert types(office, "people", "disable", "O1", by=by).exit_code == 1
    assert types(office, "people", "disable", "O1", "--by", "x1").exit_code == 2
    assert (person_row(office, "O1").public_key, person_row(office, "O1").active) == (key, True)


def test_nobody_of_a_police_unit_is_enrolled_as_oversight_or_partner(office: Office, tmp_path: Path) -> None:
    for role, kind in (("oversight", ""), ("partner", "legal")):
        path = table(tmp_path, ROW | {"role": role, "kind": kind, "unit": "POST-1", "trained_until": ""})
        refused = types(office, "people", "import", path)
        assert (refused.exit_code, "nobody of a police unit has this role" in refused.output) == (1, True)
    for ref in ("O1", "P-LEGAL-1"):
        refused = types(office, "people", "change", ref, "--unit", "POST-1")
        assert (refused.exit_code, "nobody of a police unit" in refused.output) == (1, True)
    changes(office, "O2", unit="POST-1", active=False)
    assert "nobody of a police unit" in types(office, "people", "confirm", "O2").output
    with office.services.reads() as db, pytest.raises(enrolment.PeopleError):
        enrolment.move(
            db, "O1", {"unit": "POST-1"}, Decided("K1", "O2"), office.services.country, office.services.vault
        )


def test_a_new_number_on_the_same_key_takes_two(office: Office) -> None:
    before = person_row(office, "C1A")
    said = by_two(office, "people", "number", "C1A", before="+25768555200\n")
    assert "C1A has another number." in said.output
    after = person_row(office, "C1A")
    assert (after.public_key, after.phone_digest != before.phone_digest) == (before.public_key, True)
    other = by_number(office, "C1B", "+25768555201", "+25768555202")
    assert "this is not what was proposed" in other


def by_number(office: Office, ref: str, proposed: str, typed: str) -> str:
    number = number_of(types(office, "people", "number", ref, before=f"{proposed}\n"))
    confirms(office, "O1")
    return types(office, "people", "number", ref, "--agreed", number, before=f"{typed}\n").output


def test_who_has_proposed_takes_it_back_and_nobody_else_does(office: Office) -> None:
    number = number_of(types(office, "people", "unlock", "C1A"))
    assert types(office, "people", "withdraw", number, by="O1").exit_code == 1
    assert "unlock" in types(office, "people", "proposals").output
    assert types(office, "people", "withdraw", number).output.endswith(f"{number} is taken back.\n")
    assert types(office, "people", "proposals").output == "Nothing waits for a second person.\n"


@pytest.mark.parametrize("number", ["0", "-1", "99999999999999999999", "one"])
def test_a_number_of_a_proposal_that_cannot_be_is_refused(office: Office, number: str) -> None:
    said = types(office, "people", "withdraw", "--", number)
    assert said.exit_code == 2
    assert "Invalid value" in said.output
    assert types(office, "people", "unlock", "C1A", "--agreed", number).exit_code == 2


def test_two_who_propose_at_the_same_moment_get_two_numbers(office: Office) -> None:
    def proposes(ref: str) -> int:
        wanted = pairs.Wanted(PairAction.UNLOCK, ref)
        with office.services.sessions.begin() as db:
            work = Work(db, office.services.vault, office.services.country, outbox.now())
            start.wait(timeout=20)
            asked = pairs.propose(work, coordinator, wanted, demo=True)
            return int(str(asked.values["number"]))

    start, coordinator = Barrier(4), Actor(person_row(office, "K1").id, Role.COORDINATOR, frozenset(), "")
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(proposes, ["C1A", "C1B", "C2A", "C2B"])) == [1, 2, 3, 4]


def test_a_pin_is_not_asked_for_where_it_would_be_seen(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def shown(prompt: str) -> str:
        warnings.warn("Can not control echo on the terminal.", getpass.GetPassWarning, stacklevel=2)
        return STAFF_PIN

    monkeypatch.setattr(click.termui, "hidden_prompt_func", shown)
    with pytest.raises(click.ClickException, match="at a terminal"):
        secret("PIN")
