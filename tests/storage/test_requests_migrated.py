"""Reports that were filed before there were requests: an upgrade with a thousand of them, and back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

import workers
from bot.storage import migrate, outbox
from tests.support.keys import (
    ASK_IF_SAFE,
    DOCTOR_AND_POLICE,
    FIRST_NEW_TASK,
    MY_FIRST_TASK,
    OPEN_TASKS,
    POLICE,
    TAKE_NEW_TASK,
)
from tests.support.office import Office
from tests.support.reports import dial_as_champion, file_report, open_receipt
from tests.support.staff import first_are, phone_of

BEFORE = "0019"
STATES = ("new", "taken", "closed", "erased")
REPORTS = 1000


def rows(db: Connection, query: str) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in db.execute(text(query))}


def a_thousand_more(db: Connection) -> None:
    """Reports as the last release has left them, each with the readers of a real one and a task that waits."""
    real = db.execute(text("SELECT report, person, rung FROM copy ORDER BY report, rung")).all()
    readers = [(person, rung) for report, person, rung in real if report == real[0].report]
    for n in range(REPORTS):
        state = STATES[0] if n % 10 else STATES[n // 10 % 4]
        owner = readers[0][0] if state in ("taken", "closed") else ""
        db.execute(
            text("INSERT INTO report (id, urgent, destination, zone, wishes, month, filed, week, status, owner, "
                 "sealed, words) VALUES (:id, :urgent, 'police', 'BI-ZO-02-09-01', '', '2026-11', '2026-11-23', '', "
                 ":state, :owner, :sealed, :sealed)"),
            {"id": f"old{n}", "urgent": n % 3 == 0, "state": state, "owner": owner, "sealed": b"x"},
        )  # fmt: skip
        for person, rung in readers:
            key = b"" if state == "erased" or (n == 10 and person == owner) else b"k"  # whom she had shut out
            db.execute(
                text(
                    "INSERT INTO copy (report, person, rung, number, sealed_key) VALUES (:id, :person, :rung, :n, :key)"
                ),
                {"id": f"old{n}", "person": person, "rung": rung, "n": 1000 + n, "key": key},
            )
        if state == "new":
            task = outbox.task(f"route:old{n}:1", outbox.TaskName.ROUTE, {"report": f"old{n}", "rung": 1}, 1)
            outbox.post(db, task)
    db.execute(text("UPDATE person SET tasks = 1000 + :n WHERE id IN (SELECT person FROM copy)"), {"n": REPORTS})


HELD = "SELECT report, person, number, rung FROM copy WHERE length(sealed_key) > 0"
STOOD = "SELECT request, person, number, rung FROM step"
OWNED = "SELECT id, status, owner FROM report WHERE id <> 'old10'"


def test_an_upgrade_with_a_thousand_reports_keeps_every_number_owner_pin_and_receipt_and_so_does_going_back(
    office: Office,
) -> None:
    taken = file_report(office, "s1", helpers=POLICE)
    dial_as_champion(office, "c1").says(*TAKE_NEW_TASK)
    dial_as_champion(office, "c2").says(*MY_FIRST_TASK, *ASK_IF_SAFE)
    engine = office.services.engine
    migrate.downgrade(engine, BEFORE)
    with engine.begin() as db:
        a_thousand_more(db)
        held, owned = rows(db, HELD), rows(db, OWNED)
    migrate.upgrade(engine)
    assert migrate.differences(engine) == []
    with engine.begin() as db:
        assert rows(db, STOOD) == held
        assert rows(db, "SELECT id, status, owner FROM request WHERE id <> 'old10'") == owned
        assert rows(db, "SELECT status, owner FROM request WHERE id = 'old10'") == {("new", "")}  # he held no key
        ringing = "SELECT count(*) FROM task WHERE key LIKE 'route:old10:%' AND done_at IS NULL"
        assert db.scalar(text(ringing)) == 1
        assert rows(db, "SELECT status FROM report") == {("open",), ("erased",)}
    her_own_goes_on(office, taken)
    an_alert_that_waited_rings(office)
    migrate.downgrade(engine, BEFORE)
    with engine.begin() as db:
        assert rows(db, HELD) == held
        assert rows(db, OWNED) == owned
    migrate.upgrade(engine)
    her_own_goes_on(office, taken)


def her_own_goes_on(office: Office, code: str) -> None:
    """She opens her receipt, and the officer with her PIN what she had taken."""
    assert "Are you safe now?" in open_receipt(office, code).sees
    assert "Buyenzi" in dial_as_champion(office, f"c{len(office.store.kept)}").says(*MY_FIRST_TASK)


def an_alert_that_waited_rings(office: Office) -> None:
    """A task of the last release names its report alone."""
    with office.services.engine.begin() as db:
        deputy = db.execute(text("SELECT person, number FROM step WHERE request = 'old1' AND rung = 1")).one()
    workers.run_tasks("route:old1:1")
    with office.services.engine.begin() as db:
        assert rows(db, "SELECT person, number, kind FROM message WHERE number = 1001") == {(*deputy, "new")}


def test_what_was_filed_for_two_services_is_one_report_again_with_every_reader(office: Office) -> None:
    first_are(office, "P-HEALTH-1", "C1A")
    code = file_report(office, helpers=DOCTOR_AND_POLICE)
    dial_as_champion(office, "c1").says(*TAKE_NEW_TASK)  # one of the two; the other still waits for a reader
    engine = office.services.engine
    with engine.begin() as db:
        holders = rows(db, "SELECT person FROM copy")
        numbers = rows(db, "SELECT person, number FROM step")
    migrate.downgrade(engine, BEFORE)
    with engine.begin() as db:
        assert rows(db, "SELECT person FROM copy") == holders
        assert rows(db, "SELECT person, number FROM copy") <= numbers
        assert rows(db, "SELECT status, owner, destination FROM report") == {("new", "", "health")}
        (report,) = db.scalars(text("SELECT id FROM report"))
        waiting = set(db.scalars(text("SELECT key FROM task WHERE name = 'route' AND done_at IS NULL")))
    assert {key.split(":")[1] for key in waiting} == {report}
    migrate.upgrade(engine)
    assert open_receipt(office, code).sees
    assert "Buyenzi" in office.call("p", phone_of(office, "P-HEALTH-1")).says(*OPEN_TASKS, FIRST_NEW_TASK)
