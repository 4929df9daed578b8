"""People are enrolled by one and confirmed by another, choose their PIN themselves, and the vault vouches for keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NEW = ("first_code", "enrolled_by", "confirmed_by", "confirmed_on", "expires")


def upgrade() -> None:
    with op.batch_alter_table("person", schema=None) as table:
        table.add_column(sa.Column("vouch", sa.LargeBinary(), nullable=False, server_default=sa.text("''")))
        for name in NEW:
            table.add_column(sa.Column(name, sa.String(length=255), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("person", schema=None) as table:
        for name in ("vouch", *NEW):
            table.drop_column(name)
