"""A report has two boxes of the vault, for what is counted of it and for the number that hears of an answer; what is
final is counted by day and deleted; times are kept to the hour.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None
WORD = sa.String(length=255)
BOXES = ("tally", "contact")


def upgrade() -> None:
    with op.batch_alter_table("report", schema=None) as table:
        for name in BOXES:
            table.add_column(sa.Column(name, sa.LargeBinary(), nullable=True))
    nothing = sa.bindparam("none", b"", sa.LargeBinary())
    op.execute(sa.text("UPDATE report SET tally = :none, contact = :none").bindparams(nothing))
    with op.batch_alter_table("report", schema=None) as table:
        for name in BOXES:
            table.alter_column(name, existing_type=sa.LargeBinary(), nullable=False)
    op.create_table(
        "attempt_count",
        sa.Column("provider", WORD, nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "day", "state", "taken", name="pk_attempt_count"),
    )
    _round()


def _round() -> None:
    """Times of messages and attempts to the hour."""
    for table, columns in (("message", ("created",)), ("attempt", ("began", "ended")), ("early_receipt", ("at",))):
        for column in columns:
            op.execute(f'UPDATE {table} SET "{column}" = "{column}" - "{column}" % 3600')


def downgrade() -> None:
    op.drop_table("attempt_count")
    with op.batch_alter_table("report", schema=None) as table:
        for name in BOXES:
            table.drop_column(name)
