"""A subscriber says which kinds of meetings she wants to hear of, and when she can come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("subscriber", schema=None) as table:
        for name in ("kinds", "hours"):
            table.add_column(sa.Column(name, sa.String(length=255), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("subscriber", schema=None) as table:
        for name in ("hours", "kinds"):
            table.drop_column(name)
