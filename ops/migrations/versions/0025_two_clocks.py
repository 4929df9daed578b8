"""Closings have five reasons, and what could not be helped waits for oversight.

Until now `cannot` closed a report and nobody was told: those wait for oversight from now on, where somebody of it can read
them. Going back they are closed, as they were, and the clock of what was taken (its tasks) is gone.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BECOMES = {"cannot": "unhelped", "other": "referred"}
WAS = {"unhelped": "cannot", "referred": "other", "no_more": "other", "mistake": "other"}
NEW_TASKS = ("answered",)  # that the release before does not know
OVERSEEN = (
    "EXISTS (SELECT 1 FROM step s JOIN person p ON p.id = s.person "
    "WHERE s.request = request.id AND p.role = 'oversight' AND p.active AND p.id <> request.owner)"
)


def upgrade() -> None:
    _rename(BECOMES)
    op.execute(
        f"UPDATE request SET status = 'unhelped' WHERE status = 'closed' AND closing = 'unhelped' AND {OVERSEEN}"
    )
    op.execute("UPDATE step SET alerted = 3600 WHERE alerted = 0 AND EXISTS (SELECT 1 FROM request q JOIN person p "
               "ON p.id = step.person WHERE q.id = step.request AND q.status = 'unhelped' AND p.role = 'oversight')")  # fmt: skip


def downgrade() -> None:
    op.execute("UPDATE request SET status = 'closed' WHERE status = 'unhelped'")
    _rename(WAS)
    for name in NEW_TASKS:
        op.get_bind().execute(sa.text("DELETE FROM task WHERE name = :name"), {"name": name})


def _rename(names: dict[str, str]) -> None:
    for old, new in names.items():
        given = {"old": old, "new": new}
        op.get_bind().execute(sa.text("UPDATE request SET closing = :new WHERE closing = :old"), given)
