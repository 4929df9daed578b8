"""The free words of a report lie beside it, under a key of their week that dies sooner."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("report", schema=None) as table:
        table.add_column(sa.Column("words", sa.LargeBinary(), nullable=True))
    op.execute(sa.text("UPDATE report SET words = :none").bindparams(sa.bindparam("none", b"", sa.LargeBinary())))
    with op.batch_alter_table("report", schema=None) as table:
        table.alter_column("words", existing_type=sa.LargeBinary(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("report", schema=None) as table:
        table.drop_column("words")
