"""A report may be given on to a partner, who meets her by a code."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "referral",
        sa.Column("report", sa.String(length=255), nullable=False),
        sa.Column("person", sa.String(length=255), nullable=False),
        sa.Column("code", sa.String(length=255), nullable=False),
        sa.Column("arrived", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["report"], ["report.id"], name=op.f("fk_referral_report")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_referral_person")),
        sa.PrimaryKeyConstraint("report", "person", name=op.f("pk_referral")),
    )


def downgrade() -> None:
    op.drop_table("referral")
