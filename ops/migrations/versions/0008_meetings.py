"""Meetings, who wants to hear of them, and what came of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meeting",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(length=255), nullable=False),
        sa.Column("venue", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("women_only", sa.Boolean(), nullable=False),
        sa.Column("starts", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.Column("childcare", sa.Boolean(), nullable=False),
        sa.Column("way_home", sa.Boolean(), nullable=False),
        sa.Column("organisation", sa.String(length=255), nullable=False),
        sa.Column("woman", sa.String(length=255), nullable=False),
        sa.Column("woman_says", sa.String(length=255), nullable=False),
        sa.Column("leader", sa.String(length=255), nullable=False),
        sa.Column("advocate", sa.String(length=255), nullable=False),
        sa.Column("released_by", sa.String(length=255), nullable=False),
        sa.Column("public_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=255), nullable=False),
        sa.Column("against", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint("number", name=op.f("uq_meeting_number")),
    )
    op.create_table(
        "subscriber",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("phone_digest", sa.String(length=255), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(length=255), nullable=False),
        sa.Column("zone", sa.String(length=255), nullable=False),
        sa.Column("women_only", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
        sa.UniqueConstraint("phone_digest", name=op.f("uq_subscriber_phone_digest")),
    )
    op.create_index(op.f("ix_subscriber_zone"), "subscriber", ["zone"], unique=False)
    op.create_table(
        "attendance",
        sa.Column("meeting", sa.String(length=255), nullable=False),
        sa.Column("counted_by", sa.String(length=255), nullable=False),
        sa.Column("women", sa.Integer(), nullable=False),
        sa.Column("men", sa.Integer(), nullable=False),
        sa.Column("girls", sa.Integer(), nullable=False),
        sa.Column("boys", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["meeting"], ["meeting.id"], name=op.f("fk_attendance_meeting")),
        sa.PrimaryKeyConstraint("meeting", "counted_by", name=op.f("pk_attendance")),
    )
    op.create_table(
        "coming",
        sa.Column("meeting", sa.String(length=255), nullable=False),
        sa.Column("who", sa.String(length=255), nullable=False),
        sa.Column("comes", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["meeting"], ["meeting.id"], name=op.f("fk_coming_meeting")),
        sa.PrimaryKeyConstraint("meeting", "who", name=op.f("pk_coming")),
    )
    op.create_table(
        "notice",
        sa.Column("meeting", sa.String(length=255), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("subscriber", sa.String(length=255), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["meeting"], ["meeting.id"], name=op.f("fk_notice_meeting")),
        sa.PrimaryKeyConstraint("meeting", "revision", "kind", "subscriber", name=op.f("pk_notice")),
    )
    op.create_table(
        "opinion",
        sa.Column("meeting", sa.String(length=255), nullable=False),
        sa.Column("question", sa.String(length=255), nullable=False),
        sa.Column("yes", sa.Integer(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["meeting"], ["meeting.id"], name=op.f("fk_opinion_meeting")),
        sa.PrimaryKeyConstraint("meeting", "question", name=op.f("pk_opinion")),
    )


def downgrade() -> None:
    op.drop_table("opinion")
    op.drop_table("notice")
    op.drop_table("coming")
    op.drop_table("attendance")
    op.drop_index(op.f("ix_subscriber_zone"), table_name="subscriber")
    op.drop_table("subscriber")
    op.drop_table("meeting")
