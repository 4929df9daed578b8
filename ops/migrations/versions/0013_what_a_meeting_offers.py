"""A meeting says for how many, in which languages, whether the way is paid, whom to turn to, and why all the same."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("meeting", schema=None) as table:
        table.add_column(sa.Column("transport", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("most", sa.Integer(), nullable=False, server_default="0"))
        for name in ("languages", "contact", "reason"):
            table.add_column(sa.Column(name, sa.String(length=255), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("meeting", schema=None) as table:
        for name in ("reason", "contact", "languages", "most", "transport"):
            table.drop_column(name)
