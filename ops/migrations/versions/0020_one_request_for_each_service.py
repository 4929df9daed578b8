"""One request for each service: a report has a request, its ladder has steps, a copy is a key and nothing else.

A report that was filed before becomes one request with the id of its report: its tasks that wait, and the rows of the
record about it, go on naming it. Nobody's task number changes. Going back, what a report of two services had on two
ladders becomes one, and where anything of it still waits for a reader the whole report does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import groupby

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TEXT = sa.String(length=255)
FIRST = ("oversight", "health", "talk", "legal", "shelter", "child")  # whose request names the whole report, going back
PAPER = 99  # the rung that the copy of the recovery key had


def upgrade() -> None:
    _make_request()
    op.execute("INSERT INTO request (id, report, service, class, status, owner, closing, rating, reopened, zone) "
               "SELECT id, id, destination, CASE WHEN urgent THEN 'danger' ELSE 'person' END, status, owner, '', 0, 0, "
               "'' FROM report")  # fmt: skip
    _closings()
    _anew("copy", _copies_are_keys, "INSERT INTO copy (report, person, sealed_key) "
          "SELECT report, person, sealed_key FROM copy_before WHERE length(sealed_key) > 0", keep=True)  # fmt: skip
    _make_step()
    op.execute("INSERT INTO step (request, person, report, rung, number, alerted, reminded) "
               "SELECT c.report, c.person, c.report, c.rung, c.number, 0, false FROM copy_before c "
               "JOIN person p ON p.id = c.person WHERE length(c.sealed_key) > 0 AND p.role <> 'recovery'")  # fmt: skip
    op.drop_table("copy_before")
    hers = "FROM message m WHERE m.person = step.person AND m.number = step.number AND m.kind"
    first = f"SELECT MIN(m.created - m.created % 3600) {hers} NOT IN ('daily', 'meeting')"
    op.execute(f"UPDATE step SET alerted = COALESCE(({first}), 0), reminded = EXISTS (SELECT 1 {hers} = 'overdue')")
    _anew("referral", lambda: _make_referral("request"), "INSERT INTO referral (request, person, code, arrived) "
          "SELECT report, person, code, arrived FROM referral_before")  # fmt: skip
    with op.batch_alter_table("reply", schema=None) as table:
        table.add_column(sa.Column("request", TEXT, nullable=False, server_default=""))
    op.execute("UPDATE reply SET request = report WHERE number > 0")
    with op.batch_alter_table("report", schema=None) as table:
        for name in ("urgent", "destination", "owner"):
            table.drop_column(name)
    op.execute("UPDATE report SET status = 'open' WHERE status IN ('new', 'taken', 'closed')")
    _ring_for_the_keyless()


def downgrade() -> None:
    with op.batch_alter_table("report", schema=None) as table:
        table.add_column(sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("destination", TEXT, nullable=False, server_default=""))
        table.add_column(sa.Column("owner", TEXT, nullable=False, server_default=""))
    of_it = "FROM request q WHERE q.report = report.id AND q.status <> 'proposed'"
    op.execute(f"UPDATE report SET urgent = EXISTS (SELECT 1 {of_it} AND q.class = 'danger'), "
               f"destination = coalesce((SELECT min(q.service) {of_it}), ''), "
               f"owner = coalesce((SELECT max(q.owner) {of_it}), '')")  # fmt: skip
    op.execute(f"UPDATE report SET status = coalesce((SELECT min(q.status) {of_it}), 'new') WHERE status = 'open'")
    _one_of_several()
    _tasks_of_reports()
    with op.batch_alter_table("reply", schema=None) as table:
        table.drop_column("request")
    _anew("referral", lambda: _make_referral("report"), "INSERT INTO referral (report, person, code, arrived) "
          "SELECT q.report, r.person, min(r.code), max(CASE WHEN r.arrived THEN 1 ELSE 0 END) = 1 "
          "FROM referral_before r JOIN request q ON q.id = r.request GROUP BY q.report, r.person")  # fmt: skip
    op.execute("CREATE TABLE step_before AS SELECT * FROM step")
    op.drop_table("step")
    _anew("copy", _copies_have_numbers, _numbered())
    op.execute("UPDATE person SET tasks = (SELECT max(c.number) FROM copy c WHERE c.person = person.id) "
               f"WHERE id IN (SELECT c.person FROM copy c WHERE c.rung = {PAPER})")  # fmt: skip
    op.drop_table("step_before")
    op.drop_table("request")


def _anew(name: str, make: Callable[[], None], fill: str, *, keep: bool = False) -> None:
    """Make a table again with other columns and put its rows back: both databases, names of constraints and all."""
    op.execute(f"CREATE TABLE {name}_before AS SELECT * FROM {name}")
    op.drop_table(name)
    make()
    op.execute(fill)
    if not keep:
        op.drop_table(f"{name}_before")


def _make_request() -> None:
    op.create_table(
        "request",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("report", TEXT, nullable=False),
        sa.Column("service", TEXT, nullable=False),
        sa.Column("class", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("closing", TEXT, nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("zone", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["report"], ["report.id"], name=op.f("fk_request_report")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
        sa.UniqueConstraint("report", "service", name=op.f("uq_request_report")),
        sqlite_with_rowid=False,
    )


def _make_step() -> None:
    op.create_table(
        "step",
        sa.Column("request", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("report", TEXT, nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("alerted", sa.BigInteger(), nullable=False),
        sa.Column("reminded", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report", "person"], ["copy.report", "copy.person"], name=op.f("fk_step_report"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["request"], ["request.id"], name=op.f("fk_step_request")),
        sa.PrimaryKeyConstraint("request", "person", name=op.f("pk_step")),
        sa.UniqueConstraint("person", "number", name=op.f("uq_step_person")),
        sqlite_with_rowid=False,
    )


def _copies_are_keys() -> None:
    op.create_table(
        "copy",
        sa.Column("report", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_copy_person")),
        sa.ForeignKeyConstraint(["report"], ["report.id"], name=op.f("fk_copy_report")),
        sa.PrimaryKeyConstraint("report", "person", name=op.f("pk_copy")),
        sqlite_with_rowid=False,
    )


def _copies_have_numbers() -> None:
    op.create_table(
        "copy",
        sa.Column("report", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_copy_person")),
        sa.ForeignKeyConstraint(["report"], ["report.id"], name=op.f("fk_copy_report")),
        sa.PrimaryKeyConstraint("report", "person", name=op.f("pk_copy")),
        sa.UniqueConstraint("person", "number", name=op.f("uq_copy_person")),
    )


def _make_referral(of: str) -> None:
    op.create_table(
        "referral",
        sa.Column(of, TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("arrived", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint([of], [f"{of}.id"], name=op.f(f"fk_referral_{of}")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_referral_person")),
        sa.PrimaryKeyConstraint(of, "person", name=op.f("pk_referral")),
    )


def _numbered() -> str:
    """The INSERT that gives every copy the number and rung of its lowest step; the paper key's follow its others."""
    lowest = "SELECT s.*, row_number() OVER (PARTITION BY report, person ORDER BY rung, number) AS place FROM step_before s"
    number = "p.tasks + row_number() OVER (PARTITION BY c.person ORDER BY c.report)"
    return (
        "INSERT INTO copy (report, person, rung, number, sealed_key) "
        f"SELECT c.report, c.person, coalesce(s.rung, {PAPER}), coalesce(s.number, {number}), c.sealed_key "
        "FROM copy_before c JOIN person p ON p.id = c.person "
        f"LEFT JOIN ({lowest}) s ON s.report = c.report AND s.person = c.person AND s.place = 1"
    )


def _closings() -> None:
    """Why a report was closed stood in the record alone."""
    closed = "SELECT report, what FROM event WHERE what LIKE 'closed:%' ORDER BY id"
    for report, what in op.get_bind().execute(sa.text(closed)).all():
        given = {"why": what.removeprefix("closed:"), "report": report}
        op.get_bind().execute(
            sa.text("UPDATE request SET closing = :why WHERE id = :report AND status = 'closed'"), given
        )


def _ring_for_the_keyless() -> None:
    """A report whose owner holds no copy, because she had shut him out, is new again, and its next holder is rung."""
    db = op.get_bind()
    lost = "status = 'taken' AND NOT EXISTS (SELECT 1 FROM step s WHERE s.request = request.id AND s.person = request.owner)"
    for (request,) in db.execute(sa.text(f"SELECT id FROM request WHERE {lost}")).all():
        db.execute(sa.text("UPDATE request SET status = 'new', owner = '' WHERE id = :id"), {"id": request})
        _ring(request, "SELECT min(s.rung) FROM step s JOIN person p ON p.id = s.person AND p.active WHERE s.request = :id")


def _one_of_several() -> None:
    """A report of several requests: where one waits for a reader, or two have taken one each, the whole of it waits."""
    db = op.get_bind()
    several = "SELECT report FROM request WHERE status <> 'proposed' GROUP BY report HAVING count(*) > 1"
    rows = db.execute(sa.text(
        f"SELECT report, service, status, owner FROM request WHERE report IN ({several}) AND status <> 'proposed' "
        "ORDER BY report"
    )).all()  # fmt: skip
    for report, requests in groupby(rows, key=lambda row: row.report):
        those = list(requests)
        states, owners = {row.status for row in those}, {row.owner for row in those if row.status == "taken"}
        waits = "new" in states or len(owners) > 1
        status = "new" if waits else next(s for s in ("taken", "closed", "erased") if s in states)
        known = [service for service in FIRST if service in {row.service for row in those}]
        values = {"destination": known[0] if known else those[0].service, "id": report, "status": status,
                  "owner": "" if waits else max(owners, default="")}  # fmt: skip
        db.execute(sa.text("UPDATE report SET destination = :destination, owner = :owner WHERE id = :id"), values)
        changed = db.execute(sa.text("UPDATE report SET status = :status WHERE id = :id AND status <> 'erased'"), values)
        if waits and changed.rowcount:
            _ring(report, "SELECT min(s.rung) FROM step s JOIN person p ON p.id = s.person AND p.active WHERE s.report = :id")


def _ring(id: str, lowest: str) -> None:
    """A task that is due, for the lowest rung on which somebody serves; none where nobody does."""
    db = op.get_bind()
    rung = db.execute(sa.text(lowest), {"id": id}).scalar()
    if rung is not None:
        db.execute(
            sa.text("INSERT INTO task (key, name, args, priority, due_at, rung_at, claimed_until, token, tries, error) "
                    "VALUES (:key, 'route', :args, 1, 0, 0, 0, 0, 0, '')"),
            {"key": f"route:{id}:{rung}:{revision}", "args": json.dumps({"report": id, "rung": rung})},
        )  # fmt: skip


def _tasks_of_reports() -> None:
    """Alerts that wait are found by the id of their report again."""
    db = op.get_bind()
    for key, args in db.execute(sa.text("SELECT key, args FROM task WHERE name = 'route' AND done_at IS NULL")).all():
        known = args if isinstance(args, dict) else json.loads(args)
        if known.get("request", known.get("report")) != known.get("report"):
            named = {"key": key, "new": f"route:{known['report']}:{known['rung']}:{known['request']}:{key[-4:]}"}
            db.execute(sa.text("UPDATE task SET key = :new WHERE key = :key"), named)
