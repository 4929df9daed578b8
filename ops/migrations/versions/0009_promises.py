"""What was promised at meetings, and what people worried about before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "promise",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("meeting", sa.String(length=255), nullable=False),
        sa.Column("zone", sa.String(length=255), nullable=False),
        sa.Column("what", sa.String(length=255), nullable=False),
        sa.Column("who", sa.String(length=255), nullable=False),
        sa.Column("due", sa.String(length=255), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["meeting"], ["meeting.id"], name=op.f("fk_promise_meeting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise")),
    )
    op.create_table(
        "concern",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("meeting", sa.String(length=255), nullable=False),
        sa.Column("person", sa.String(length=255), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["meeting"], ["meeting.id"], name=op.f("fk_concern_meeting")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_concern_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concern")),
    )


def downgrade() -> None:
    op.drop_table("concern")
    op.drop_table("promise")
