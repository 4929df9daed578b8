"""A message she asked for comes in the language of her talk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("ping", schema=None) as table:
        table.add_column(sa.Column("language", sa.String(length=255), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("ping", schema=None) as table:
        table.drop_column("language")
