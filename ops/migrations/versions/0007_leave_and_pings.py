"""Days of leave; numbers of women who want to hear, in words that say nothing, that there is an answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("person", schema=None) as table:
        table.add_column(sa.Column("away", sa.String(length=255), nullable=False, server_default=""))
    op.create_table(
        "ping",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=False),
        sa.Column("hours", sa.String(length=255), nullable=False),
        sa.Column("day", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_ping")),
    )


def downgrade() -> None:
    op.drop_table("ping")
    with op.batch_alter_table("person", schema=None) as table:
        table.drop_column("away")
