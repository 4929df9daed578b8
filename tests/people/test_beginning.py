"""An installation begins with two people, and opens no zone before both have a PIN of their own."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from bot.people import beginning
from bot.people.enrolment import PeopleError
from bot.people.roster import Roster
from bot.storage.tables.pairs import Proposal
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Work
from tests.people.test_people import ROW
from tests.support.keys import TO_TASKS
from tests.support.office import Office
from tests.support.pairs import types

PHONES = {"KA": "+25768555301", "OB": "+25768555302"}
KA = ROW | {"ref": "KA", "role": "coordinator", "phone": PHONES["KA"], "trained_until": ""}
OB = ROW | {"ref": "OB", "role": "oversight", "unit": "OVER-1", "phone": PHONES["OB"], "trained_until": ""}


def table(tmp_path: Path, *rows: dict[str, str]) -> str:
    path = tmp_path / "first.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ROW)
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


@pytest.fixture
def empty(office: Office) -> Office:
    """An installation in which only officers and helpers are enrolled: nobody could be one of two."""
    with office.services.sessions.begin() as db:
        db.execute(delete(Person).where(Person.role.in_(["coordinator", "oversight"])))
    office.services.roster.refresh()
    return office


def begins(office: Office, path: str, *refs: str, expects: int = 0) -> dict[str, str]:
    said = types(office, "people", "first", *refs, "--table", path)
    assert said.exit_code == expects, said.output
    return dict(re.findall(r"(\w+): first code, once, for her eyes only: (\d{6})", said.output))


def chooses_pin(office: Office, ref: str, code: str, pin: str) -> str:
    office.services.roster.refresh()
    caller = office.call(f"first {ref} {code}", PHONES[ref])
    return caller.says(*TO_TASKS, code, pin)


def test_no_zone_opens_before_both_have_chosen_a_pin_on_their_own_phones(empty: Office, tmp_path: Path) -> None:
    codes = begins(empty, table(tmp_path, KA, OB), "KA", "OB")
    assert codes.keys() == {"KA", "OB"}
    with empty.services.reads() as db:
        assert not beginning.has_begun(db)
    assert chooses_pin(empty, "KA", codes["KA"], "529381") == "It is written. Thank you."
    with empty.services.reads() as db:
        assert not beginning.has_begun(db)
    assert chooses_pin(empty, "OB", codes["OB"], "725190") == "It is written. Thank you."
    with empty.services.reads() as db:
        assert beginning.has_begun(db)
        assert db.scalars(select(Proposal.done_at)).one() > 0


def test_a_service_that_has_not_begun_shows_no_zone(empty: Office) -> None:
    services = empty.services
    roster = Roster(services.reads, services.vault, services.country, demo=False)
    staff = roster._found([], [], frozenset(), begun=False)
    assert staff.opened.zones == ()


def test_the_first_two_let_others_in_from_the_first_minute(empty: Office, tmp_path: Path) -> None:
    codes = begins(empty, table(tmp_path, KA, OB), "KA", "OB")
    chooses_pin(empty, "KA", codes["KA"], "529381")
    chooses_pin(empty, "OB", codes["OB"], "725190")
    said = types(empty, "people", "unlock", "C1A", by="KA", pin="529381")
    assert "OB confirms it" in said.output


def test_it_is_done_once(empty: Office, tmp_path: Path) -> None:
    path = table(tmp_path, KA, OB)
    codes = begins(empty, path, "KA", "OB")
    chooses_pin(empty, "KA", codes["KA"], "529381")
    again = begins(empty, path, "KA", "OB")  # a paper was lost before she used it
    assert again.keys() == {"OB"}
    chooses_pin(empty, "OB", again["OB"], "725190")
    assert begins(empty, path, "KA", "OB", expects=1) == {}


def test_where_both_are_enrolled_already_it_counts_as_done(office: Office) -> None:
    with office.services.reads() as db:
        assert beginning.has_begun(db)
    assert "two people decide here already" in types(office, "people", "first", "K1", "O1").output


def test_when_one_of_them_is_lost_only_shares_of_the_key_on_paper_begin_anew(empty: Office, tmp_path: Path) -> None:
    codes = begins(empty, table(tmp_path, KA, OB), "KA", "OB")
    chooses_pin(empty, "KA", codes["KA"], "529381")
    chooses_pin(empty, "OB", codes["OB"], "725190")
    with empty.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.ref == "OB").values(active=False))
        work = Work(db, empty.services.vault, empty.services.country, 1_800_000_000)
        with pytest.raises(PeopleError, match="with two shares of the key on paper"):
            beginning.begin(work, ("KA", "OB"), (), demo=True)
    refused = types(empty, "people", "first", "KA", "OB", "--shares", before="1-00\n2-00\n")
    assert refused.exit_code == 1
    with empty.services.reads() as db:
        assert beginning.has_begun(db)  # who tells is not sent away meanwhile


@pytest.mark.parametrize(("one", "other", "said"), [
    (KA, OB | {"role": "advocate"}, "the first two are a coordinator and a member of oversight"),
    (KA | {"unit": "OVER-1"}, OB, "KA and OB are of one organisation"),
    (KA, OB | {"unit": "POST-1"}, "nobody of a police unit has this role"),
    (KA | {"unit": "POST-1"}, OB, "KA is of a police unit"),
    (KA, OB | {"phone": "+25778000001", "demo": "yes"}, "OB is not in the table"),
])  # fmt: skip
def test_other_two_do_not_begin(
    empty: Office, tmp_path: Path, one: dict[str, str], other: dict[str, str], said: str
) -> None:
    refused = types(empty, "people", "first", "KA", "OB", "--table", table(tmp_path, one, other))
    assert refused.exit_code == 1
    assert said in refused.output
    with empty.services.reads() as db:
        assert db.scalars(select(Person.ref).where(Person.ref.in_(["KA", "OB"]))).all() == []
