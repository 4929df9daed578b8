"""Words of an installation: sheets that readers returned, and who approved them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "word_sheet",
        sa.Column("digest", sa.String(length=255), nullable=False),
        sa.Column("language", sa.String(length=255), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("first_by", sa.String(length=255), nullable=False),
        sa.Column("second_by", sa.String(length=255), nullable=False),
        sa.Column("approved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_word_sheet")),
    )
    op.create_table(
        "wording",
        sa.Column("sheet", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("words", sa.String(length=255), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("back", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["sheet"], ["word_sheet.digest"], name=op.f("fk_wording_sheet")),
        sa.PrimaryKeyConstraint("sheet", "key", name=op.f("pk_wording")),
    )


def downgrade() -> None:
    op.drop_table("wording")
    op.drop_table("word_sheet")
