"""Rows of the record are chained; the row of `lease` that puts them one after the other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("event", schema=None) as table:
        table.add_column(sa.Column("chain", sa.String(length=255), nullable=False, server_default=""))
    op.execute("DELETE FROM event")  # before this revision there were demonstrations only: a chain begins with no row
    op.execute("INSERT INTO lease (name, holder, until) VALUES ('record', '', 0)")


def downgrade() -> None:
    op.execute("DELETE FROM lease WHERE name = 'record'")
    with op.batch_alter_table("event", schema=None) as table:
        table.drop_column("chain")
