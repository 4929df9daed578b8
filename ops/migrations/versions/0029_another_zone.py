"""She may be asked whether the people of another zone may have what she told. Going back, what she has not answered yet is
not asked any more; whoever has the request keeps it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transfer",
        sa.Column("request", sa.String(length=255), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(length=255), nullable=False),
        sa.Column("readers", sa.String(length=255), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["request"], ["request.id"], name=op.f("fk_transfer_request")),
        sa.PrimaryKeyConstraint("request", "part", name=op.f("pk_transfer")),
    )


def downgrade() -> None:
    op.drop_table("transfer")
