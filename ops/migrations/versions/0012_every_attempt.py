"""Every attempt has a row, every provider a line; numbers that are none are rested."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
WORD = sa.String(length=255)


def upgrade() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        *(sa.Column(name, WORD, nullable=False) for name in ("message", "task", "provider", "provider_id")),
        sa.Column("began", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=False),
        *(sa.Column(name, WORD, nullable=False) for name in ("state", "reason", "code")),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
    )
    for column in ("provider_id", "began"):
        op.create_index(f"ix_attempt_{column}", "attempt", [column])
    op.create_table(
        "line",
        sa.Column("provider", WORD, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("closed_until", sa.BigInteger(), nullable=False),
        sa.Column("why", WORD, nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("free_at", "urgent_at")),
        sa.PrimaryKeyConstraint("provider", name="pk_line"),
    )
    op.create_table(
        "counted",
        sa.Column("what", WORD, nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("what", "day", name="pk_counted"),
    )
    op.create_table(
        "repeat",
        sa.Column("digest", WORD, nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "hour", name="pk_repeat"),
    )
    op.create_table(
        "spent",
        sa.Column("month", WORD, nullable=False),
        sa.Column("provider", WORD, nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("millionths", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("month", "provider", name="pk_spent"),
    )
    with op.batch_alter_table("early_receipt", schema=None) as table:
        table.add_column(sa.Column("reason", WORD, nullable=False, server_default=""))
        table.add_column(sa.Column("code", WORD, nullable=False, server_default=""))
    with op.batch_alter_table("subscriber", schema=None) as table:
        table.add_column(sa.Column("refused", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("subscriber", schema=None) as table:
        table.drop_column("refused")
    with op.batch_alter_table("early_receipt", schema=None) as table:
        table.drop_column("code")
        table.drop_column("reason")
    for name in ("spent", "repeat", "counted", "line", "attempt"):
        op.drop_table(name)
