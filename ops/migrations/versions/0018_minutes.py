"""What was decided at a meeting is written down; a count with few women says what is to change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("meeting", schema=None) as table:
        table.add_column(sa.Column("decided", sa.String(length=255), nullable=True))
        table.add_column(sa.Column("answered", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("attendance", schema=None) as table:
        table.add_column(sa.Column("plan", sa.String(length=255), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("attendance", schema=None) as table:
        table.drop_column("plan")
    with op.batch_alter_table("meeting", schema=None) as table:
        table.drop_column("answered")
        table.drop_column("decided")
