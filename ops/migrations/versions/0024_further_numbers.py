"""Somebody may dial from further numbers. Going back, they are gone; the number on which she is rung stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

INDEX = "ix_further_number_phone_digest"


def upgrade() -> None:
    op.create_table(
        "further_number",
        sa.Column("person", sa.String(length=255), nullable=False),
        sa.Column("phone_digest", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_further_number_person")),
        sa.PrimaryKeyConstraint("person", "phone_digest", name=op.f("pk_further_number")),
    )
    op.create_index(INDEX, "further_number", ["phone_digest"], unique=False)


def downgrade() -> None:
    op.drop_index(INDEX, table_name="further_number")
    op.drop_table("further_number")
