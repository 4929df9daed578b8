"""Receipts and replies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "receipt",
        sa.Column("locator", sa.String(length=255), nullable=False),
        sa.Column("report", sa.String(length=255), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["report"], ["report.id"], name=op.f("fk_receipt_report")),
        sa.PrimaryKeyConstraint("locator", name=op.f("pk_receipt")),
        sa.UniqueConstraint("report", name=op.f("uq_receipt_report")),
    )
    op.create_table(
        "reply",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("report", sa.String(length=255), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reader", sa.String(length=255), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["report"], ["report.id"], name=op.f("fk_reply_report")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply")),
        sa.UniqueConstraint("report", "number", "reader", name=op.f("uq_reply_report")),
    )


def downgrade() -> None:
    op.drop_table("reply")
    op.drop_table("receipt")
