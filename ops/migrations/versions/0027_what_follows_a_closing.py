"""A request names the day on which it was closed, from which what follows counts: messages to her, and their end.

Of what was closed before, the day is that of the record, by UTC. Whoever has allowed an SMS before the upgrade was not told
of those that follow a closing, so none follows. Going back, the days are gone.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

FOLLOW_UPS = "2"  # as many as there are: all of them are over

CLOSED = "SELECT report, max(at) FROM event WHERE what LIKE 'closed:%' GROUP BY report"


def upgrade() -> None:
    op.add_column("request", sa.Column("closed", sa.String(length=255), nullable=False, server_default=""))
    op.add_column("report", sa.Column("followed", sa.Integer(), nullable=False, server_default=FOLLOW_UPS))
    db = op.get_bind()
    for request, at in db.execute(sa.text(CLOSED)).all():
        day = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
        closed = sa.text("UPDATE request SET closed = :day WHERE id = :id AND status = 'closed'")
        db.execute(closed, {"day": day, "id": request})


def downgrade() -> None:
    op.drop_column("report", "followed")
    op.drop_column("request", "closed")
