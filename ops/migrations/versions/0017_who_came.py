"""A head count may say how many were over sixty, and how many had a disability."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("attendance", schema=None) as table:
        for name in ("elders", "disabled"):
            table.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("attendance", schema=None) as table:
        for name in ("disabled", "elders"):
            table.drop_column(name)
